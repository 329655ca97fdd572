"""What a person said about an object, as image channels: the same code for training, evaluation and product."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(N, 2) x, y in patch pixels; a pixel's centre lies at + 0.5."""
Strokes = tuple[Points, ...]
"""Drawn lines; a click is a line of one point."""
Channels = NDArray[np.float32]
"""(C, H, W)"""


def no_points() -> Points:
    return np.zeros((0, 2))


@dataclass(frozen=True)
class Guidance:
    """What the network is told about one object, in pixels of its patch."""

    positive: Strokes
    negative: Strokes = ()
    exclusion: Points = field(default_factory=no_points)
    previous: NDArray[np.float32] | None = None
    """(H, W) probability of the mask before the last stroke; nothing at the first."""


class Encoding(ABC):
    """How guidance becomes channels beside the three of the image."""

    channels: int

    @abstractmethod
    def scale(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """RGB 0 … 255 as the network takes it."""

    @abstractmethod
    def draw(self, channels: Channels, told: Guidance) -> None:
        """Fill (self.channels, H, W), which must be zero, in place."""


class Disks(Encoding):
    """Positive clicks (radius 3), negative clicks (radius 3), exclusion (radius 2), previous mask. RGB to about ±2."""

    channels = 4
    click_radius_px, exclusion_radius_px = 3.0, 2.0

    def scale(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return pixels * np.float32(4 / 255) - np.float32(2)

    def draw(self, channels: Channels, told: Guidance) -> None:
        draw_strokes(channels[0], told.positive, self.click_radius_px)
        draw_strokes(channels[1], told.negative, self.click_radius_px)
        draw_disks(channels[2], told.exclusion, self.exclusion_radius_px)
        if told.previous is not None:
            channels[3] = told.previous


class Lines(Disks):
    """Disks, with thinner lines, and for each sign the nearness to its lines: 1 on them, 0 half a patch away
    (DeepScribble's distance maps, which carry a line far into a gland)."""

    channels = 6
    click_radius_px, exclusion_radius_px = 2.0, 3.0

    def draw(self, channels: Channels, told: Guidance) -> None:
        super().draw(channels[:4], told)
        channels[4] = nearness(channels[0])
        channels[5] = nearness(channels[1])


class Pixels(Encoding):
    """The paper's inclusion and exclusion maps: single pixels and lines one pixel wide; RGB to 0 … 1."""

    channels = 2

    def scale(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return pixels * np.float32(1 / 255)

    def draw(self, channels: Channels, told: Guidance) -> None:
        draw_strokes(channels[0], told.positive, 0)
        draw_disks(channels[1], told.exclusion, 0)


ENCODINGS: dict[str, Encoding] = {"successor": Disks(), "gland": Lines(), "paper": Pixels()}
"""By the network that takes it (networks.py)."""


def network_input(
    patches: Sequence[NDArray[np.uint8]], guidance: Sequence[Guidance], encoding: Encoding
) -> NDArray[np.float32]:
    """(B, 3 + C, H, W) from (H, W, 3) RGB patches of one common size."""
    height, width = patches[0].shape[:2]
    batch = np.zeros((len(patches), 3 + encoding.channels, height, width), np.float32)
    for row, pixels, told in zip(batch, patches, guidance, strict=True):
        row[:3] = encoding.scale(pixels.astype(np.float32)).transpose(2, 0, 1)
        encoding.draw(row[3:], told)
    return batch


def draw_strokes(channel: NDArray[np.float32], strokes: Strokes, radius_px: float) -> None:
    """Set to 1 what lies within `radius_px` of a line; lines beyond the patch are ignored."""
    draw_disks(channel, np.vstack([trace(stroke) for stroke in strokes]) if strokes else no_points(), radius_px)


def trace(stroke: Points) -> Points:
    """(M, 2) points along the line through `stroke`, at most a pixel apart; a single point stays one."""
    if len(stroke) < 2:
        return stroke
    lengths = np.hypot(*np.diff(stroke, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    wanted = np.linspace(0, along[-1], int(np.ceil(along[-1])) + 1)
    return np.column_stack([np.interp(wanted, along, stroke[:, 0]), np.interp(wanted, along, stroke[:, 1])])


def draw_disks(channel: NDArray[np.float32], points: Points, radius_px: float) -> None:
    """Set to 1 the pixels whose centre lies within `radius_px` of the centre of a point's pixel; outside is ignored."""
    reach = int(radius_px)
    height, width = channel.shape
    near = ((points >= -reach) & (points < (width + reach, height + reach))).all(axis=1)
    for x, y in np.unique(np.floor(points[near]).astype(np.int64), axis=0):
        y0, y1, x0, x1 = max(y - reach, 0), min(y + reach + 1, height), max(x - reach, 0), min(x + reach + 1, width)
        if y0 < y1 and x0 < x1:
            disk = _disk(reach, radius_px)[y0 - y + reach : y1 - y + reach, x0 - x + reach : x1 - x + reach]
            channel[y0:y1, x0:x1][disk] = 1.0


def nearness(drawn: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W): 1 on what is drawn, falling to 0 at half the patch's width; all 0 where nothing is drawn."""
    if not drawn.any():
        return np.zeros_like(drawn)
    distance = cv2.distanceTransform((drawn == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.maximum(1 - distance * np.float32(2 / drawn.shape[1]), 0).astype(np.float32)


def _disk(reach: int, radius_px: float) -> NDArray[np.bool_]:
    ys, xs = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    return (xs * xs + ys * ys) <= radius_px * radius_px
