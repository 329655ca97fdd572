"""How the successor is trained: the hyperparameters in sight, the simulated batches, the targets and the loss.

The recipe follows RITM (Sofiiuk et al. 2021) for iterated clicks and NuClick for the first click and exclusion.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from inference.data.augment import (
    Warp,
    blur_sharpen_or_compress,
    random_affine,
    recolour,
    warp_labels,
    warp_pixels,
    warp_points,
)
from inference.data.samples import LabelledImage, Objects, find_objects
from inference.data.simulate import first_click, next_click, point_of_each, signed_distance
from inference.engines.openvino import has_bf16
from inference.methods.nuclick.guidance import INPUT_CHANNELS, Guidance, draw_guidance, scale_rgb
from inference.methods.nuclick.network import SuccessorNetwork

DISTANCE_CLIP_PX = 8.0


@dataclass(frozen=True)
class Recipe:
    """Everything that shapes a training run; stored in its folder and in the manifest of the weights."""

    samples: int = 100_000
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_steps: int = 200
    gradient_clip: float = 1.0
    ema: float = 0.998
    patch_px: int = 128
    """What the product gives the network."""
    crop_px: int = 96
    """What a training step shows of it: nuclei are far smaller, and it costs half the time."""
    mpp: float = 0.25
    scale: float = 1.25
    """Objects are shown at up to this factor larger or smaller …"""
    scale_unknown: float = 1.6
    """… or this one, where the data set does not state its resolution."""
    shift_px: float = 3.0
    """Of the first click from the middle of the patch, to each side."""
    exclusion_none: float = 0.35
    exclusion_some: float = 0.30
    exclusion_anywhere: float = 0.40
    """Share of samples whose neighbours were clicked anywhere inside, not near their middle."""
    corrected_steps: float = 0.30
    """Share of steps with one or two corrections, each clicked on the network's own errors."""
    previous_dropped: float = 0.20
    corrupted_start: float = 0.12
    """Share of samples that start from a spoilt mask, as when an existing outline is corrected."""
    seed: int = 1

    @property
    def steps(self) -> int:
        return -(-self.samples // self.batch)

    def network(self) -> SuccessorNetwork:
        return SuccessorNetwork()


@dataclass
class Batch:
    """One training batch: images as float 0 … 255, truth, and what each simulated annotator has told so far."""

    pixels: NDArray[np.float32]  # (B, H, W, 3)
    truth: NDArray[np.bool_]  # (B, H, W)
    others: NDArray[np.bool_]  # (B, H, W)
    guidance: list[Guidance]

    def inputs(self) -> Tensor:
        """(B, 7, H, W), channels last in memory."""
        batch = np.zeros((*self.pixels.shape[:3], INPUT_CHANNELS), np.float32)
        batch[..., :3] = scale_rgb(self.pixels)
        for row, told in zip(batch, self.guidance, strict=True):
            draw_guidance(row.transpose(2, 0, 1)[3:], told)
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
        drawn = [self._sample(rng) for _ in range(self.recipe.batch)]
        return Batch(
            pixels=recolour(np.stack([d[0] for d in drawn]), rng),
            truth=np.stack([d[1] for d in drawn]),
            others=np.stack([d[2] for d in drawn]),
            guidance=[d[3] for d in drawn],
        )

    def _sample(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_], Guidance]:
        size = self.recipe.crop_px
        while True:
            image, objects = self.images[rng.choice(len(self.images), p=self.weights)]
            index = int(rng.integers(len(objects.labels)))
            mask, corner = objects.mask(image.labels, index, margin_px=3)
            click = np.add(first_click(mask, rng), corner)
            affine = random_affine((click[0], click[1]), size, self._warp(image), rng)
            labels = warp_labels(image.labels, affine, size)
            truth = labels == objects.labels[index]
            if truth.sum() >= 5:  # the shift or the scale may leave next to nothing of a tiny object
                break
        others = (labels > 0) & ~truth
        pixels = blur_sharpen_or_compress(warp_pixels(image.pixels, affine, size), rng)
        points = np.delete(warp_points(objects.inner_points, affine), index, axis=0)
        if rng.random() < self.recipe.exclusion_anywhere:
            points = point_of_each(labels * others, rng)
        told = Guidance(warp_points(click[None], affine), exclusion=self._exclusion(points, truth, rng))
        if rng.random() < self.recipe.corrupted_start:
            told = _correct(told, corrupt(truth, others, rng).astype(np.float32), truth, rng)
        return pixels, truth, others, told

    def _warp(self, image: LabelledImage) -> Warp:
        known = image.mpp is not None
        scale, factor = (image.mpp or self.recipe.mpp) / self.recipe.mpp, self.recipe.scale
        factor = factor if known else self.recipe.scale_unknown
        return Warp((scale / factor, scale * factor), self.recipe.shift_px)

    def _exclusion(
        self, points: NDArray[np.float64], truth: NDArray[np.bool_], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """The other objects' points, moved by up to 3 px; none, some or all of them, and none on the object itself."""
        size, choice = len(truth), rng.random()
        if choice < self.recipe.exclusion_none:
            return np.zeros((0, 2))
        points = points + rng.uniform(-3, 3, points.shape)
        points = points[((points >= 0) & (points < size)).all(axis=1)]
        if choice < self.recipe.exclusion_none + self.recipe.exclusion_some:
            points = points[rng.random(len(points)) < rng.random()]
        columns, rows = np.floor(points).astype(np.int64).T
        return points[~truth[rows, columns]]


def correct_batch(network: SuccessorNetwork, batch: Batch, step: int, recipe: Recipe) -> None:
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
            told if rng.random() < 0.1 else _correct(told, previous, truth, rng)
            for told, previous, truth in zip(batch.guidance, probability, batch.truth, strict=True)
        ]
    batch.guidance = [
        Guidance(g.positive, g.negative, g.exclusion) if rng.random() < recipe.previous_dropped else g
        for g in batch.guidance
    ]
    network.train(was_training)


