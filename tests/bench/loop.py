"""`make bench-loop`: a project teaches a model a group of images that it has never seen, through the product's own doors.

A simulated annotator points at nuclei over the socket, corrects and accepts; a scheduled training learns from that, is
measured by the product, and takes over or not. Then both weights are measured here, against the data set's own outlines:
on images of the new group that were not trained on, and on the old group's validation images.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.data.samples import Dataset, LabelledImage, find_objects, open_dataset
from inference.data.simulate import central_point, deepest_error
from inference.evaluation.pointing import Pointing
from inference.evaluation.run import Settings, evaluate_images, is_unseen
from inference.geometry import pixels_inside
from inference.methods.nuclick.segmenter import NuclickSegmenter
from inference.metrics.bootstrap import bootstrap_interval
from tests.bench.numbers import percentile, print_table
from tests.stack import REPOSITORY, Stack, running_stack
from tests.system.client import OpenSlide, Person
from tests.system.conftest import populate

RESULTS = REPOSITORY / "bench" / "loop.json"
PROJECT = "Colon"
OPEN = ("queued", "running", "lost")
CLICK_EVERY_S = 1.0
SMALLEST_PX = 30
"""Slivers that overlapping outlines left in the labels are nothing that a person would point at."""


@dataclass(frozen=True)
class Annotator:
    """When a simulated person is content with a mask."""

    good_enough: float = 0.85
    """IoU at which it is accepted at once."""
    most_clicks: int = 6
    acceptable: float = 0.70
    """IoU at which it is accepted once patience is at its end; below, it is rejected."""


@dataclass
class Work:
    accepted: int = 0
    rejected: int = 0
    clicks: int = 0


# --- annotating -----------------------------------------------------------------------------------------------------


def annotate(
    slide: OpenSlide, image: LabelledImage, count: int, annotator: Annotator, rng: np.random.Generator, work: Work
) -> None:
    """Point at `count` random objects of the slide that shows `image`, one after the other, as a person would."""
    objects = find_objects(image.labels)
    for index in rng.permutation(len(objects.labels))[:count].tolist():
        mask, corner = objects.mask(image.labels, index)
        if mask.sum() < SMALLEST_PX:
            continue
        truth = image.labels == objects.labels[index]
        x, y = np.add(central_point(mask), corner)
        _label_one(slide, truth, {"kind": "click", "x": float(x), "y": float(y), "positive": True}, annotator, work)


def _label_one(
    slide: OpenSlide, truth: NDArray[np.bool_], first: dict[str, Any], annotator: Annotator, work: Work
) -> None:
    prompts, object_id = [first], None
    while True:
        if object_id is None:
            object_id = slide.click(first["x"], first["y"])
            turn = 1
        else:
            turn = slide.ask(object_id, *prompts)
        work.clicks += 1
        answer = wait_answer(slide, object_id, turn)
        iou, click = judge(answer, truth, prompts)
        if answer["state"] == "failed":
            slide.decide("reject", object_id)
            work.rejected += 1
            return
        patience = click is not None and len(prompts) < annotator.most_clicks
        if iou < annotator.good_enough and patience:
            prompts = [*prompts, click]
            continue
        kind = "accept" if iou >= annotator.acceptable else "reject"
        slide.decide(kind, object_id, elapsed_ms=1500.0 * len(prompts))
        if kind == "accept" and slide.objects[object_id]["state"] == "proposed":  # it covers what is accepted already
            kind = "reject"
            slide.decide(kind, object_id)
        work.accepted += kind == "accept"
        work.rejected += kind == "reject"
        return


def wait_answer(slide: OpenSlide, object_id: str, turn: int) -> dict[str, Any]:
    def has_come(_: dict[str, Any]) -> bool:
        known = slide.objects.get(object_id, {})
        return known.get("turn") == turn and known["state"] in {"proposed", "failed"}

    if not has_come({}):
        slide.wait_for(has_come, 60)
    return slide.objects[object_id]


def judge(
    answer: dict[str, Any], truth: NDArray[np.bool_], prompts: Sequence[dict[str, Any]]
) -> tuple[float, dict[str, Any] | None]:
    """(IoU of an answer, the click that corrects it)."""
    found = draw(answer["polygons"], truth.shape)
    iou = float((found & truth).sum() / max(1, (found | truth).sum()))
    error = deepest_error(found, truth, [(p["x"], p["y"]) for p in prompts])
    if error is None:
        return iou, None
    (x, y), positive = error
    return iou, {"kind": "click", "x": float(x), "y": float(y), "positive": bool(positive)}


def draw(polygons: Sequence[dict[str, Any]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Polygons in level-0 px as a mask of the whole slide."""
    mask = np.zeros(shape, bool)
    if polygons:
        rings = [[np.array(ring) for ring in (p["exterior"], *p["holes"])] for p in polygons]
        inside, box = pixels_inside(rings, *shape)
        mask[box] = inside
    return mask


