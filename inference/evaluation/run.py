"""One evaluation from beginning to end: a folder of labelled images in, a report out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inference.checkpoints import WEIGHTS_FOLDER, CheckpointError
from inference.data.samples import Dataset, DatasetError, LabelledImage, find_objects, open_dataset
from inference.evaluation import EvaluationError
from inference.evaluation.baselines import Baseline, parameters
from inference.evaluation.corrections import Effort, correct_objects, evenly
from inference.evaluation.pointing import ObjectType, Pointing, Said, point_at_all
from inference.evaluation.report import build_report
from inference.evaluation.scenes import NOTHING, Found, Scene, ask
from inference.evaluation.scoring import ImageScores, score_image
from inference.evaluation.weights import Choice, choose_weights, named_weights, stain_of
from inference.methods.base import Points, Segmenter
from inference.methods.nuclick.segmenter import NuclickSegmenter

TIMED_OBJECTS = 60
OBJECT_TYPES: dict[str, ObjectType] = {
    "nucleus": "nucleus",
    "cell": "cell",
    "white blood cell": "cell",
    "gland": "gland",
}
"""By what dataset.json calls its objects."""


@dataclass(frozen=True)
class Settings:
    """What is measured."""

    object_type: ObjectType | None = None
    """None: what dataset.json says."""
    kind: str | None = None
    """Only images of this kind, as dataset.json names it."""
    images: str = "validation"
    """validation: those whose patient the weights were not trained on; all: all."""
    pointing: Pointing = field(default_factory=Pointing)
    baseline: str | None = None
    """A method without a network instead of weights."""
    corrections: int = 0
    """How many objects of each image are corrected until they are good (NoC)."""
    smallest_px: int = 0
    """Masks below this area are dropped, as NuClick did with 50 px."""


@dataclass(frozen=True)
class Measured:
    """What one image gave."""

    scores: ImageScores
    times_ms: list[float]
    effort: Effort | None


def evaluate_folder(
    folder: Path,
    settings: Settings,
    *,
    checkpoint: str | None = None,
    threads: int,
    weights: Path = WEIGHTS_FOLDER,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Point at every object of the images and score the masks; the report, as JSON-ready entries.

    checkpoint: weights by name; None chooses for each image by object type and stain. A baseline is measured on the images
    that these weights would be. DatasetError, CheckpointError and EvaluationError in words.
    """
    dataset = open_dataset(folder)
    object_type = settings.object_type or stated_type(dataset)
    check(settings, object_type)
    ids = list(dataset.of_kind(settings.kind) if settings.kind else dataset.ids)
    choices = choose_for(dataset, ids, object_type, settings, checkpoint, weights)
    if settings.images == "validation":
        ids = [i for i in ids if (choice := choices.get(i)) is None or is_unseen(dataset, i, choice.manifest)]
        if not ids:
            names = ", ".join(sorted({c.name for c in choices.values()}))
            raise DatasetError(f"“{names}” was trained on every image of {folder}; measure with --images all.")
    opened = dict[str, Segmenter]()

    def segmenter_of(image: LabelledImage) -> Segmenter:
        if settings.baseline:
            bright = stain_of(dataset, image.id) == "fluorescence"
            return Baseline(settings.baseline, object_type=object_type, mpp=image.mpp or 1.0, bright=bright)
        name = choices[image.id].name
        if name not in opened:
            opened[name] = NuclickSegmenter(name, threads=threads, folder=weights)
        return opened[name]

    measured = evaluate_images(dataset, ids, segmenter_of, object_type, settings, say=say)
    if not measured:
        raise DatasetError(f"The {len(ids)} images of {folder} hold no labelled object.")
    used = {choices[i].name: choices[i].reason for i in measured if i in choices}
    report = build_report(
        scores={i: m.scores for i, m in measured.items()},
        efforts={i: m.effort for i, m in measured.items() if m.effort},
        sources={i: dataset.source_of(i) for i in measured},
        times_ms=[t for m in measured.values() for t in m.times_ms],
        seed=settings.pointing.seed,
    )
    about = {
        "dataset": dataset.name,
        "object": object_type,
        "images": settings.images,
        "checkpoint": None if settings.baseline else ", ".join(used),
        "chosen": {} if settings.baseline else used,
        "baseline": settings.baseline and {"name": settings.baseline, **parameters(settings.baseline, object_type)},
        "device": ", ".join(sorted({s.device for s in opened.values()})) or "CPU, no network",
        "click": settings.pointing.click,
        "line": settings.pointing.line,
        "jitter_px": settings.pointing.jitter_px,
        "jitter_clipped": settings.pointing.jitter_clipped,
        "exclusion": settings.pointing.exclusion,
        "smallest_px": settings.smallest_px,
        "corrected_objects_per_image": settings.corrections,
        "seed": settings.pointing.seed,
        "mpp": dataset.mpp or next((s.mpp for s in opened.values()), None),
        "mpp_assumed": dataset.mpp is None,
    }
    return {**report, **about}


