"""Scores of many images as one report: means with their intervals, by source, pooled; as JSON and as Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inference.evaluation.corrections import TARGETS, Effort
from inference.evaluation.scoring import ImageScores, mean, pool
from inference.metrics.bootstrap import bootstrap_interval

SCORES = {
    "aji": "AJI",
    "dice": "Dice",
    "sq": "SQ",
    "dq": "DQ",
    "pq": "PQ",
    "hausdorff_px": "Hausdorff px",
    "hausdorff_obj_px": "Hausdorff px, by area",
    "dice_obj": "Dice_Obj",
    "dice_obj_plain": "Dice_Obj, plain",
    "f1": "F1",
    "iou_at_1": "IoU@1",
    "iou_median": "median",
    "iou_above_70": "> .7",
    "iou_above_80": "> .8",
    "iou_above_90": "> .9",
    "boundary_f1": "boundary F1 2 px",
}
"""Columns of the table by their name in the JSON."""

EFFORT = {
    name: title
    for target in (round(100 * t) for t in TARGETS)
    for name, title in (
        (f"noc_{target}", f"NoC{target}"),
        (f"noc_{target}_reached", "reached"),
        (f"failures_{target}", "failures"),
    )
}


def build_report(
    *,
    scores: Mapping[str, ImageScores],
    efforts: Mapping[str, Effort],
    sources: Mapping[str, str],
    times_ms: Sequence[float],
    seed: int,
) -> dict[str, Any]:
    """Means over images with 95 % intervals (bootstrap over images), the same for each source, all objects pooled, and
    each image. `efforts` holds every image or none. Unknown numbers are None."""
    rows = {i: s.scores | {"n_objects": len(s.areas), "n_unanswered": s.n_unanswered} for i, s in scores.items()}
    for image_id, effort in efforts.items():
        rows[image_id] |= effort.scores()
    names = sorted(set(sources.values()))
    of_source = {n: [i for i in rows if sources[i] == n] for n in names}
    report: dict[str, Any] = {
        **average(list(rows.values()), seed),
        "ms_per_click_p50": float(np.median(times_ms)),
        "pooled": pool(list(scores.values())),
        "per_source": {
            name: average([rows[i] for i in ids], seed) | {"pooled": pool([scores[i] for i in ids])}
            for name, ids in of_source.items()
        },
        "per_image": rows,
    }
    if efforts:
        together = Effort(np.concatenate([e.iou for e in efforts.values()]))
        report["pooled"] |= together.scores()
        report["corrections"] = {
            "n_objects": len(together.iou),
            "iou_after": [float(v) for v in together.iou.mean(axis=0)],
        }
    found: dict[str, Any] = without_nan(report)
    return found


def average(rows: Sequence[Mapping[str, float]], seed: int) -> dict[str, Any]:
    """Means over images of each score, and their intervals; failures and counts are sums."""
    columns = {name: np.array([row[name] for row in rows], np.float64) for name in rows[0]}
    counted = [name for name in columns if name.startswith(("failures_", "n_"))]
    averaged = [name for name in columns if name not in counted]
    return {
        **{name: mean(columns[name]) for name in averaged},
        **{name: int(columns[name].sum()) for name in counted},
        "n_images": len(rows),
        "intervals": {name: list(bootstrap_interval(columns[name], seed=seed)) for name in averaged},
    }


def as_table(report: Mapping[str, Any]) -> str:
    """A report as a Markdown table: one row an image, then the means by source and over all, and all objects pooled; below
    it the clicks that corrections took, if any were made."""
    table = _table(report, SCORES, "all objects pooled")
    if "corrections" not in report:
        return table
    after = ", ".join(f"{report['corrections']['iou_after'][k - 1]:.3f} after {k}" for k in (1, 2, 3, 5, 10, 20))
    count = report["corrections"]["n_objects"]
    return (
        f"{table}\n\n{_table(report, EFFORT, 'all corrected objects pooled')}\n\nMean IoU of {count} objects: {after}."
    )


def _table(report: Mapping[str, Any], columns: Mapping[str, str], pooled: str) -> str:
    lines = [f"| image | objects | {' | '.join(columns.values())} |", f"|---|---|{'---|' * len(columns)}"]
    lines += [_row(name, row, columns) for name, row in report["per_image"].items()]
    parts = report["per_source"] if len(report["per_source"]) > 1 else {}
    for name, part in (*parts.items(), ("", report)):
        title = f"{name}, mean of {part['n_images']}" if name else f"mean of {part['n_images']} images"
        lines += [_row(f"**{title}**", part, columns), _interval(part, columns)]
        lines.append(_row(pooled, part["pooled"] | {"n_objects": part["n_objects"]}, columns))
    return "\n".join(lines)


def _row(name: str, row: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    return f"| {name} | {row['n_objects']} | {' | '.join(_number(row.get(c)) for c in columns)} |"


def _interval(part: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    known = [part["intervals"].get(c) or (None, None) for c in columns]
    cells = ["" if low is None else f"{_number(low)}–{_number(high)}" for low, high in known]
    return f"| 95 % interval | | {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def without_nan(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, Mapping):
        return {k: without_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_nan(v) for v in value]
    return None if isinstance(value, float) and np.isnan(value) else value
