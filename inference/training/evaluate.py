"""Measures a segmenter as the product uses it: simulated clicks on labelled images, the same patches, network and cleaning."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.data.samples import Dataset, LabelledImage, Objects, find_objects
from inference.data.simulate import displaced_click
from inference.methods.base import ObjectMask, ObjectPrompts, Segmenter
from inference.metrics.overlap import aji, boundary_f1, dice, hausdorff_px, overlaps, panoptic

BATCH = 16
TIMED_CLICKS = 60
BOUNDARY_TOLERANCE_PX = 2.0
SCORES = ("aji", "dice", "sq", "dq", "pq", "hausdorff_px", "iou_at_1", "boundary_f1")


@dataclass(frozen=True)
class Clicks:
    """How the simulated annotator clicks."""

    jitter_px: float = 0.0
    """σ of the displacement from the centroid, in pixels of the image; 0 is exactly at the centroid."""
    exclusion: bool = True
    """Whether the clicks of the other objects are known."""
    seed: int = 1


@dataclass(frozen=True)
class Report:
    """Means over images; `hausdorff_px`, `iou_at_1` and `boundary_f1` are first averaged over each image's objects."""

    scores: dict[str, float]
    images: dict[str, dict[str, float]]
    n_objects: int
    n_unanswered: int
    ms_per_click_p50: float
    mpp: float
    mpp_assumed: bool


