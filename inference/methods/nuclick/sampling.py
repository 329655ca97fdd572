"""Training batches: random views of labelled objects, and a simulated annotator who points at them and corrects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
from inference.data.samples import LabelledImage, Objects, Shape, Turn, find_objects
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
from inference.geometry import pixels_inside
from inference.methods.base import FRAME_MARGIN, ObjectPrompts
from inference.methods.nuclick.guidance import ENCODINGS, Encoding, Guidance, Strokes, no_points
from inference.methods.nuclick.recipe import Recipe
from inference.methods.nuclick.segmenter import guidance, with_inner_point


@dataclass(frozen=True)
class View:
    """One sample."""

    pixels: NDArray[np.uint8]  # (H, W, 3)
    truth: NDArray[np.bool_]  # (H, W)
    others: NDArray[np.bool_]  # (H, W)
    said: Guidance
    known: NDArray[np.bool_] | None = None  # (H, W) where the truth is known; None: everywhere


@dataclass
class Batch:
    """One training batch: images as float 0 … 255, truth, and what each simulated annotator has told so far."""

    pixels: NDArray[np.float32]  # (B, H, W, 3)
    truth: NDArray[np.bool_]  # (B, H, W)
    others: NDArray[np.bool_]  # (B, H, W)
    guidance: list[Guidance]
    encoding: Encoding
    known: NDArray[np.bool_] | None = None  # (B, H, W) where the truth is known; None: everywhere

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
        self.images: list[tuple[LabelledImage, Objects]] = [(i, o) for i, o in kept if len(o.rows_of(i))]
        # The square root lies between equal images and equal objects: crowded images do not drown the sparse ones.
        self.rows = [o.rows_of(i) for i, o in self.images]
        weights = np.sqrt([len(rows) for rows in self.rows])
        self.weights = weights / weights.sum()

    def batch(self, step: int) -> Batch:
        rng = np.random.default_rng([self.recipe.seed, step])
        views = [self._view(rng) for _ in range(self.recipe.batch)]
        pixels = recolour(np.stack([v.pixels for v in views]), rng, fluorescence=self.recipe.stain == "fluorescence")
        return as_batch(views, pixels, ENCODINGS[self.recipe.network])

    def _view(self, rng: np.random.Generator) -> View:
        size = self.recipe.crop_px
        while True:
            number = int(rng.choice(len(self.images), p=self.weights))
            (image, objects), rows = self.images[number], self.rows[number]
            index = int(rows[rng.integers(len(rows))])
            mask, corner = objects.mask(image.labels, index, margin_px=3)
            label = int(objects.labels[index])
            turn = self._replayed(image.turns.get(label, ()), rng)
            strokes = framing(turn) if turn else tuple(stroke + corner for stroke in self._say(mask, rng))
            affine = self._affine(image, strokes, rng)
            labels = warp_labels(image.labels, affine, size)
            truth = labels == label
            if truth.sum() >= 5:  # the shift or the scale may leave next to nothing of a tiny object
                break
        others = (labels > 0) & ~truth
        known = None if image.known is None else warp_labels(image.known.astype(np.uint16), affine, size) > 0
        pixels = blur_sharpen_or_compress(warp_pixels(image.pixels, affine, size), rng)
        said = as_said(turn, affine, size) if turn else Guidance(tuple(warp_points(s, affine) for s in strokes))
        said = replace(said, exclusion=self._exclusion(objects, index, labels * others, affine, truth, rng))
        if turn is None and rng.random() < self.recipe.corrupted_start:
            said = correct(said, self._spoilt(image, label, truth, others, affine, rng), truth, rng, known)
        return View(pixels, truth, others, said, known)

    def _replayed(self, turns: Sequence[Turn], rng: np.random.Generator) -> Turn | None:
        """A turn that a person really took, now and then; of the objects of which nobody said anything, none."""
        if not turns or rng.random() >= self.recipe.replayed:
            return None
        return turns[int(rng.integers(len(turns)))]

    def _spoilt(
        self,
        image: LabelledImage,
        label: int,
        truth: NDArray[np.bool_],
        others: NDArray[np.bool_],
        affine: Affine,
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        """A mask to correct: one that a person turned down there, if there is any, else one spoilt on purpose."""
        rejected = image.rejected.get(label, ())
        if rejected and rng.random() < self.recipe.replayed:
            return drawn(rejected[int(rng.integers(len(rejected)))], affine, len(truth))
        return corrupt(truth, others, rng).astype(np.float32)

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
        known = batch.known if batch.known is not None else [None] * len(batch.guidance)
        batch.guidance = [
            told if rng.random() < 0.1 else correct(told, previous, truth, rng, where)
            for told, previous, truth, where in zip(batch.guidance, probability, batch.truth, known, strict=True)
        ]
    batch.guidance = [
        Guidance(g.positive, g.negative, g.exclusion) if rng.random() < recipe.previous_dropped else g
        for g in batch.guidance
    ]
    network.train(was_training)


def correct(
    told: Guidance,
    previous: NDArray[np.float32],
    truth: NDArray[np.bool_],
    rng: np.random.Generator,
    known: NDArray[np.bool_] | None = None,
) -> Guidance:
    """The guidance with one more click, where RITM's annotator would put it, and the mask that it corrects."""
    predicted = previous > 0.5
    click = next_click(predicted if known is None else predicted & known, truth, rng)
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
    rows = objects.rows_of(image)
    picked = rows[np.unique(np.linspace(0, len(rows) - 1, count).astype(int))]
    views = [_held_out_view(image, objects, int(index), recipe) for index in picked]
    return as_batch(views, np.stack([v.pixels for v in views]).astype(np.float32), ENCODINGS[recipe.network])


