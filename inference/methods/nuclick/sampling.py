"""Training batches: random views of labelled objects, and a simulated annotator who points at them and corrects."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference.data.augment import (
    Affine,
    Warp,
    blur_sharpen_or_compress,
    random_affine,
    recolour,
    warp_labels,
    warp_pixels,
    warp_points,
)
from inference.data.samples import LabelledImage, Objects, find_objects
from inference.data.simulate import (
    central_point,
    first_click,
    full_skeleton,
    next_click,
    paper_click,
    point_of_each,
    squiggle,
)
from inference.engines.openvino import has_bf16
from inference.methods.base import FRAME_MARGIN
from inference.methods.nuclick.guidance import ENCODINGS, Encoding, Guidance, Strokes, no_points
from inference.methods.nuclick.recipe import Recipe

View = tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_], Guidance]
"""One sample: pixels (H, W, 3), truth (H, W), other objects (H, W), and what was said."""


@dataclass
class Batch:
    """One training batch: images as float 0 … 255, truth, and what each simulated annotator has told so far."""

    pixels: NDArray[np.float32]  # (B, H, W, 3)
    truth: NDArray[np.bool_]  # (B, H, W)
    others: NDArray[np.bool_]  # (B, H, W)
    guidance: list[Guidance]
    encoding: Encoding

    def inputs(self) -> Tensor:
        """(B, 3 + C, H, W), channels last in memory."""
        batch = np.zeros((*self.pixels.shape[:3], 3 + self.encoding.channels), np.float32)
        batch[..., :3] = self.encoding.scale(self.pixels)
        for row, told in zip(batch, self.guidance, strict=True):
            self.encoding.draw(row.transpose(2, 0, 1)[3:], told)
        return torch.from_numpy(batch).permute(0, 3, 1, 2)


class Sampler:
    """Draws batches from labelled images; batch `step` depends on the seed and the step alone, so a run can resume."""

    def __init__(self, images: Sequence[LabelledImage], recipe: Recipe) -> None:
        self.recipe = recipe
        kept = [(image, find_objects(image.labels)) for image in images]
        self.images: list[tuple[LabelledImage, Objects]] = [(i, o) for i, o in kept if len(o.labels)]
        # The square root lies between equal images and equal objects: crowded images do not drown the sparse ones.
        weights = np.sqrt([len(o.labels) for _, o in self.images])
        self.weights = weights / weights.sum()

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self.recipe.seed, step])
        views = [self._view(rng) for _ in range(self.recipe.batch)]
        return Batch(
            pixels=recolour(np.stack([v[0] for v in views]), rng, fluorescence=self.recipe.stain == "fluorescence"),
            truth=np.stack([v[1] for v in views]),
            others=np.stack([v[2] for v in views]),
            guidance=[v[3] for v in views],
            encoding=ENCODINGS[self.recipe.network],
        )

    def _view(self, rng: np.random.Generator) -> View:
        size = self.recipe.crop_px
        while True:
            image, objects = self.images[rng.choice(len(self.images), p=self.weights)]
            index = int(rng.integers(len(objects.labels)))
            mask, corner = objects.mask(image.labels, index, margin_px=3)
            strokes = tuple(stroke + corner for stroke in self._say(mask, rng))
            affine = self._affine(image, strokes, rng)
            labels = warp_labels(image.labels, affine, size)
            truth = labels == objects.labels[index]
            if truth.sum() >= 5:  # the shift or the scale may leave next to nothing of a tiny object
                break
        others = (labels > 0) & ~truth
        pixels = blur_sharpen_or_compress(warp_pixels(image.pixels, affine, size), rng)
        strokes = tuple(warp_points(stroke, affine) for stroke in strokes)
        told = Guidance(strokes, exclusion=self._exclusion(objects, index, labels * others, affine, truth, rng))
        if rng.random() < self.recipe.corrupted_start:
            told = correct(told, corrupt(truth, others, rng).astype(np.float32), truth, rng)
        return pixels, truth, others, told

    def _say(self, mask: NDArray[np.bool_], rng: np.random.Generator) -> Strokes:
        """The first thing that a person says of an object: a click, or for a gland a line, now and then one dot."""
        if self.recipe.object_type != "gland":
            click = paper_click(mask, rng) if self.recipe.network == "paper" else first_click(mask, rng)
            return (np.array([click]),)
        choice = rng.random()
        if choice < 0.1:
            return (np.array([first_click(mask, rng)]),)
        return full_skeleton(mask) if choice < 0.3 else squiggle(mask, rng)

    def _affine(self, image: LabelledImage, strokes: Strokes, rng: np.random.Generator) -> Affine:
        """The patch that the product would cut (Segmenter.frame), turned, mirrored, shifted and scaled."""
        recipe = self.recipe
        told = np.vstack(strokes)
        low, high = told.min(axis=0), told.max(axis=0)
        scale = (image.mpp or recipe.mpp) / recipe.mpp
        needed_px = float((high - low).max()) * scale * FRAME_MARGIN
        scale *= min(1.0, recipe.crop_px / max(needed_px, 1e-6))
        factor = recipe.scale_unknown if image.mpp is None else recipe.scale
        x, y = (low + high) / 2
        return random_affine((x, y), recipe.crop_px, Warp((scale / factor, scale * factor), recipe.shift_px), rng)

    def _exclusion(
        self,
        objects: Objects,
        index: int,
        others: NDArray[np.integer],
        affine: Affine,
        truth: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> NDArray[np.float64]:
        """The other objects' points: none, some or all of them, and none on the object itself. They lie up to 3 px beside
        the middle, or, as careless clicks do, anywhere inside."""
        size, choice = len(truth), rng.random()
        if self.recipe.exclusion == "always":
            points = np.delete(warp_points(objects.centroids, affine), index, axis=0)
        elif choice < self.recipe.exclusion_none:
            return no_points()
        elif self.recipe.object_type == "gland" or rng.random() < self.recipe.exclusion_anywhere:
            points = point_of_each(others, rng)
        else:
            points = np.delete(warp_points(objects.inner_points, affine), index, axis=0)
            points = points + rng.uniform(-3, 3, points.shape)
        points = points[((points >= 0) & (points < size)).all(axis=1)]
        if self.recipe.exclusion != "always" and choice < self.recipe.exclusion_none + self.recipe.exclusion_some:
            points = points[rng.random(len(points)) < rng.random()]
        columns, rows = np.floor(points).astype(np.int64).T
        return points[~truth[rows, columns]]


def correct_batch(network: nn.Module, batch: Batch, step: int, recipe: Recipe) -> None:
    """In a share of the steps, let the network answer and the simulated annotator correct it, once or twice, in place."""
    rng = np.random.default_rng([recipe.seed, step, 1])
    if rng.random() >= recipe.corrected_steps:
        return
    was_training = network.training
    network.eval()
    for _ in range(int(rng.integers(1, 3))):
        with torch.inference_mode(), autocast():
            logits = network(batch.inputs())
        probability = logits[:, 0].float().sigmoid().numpy()
        batch.guidance = [
            told if rng.random() < 0.1 else correct(told, previous, truth, rng)
            for told, previous, truth in zip(batch.guidance, probability, batch.truth, strict=True)
        ]
    batch.guidance = [
        Guidance(g.positive, g.negative, g.exclusion) if rng.random() < recipe.previous_dropped else g
        for g in batch.guidance
    ]
    network.train(was_training)


def correct(
    told: Guidance, previous: NDArray[np.float32], truth: NDArray[np.bool_], rng: np.random.Generator
) -> Guidance:
    """The guidance with one more click, where RITM's annotator would put it, and the mask that it corrects."""
    click = next_click(previous > 0.5, truth, rng)
    positive, negative = told.positive, told.negative
    if click is not None and click[1]:
        positive = (*positive, np.array([click[0]]))
    elif click is not None:
        negative = (*negative, np.array([click[0]]))
    return Guidance(positive, negative, told.exclusion, previous)


