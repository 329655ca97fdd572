"""What the trainings of a bench say together: learning curves, areas below them, and how sure the differences are.

AJI is the mean over test images; differences to random are paired by seed and image.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.active.annotator import CLICK_S, CORRECTION_S, GOOD_ENOUGH, MOST_CORRECTIONS

RESAMPLES = 2000
SHARE_OF_FULL = 0.95
AXES = ("nuclei", "seconds")
Values = NDArray[np.float64]


def summarise(played: dict[str, Any]) -> dict[str, Any]:
    """The report on what `bench.run_bench` played through."""
    rows = played["trainings"]
    seeds = sorted({row["seed"] for row in rows if row["strategy"] == "full"})
    strategies = played["settings"]["strategies"]
    images = sorted(next(row for row in rows if row["strategy"] == "full")["scores"])
    curves = {s: [curve_of(rows, seed, s, images) for seed in seeds] for s in strategies}
    full = np.array([aji_of(row, images) for row in rows if row["strategy"] == "full"])
    spans = {axis: [common_span([curves[s][k] for s in strategies], axis) for k in range(len(seeds))] for axis in AXES}
    areas = {
        s: {axis: np.array([area(c, axis, *spans[axis][k]) for k, c in enumerate(curves[s])]) for axis in AXES}
        for s in strategies
    }
    start = [row for row in rows if row["strategy"] == "start"]
    report = {
        **{k: v for k, v in played.items() if k != "trainings"},
        "assumptions": {
            "click_s": CLICK_S,
            "correction_s": CORRECTION_S,
            "accepted_from_iou": GOOD_ENOUGH,
            "most_corrections": MOST_CORRECTIONS,
        },
        "aji_start": float(aji_of(start[0], images).mean()) if start else None,
        "aji_full": float(full.mean()),
        "strategies": {s: of_strategy(curves[s], areas[s], full) for s in strategies},
    }
    if "random" in strategies:
        for s in strategies:
            if s != "random":
                report["strategies"][s]["against_random"] = against(curves, areas, s)
    return {**report, "trainings": rows}


def aji_of(row: dict[str, Any], images: Sequence[str]) -> Values:
    """(I,)"""
    return np.array([row["scores"][image]["aji"] for image in images])


def curve_of(rows: Sequence[dict[str, Any]], seed: int, strategy: str, images: Sequence[str]) -> dict[str, Values]:
    """One seed's points, from the first regions on: (R,) of each axis, (R, I) AJI."""
    points = [row for row in rows if row["seed"] == seed and row["strategy"] in ("first", strategy)]
    points.sort(key=lambda row: row["round"])
    names = ("nuclei", "seconds", "selection_s")
    return {
        "regions": np.array([len(row["regions"]) for row in points], np.float64),
        **{name: np.array([row[name] for row in points], np.float64) for name in names},
        "aji": np.array([aji_of(row, images) for row in points]),
        "dice": np.array([[row["scores"][image]["dice"] for image in images] for row in points]),
    }


def common_span(curves: Sequence[dict[str, Values]], axis: str) -> tuple[float, float]:
    """Where all curves are known."""
    return float(max(c[axis][0] for c in curves)), float(min(c[axis][-1] for c in curves))


def area(curve: dict[str, Values], axis: str, low: float, high: float) -> Values:
    """(I,) the area below each image's curve over the logarithm of the effort, as the mean height; NaN where the span is
    empty."""
    x, aji = np.log(curve[axis]), curve["aji"]
    if not np.log(low) < np.log(high):
        return np.full(aji.shape[1], np.nan)
    at = np.unique([np.log(low), np.log(high), *x[(x > np.log(low)) & (x < np.log(high))]])
    heights = np.array([np.interp(at, x, column) for column in aji.T])
    found: Values = np.trapezoid(heights, at, axis=1) / (at[-1] - at[0])
    return found


def budget(curve: dict[str, Values], axis: str, wanted: float) -> float | None:
    """The least effort with which the curve reaches the wanted AJI, between its points by the logarithm; None: never."""
    x, aji = np.log(curve[axis]), curve["aji"].mean(axis=1)
    above = np.flatnonzero(aji >= wanted)
    if not above.size:
        return None
    k = int(above[0])
    if k == 0:
        return float(curve[axis][0])
    return float(np.exp(np.interp(wanted, aji[k - 1 : k + 1], x[k - 1 : k + 1])))