def as_batch(views: Sequence[View], pixels: NDArray[np.float32], encoding: Encoding) -> Batch:
    known = None
    if any(v.known is not None for v in views):
        known = np.stack([np.ones_like(v.truth) if v.known is None else v.known for v in views])
    return Batch(
        pixels=pixels,
        truth=np.stack([v.truth for v in views]),
        others=np.stack([v.others for v in views]),
        guidance=[v.said for v in views],
        encoding=encoding,
        known=known,
    )


def framing(turn: Turn) -> Strokes:
    """What the product frames the patch by (Segmenter.frame): the first click, or all lines with the mask they correct."""
    inside = tuple(s for s, positive in zip(turn.strokes, turn.positive, strict=True) if positive)
    if not turn.before and all(len(stroke) == 1 for stroke in inside):
        return inside[:1]
    return (*inside, *(polygon[0] for polygon in turn.before))


def as_said(turn: Turn, affine: Affine, size_px: int) -> Guidance:
    """A real turn in the patch; where only something was taken from a mask, its deepest point says what the object is."""
    before = drawn(turn.before, affine, size_px) if turn.before else None
    strokes = tuple(warp_points(stroke, affine) for stroke in turn.strokes)
    return guidance(with_inner_point(ObjectPrompts(strokes, turn.positive, start=before)), before)


def drawn(shape: Shape, affine: Affine, size_px: int) -> NDArray[np.float32]:
    """(size_px, size_px): 1 inside the polygons."""
    mask = np.zeros((size_px, size_px), np.float32)
    warped = [[warp_points(ring, affine) for ring in polygon] for polygon in shape]
    inside, box = pixels_inside(warped, size_px, size_px)
    mask[box][inside] = 1
    return mask


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
    said = Guidance(tuple(warp_points(s, affine) for s in strokes), (), exclusion)
    known = None if image.known is None else warp_labels(image.known.astype(np.uint16), affine, size) > 0
    return View(warp_pixels(image.pixels, affine, size), truth, (labels > 0) & ~truth, said, known)
