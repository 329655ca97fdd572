"""The last committed figures beside those of today, with their ratio: what crept up between two runs is seen at the next."""

import json
import subprocess
from typing import Any

from tests.bench.numbers import print_columns
from tests.stack import REPOSITORY

FIGURES = [
    ("first start, demo slide included", "start.first_s", "s"),
    ("second start", "start.second_s", "s"),
    ("memory of the idle system", "memory_mib.total", "MiB"),
    ("… model worker", "memory_mib.model-worker", "MiB"),
    ("… training worker", "memory_mib.training-worker", "MiB"),
    ("… web", "memory_mib.web", "MiB"),
    ("a slide's first tile in the browser", "click.first_tile_ms", "ms"),
    ("click → painted, p50", "click.few.p50_ms", "ms"),
    ("click → painted, p95", "click.few.p95_ms", "ms"),
    ("… rights, database, queue", "click.few.split_p50_ms.command_ms", "ms"),
    ("… network", "click.few.split_p50_ms.network_ms", "ms"),
    ("… outline", "click.few.split_p50_ms.post_ms", "ms"),
    ("… answer into the database", "click.few.split_p50_ms.database_ms", "ms"),
    ("… paint", "click.few.split_p50_ms.paint_ms", "ms"),
    ("click → painted, 2,000 objects in view, p50", "click.crowded.p50_ms", "ms"),
    ("tiles passed through", "tiles.passed_through.per_second", "/s"),
    ("tiles decoded and encoded", "tiles.decoded.per_second", "/s"),
    ("request, calm, p50", "stalls.calm.request.p50_ms", "ms"),
    ("click over the socket, calm, p50", "stalls.calm.click.p50_ms", "ms"),
]
"""What it is, where it stands in the results, its unit."""


def read(path: str) -> dict[str, Any] | None:
    """The file as the last commit holds it, with `commit`; None outside a checkout, or where it was never committed."""
    found = _git("log", "-1", "--format=%h of %ad", "--date=short", "--", path)
    if not found:
        return None
    return {**json.loads(_git("show", f"HEAD:{path}")), "commit": found.strip()}


def show(before: dict[str, Any] | None, now: dict[str, Any]) -> None:
    if before is None:
        print("\nNo committed figures to compare with.")
        return
    there, here = before["machine"], now["machine"]
    title = f"Beside the last committed figures ({before['commit']}, {there['processor']}, {there['cores']} cores)"
    if (there["processor"], there["cores"]) != (here["processor"], here["cores"]):
        title += ": ANOTHER MACHINE, so ratios say little"
    print_columns(title, list(rows(before, now)))


def rows(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, ...]]:
    """What, then, now, ratio; a figure that one side lacks is shown as “–”."""
    table = [("", "then", "now", "ratio")]
    for what, path, unit in FIGURES:
        old, new = _find(before, path), _find(now, path)
        ratio = f"{new / old:.2f} ×" if old and new is not None else "–"
        table.append((what, _write(old, unit), _write(new, unit), ratio))
    return table


def _find(results: dict[str, Any], path: str) -> float | None:
    value: Any = results
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _write(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.{0 if value >= 200 else 1}f} {unit}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=REPOSITORY, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""
