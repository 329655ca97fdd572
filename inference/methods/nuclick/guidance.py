"""Clicks, exclusion points and the previous mask as image channels: the same code for training, evaluation and product."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

INPUT_CHANNELS = 7  # RGB, positive clicks, negative clicks, exclusion, previous mask
CLICK_RADIUS_PX = 3.0
EXCLUSION_RADIUS_PX = 2.0

Points = NDArray[np.float64]
"""(N, 2) x, y in patch pixels; a pixel's centre lies at + 0.5."""


def no_points() -> Points:
    return np.zeros((0, 2))


@dataclass(frozen=True)
class Guidance:
    """What the network is told about one object, in pixels of its patch."""

    positive: Points
    negative: Points = field(default_factory=no_points)
    exclusion: Points = field(default_factory=no_points)
    previous: NDArray[np.float32] | None = None
    """(H, W) probability of the mask before the last click; nothing at the first click."""


def network_input(patches: Sequence[NDArray[np.uint8]], guidance: Sequence[Guidance]) -> NDArray[np.float32]:
    """(B, 7, H, W): RGB scaled to about ±2, then positive, negative and exclusion disks, and the previous mask.

    `patches` are (H, W, 3) RGB of one common size.
    """
    height, width = patches[0].shape[:2]
    batch = np.zeros((len(patches), INPUT_CHANNELS, height, width), np.float32)
    for row, pixels, told in zip(batch, patches, guidance, strict=True):
        row[:3] = scale_rgb(pixels.astype(np.float32)).transpose(2, 0, 1)
        draw_guidance(row[3:], told)
    return batch


def scale_rgb(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 … 255 → (x / 255 − 0.5) / 0.25."""
    return pixels * np.float32(4 / 255) - np.float32(2)


def draw_guidance(channels: NDArray[np.float32], told: Guidance) -> None:
    """Fill the (4, H, W) guidance channels, which must be zero, in place."""
    draw_disks(channels[0], told.positive, CLICK_RADIUS_PX)
    draw_disks(channels[1], told.negative, CLICK_RADIUS_PX)
    draw_disks(channels[2], told.exclusion, EXCLUSION_RADIUS_PX)
    if told.previous is not None:
        channels[3] = told.previous


def draw_disks(channel: NDArray[np.float32], points: Points, radius_px: float) -> None:
    """Set to 1 the pixels whose centre lies within `radius_px` of the centre of a point's pixel; outside is ignored."""
    reach = int(radius_px)
    height, width = channel.shape
    for x, y in np.floor(points).astype(np.int64):
        y0, y1, x0, x1 = max(y - reach, 0), min(y + reach + 1, height), max(x - reach, 0), min(x + reach + 1, width)
        if y0 < y1 and x0 < x1:
            disk = _disk(reach, radius_px)[y0 - y + reach : y1 - y + reach, x0 - x + reach : x1 - x + reach]
            channel[y0:y1, x0:x1][disk] = 1.0


def _disk(reach: int, radius_px: float) -> NDArray[np.bool_]:
    ys, xs = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    return (xs * xs + ys * ys) <= radius_px * radius_px
