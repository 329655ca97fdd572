"""`make bench`: measures the product on this machine, prints tables and writes bench/results.json."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench import click, committed, memory, stalls, tiles
from tests.bench.numbers import Row, print_table
from tests.browser.conftest import OPTIONS, find_chromium
from tests.stack import REPOSITORY, Stack, running_stack

RESULTS = REPOSITORY / "bench" / "results.json"
SETTLE_S = 20


def main() -> None:
    began = time.monotonic()
    with running_stack(demo=True) as stack:
        first_start_s = time.monotonic() - began
        results: dict[str, Any] = {
            "machine": describe_machine(),
            "start": {"first_s": first_start_s, "second_s": measure_second_start(stack)},
        }
        time.sleep(SETTLE_S)
        results["memory_mib"] = memory.run(stack)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
            results["click"] = click.run(stack, chromium)
            chromium.close()
        results["tiles"] = tiles.run(stack)
    results["stalls"] = stalls.run()
    results["model"] = measure_model()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    show(results)
    committed.show(committed.read(str(RESULTS.relative_to(REPOSITORY))), results)
    print(f"\nWritten to {RESULTS.relative_to(REPOSITORY)}")


def describe_machine() -> dict[str, Any]:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {"processor": f"{model}, {widest_vectors()}", "cores": os.cpu_count(), "load_before": os.getloadavg()[0]}


def widest_vectors() -> str:
    """What decides a network's time on processors that bear one name."""
    flags = Path("/proc/cpuinfo").read_text().split("\nflags", 1)[-1].split("\n", 1)[0].split()
    known = {"avx512_bf16": "AVX-512 with bf16", "avx512f": "AVX-512", "avx2": "AVX2"}
    return next((words for flag, words in known.items() if flag in flags), "no AVX2")


def measure_second_start(stack: Stack) -> float:
    stack.stop()
    began = time.monotonic()
    stack.start()
    return time.monotonic() - began


def measure_model() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "model.json"
        subprocess.run(
            [sys.executable, "-m", "inference", "bench", "nuclick", "--network", "successor", "--json", str(out)],
            cwd=REPOSITORY,
            check=True,
        )
        return json.loads(out.read_text())


def show(results: dict[str, Any]) -> None:
    machine, start, clicks = results["machine"], results["start"], results["click"]
    print_table(
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_before']:.1f} before",
        [
            ("first start, demo slide included", f"{start['first_s']:.1f} s", ""),
            ("second start", f"{start['second_s']:.1f} s", "≤ 15 s"),
            ("a slide's first tile in the browser", f"{clicks['first_tile_ms']:.0f} ms", "first paint < 1 s"),
            ("memory of the idle system", f"{results['memory_mib']['total']:.0f} MiB", "≤ 2,560 MiB"),
        ],
    )
    for name, title in (
        ("few", "Click → outline painted, few objects in view"),
        ("crowded", "…, 2,000 objects in view"),
    ):
        print_table(f"{title} ({clicks[name]['clicks']} clicks, {clicks['renderer']})", click_rows(clicks, name))
    print_table("Tiles of a real slide over HTTP, 8 connections", tiles.rows(results["tiles"]))
    print_table("Nobody stalls everybody", stalls.rows(results["stalls"]))


def click_rows(clicks: dict[str, Any], name: str) -> list[Row]:
    measured = clicks[name]
    rows = [
        ("p50", f"{measured['p50_ms']:.1f} ms", "≤ 60 ms"),
        ("p95", f"{measured['p95_ms']:.1f} ms", "≤ 120 ms"),
        *((step, f"{ms:.1f} ms", "") for step, ms in measured["split_p50_ms"].items()),
    ]
    if name == "crowded":
        rows = [("p50 beside few", f"{clicks['ratio_p50']:.2f} ×", "≤ 1.5 ×"), *rows]
    return rows


if __name__ == "__main__":
    main()
