"""Reads square patches of a slide at a network's own resolution: the only level-0 ↔ network-scale conversion.

Coordinates are continuous and count from the upper left corner: pixel i covers [i, i + 1), so its centre lies at i + 0.5.
This holds for level-0 pixels and for patch pixels alike, hence `patch = (level0 - origin) / scale` with no half-pixel
terms. The only file of the inference side that imports large_image.
"""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, log2
from typing import Any

import large_image
import numpy as np
from large_image import tilesource
from numpy.typing import NDArray
from PIL import Image

from inference.pixels import AS_STORED, LARGEST_PLAIN_IMAGE_PX, as_rgb, mend_readers
from inference.protocol import SlideRef

OPEN_SOURCES = 8
LARGEST_PATCH_PX = 4096
LARGEST_READ_PX = 10_000**2
"""What is read of a level for one patch: 300 MB. The largest patch needs 70 % of it; a wrong scale would need terabytes."""
SAME_SCALE = 0.01
"""Relative difference of mpp below which pixels are copied instead of resampled: half a pixel at the rim of 100."""
NEARLY_AN_OCTAVE = 0.15
"""A level up to a tenth too coarse is taken all the same: nothing is lost to the eye, and it reads four times faster."""
WHITE = 255

large_image.config.setConfig("max_small_image_size", LARGEST_PLAIN_IMAGE_PX)
# Tiles that large_image keeps by itself: 1/64 of the memory is plenty for clicks, which jump about.
large_image.config.setConfig("cache_python_memory_portion", 64)


class SlideReadError(Exception):
    """The slide's pixels cannot be had; the message says which file, and why."""


class TooMuchToRead(Exception):
    """The region is larger than any patch needs; the message is its size."""


