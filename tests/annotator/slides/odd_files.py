"""Slide files, sound and corrupted in one way each, made on the spot."""

import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
import tifffile

from inference.data.pyramid import write_pyramid

SCALE: dict[str, Any] = {"resolution": (40000, 40000), "resolutionunit": "CENTIMETER"}
CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def draw_tissue(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Pink tissue with violet nuclei, glass at the left: (height, width, 3)."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[:height, :width]
    waves = 18 * np.sin(xs / 47 + np.sin(ys / 61)) + 14 * np.cos(ys / 39 + xs / 97)
    pixels = (
        np.array([222.0, 160.0, 196.0]) + waves[:, :, None] * (0.5, 1.0, 0.6) + rng.normal(0, 3, (height, width, 3))
    )
    for y, x, radius in rng.uniform((0, width / 6, 6), (height, width, 12), (height * width // 2200, 3)):
        top, left = max(int(y) - 13, 0), max(int(x) - 13, 0)
        part = (slice(top, int(y) + 14), slice(left, int(x) + 14))
        inside = np.hypot(ys[part] - y, xs[part] - x) < radius
        pixels[part][inside] = np.array([88, 62, 138]) + rng.normal(0, 9, (inside.sum(), 1))
    glass = xs < width / 6 + 20 * np.sin(ys / 80)
    pixels[glass] = 243 + rng.normal(0, 1.5, (glass.sum(), 1))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def write_levels(path: Path, pixels: np.ndarray) -> Path:
    """A pyramid as vips writes it: JPEG (YCbCr 4:2:0) with shared tables."""
    write_pyramid(
        path, lambda left, top, width, height: pixels[top : top + height, left : left + width],
        width=pixels.shape[1], height=pixels.shape[0], mpp=0.25, description="tissue",
    )  # fmt: skip
    return path


def write_flat(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    """One level of lossless tiles."""
    tifffile.imwrite(
        path, pixels, **({"tile": (128, 128), "compression": "deflate", "photometric": "rgb"} | SCALE | options)
    )
    return path


def set_tag(path: Path, name: str, value: int, pages: Iterable[int] | None = None, index: int | None = None) -> None:
    """Overwrite all values of a tag (or the one at `index`), on all pages or some."""
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        for number, page in enumerate(tiff.pages):
            if (pages is None or number in pages) and name in page.tags:
                tag = page.tags[name]
                code = CODES[int(tag.dtype)]
                for which in range(tag.count) if index is None else (index,):
                    struct.pack_into(
                        tiff.byteorder + code, data, tag.valueoffset + which * struct.calcsize(code), value
                    )
    path.write_bytes(data)


def move_tiles(path: Path, order: Callable[[list[int]], list[int]], page: int = 0) -> None:
    """Give each tile of a page the place of another."""
    with tifffile.TiffFile(path) as tiff:
        tags = tiff.pages[page].tags
        offsets = "TileOffsets" if "TileOffsets" in tags else "StripOffsets"
        places = {name: list(tags[name].value) for name in (offsets, offsets.replace("Offsets", "ByteCounts"))}
    moved = order(list(range(len(places[offsets]))))
    for name, values in places.items():
        for index, source in enumerate(moved):
            set_tag(path, name, values[source], (page,), index)


def drop_tiles(path: Path, indices: Iterable[int], page: int = 0) -> None:
    """Leave tiles out, as sparse files do."""
    for index in indices:
        set_tag(path, "TileOffsets", 0, (page,), index)
        set_tag(path, "TileByteCounts", 0, (page,), index)


def rewrite_level(path: Path, level: int, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """A copy of a pyramid of JPEG tiles whose pixels on one level are others."""
    with tifffile.TiffFile(path) as tiff:
        levels = [page.asarray() for page in tiff.pages]
    levels[level] = change(levels[level])
    with tifffile.TiffWriter(path) as tiff:
        for number, pixels in enumerate(levels):
            tiff.write(
                pixels, tile=(256, 256), compression="jpeg", photometric="rgb", compressionargs={"level": 90},
                subfiletype=int(number > 0), metadata=None, **SCALE,
            )  # fmt: skip


def worse_tables() -> bytes:
    """The quantisation tables of a far lower quality."""
    jpeg = simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8), quality=30, colorsubsampling="420")
    at, tables = 2, b""
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        tables += jpeg[at:end] if jpeg[at + 1] in (0xDB, 0xC4) else b""
        at = end
    return b"\xff\xd8" + tables + b"\xff\xd9"