def of_strategy(curves: Sequence[dict[str, Values]], areas: dict[str, Values], full: Values) -> dict[str, Any]:
    """Means over seeds."""
    rounds = [
        {
            **{name: float(np.mean([c[name][k] for c in curves])) for name in ("regions", *AXES, "selection_s")},
            **{name: float(np.mean([c[name][k] for c in curves])) for name in ("aji", "dice")},
            "aji_of_seeds": [float(c["aji"][k].mean()) for c in curves],
        }
        for k in range(len(curves[0]["regions"]))
    ]
    budgets = {
        axis: [budget(c, axis, SHARE_OF_FULL * float(f.mean())) for c, f in zip(curves, full, strict=True)]
        for axis in AXES
    }
    return {
        "rounds": rounds,
        "area": {axis: known(areas[axis].mean()) for axis in AXES},
        "budget_95": {
            axis: {
                "of_seeds": found,
                "mean": None if None in found else float(np.mean([b for b in found if b is not None])),
            }
            for axis, found in budgets.items()
        },
    }


def against(curves: dict[str, list[dict[str, Values]]], areas: dict[str, dict[str, Values]], s: str) -> dict[str, Any]:
    """Strategy less random: AJI after equal numbers of regions, mean over the chosen rounds, and the areas."""
    pairs = zip(curves[s], curves["random"], strict=True)
    return {
        "aji_at_equal_regions": interval(np.array([(a["aji"] - b["aji"])[1:].mean(axis=0) for a, b in pairs])),
        **{f"area_{axis}": interval(areas[s][axis] - areas["random"][axis]) for axis in AXES},
    }


def known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if np.isnan(value) else float(value)


def interval(differences: Values) -> dict[str, float] | None:
    """The mean of (S, I) paired differences and its 90 % interval, seeds and images drawn anew with replacement; None where
    one is unknown, because the curves have no span in common."""
    if np.isnan(differences).any():
        return None
    rng = np.random.default_rng(1)
    seeds, images = differences.shape
    means = [
        differences[rng.integers(seeds, size=seeds)][:, rng.integers(images, size=images)].mean()
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(means, [0.05, 0.95])
    return {"mean": float(differences.mean()), "low90": float(low), "high90": float(high)}


def as_table(report: dict[str, Any]) -> str:
    """Markdown: one row a strategy."""
    strategies = report["strategies"]
    rounds = next(iter(strategies.values()))["rounds"]
    head = ["strategy", *(f"AJI, {r['regions']:.0f} regions" for r in rounds), "nuclei", "annotator s"]
    head += [
        "area, nuclei",
        "area, s",
        "nuclei to 95 %",
        "s to 95 %",
        "− random, equal regions",
        "− random, area over nuclei",
    ]
    head += ["choosing s a round"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, found in strategies.items():
        last, paired = found["rounds"][-1], found.get("against_random")
        chosen_s = np.mean([r["selection_s"] for r in found["rounds"][1:]]) if len(found["rounds"]) > 1 else 0.0
        cells = [name, *(_short(r["aji"]) for r in found["rounds"]), f"{last['nuclei']:.0f}", f"{last['seconds']:.0f}"]
        cells += [_short(found["area"][axis]) for axis in AXES]
        cells += [_whole(found["budget_95"][axis]["mean"]) for axis in AXES]
        cells += [_range(paired and paired[key]) for key in ("aji_at_equal_regions", "area_nuclei")]
        lines.append("| " + " | ".join([*cells, f"{chosen_s:.1f}"]) + " |")
    start = f"; before any training {report['aji_start']:.3f}" if report["aji_start"] is not None else ""
    flattered = report["annotator_saw"]
    return "\n".join(
        [
            *lines,
            "",
            f"The whole pool ({report['pool_regions']} regions) gives AJI {report['aji_full']:.3f}{start}. "
            f"{len(report['test_images'])} test images, {report['settings']['seeds']} seeds, "
            "90 % intervals over seeds and images.",
            f"The masks are those of “{report['settings']['annotator']}”"
            + (
                f", which was trained on {flattered} of the pool's images: they flatter."
                if flattered
                else ", which never saw the pool."
            ),
        ]
    )


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _whole(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.0f}"


def _range(found: dict[str, float] | None) -> str:
    return "" if not found else f"{found['mean']:+.3f} [{found['low90']:+.3f}, {found['high90']:+.3f}]"
