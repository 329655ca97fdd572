"""A labelled image as a slide: patches are cut as the slide reader cuts them, answers come back in the image's pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.data.samples import LabelledImage
from inference.evaluation.pointing import Said
from inference.methods.base import Frame, ObjectMask, ObjectPrompts, Points, Segmenter
from inference.slide import SAME_SCALE, WHITE, Patch

BATCH = 16


@dataclass(frozen=True)
class Found:
    """The answer to one object, in a box that just holds it."""

    inside: NDArray[np.bool_]
    """(H, W) of the box; (0, 0) when nothing was found."""
    probability: NDArray[np.float32]
    """(H, W)"""
    corner: tuple[int, int] = (0, 0)
    """x, y of the box in the image."""

    @property
    def area(self) -> int:
        return int(self.inside.sum())

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the image."""
        (x, y), (height, width) = self.corner, self.inside.shape
        return slice(y, y + height), slice(x, x + width)


NOTHING = Found(np.zeros((0, 0), bool), np.zeros((0, 0), np.float32))


class Scene:
    """An image with a resolution, as a slide has one."""

    def __init__(self, image: LabelledImage, *, mpp: float) -> None:
        self.pixels, self.mpp = image.pixels, mpp

    def patch(self, frame: Frame, size_px: int) -> Patch:
        """White beyond the image; in whole pixels where the resolution is the image's own."""
        scale = frame.mpp / self.mpp
        x, y = frame.centre
        if abs(scale - 1) < SAME_SCALE:
            left, top = round(x - size_px / 2), round(y - size_px / 2)
            return Patch(self._region(left, top, size_px, size_px), (float(left), float(top)), 1.0)
        width, margin_px = size_px * scale, 2 + int(np.ceil(2 * scale))
        corner = (x - width / 2, y - width / 2)
        left, top = (int(np.floor(v)) - margin_px for v in corner)
        side = int(np.ceil(width)) + 2 * margin_px + 1
        box = (corner[0] - left, corner[1] - top, corner[0] - left + width, corner[1] - top + width)
        region = Image.fromarray(self._region(left, top, side, side))
        pixels = np.asarray(region.resize((size_px, size_px), Image.Resampling.BICUBIC, box=box))
        return Patch(pixels, corner, scale)

    def to_image(self, mask: ObjectMask, patch: Patch) -> Found:
        """A patch's answer in the image's pixels, interpolated where the resolutions differ."""
        if not mask.inside.any():
            return NOTHING
        origin, size = np.array(patch.origin), len(mask.probability)
        low = np.maximum(np.floor(origin).astype(int), 0)
        high = np.minimum(np.ceil(origin + size * patch.scale).astype(int), self.pixels.shape[1::-1])
        if (high <= low).any():
            return NOTHING
        shift = (low + 0.5 - origin) / patch.scale - 0.5  # of the first image pixel's centre, as OpenCV counts
        matrix = np.array([[1 / patch.scale, 0, shift[0]], [0, 1 / patch.scale, shift[1]]])
        shape = tuple(int(v) for v in high - low)
        field = cv2.warpAffine(mask.probability, matrix, shape, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return tight(field > mask.threshold, field.astype(np.float32, copy=False), (int(low[0]), int(low[1])))

    def _region(self, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        region = np.full((height, width, 3), WHITE, np.uint8)
        x0, y0 = max(left, 0), max(top, 0)
        part = self.pixels[y0 : max(top + height, 0), x0 : max(left + width, 0)]
        region[y0 - top : y0 - top + part.shape[0], x0 - left : x0 - left + part.shape[1]] = part
        return region


def tight(inside: NDArray[np.bool_], probability: NDArray[np.float32], corner: tuple[int, int]) -> Found:
    """The answer cut to the pixels that it holds."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        return NOTHING
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return Found(inside[box], probability[box], (corner[0] + int(columns[0]), corner[1] + int(rows[0])))


def ask(
    segmenter: Segmenter, scene: Scene, said: Sequence[Said], rows: Sequence[int], points: Points
) -> Iterator[Found]:
    """The answers for the objects `rows` of `said`. `points` (N, 2) holds one point of each object, those of the others
    serving as exclusion; (0, 2) when nobody knows them."""
    for start in range(0, len(rows), BATCH):
        yield from _ask_batch(segmenter, scene, said, rows[start : start + BATCH], points)


def _ask_batch(
    segmenter: Segmenter, scene: Scene, said: Sequence[Said], batch: Sequence[int], points: Points
) -> list[Found]:
    """As in the product, an object that its patch cuts is looked at again, wider."""
    first = {row: segmenter.frame(said[row].strokes, said[row].positive, mpp=scene.mpp) for row in batch}
    looks, found = dict(first), dict[int, Found]()
    while looks:
        patches = {row: scene.patch(frame, segmenter.patch_px) for row, frame in looks.items()}
        prompts = [_prompts(said, row, points, patch, segmenter.patch_px) for row, patch in patches.items()]
        masks = dict(zip(looks, segmenter.segment([p.pixels for p in patches.values()], prompts), strict=True))
        found |= {row: scene.to_image(mask, patches[row]) for row, mask in masks.items()}
        wider = {row: segmenter.wider_frame(masks[row], frame, first[row]) for row, frame in looks.items()}
        looks = {row: frame for row, frame in wider.items() if frame}
    return [found[row] for row in batch]


def _prompts(said: Sequence[Said], row: int, points: Points, patch: Patch, size_px: int) -> ObjectPrompts:
    others = patch.to_patch(np.delete(points, row, axis=0) if len(points) else points)
    near = others[((others >= 0) & (others < size_px)).all(axis=1)]
    return ObjectPrompts(tuple(patch.to_patch(s) for s in said[row].strokes), said[row].positive, near)
