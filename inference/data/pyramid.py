"""Writes tiled JPEG pyramids whose tiles a server can hand out as they are stored; memory stays within a strip.

Each tile is encoded once, here; the tables that all tiles share go into the TIFF's JPEGTables tag, as in the files of
scanners and of libvips.
"""

import tempfile
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path

import numpy as np
import simplejpeg
import tifffile
from numpy.typing import NDArray

TILE_PX = 256
JPEG_QUALITY = 88

Draw = Callable[[int, int, int, int], NDArray[np.uint8]]
"""(left, top, width, height) → (height, width, 3) RGB"""
Progress = Callable[[float], None]


def write_pyramid(
    path: Path,
    draw: Draw,
    *,
    width: int,
    height: int,
    mpp: float,
    description: str,
    progress: Progress = lambda _: None,
) -> None:
    """Draw the full level strip by strip, halve it until it fits a tile, and write all levels to one TIFF.

    `mpp` goes into the resolution tags. `progress` hears the share done, 0 to 1.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".pyramid-") as folder, tifffile.TiffWriter(path) as tiff:
        source, level = draw, 0
        while True:
            smaller_shape = (max(height // 2, 1), max(width // 2, 1), 3)
            smaller = np.memmap(Path(folder) / str(level), np.uint8, "w+", shape=smaller_shape)
            share = progress if level == 0 else (lambda _: None)
            tiles = _encode_strips(source, width, height, smaller, share)
            tiff.write(
                tiles,
                shape=(height, width, 3),
                dtype=np.uint8,
                tile=(TILE_PX, TILE_PX),
                photometric="ycbcr",
                compression="jpeg",
                subsampling=(2, 2),
                jpegtables=_tables(),
                resolution=(1e4 / (mpp * 2**level), 1e4 / (mpp * 2**level)),
                resolutionunit="CENTIMETER",
                subfiletype=0 if level == 0 else 1,
                description=description if level == 0 else None,
                metadata=None,
            )
            if max(width, height) <= TILE_PX:
                return
            height, width, level = smaller_shape[0], smaller_shape[1], level + 1
            source = _reader_of(smaller)


def _reader_of(pixels: NDArray[np.uint8]) -> Draw:
    return lambda left, top, width, height: pixels[top : top + height, left : left + width]


def _encode_strips(
    draw: Draw, width: int, height: int, smaller: NDArray[np.uint8], progress: Progress
) -> Iterator[bytes]:
    """The level's tiles in file order; each strip's half-size copy goes to `smaller` on the way."""
    for top in range(0, height, TILE_PX):
        rows = min(TILE_PX, height - top)
        strip = draw(0, top, width, rows)
        _halve(strip, smaller[top // 2 : top // 2 + rows // 2])
        progress((top + rows) / height)
        padded = np.pad(strip, ((0, TILE_PX - rows), (0, -width % TILE_PX), (0, 0)), mode="edge")
        for column in range(ceil(width / TILE_PX)):
            tile = np.ascontiguousarray(padded[:, column * TILE_PX : (column + 1) * TILE_PX])
            yield _split(_encode(tile))[1]


def _halve(pixels: NDArray[np.uint8], into: NDArray[np.uint8]) -> None:
    """Means of 2 × 2 pixels; an odd last row or column is dropped."""
    height, width = into.shape[:2]
    if height and width:
        quads = pixels[: height * 2, : width * 2].reshape(height, 2, width, 2, 3)
        into[:] = (quads.astype(np.uint16).sum(axis=(1, 3)) + 2) >> 2


def _encode(tile: NDArray[np.uint8]) -> bytes:
    return simplejpeg.encode_jpeg(tile, quality=JPEG_QUALITY, colorspace="RGB", colorsubsampling="420")


def _tables() -> bytes:
    return _split(_encode(np.zeros((TILE_PX, TILE_PX, 3), np.uint8)))[0]


def _split(jpeg: bytes) -> tuple[bytes, bytes]:
    """A JPEG → (its quantisation and Huffman tables as a stream of their own, the rest): TIFF 6, technote 2."""
    tables, rest, at = b"", b"", 2
    while jpeg[at + 1] != 0xDA:  # start of scan: entropy-coded data follows
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 1] in (0xDB, 0xC4):
            tables += jpeg[at:end]
        elif not 0xE0 <= jpeg[at + 1] <= 0xEF:
            rest += jpeg[at:end]
        at = end
    return b"\xff\xd8" + tables + b"\xff\xd9", b"\xff\xd8" + rest + jpeg[at:]