def _correct(
    told: Guidance, previous: NDArray[np.float32], truth: NDArray[np.bool_], rng: np.random.Generator
) -> Guidance:
    click = next_click(previous > 0.5, truth, rng)
    positive, negative = told.positive, told.negative
    if click is not None and click[1]:
        positive = np.vstack([positive, click[0]])
    elif click is not None:
        negative = np.vstack([negative, click[0]])
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


@dataclass(frozen=True)
class Targets:
    mask: Tensor  # (B, H, W) 0 or 1
    boundary: Tensor  # (B, H, W) 1 within 1 px of the outline
    distance: Tensor  # (B, H, W) signed, clipped, in −1 … 1
    weight: Tensor  # (B, H, W) of the cross-entropy, mean 1 in each sample


def targets(batch: Batch) -> Targets:
    distance = np.stack([signed_distance(t) for t in batch.truth])
    near = np.abs(distance)
    weight = 1 + 2.0 * batch.truth + 3.0 * batch.others + 4.0 * (near < 2)
    weight /= weight.mean(axis=(1, 2), keepdims=True)
    return Targets(
        mask=torch.from_numpy(batch.truth.astype(np.float32)),
        boundary=torch.from_numpy((near <= 1).astype(np.float32)),
        distance=torch.from_numpy(np.clip(distance / DISTANCE_CLIP_PX, -1, 1).astype(np.float32)),
        weight=torch.from_numpy(weight.astype(np.float32)),
    )