def evaluate(
    segmenter: Segmenter, dataset: Dataset, ids: Sequence[str], clicks: Clicks, *, say: Callable[[str], None] = print
) -> Report:
    """One click for each object of each image. A data set without mpp is taken to have the model's."""
    mpp = dataset.mpp or segmenter.mpp
    rng = np.random.default_rng(clicks.seed)
    rows: dict[str, dict[str, float]] = {}
    unanswered, times_ms = 0, list[float]()
    for image_id in ids:
        image = dataset.read(image_id)
        objects = find_objects(image.labels)
        if not len(objects.labels):
            say(f"{image_id}: no object, left out")
            continue
        points = click_points(image, objects, clicks, rng)
        scene = Scene(image, scale=segmenter.mpp / mpp, patch_px=segmenter.patch_px)
        if len(times_ms) < TIMED_CLICKS:
            times_ms += time_clicks(segmenter, scene, points, clicks.exclusion, TIMED_CLICKS // min(len(ids), 6))
        masks = list(click_all(segmenter, scene, points, clicks.exclusion))
        unanswered += sum(not m.mask.inside.any() for m in masks)
        rows[image_id] = score_image(image, objects, scene, masks)
        say(f"{image_id}: {len(masks)} objects, AJI {rows[image_id]['aji']:.3f}")
    scores = {name: float(np.nanmean([row[name] for row in rows.values()])) for name in SCORES} if rows else {}
    return Report(
        scores=scores,
        images=rows,
        n_objects=int(sum(row["n_objects"] for row in rows.values())),
        n_unanswered=unanswered,
        ms_per_click_p50=float(np.median(times_ms)) if times_ms else float("nan"),
        mpp=mpp,
        mpp_assumed=dataset.mpp is None,
    )


class Scene:
    """An image at the network's resolution; cuts patches as the slide reader does: whole pixels, white outside."""

    def __init__(self, image: LabelledImage, *, scale: float, patch_px: int) -> None:
        """`scale`: image pixels per patch pixel."""
        self.patch_px, self.scale = patch_px, scale
        height, width = image.pixels.shape[:2]
        size = (max(1, round(width / scale)), max(1, round(height / scale)))
        same = size == (width, height)
        pixels = (
            image.pixels if same else np.asarray(Image.fromarray(image.pixels).resize(size, Image.Resampling.BICUBIC))
        )
        self.padded = np.pad(pixels, ((patch_px, patch_px), (patch_px, patch_px), (0, 0)), constant_values=255)
        self.shape = (height, width)

    def patch(self, click: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """(pixels, origin): origin is the patch's upper left corner in scaled pixels."""
        x, y = (round(v) - self.patch_px // 2 for v in click / self.scale)
        left, top = x + self.patch_px, y + self.patch_px
        return self.padded[top : top + self.patch_px, left : left + self.patch_px], np.array([x, y], np.float64)

    def to_image(
        self, field: NDArray[np.float32], origin: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], slice, slice]:
        """A patch's field in image pixels, with the rows and columns of the image that it covers."""
        low = np.maximum(np.floor(origin * self.scale).astype(int), 0)
        high = np.minimum(np.ceil((origin + self.patch_px) * self.scale).astype(int), self.shape[::-1])
        size = tuple(int(v) for v in np.maximum(high - low, 0))
        shift = (low + 0.5) / self.scale - origin - 0.5  # of the first image pixel's centre, as OpenCV counts
        matrix = np.array([[1 / self.scale, 0, shift[0]], [0, 1 / self.scale, shift[1]]])
        moved = cv2.warpAffine(field, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return moved.astype(np.float32, copy=False), slice(low[1], high[1]), slice(low[0], high[0])


@dataclass(frozen=True)
class Answer:
    mask: ObjectMask
    origin: NDArray[np.float64]


def click_points(
    image: LabelledImage, objects: Objects, clicks: Clicks, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(N, 2): the centroid (the nearest pixel inside, where it lies outside), displaced if so asked."""
    if clicks.jitter_px == 0:
        return objects.inner_points
    points = []
    for label, origin in zip(objects.labels, objects.inner_points, strict=True):
        ys, xs = np.nonzero(image.labels == label)
        corner = np.array([xs.min(), ys.min()])
        inside = image.labels[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] == label
        moved = displaced_click(inside, tuple(origin - corner), clicks.jitter_px, rng)
        points.append(moved + corner)
    return np.array(points)


def click_all(segmenter: Segmenter, scene: Scene, points: NDArray[np.float64], exclusion: bool) -> Iterator[Answer]:
    """The answer to each point, the others serving as exclusion."""
    for start in range(0, len(points), BATCH):
        yield from _answer(segmenter, scene, points, range(start, min(start + BATCH, len(points))), exclusion)


def time_clicks(
    segmenter: Segmenter, scene: Scene, points: NDArray[np.float64], exclusion: bool, count: int
) -> list[float]:
    """Milliseconds of single clicks: cutting the patch, network and cleaning."""
    times = []
    for index in np.linspace(0, len(points) - 1, min(count, len(points))).astype(int):
        started = time.perf_counter()
        _answer(segmenter, scene, points, [int(index)], exclusion)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _answer(
    segmenter: Segmenter, scene: Scene, points: NDArray[np.float64], rows: Sequence[int], exclusion: bool
) -> list[Answer]:
    cut = [scene.patch(points[i]) for i in rows]
    prompts = []
    for i, (_, origin) in zip(rows, cut, strict=True):
        local = points / scene.scale - origin
        others = np.delete(local, i, axis=0) if exclusion else np.zeros((0, 2))
        near = ((others >= 0) & (others < scene.patch_px)).all(axis=1)
        prompts.append(ObjectPrompts(local[i][None], np.array([True]), others[near]))
    masks = segmenter.segment([pixels for pixels, _ in cut], prompts)
    return [Answer(mask, origin) for mask, (_, origin) in zip(masks, cut, strict=True)]


def score_image(image: LabelledImage, objects: Objects, scene: Scene, answers: Sequence[Answer]) -> dict[str, float]:
    """All scores of one image. Where two masks overlap, the pixel goes to the higher probability."""
    claimed = np.zeros(image.labels.shape, np.int32)
    strongest = np.zeros(image.labels.shape, np.float32)
    per_object = []
    for number, (label, area, answer) in enumerate(zip(objects.labels, objects.areas, answers, strict=True), start=1):
        field, rows, columns = scene.to_image(answer.mask.probability, answer.origin)
        inside: NDArray[np.bool_] = field > answer.mask.threshold
        if not answer.mask.inside.any():
            inside = np.zeros_like(inside)  # an answer that says no
        won = inside & (field > strongest[rows, columns])
        np.copyto(claimed[rows, columns], number, where=won)
        np.copyto(strongest[rows, columns], field, where=won)
        truth = image.labels[rows, columns] == label
        per_object.append(score_object(truth, inside, missed=int(area - truth.sum())))
    pairs = overlaps(image.labels, claimed)
    sq, dq, pq = panoptic(pairs)
    means = {name: _mean([o[name] for o in per_object]) for name in ("iou_at_1", "hausdorff_px", "boundary_f1")}
    foreground = dice(image.labels > 0, claimed > 0)
    return {"aji": aji(pairs), "dice": foreground, "sq": sq, "dq": dq, "pq": pq, **means, "n_objects": len(per_object)}


def score_object(truth: NDArray[np.bool_], inside: NDArray[np.bool_], *, missed: int) -> dict[str, float]:
    """One mask against its own object; `missed` counts the object's pixels beyond the patch."""
    return {
        "iou_at_1": int((truth & inside).sum()) / (int((truth | inside).sum()) + missed),
        "hausdorff_px": hausdorff_px(truth, inside),
        "boundary_f1": boundary_f1(truth, inside, tolerance_px=BOUNDARY_TOLERANCE_PX),
    }


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")


def as_table(report: dict[str, Any]) -> str:
    """The report of `runs.evaluate_checkpoint` as a Markdown table: one row an image, then the mean over images."""
    rows = [*report["per_image"].items(), (f"**mean of {report['n_images']} images**", report)]
    head = f"| image | objects | {' | '.join(SCORES)} |\n|---|---|{'---|' * len(SCORES)}"
    lines = [f"| {name} | {row['n_objects']} | {' | '.join(f'{row[s]:.3f}' for s in SCORES)} |" for name, row in rows]
    return "\n".join([head, *lines])
