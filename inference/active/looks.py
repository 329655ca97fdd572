"""Looks at one region with the click model: how unsure it is there, how far from an automatic mask, and what it sees."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.active.seeds import RADIUS_UM, find_automatic_masks
from inference.data.samples import find_objects
from inference.methods.base import ObjectPrompts, Points, Segmenter
from inference.metrics.overlap import iou

MOST_SEEDS = 12
"""Asked in one region, evenly picked: more make the mean steadier, and each takes as long as a click."""
PROBABLE = 0.1
"""A pixel that may be foreground; the rest of the patch is background whose certainty says nothing."""


@dataclass(frozen=True)
class Look:
    """What one region showed."""

    entropy: float
    """Of the foreground-probable pixels, mean over objects, in bits; 0 where no object was found."""
    disagreement: float
    """1 − IoU of the automatic mask and the click model's, mean over objects; 0 where none was found."""
    features: NDArray[np.float64]
    """Colour and its spread, how many objects, and how large."""
    n_objects: int


def margin_px(segmenter: Segmenter) -> int:
    """What must be seen around a window, so that the patch of each object in it is whole."""
    return segmenter.patch_px // 2


def look(segmenter: Segmenter, windows: Sequence[NDArray[np.uint8]], *, dark_ground: bool) -> Look:
    """The region that `windows` show: RGB at the segmenter's resolution, each `margin_px` wider on all sides."""
    asked = [_ask(segmenter, window, dark_ground) for window in windows]
    entropies = np.concatenate([each.entropies for each in asked])
    disagreements = np.concatenate([each.disagreements for each in asked])
    radius_px = RADIUS_UM[segmenter.object_type] / segmenter.mpp
    areas = np.concatenate([each.areas for each in asked]) / radius_px**2
    inner = np.concatenate([_inner(window, segmenter).reshape(-1, 3) for window in windows]) / 255
    crowding = len(areas) * radius_px**2 / len(inner)
    size = np.sqrt(areas).mean() if len(areas) else 0.0
    features = np.array([*inner.mean(axis=0), *inner.std(axis=0), crowding, size])
    return Look(_mean(entropies), _mean(disagreements), features, len(areas))


def entropy(probability: NDArray[np.floating]) -> float:
    """Mean binary entropy, in bits, of the pixels that are probably foreground; 0 where there is none."""
    p = np.clip(probability[probability > PROBABLE].astype(np.float64), 1e-6, 1 - 1e-6)
    return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).mean()) if p.size else 0.0


def disagreement(automatic: NDArray[np.bool_], clicked: NDArray[np.bool_]) -> float:
    """0 for equal masks, 1 for masks that share nothing."""
    return 1 - iou(automatic, clicked)


@dataclass(frozen=True)
class _Answers:
    entropies: NDArray[np.float64]
    """(M,) of the objects that were asked for and found …"""
    disagreements: NDArray[np.float64]
    areas: NDArray[np.float64]
    """(N,) … and of all objects in the window, in pixels."""


def _ask(segmenter: Segmenter, window: NDArray[np.uint8], dark_ground: bool) -> _Answers:
    """Click each automatic object of a window; one in which the click model sees nothing is the detector's error, and is
    left out."""
    labels = find_automatic_masks(window, object_type=segmenter.object_type, mpp=segmenter.mpp, dark_ground=dark_ground)
    objects, margin, size = find_objects(labels), margin_px(segmenter), segmenter.patch_px
    within = ((objects.inner_points >= margin) & (objects.inner_points < len(labels) - margin)).all(axis=1)
    rows = np.flatnonzero(within)
    picked = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_SEEDS).astype(int))] if len(rows) else rows
    boxes = [_patch_around(objects.inner_points[row], size) for row in picked]
    patches = [window[box] for box in boxes]
    prompts = [_prompts(objects.inner_points, row, box, size) for row, box in zip(picked, boxes, strict=True)]
    entropies, disagreements = list[float](), list[float]()
    answers = segmenter.probabilities(patches, prompts) if patches else np.zeros((0, size, size), np.float32)
    for row, box, patch, answer, told in zip(picked, boxes, patches, answers, prompts, strict=True):
        mask = segmenter.mask(patch, answer, told)
        if mask.failure is None:
            entropies.append(entropy(mask.probability))
            disagreements.append(disagreement(labels[box] == objects.labels[row], mask.inside))
    return _Answers(np.array(entropies), np.array(disagreements), objects.areas[within].astype(np.float64))


def _patch_around(point: NDArray[np.float64], size_px: int) -> tuple[slice, slice]:
    left, top = (int(v) - size_px // 2 for v in point)
    return slice(top, top + size_px), slice(left, left + size_px)


def _prompts(points: Points, row: int, box: tuple[slice, slice], size_px: int) -> ObjectPrompts:
    corner = (box[1].start, box[0].start)
    others = np.delete(points, row, axis=0) - corner
    near = others[((others >= 0) & (others < size_px)).all(axis=1)]
    return ObjectPrompts((points[row][None] - corner,), np.array([True]), near)


def _inner(window: NDArray[np.uint8], segmenter: Segmenter) -> NDArray[np.uint8]:
    margin = margin_px(segmenter)
    return window[margin : len(window) - margin, margin : len(window) - margin]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0