@dataclass(frozen=True)
class Patch:
    """Pixels at the network's resolution, and where they lie on the slide."""

    pixels: NDArray[np.uint8]
    """(size_px, size_px, 3) RGB; white outside the slide."""
    origin: tuple[float, float]
    """The upper left corner of the patch, in level-0 px."""
    scale: float
    """Level-0 px per patch px."""

    def to_patch(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """N × 2 (x, y) level-0 px → N × 2 patch px."""
        return (np.asarray(points, np.float64).reshape(-1, 2) - self.origin) / self.scale

    def to_level0(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """N × 2 (x, y) patch px → N × 2 level-0 px."""
        return np.asarray(points, np.float64).reshape(-1, 2) * self.scale + self.origin


def read_patch(slide: SlideRef, *, centre: tuple[float, float], size_px: int, mpp: float) -> Patch:
    """The patch of size_px × size_px pixels of `mpp` µm around `centre` (level-0 px), white outside the slide.

    Raises SlideReadError when the file is missing, changed or broken.
    """
    if not 1 <= size_px <= LARGEST_PATCH_PX:
        raise ValueError(f"A patch is 1 to {LARGEST_PATCH_PX} px wide, not {size_px}.")
    source = open_source(slide)
    scale = mpp / slide.mpp
    corner = (centre[0] - size_px * scale / 2, centre[1] - size_px * scale / 2)
    try:
        if abs(scale - 1) < SAME_SCALE:
            left, top = round(centre[0] - size_px / 2), round(centre[1] - size_px / 2)
            return Patch(_read_level(source, 0, left, top, size_px, size_px), (float(left), float(top)), 1.0)
        return Patch(_resample(source, corner, size_px, scale), corner, scale)
    except TooMuchToRead as error:
        raise SlideReadError(
            f"{slide.path}: {size_px} px of {mpp:g} µm are {error} px of this slide, whose scale is given as {slide.mpp:g} "
            f"µm/px: more than can be read at once. If the scale is wrong, import the slide again with --mpp."
        ) from None
    except Exception as error:  # half a dozen readers, each with errors of its own
        raise SlideReadError(f"{slide.path} cannot be read around {centre[0]:.0f}, {centre[1]:.0f}: {error}") from error


def open_source(slide: SlideRef) -> Any:
    """The large_image tile source of the slide, from a small cache that notices a changed file."""
    try:
        status = os.stat(slide.path)
    except OSError as error:
        raise SlideReadError(f"The slide's file {slide.path} cannot be opened: {error.strerror}.") from error
    style = slide.style
    source = _open(slide.path, status.st_mtime_ns, status.st_size, json.dumps(style, sort_keys=True), slide.reader)
    if (source.sizeX, source.sizeY) != (slide.width, slide.height):
        raise SlideReadError(
            f"{slide.path} is {source.sizeX} × {source.sizeY} px, but {slide.width} × {slide.height} px were imported: "
            "the file was replaced. Import it again."
        )
    return source


@lru_cache(maxsize=OPEN_SOURCES)
def _open(path: str, mtime_ns: int, size: int, style: str, reader: str) -> Any:
    """By the reader that the import chose; empty (slides imported before that): by the first that can.

    noCache: large_image must not keep a second, unbounded hold on the file.
    The style is set after opening: large_image's tifffile source cannot open with a style of several frames.
    """
    try:
        if reader:
            if not tilesource.AvailableTileSources:
                tilesource.loadTileSources()
            source = tilesource.AvailableTileSources[reader](path, style=AS_STORED, noCache=True)
        else:
            source = large_image.open(path, style=AS_STORED, noCache=True)
        mend_readers()
        vars(source).pop("_map", None)  # its notebook widget points back at it: the file would never close by itself
        if style != json.dumps(AS_STORED):
            source.style = json.loads(style)
        return source
    except Exception as error:  # as above
        raise SlideReadError(f"{path} is not a slide that can be read: {error}") from error


def _resample(source: Any, corner: tuple[float, float], size_px: int, scale: float) -> NDArray[np.uint8]:
    """From the level nearest above the wanted resolution, antialiased; exact to a fraction of a pixel.

    Levels on which the slide is narrower than a pixel are left alone: there readers mix it with the black beside it.
    """
    narrowest = floor(log2(min(source.sizeX, source.sizeY)))
    octave = max(min(floor(log2(scale) + NEARLY_AN_OCTAVE), source.levels - 1, narrowest), 0)
    factor = 2**octave
    left, top = corner[0] / factor, corner[1] / factor
    width = size_px * scale / factor
    margin_px = 2 + ceil(2 * scale / factor)  # what the resampling kernel looks at beyond the rim
    x0, y0 = floor(left) - margin_px, floor(top) - margin_px
    x1, y1 = ceil(left + width) + margin_px, ceil(top + width) + margin_px
    region = Image.fromarray(_read_level(source, octave, x0, y0, x1 - x0, y1 - y0))
    box = (left - x0, top - y0, left - x0 + width, top - y0 + width)
    return np.asarray(region.resize((size_px, size_px), Image.Resampling.BICUBIC, box=box))


def _read_level(source: Any, octave: int, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
    """A region in whole pixels of the level that is 2**octave smaller; (height, width, 3), white outside the slide."""
    if width * height > LARGEST_READ_PX:
        raise TooMuchToRead(f"{width * 2**octave} × {height * 2**octave}")
    pixels = np.full((height, width, 3), WHITE, np.uint8)
    right = min(left + width, ceil(source.sizeX / 2**octave))
    bottom = min(top + height, ceil(source.sizeY / 2**octave))
    for row in range(max(top, 0) // source.tileHeight, ceil(bottom / source.tileHeight)):
        for column in range(max(left, 0) // source.tileWidth, ceil(right / source.tileWidth)):
            tile_left, tile_top = column * source.tileWidth, row * source.tileHeight
            x0, x1 = max(left, tile_left, 0), min(right, tile_left + source.tileWidth)
            y0, y1 = max(top, tile_top, 0), min(bottom, tile_top + source.tileHeight)
            if x0 >= x1 or y0 >= y1:
                continue
            tile = as_rgb(source.getTile(column, row, source.levels - 1 - octave, numpyAllowed="always"))
            part = tile[y0 - tile_top : y1 - tile_top, x0 - tile_left : x1 - tile_left]
            pixels[y0 - top : y0 - top + part.shape[0], x0 - left : x0 - left + part.shape[1]] = part
    return pixels
