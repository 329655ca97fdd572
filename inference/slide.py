"""Reads square patches of a slide at a network's own resolution: the only level-0 ↔ network-scale conversion.

Coordinates are continuous and count from the upper left corner: pixel i covers [i, i + 1), so its centre lies at i + 0.5.
This holds for level-0 pixels and for patch pixels alike, hence `patch = (level0 - origin) / scale` with no half-pixel
terms. The only file of the inference side that imports large_image.
"""

import json
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, log2
from typing import Any

import large_image
import numpy as np
from large_image import tilesource
from numpy.typing import NDArray
from PIL import Image

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
AS_STORED: dict[str, Any] = {"icc": False}

LARGEST_PLAIN_IMAGE_PX = 8192
"""Of a PNG or JPEG; the import (annotator.slides.sources) takes the same."""

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
        _believe_jfif()
        _leave_gaps_blank()
        vars(source).pop("_map", None)  # its notebook widget points back at it: the file would never close by itself
        if style != json.dumps(AS_STORED):
            source.style = json.loads(style)
        return source
    except Exception as error:  # as above
        raise SlideReadError(f"{path} is not a slide that can be read: {error}") from error


def _leave_gaps_blank() -> None:
    """A TIFF may leave out tiles that show nothing (offset and count 0): these are background, not an error.

    White for colours, black for channels, as the viewer shows them (annotator.slides.sources).
    """
    source = getattr(sys.modules.get("large_image_source_tiff"), "TiffFileTileSource", None)
    if source is None or hasattr(source, "leaves_gaps_blank"):
        return
    by_error = source.getTileIOTiffError

    def blank_or_error(self: Any, x: int, y: int, z: int, **options: Any) -> Any:
        directory = self._tiffDirectories[z]
        if directory is None or not _is_gap(directory, x, y):
            return by_error(self, x, y, z, **options)
        bands, dtype = directory._tiffInfo.get("samplesperpixel", 1), np.dtype(self._dtype or np.uint8)
        white = np.iinfo(dtype).max if dtype.kind in "iu" else 65535  # beyond any range that floats are scaled by
        tile = np.full((self.tileHeight, self.tileWidth, bands), white if bands > 2 else 0, dtype)
        options = {name: option for name, option in options.items() if name not in ("sparseFallback", "exception")}
        return self._outputTile(tile, "numpy", x, y, z, **options)

    source.getTileIOTiffError = blank_or_error
    source.leaves_gaps_blank = True


def _is_gap(directory: Any, x: int, y: int) -> bool:
    return bool(directory._tiffInfo.get("istiled")) and directory._getJpegFrameSize(directory._toTileNum(x, y)) == 0


def _believe_jfif() -> None:
    """A JPEG with a JFIF header holds YCbCr (ITU-T T.871), also in the DICOM files whose converter called it RGB.

    wsidicom takes the DICOM tag's word for it, which shows such slides in false colours.
    """
    decoder = getattr(sys.modules.get("wsidicom.codec.decoder"), "ImageCodecsDecoder", None)
    if decoder is None or hasattr(decoder, "believes_jfif"):
        return
    by_tag = decoder.decode
    decoder.decode = lambda self, frame: self._decoder(frame) if frame[6:11] == b"JFIF\0" else by_tag(self, frame)
    decoder.believes_jfif = True


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


def as_rgb(tile: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey, grey + alpha, RGB or RGBA of 8 or 16 bits → (h, w, 3) uint8, transparency over white."""
    if tile.ndim == 2:
        tile = tile[:, :, None]
    if tile.dtype == np.uint16:
        tile = (tile >> 8).astype(np.uint8)
    elif tile.dtype != np.uint8:
        tile = np.clip(np.rint(tile), 0, 255).astype(np.uint8)
    bands = tile.shape[2]
    colours = np.repeat(tile[:, :, :1], 3, axis=2) if bands < 3 else tile[:, :, :3]
    if bands not in (2, 4) or tile[:, :, -1].min() == 255:
        return np.ascontiguousarray(colours)
    alpha = tile[:, :, -1:].astype(np.uint16)
    return ((colours * alpha + WHITE * (255 - alpha) + 127) // 255).astype(np.uint8)