def check(settings: Settings, object_type: ObjectType) -> None:
    """EvaluationError for settings that contradict each other."""
    if object_type == "gland" and (settings.pointing.jitter_px or settings.pointing.click != "centroid"):
        raise EvaluationError(
            "A gland is pointed at by a line, so its clicks cannot be moved; leave out --jitter-px and --click, or try "
            "--line drawn."
        )
    if settings.baseline and settings.corrections:
        raise EvaluationError("A method without a network knows no corrections; leave out --corrections or --baseline.")


def stated_type(dataset: Dataset) -> ObjectType:
    """The kind of object that dataset.json names; nuclei where it names none."""
    stated = dataset.info.get("object", "nucleus")
    if stated not in OBJECT_TYPES:
        raise DatasetError(
            f"{dataset.folder / 'dataset.json'} calls its objects “{stated}”; say with --object which of nucleus, cell and "
            "gland they are."
        )
    return OBJECT_TYPES[stated]


def choose_for(
    dataset: Dataset,
    ids: Sequence[str],
    object_type: str,
    settings: Settings,
    checkpoint: str | None,
    weights: Path,
) -> dict[str, Choice]:
    """The weights of each image; none for a baseline of a type without any."""
    if checkpoint:
        return dict.fromkeys(ids, named_weights(checkpoint, weights))
    try:
        by_stain = {stain: choose_weights(object_type, stain, weights) for stain in {stain_of(dataset, i) for i in ids}}
    except CheckpointError:
        if settings.baseline:
            return {}
        raise
    return {i: by_stain[stain_of(dataset, i)] for i in ids}


def is_unseen(dataset: Dataset, image_id: str, manifest: dict[str, Any]) -> bool:
    """Whether no image that the weights were trained on shares this one's group (patient)."""
    trained = {
        dataset.group_of(i)
        for entry in manifest["data"]
        if entry["name"] == dataset.name
        for i in entry["train_images"]
    }
    return dataset.group_of(image_id) not in trained


def evaluate_images(
    dataset: Dataset,
    ids: Sequence[str],
    segmenter_of: Callable[[LabelledImage], Segmenter],
    object_type: ObjectType,
    settings: Settings,
    *,
    say: Callable[[str], None] = print,
) -> dict[str, Measured]:
    """Each image that holds an object, in order; one of unknown resolution is taken to have the segmenter's."""
    measured = dict[str, Measured]()
    for image_id in ids:
        image = dataset.read(image_id)
        objects = find_objects(image.labels)
        if not len(objects.labels):
            say(f"{image_id}: no object, left out")
            continue
        segmenter = segmenter_of(image)
        scene = Scene(image, mpp=image.mpp or segmenter.mpp)
        said = point_at_all(image, objects, object_type, settings.pointing)
        points = np.array([s.point for s in said]) if settings.pointing.exclusion else np.zeros((0, 2))
        found = [
            f if f.area >= settings.smallest_px else NOTHING
            for f in ask(segmenter, scene, said, range(len(said)), points)
        ]
        times_ms = time_answers(segmenter, scene, said, points, -(-TIMED_OBJECTS // len(ids)))
        effort = None
        if settings.corrections:
            picked = evenly(len(said), settings.corrections)
            effort = correct_objects(segmenter, scene, image.labels, objects, said, points, picked=picked)
        measured[image_id] = Measured(score_image(image.labels, objects, found), times_ms, effort)
        say(f"{image_id}: {len(found)} objects, AJI {measured[image_id].scores.scores['aji']:.3f}")
    return measured


def time_answers(segmenter: Segmenter, scene: Scene, said: Sequence[Said], points: Points, count: int) -> list[float]:
    """Milliseconds of single answers: cutting the patch, network and cleaning."""
    times_ms = []
    for row in np.unique(np.linspace(0, len(said) - 1, min(count, len(said))).astype(int)):
        started = time.perf_counter()
        list[Found](ask(segmenter, scene, said, [int(row)], points))
        times_ms.append((time.perf_counter() - started) * 1000)
    return times_ms
