"""What the networks are trained towards: the successors' four targets, and the paper's adaptive weights.

Where the truth is known only in part (Batch.known), the rest has no share in any of them.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from inference.data.simulate import signed_distance
from inference.methods.nuclick.sampling import Batch

DISTANCE_CLIP_PX = 8.0
LARGEST_ADAPTIVE_WEIGHT = 10.0
"""The paper's α reaches 100 where a small nucleus has many neighbours, and α² enters the loss; we stop it here."""


@dataclass(frozen=True)
class Targets:
    mask: Tensor  # (B, H, W) 0 or 1
    boundary: Tensor  # (B, H, W) 1 within 1 px of the outline
    distance: Tensor  # (B, H, W) signed, clipped, in −1 … 1
    weight: Tensor  # (B, H, W) of the cross-entropy, mean 1 in each sample
    known: Tensor | None = None  # (B, H, W) 0 or 1; None: all is known


def targets(batch: Batch) -> Targets:
    distance = np.stack([signed_distance(t) for t in batch.truth])
    near = np.abs(distance)
    weight = 1 + 2.0 * batch.truth + 3.0 * batch.others + 4.0 * (near < 2)
    if batch.known is not None:
        weight *= batch.known
    weight /= weight.mean(axis=(1, 2), keepdims=True)
    return Targets(
        mask=torch.from_numpy(batch.truth.astype(np.float32)),
        boundary=torch.from_numpy((near <= 1).astype(np.float32)),
        distance=torch.from_numpy(np.clip(distance / DISTANCE_CLIP_PX, -1, 1).astype(np.float32)),
        weight=torch.from_numpy(weight.astype(np.float32)),
        known=known_part(batch),
    )


def known_part(batch: Batch) -> Tensor | None:
    return None if batch.known is None else torch.from_numpy(batch.known.astype(np.float32))


def successor_loss(output: tuple[Tensor, list[Tensor]], truth: Targets) -> Tensor:
    """Dice + weighted cross-entropy of the mask, .3 boundary, .5 signed distance, .3 deep supervision (SUCCESSORS 5B)."""
    logits, deep = output[0].float(), [d.float() for d in output[1]]
    known = truth.known
    total = mask_loss(logits[:, 0], truth.mask, truth.weight, known)
    boundary_weight = torch.full_like(truth.boundary[0, 0, 0], 4.0)  # few pixels lie on outlines
    boundary = F.binary_cross_entropy_with_logits(
        logits[:, 1], truth.boundary, pos_weight=boundary_weight, reduction="none"
    )
    total = total + 0.3 * mean_where(boundary, known)
    distance = F.smooth_l1_loss(logits[:, 2].tanh(), truth.distance, beta=0.25, reduction="none")
    total = total + 0.5 * mean_where(distance, known)
    for level in deep:
        factor = truth.mask.shape[-1] // level.shape[-1]
        mask, weight = (F.avg_pool2d(t[:, None], factor)[:, 0] for t in (truth.mask, truth.weight))
        part = None if known is None else F.avg_pool2d(known[:, None], factor)[:, 0]
        total = total + 0.15 * mask_loss(level[:, 0], mask, weight, part)
    return total


def paper_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Soft Dice + cross-entropy weighted by W = α² G + α G~ + 1, α = max(ΣG~ / ΣG, 1), G the object and G~ the others
    (NuClick equations 1 and 2). Dice has the factor 2 that the printed equation lacks; α is capped."""
    truth, others = (torch.from_numpy(m.astype(np.float32)) for m in (batch.truth, batch.others))
    alpha = (others.sum((1, 2)) / truth.sum((1, 2))).clamp(1, LARGEST_ADAPTIVE_WEIGHT)[:, None, None]
    weight, known = alpha.square() * truth + alpha * others + 1, known_part(batch)
    if known is not None:
        weight = weight * known / known.mean((1, 2), keepdim=True)
    return mask_loss(logits[:, 0].float(), truth, weight, known)


def mean_where(values: Tensor, known: Tensor | None) -> Tensor:
    """Of each sample over its known pixels, averaged; (B, H, W) both."""
    if known is None:
        return values.mean()
    return ((values * known).sum((1, 2)) / known.sum((1, 2))).mean()


def mask_loss(logits: Tensor, mask: Tensor, weight: Tensor, known: Tensor | None = None) -> Tensor:
    """Soft Dice of each sample over its known pixels, averaged, plus weighted cross-entropy; (B, H, W) each."""
    probability = logits.sigmoid()
    if known is not None:
        probability = probability * known
    overlap = (probability * mask).sum((1, 2))
    dice = 1 - (2 * overlap + 1) / (probability.sum((1, 2)) + mask.sum((1, 2)) + 1)
    return dice.mean() + (weight * F.binary_cross_entropy_with_logits(logits, mask, reduction="none")).mean()
