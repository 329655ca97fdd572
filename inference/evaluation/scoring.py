"""The scores of one image, and of many images together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from inference.data.samples import Objects
from inference.evaluation.scenes import Found
from inference.metrics.outlines import boundary_f1, hausdorff_px
from inference.metrics.overlap import aji_parts, f1, found_count, matched_iou, object_dice, overlaps, panoptic_of

BOUNDARY_TOLERANCE_PX = 2.0
IOU_LEVELS = (0.7, 0.8, 0.9)
PER_OBJECT = ("iou_at_1", "hausdorff_px", "boundary_f1")


@dataclass(frozen=True)
class Tally:
    """The sums behind AJI, Dice, SQ, DQ, PQ and F1, which may be added up over images."""

    aji_intersection: int
    aji_union: int
    shared_px: int
    true_px: int
    predicted_px: int
    matched: NDArray[np.float64]
    found: int
    n_true: int
    n_predicted: int

    def scores(self) -> dict[str, float]:
        sq, dq, pq = panoptic_of(self.matched, self.n_true, self.n_predicted)
        foreground = self.true_px + self.predicted_px
        return {
            "aji": self.aji_intersection / self.aji_union if self.aji_union else 1.0,
            "dice": 2 * self.shared_px / foreground if foreground else 1.0,
            "sq": sq,
            "dq": dq,
            "pq": pq,
            "f1": f1(self.found, self.n_true, self.n_predicted),
        }


@dataclass(frozen=True)
class ImageScores:
    """One image: its scores, and what is needed to pool them with those of others."""

    tally: Tally
    object_dice: tuple[float, float]
    areas: NDArray[np.int64]
    objects: dict[str, NDArray[np.float64]]
    """(N,) of each score in PER_OBJECT; NaN where an object was given no mask and the score needs one."""
    n_unanswered: int

    @property
    def scores(self) -> dict[str, float]:
        weighted, plain = self.object_dice
        return {
            **self.tally.scores(),
            "dice_obj": weighted,
            "dice_obj_plain": plain,
            **summarise(self.objects),
            "hausdorff_obj_px": weighted_mean(self.objects["hausdorff_px"], self.areas),
        }


def score_image(labels: NDArray[np.uint16], objects: Objects, found: Sequence[Found]) -> ImageScores:
    """All scores of one image. Where two masks overlap, the pixel goes to the higher probability."""
    claimed = np.zeros(labels.shape, np.int32)
    strongest = np.zeros(labels.shape, np.float32)
    rows = []
    for index, answer in enumerate(found):
        won = answer.inside & (answer.probability > strongest[answer.box])
        np.copyto(claimed[answer.box], index + 1, where=won)
        np.copyto(strongest[answer.box], answer.probability, where=won)
        truth, inside, _ = side_by_side(labels, objects, index, answer)
        rows.append(score_object(truth, inside))
    pairs = overlaps(labels, claimed)
    intersection, union = aji_parts(pairs)
    tally = Tally(
        aji_intersection=intersection,
        aji_union=union,
        shared_px=int(((labels > 0) & (claimed > 0)).sum()),
        true_px=int((labels > 0).sum()),
        predicted_px=int((claimed > 0).sum()),
        matched=matched_iou(pairs),
        found=found_count(pairs),
        n_true=len(pairs.true_areas),
        n_predicted=len(pairs.predicted_areas),
    )
    return ImageScores(
        tally=tally,
        object_dice=object_dice(pairs),
        areas=objects.areas,
        objects={name: np.array([row[name] for row in rows]) for name in PER_OBJECT},
        n_unanswered=sum(not answer.area for answer in found),
    )


def side_by_side(
    labels: NDArray[np.uint16], objects: Objects, index: int, answer: Found
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], tuple[int, int]]:
    """(truth, answer, corner): both masks in the box that just holds them, and the box's upper left corner (x, y)."""
    mask, corner = objects.mask(labels, index)
    placed = [(mask, corner), (answer.inside, answer.corner if answer.area else corner)]
    left, top = (min(c[axis] for _, c in placed) for axis in (0, 1))
    right = max(x + m.shape[1] for m, (x, _) in placed)
    bottom = max(y + m.shape[0] for m, (_, y) in placed)
    both = np.zeros((2, bottom - top, right - left), bool)
    for canvas, (part, (x, y)) in zip(both, placed, strict=True):
        canvas[y - top : y - top + part.shape[0], x - left : x - left + part.shape[1]] = part
    return both[0], both[1], (left, top)


def score_object(truth: NDArray[np.bool_], inside: NDArray[np.bool_]) -> dict[str, float]:
    """One mask against its own object, as it was answered, whatever other masks took from it."""
    return {
        "iou_at_1": int((truth & inside).sum()) / int((truth | inside).sum()),
        "hausdorff_px": hausdorff_px(truth, inside),
        "boundary_f1": boundary_f1(truth, inside, tolerance_px=BOUNDARY_TOLERANCE_PX),
    }


def summarise(objects: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    """Means over objects, and how IoU@1 is spread."""
    iou = objects["iou_at_1"]
    spread = {f"iou_above_{round(100 * level)}": float((iou > level).mean()) for level in IOU_LEVELS}
    return {**{name: mean(objects[name]) for name in PER_OBJECT}, "iou_median": float(np.median(iou)), **spread}


def pool(images: Sequence[ImageScores]) -> dict[str, float]:
    """The scores of all objects together, as if the images were one."""
    tallies = [image.tally for image in images]
    counts = {f.name: sum(getattr(t, f.name) for t in tallies) for f in fields(Tally) if f.name != "matched"}
    pooled = Tally(matched=np.concatenate([t.matched for t in tallies]), **counts)
    objects = {name: np.concatenate([image.objects[name] for image in images]) for name in PER_OBJECT}
    areas = np.concatenate([image.areas for image in images])
    return {
        **pooled.scores(),
        **summarise(objects),
        "hausdorff_obj_px": weighted_mean(objects["hausdorff_px"], areas),
    }


def mean(values: Iterable[float]) -> float:
    """Over the known values; NaN when there is none."""
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=weights[known])) if known.any() else float("nan")
