"""The simulated annotator: where a person would click. One implementation for training, evaluation and learning."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Point = tuple[float, float]
"""x, y in pixels; a pixel's centre lies at + 0.5."""


def distance_inside(mask: Mask) -> NDArray[np.float32]:
    """(H, W) distance to the nearest pixel outside the mask; what lies beyond the image counts as outside."""
    padded = np.pad(mask.astype(np.uint8), 1)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1].astype(np.float32, copy=False)


def signed_distance(mask: Mask) -> NDArray[np.float32]:
    """(H, W) positive inside, negative outside, zero on the line between pixels; the image's rim is no outline."""
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.where(mask, np.minimum(inside, 1e3) - 0.5, 0.5 - np.minimum(outside, 1e3))


def first_click(mask: Mask, rng: np.random.Generator) -> Point:
    """A first click as people make it: 37 % aimed at the centroid and missed by up to some 12 px, 30 % well inside
    (NuClick's sampler), 20 % anywhere but the rim, 10 % at the centroid, 3 % up to 2 px beside the object.

    `mask` must not be empty; a margin of 3 px around the object leaves room for the clicks beside it.
    """
    choice = rng.random()
    if choice < 0.10:
        return central_point(mask)
    if choice < 0.13:
        distance = signed_distance(mask)
        return _pick((distance < 0) & (distance > -2), rng) or central_point(mask)
    if choice < 0.50:
        return displaced_click(mask, central_point(mask), rng.uniform(0, 12), rng)
    depth = distance_inside(mask)
    if choice < 0.70:
        return _pick(depth > 1, rng) or central_point(mask)
    return _nuclick_point(depth, rng)


def central_point(mask: Mask) -> Point:
    """The centroid, moved to the nearest pixel of the object where it lies outside."""
    ys, xs = np.nonzero(mask)
    cy, cx = ys.mean(), xs.mean()
    nearest = int(np.argmin((ys - cy) ** 2 + (xs - cx) ** 2))
    return float(xs[nearest]) + 0.5, float(ys[nearest]) + 0.5


def displaced_click(
    mask: Mask, origin: Point, sigma_px: float, rng: np.random.Generator, *, margin_px: float = 2
) -> Point:
    """`origin` displaced by |N(0, σ)| in a random direction, moved back to the nearest pixel at least `margin_px` inside.

    An object too thin for that takes its deepest pixels.
    """
    angle, distance = rng.uniform(0, 2 * np.pi), abs(rng.normal(0, sigma_px))
    x, y = origin[0] + distance * np.cos(angle), origin[1] + distance * np.sin(angle)
    depth = distance_inside(mask)
    ys, xs = np.nonzero(depth >= min(margin_px, float(depth.max())))
    nearest = int(np.argmin((ys + 0.5 - y) ** 2 + (xs + 0.5 - x) ** 2))
    return float(xs[nearest]) + 0.5, float(ys[nearest]) + 0.5


def point_of_each(labels: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.float64]:
    """(N, 2): a random pixel of each object of a label image, in order of the labels."""
    ys, xs = np.nonzero(labels)
    order = rng.permutation(len(ys))
    _, first = np.unique(labels[ys[order], xs[order]], return_index=True)
    return np.column_stack([xs[order][first], ys[order][first]]) + 0.5


def next_click(predicted: Mask, truth: Mask, rng: np.random.Generator) -> tuple[Point, bool] | None:
    """The correcting click of RITM (Sofiiuk et al. 2021): in the deepest error region, where the depth is above half its
    maximum. (point, positive), or nothing where the mask is right."""
    missed, taken = distance_inside(truth & ~predicted), distance_inside(predicted & ~truth)
    positive = bool(missed.max() >= taken.max())
    depth = missed if positive else taken
    point = _pick(depth > depth.max() / 2, rng) if depth.max() > 0 else None
    return None if point is None else (point, positive)


def _nuclick_point(depth: NDArray[np.float32], rng: np.random.Generator) -> Point:
    """A uniform pixel of {EDT > τ}, τ ~ U(mean − std, mean + std) of the depth inside (METHODS: NuClick's training click)."""
    inside = depth[depth > 0]
    mean, std = float(inside.mean()), float(inside.std())
    tau = float(np.clip(rng.uniform(mean - std, mean + std), 0, float(inside.max()) - 0.5))
    point = _pick(depth > tau, rng)
    assert point is not None  # tau lies below the maximum
    return point


def _pick(candidates: Mask, rng: np.random.Generator) -> Point | None:
    flat = np.flatnonzero(candidates)
    if not flat.size:
        return None
    y, x = divmod(int(rng.choice(flat)), candidates.shape[1])
    return x + 0.5, y + 0.5