def corrupt(truth: NDArray[np.bool_], others: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask with an error that outlines have in practice: too large, too small, a neighbour taken, a part cut off."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(rng.integers(1, 4)) + 1,) * 2)
    mask = truth.astype(np.uint8)
    match int(rng.integers(4)):
        case 0:
            return cv2.dilate(mask, kernel) > 0
        case 1:
            return cv2.erode(mask, kernel) > 0
        case 2:
            count, parts = cv2.connectedComponents(others.astype(np.uint8))
            near = np.unique(parts[(cv2.dilate(mask, kernel) > 0) & others]) if count > 1 else np.zeros(0, int)
            return truth | (parts == rng.choice(near)) if near.size else cv2.dilate(mask, kernel) > 0
        case _:
            ys, xs = np.nonzero(truth)
            angle = rng.uniform(0, 2 * np.pi)
            side = np.cos(angle) * np.arange(len(truth))[None] + np.sin(angle) * np.arange(len(truth))[:, None]
            return truth & (side < np.quantile(side[ys, xs], rng.uniform(0.4, 0.9)))


def autocast() -> torch.autocast:
    """bfloat16 where the processor or GPU has it in hardware: 1.7–2 times as fast in training on AVX512-BF16."""
    if torch.cuda.is_available():
        return torch.autocast("cuda", torch.bfloat16)
    return torch.autocast("cpu", torch.bfloat16, enabled=has_bf16())  # where it is emulated it takes ten times as long


def held_out_batch(image: LabelledImage, recipe: Recipe, count: int) -> Batch:
    """Up to `count` objects of an image, evenly picked, as the product would see them: clicked at the centroid, or with
    the skeleton drawn into a gland; exclusion on."""
    objects = find_objects(image.labels)
    picked = np.unique(np.linspace(0, len(objects.labels) - 1, count).astype(int))
    views = [_held_out_view(image, objects, int(index), recipe) for index in picked]
    return Batch(
        pixels=np.stack([v[0] for v in views]).astype(np.float32),
        truth=np.stack([v[1] for v in views]),
        others=np.stack([v[2] for v in views]),
        guidance=[v[3] for v in views],
        encoding=ENCODINGS[recipe.network],
    )


def _held_out_view(image: LabelledImage, objects: Objects, index: int, recipe: Recipe) -> View:
    size = recipe.patch_px
    mask, corner = objects.mask(image.labels, index)
    local = full_skeleton(mask) if recipe.object_type == "gland" else (np.array([central_point(mask)]),)
    strokes = tuple(stroke + corner for stroke in local)
    told = np.vstack(strokes)
    low, high = told.min(axis=0), told.max(axis=0)
    scale = (image.mpp or recipe.mpp) / recipe.mpp
    scale *= min(1.0, size / max(float((high - low).max()) * scale * FRAME_MARGIN, 1e-6))
    affine = np.column_stack([scale * np.eye(2), size / 2 - np.floor(scale * (low + high) / 2)])
    labels = warp_labels(image.labels, affine, size)
    truth = labels == objects.labels[index]
    points = warp_points(np.delete(objects.inner_points, index, axis=0), affine)
    exclusion = points[((points >= 0) & (points < size)).all(axis=1)]
    pixels = warp_pixels(image.pixels, affine, size)
    return pixels, truth, (labels > 0) & ~truth, Guidance(tuple(warp_points(s, affine) for s in strokes), (), exclusion)