def loss(output: tuple[Tensor, list[Tensor]], truth: Targets) -> Tensor:
    """Dice + weighted cross-entropy of the mask, .3 boundary, .5 signed distance, .3 deep supervision (SUCCESSORS 5B)."""
    logits, deep = output[0].float(), [d.float() for d in output[1]]
    total = mask_loss(logits[:, 0], truth.mask, truth.weight)
    boundary_weight = torch.full_like(truth.boundary[0, 0, 0], 4.0)  # few pixels lie on outlines
    total = total + 0.3 * F.binary_cross_entropy_with_logits(logits[:, 1], truth.boundary, pos_weight=boundary_weight)
    total = total + 0.5 * F.smooth_l1_loss(logits[:, 2].tanh(), truth.distance, beta=0.25)
    for level in deep:
        factor = truth.mask.shape[-1] // level.shape[-1]
        mask, weight = (F.avg_pool2d(t[:, None], factor)[:, 0] for t in (truth.mask, truth.weight))
        total = total + 0.15 * mask_loss(level[:, 0], mask, weight)
    return total


def mask_loss(logits: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """Soft Dice of each sample, averaged, plus weighted cross-entropy; (B, H, W) each."""
    probability = logits.sigmoid()
    overlap = (probability * mask).sum((1, 2))
    dice = 1 - (2 * overlap + 1) / (probability.sum((1, 2)) + mask.sum((1, 2)) + 1)
    return dice.mean() + (weight * F.binary_cross_entropy_with_logits(logits, mask, reduction="none")).mean()


class Task:
    """What the training loop needs of NuClick: a network, the loss of a step, and the score on the validation images."""

    def __init__(
        self,
        recipe: Recipe,
        training: Sequence[LabelledImage],
        validation: Sequence[LabelledImage],
        objects_per_image: int = 100,
    ) -> None:
        self.recipe = recipe
        self.sampler = Sampler(training, recipe)
        self.held_out = [
            held_out_batch(image, recipe.patch_px, objects_per_image) for image in validation if image.labels.any()
        ]

    def network(self) -> SuccessorNetwork:
        return SuccessorNetwork()

    def step_loss(self, network: SuccessorNetwork, step: int) -> Tensor:
        batch = self.sampler.batch(step)
        correct_batch(network, batch, step, self.recipe)
        truth = targets(batch)
        with autocast():
            output = network(batch.inputs())
        return loss(output, truth)

    def validate(self, network: SuccessorNetwork) -> dict[str, float]:
        """Mean IoU after one central click, exclusion on: over the objects of each image, then over images."""
        scores = [iou_at_1(network, batch) for batch in self.held_out]
        return {"iou_at_1": float(np.mean(scores))} if scores else {}


def held_out_batch(image: LabelledImage, patch_px: int, count: int) -> Batch:
    """Up to `count` objects of an image, evenly picked, as the product would see them: clicked at the centroid."""
    objects = find_objects(image.labels)
    picked = np.unique(np.linspace(0, len(objects.labels) - 1, count).astype(int))
    rows = []
    for index in picked:
        centre = objects.inner_points[index]
        affine = np.column_stack([np.eye(2), patch_px / 2 - np.floor(centre)])
        labels = warp_labels(image.labels, affine, patch_px)
        truth = labels == objects.labels[index]
        points = warp_points(np.delete(objects.inner_points, index, axis=0), affine)
        inside = ((points >= 0) & (points < patch_px)).all(axis=1)
        told = Guidance(warp_points(centre[None], affine), exclusion=points[inside])
        rows.append((warp_pixels(image.pixels, affine, patch_px), truth, (labels > 0) & ~truth, told))
    return Batch(
        pixels=np.stack([r[0] for r in rows]).astype(np.float32),
        truth=np.stack([r[1] for r in rows]),
        others=np.stack([r[2] for r in rows]),
        guidance=[r[3] for r in rows],
    )


def iou_at_1(network: SuccessorNetwork, batch: Batch) -> float:
    with torch.inference_mode(), autocast():
        inputs = batch.inputs()
        predicted = torch.cat([network(part)[:, 0] > 0 for part in inputs.split(50)]).numpy()
    overlap = (predicted & batch.truth).sum((1, 2))
    return float((overlap / (predicted | batch.truth).sum((1, 2))).mean())