# --- the product's doors ------------------------------------------------------------------------------------------------


def schedule_next_minute(admin: Person, project_id: int, object_type: str, stain: str, samples: int) -> None:
    at = datetime.now(UTC) + timedelta(seconds=75)
    admin.put(
        f"/api/projects/{project_id}/learning/settings",
        {
            "object_type": object_type, "stain": stain, "new_objects": None, "promotes": True, "samples": samples,
            "schedule": {"enabled": True, "minute": at.minute, "hour": at.hour, "day_of_week": "*"},
        },
    )  # fmt: skip


def wait_run(
    admin: Person, project_id: int, *, timeout_s: float, meanwhile: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The run that the schedule made, once it has ended."""
    deadline = time.monotonic() + timeout_s
    while True:
        runs = admin.get(f"/api/projects/{project_id}/learning")["runs"]
        if runs and runs[0]["state"] not in OPEN:
            return admin.get(f"/api/learning/runs/{runs[0]['id']}")
        assert time.monotonic() < deadline, f"no training ended within {timeout_s:.0f} s: {runs[:1]}"
        meanwhile()


def time_click(slide: OpenSlide, x: float, y: float) -> float:
    """Milliseconds from the click to its outline, over the socket; the object is rejected afterwards."""
    began = time.monotonic()
    object_id = slide.click(x, y)
    wait_answer(slide, object_id, 1)
    elapsed_ms = (time.monotonic() - began) * 1000
    slide.decide("reject", object_id)
    return elapsed_ms


# --- measuring ---------------------------------------------------------------------------------------------------------


def measure(dataset: Dataset, ids: Sequence[str], weights: str, folder: Path, threads: int) -> NDArray[np.float64]:
    """(N,) AJI of each image that holds a nucleus, one click at each centroid, against the data set's own outlines."""
    segmenter = NuclickSegmenter(weights, threads=threads, folder=folder)
    settings = Settings(object_type="nucleus", kind=None, images="all", pointing=Pointing())
    measured = evaluate_images(dataset, ids, lambda _: segmenter, "nucleus", settings, say=lambda _: None)
    return np.array([image.scores.scores["aji"] for image in measured.values()])


def gain(before: NDArray[np.float64], after: NDArray[np.float64], seed: int) -> tuple[float, list[float]]:
    """(mean difference over images, its 90 % interval)."""
    return float((after - before).mean()), list(bootstrap_interval(after - before, seed=seed, level=0.9))


# --- the whole loop -------------------------------------------------------------------------------------------------------


def run_loop(options: argparse.Namespace) -> dict[str, Any]:
    began = time.monotonic()
    rng = np.random.default_rng(options.seed)
    new, old = open_dataset(options.data / options.new), open_dataset(options.data / options.old)
    ids = list(new.of_kind(options.kind) if options.kind else new.ids)
    shown = rng.permutation(ids)[: options.slides].tolist()
    with tempfile.TemporaryDirectory(prefix="squiggle-loop-") as folder:
        weights = Path(folder) / "weights"
        weights.mkdir()
        for path in (REPOSITORY / "inference" / "weights").glob(f"{options.base}.*"):
            shutil.copy(path, weights)
        with running_stack(demo=False, environment={"SQUIGGLE_WEIGHTS": str(weights)}) as stack:
            populate(stack)
            base = NuclickSegmenter(options.base, threads=options.threads, folder=weights)
            paths = [str(next((new.folder / "images").glob(f"{name}.*"))) for name in shown]
            stack.manage("import_slides", *paths, "--project", PROJECT, "--mpp", str(new.mpp or base.mpp))
            found = learn_from(stack, new, shown, options, rng)
            trained = {name.partition(".")[0] for name in found.pop("training_slides")}
            unseen = [name for name in ids if name not in trained]
            kept = [name for name in old.ids if is_unseen(old, name, base_manifest(weights, options.base))]
            after, after_folder = found["version"], stack.home / "learning" / "weights"
            sides = [(options.base, weights), (after, after_folder)]
            new_before, new_after = (measure(new, unseen, name, at, options.threads) for name, at in sides)
            old_before, old_after = (measure(old, kept, name, at, options.threads) for name, at in sides)
    aji_gain, interval = gain(new_before, new_after, options.seed)
    old_gain, old_interval = gain(old_before, old_after, options.seed)
    return {
        **found,
        "base": options.base, "old": options.old, "new": options.new, "kind": options.kind, "seed": options.seed,
        "samples": options.samples,
        "aji_before": float(new_before.mean()), "aji_after": float(new_after.mean()),
        "aji_gain": aji_gain, "aji_gain_ci90": interval, "images_measured": len(new_before),
        "old_group_before": float(old_before.mean()), "old_group_gain": old_gain, "old_group_gain_ci90": old_interval,
        "seconds": time.monotonic() - began,
    }  # fmt: skip


def base_manifest(weights: Path, name: str) -> dict[str, Any]:
    return json.loads((weights / f"{name}.json").read_text(encoding="utf-8"))


def learn_from(
    stack: Stack, dataset: Dataset, shown: Sequence[str], options: argparse.Namespace, rng: np.random.Generator
) -> dict[str, Any]:
    """Annotate, let the schedule train, and see what answers the next click."""
    annotator, admin = Person(stack.base_url, "ann"), Person(stack.base_url, "ada")
    [project] = admin.get("/api/projects")
    slides = {Path(slide["name"]).stem: slide["id"] for slide in admin.get(f"/api/projects/{project['id']}")["slides"]}
    work, person = Work(), Annotator()
    each = -(-options.objects * 5 // (4 * len(shown)))  # a fifth more: some are rejected, some images hold fewer
    for name in shown:
        slide = annotator.open(slides[name])
        annotate(slide, dataset.read(name), each, person, rng, work)
        slide.close()
    slide = annotator.open(slides[shown[0]])
    first = find_objects(dataset.read(shown[0]).labels).inner_points[0].tolist()
    calm_ms = [time_click(slide, *first) for _ in range(30)]
    schedule_next_minute(admin, project["id"], "nucleus", "H&E", options.samples)
    busy_ms = list[float]()

    def click_meanwhile() -> None:
        busy_ms.append(time_click(slide, *first))
        time.sleep(CLICK_EVERY_S)

    trained_s = time.monotonic()
    run = wait_run(admin, project["id"], timeout_s=options.patience_s, meanwhile=click_meanwhile)
    trained_s = time.monotonic() - trained_s
    assert run["state"] == "done", f"the training ended as {run['state']}: {run['failure']}"
    object_id = slide.click(*first)
    answered_by = wait_answer(slide, object_id, 1)["model_id"]
    slide.close()
    versions = {version["id"]: version for version in admin.get(f"/api/projects/{project['id']}/models")["versions"]}
    return {
        "accepted_objects": work.accepted, "rejected_objects": work.rejected, "clicks": work.clicks,
        "promoted": run["verdict"] == "promoted", "verdict": run["verdict"], "reason": run["reason"],
        "trigger": run["trigger"], "version": versions[run["version_id"]]["name"],
        "next_click_answered_by": versions[answered_by]["name"],
        "product_measured": {key: run["measurement"][key] for key in ("scores", "difference", "n_slides", "n_objects")},
        "click_p50_ms": percentile(calm_ms, 50), "click_p95_ms": percentile(calm_ms, 95),
        "click_p50_while_training_ms": percentile(busy_ms, 50), "click_p95_while_training_ms": percentile(busy_ms, 95),
        "training_seconds": trained_s,
        "training_slides": list_training_slides(stack),
    }  # fmt: skip


def list_training_slides(stack: Stack) -> list[str]:
    query = (
        "from annotator.learning.models import SlidePart; import json; "
        "print(json.dumps(list(SlidePart.objects.filter(part='training').values_list('slide__name', flat=True))))"
    )
    return json.loads(stack.manage("shell", "-c", query).strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.bench.loop")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds the labelled data sets")
    parser.add_argument("--base", default="nuclick-nucleus-monuseg", help="weights that have not seen the new group")
    parser.add_argument("--old", default="monuseg", help="data set that the base learnt from")
    parser.add_argument("--new", default="dsb2018", help="data set of the new group")
    parser.add_argument("--kind", default="colour", help="of the new group's images; empty: all")
    parser.add_argument("--slides", type=int, default=40, help="images that are imported as slides")
    parser.add_argument("--objects", type=int, default=400, help="nuclei that are to be accepted, about")
    parser.add_argument("--samples", type=int, default=6_000, help="patches that the training sees")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--patience-s", type=float, default=5_400)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    result = run_loop(options)
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)


def show(result: dict[str, Any]) -> None:
    low, high = result["aji_gain_ci90"]
    old_low, old_high = result["old_group_gain_ci90"]
    calm, busy = result["click_p95_ms"], result["click_p95_while_training_ms"]
    print_table(
        f"{result['base']} taught {result['new']} {result['kind']} ({result['accepted_objects']} accepted nuclei)",
        [
            ("AJI of the new group, before", f"{result['aji_before']:.3f}", ""),
            ("… after", f"{result['aji_after']:.3f}", ""),
            ("gain, 90 % interval", f"{result['aji_gain']:+.3f} [{low:+.3f}, {high:+.3f}]", "> 0"),
            ("old group", f"{result['old_group_gain']:+.3f} [{old_low:+.3f}, {old_high:+.3f}]", "≥ −.01"),
            ("verdict", result["verdict"], "promoted"),
            ("next click answered by", result["next_click_answered_by"], result["version"]),
            ("click p95, calm / while training", f"{calm:.0f} / {busy:.0f} ms", ""),
            ("seconds", f"{result['seconds']:.0f}", ""),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
