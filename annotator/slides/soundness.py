"""Whether decoded pixels can be the picture that was scanned: numbers on arrays, no files.

A file may decode without an error and still show a wrong picture. What two readers or two levels see differently is told
by `differ`; where there is nothing to compare with, by marks that no scanned picture has.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

READERS_DIFFER = 6.0
"""Mean difference, of 255, at which two readers see different pictures; two JPEG decoders differ by less than 1."""
LEVELS_DIFFER = 9.0
"""Likewise of two levels, in cells of CELL_PX: scanners sharpen, round and compress levels anew, and differ by 2."""
CELL_PX = 8
TINT = 1.5
SEAM = 1.6
"""A jump along all tiles' rims, as a multiple of the largest jump within tiles."""
BROKEN = 0.55
"""The share of rims that tells: of sound slides none breaks off, of scrambled ones two thirds do."""
LEAST_SEAM = 8.0
"""Of 255."""
LEAST_TILE_PX = 16
LEAST_SHADES = 16
"""Fewer are black and white, dithered: small steps up and down as well."""
FLAT = 3
"""Of 255: what a JPEG makes of one colour."""

Image = NDArray[np.uint8]


def mean_difference(one: NDArray[np.generic], other: NDArray[np.generic], full_scale: float) -> float:
    """Mean absolute difference, as of 255."""
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).mean()) * 255 / full_scale


def levels_differ(coarse: Image, fine: Image) -> float:
    """How differently two levels show one place: (h, w, 3) and (2h, 2w, 3) RGB → the mean difference of their cells, of 255;
    or that of a whole channel, times TINT, as swapped channels of a pale stain differ little anywhere and yet everywhere.

    Cells, not pixels: a level may be shifted by a pixel, and be a little sharper.
    """
    height, width = min(coarse.shape[0], fine.shape[0] // 2), min(coarse.shape[1], fine.shape[1] // 2)
    if not height or not width:
        return 0.0
    cell_y, cell_x = min(CELL_PX, height), min(CELL_PX, width)
    one = _cells(coarse[:height, :width], cell_y, cell_x)
    other = _cells(fine[: height * 2, : width * 2], cell_y * 2, cell_x * 2)
    tint = np.abs(one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))).max()
    return float(max(np.abs(one - other).mean(), TINT * tint))


def _cells(pixels: Image, cell_y: int, cell_x: int) -> NDArray[np.float64]:
    rows, columns = pixels.shape[0] // cell_y, pixels.shape[1] // cell_x
    whole = pixels[: rows * cell_y, : columns * cell_x].astype(np.float64)
    cells: NDArray[np.float64] = whole.reshape(rows, cell_y, columns, cell_x, -1).mean(axis=(1, 3))
    return cells


def find_fault(overview: Image) -> str | None:
    """What shows that a picture's colours cannot be meant: in words, or None."""
    if overview.max() <= 2:
        return "all of it is black"
    if overview.min() >= 253:
        return "all of it is white"
    flat = overview.reshape(-1, 3).astype(np.float64)
    spread, middle = flat.std(axis=0), np.median(flat, axis=0)
    if spread[0] > 2 * spread[1:].max() and np.abs(middle[1:] - 128).max() < 48 and abs(middle[0] - 128) > 16:
        return "its colours are false: brightness and colour (YCbCr) are shown as red, green and blue"
    brightest = flat[flat.sum(axis=1) >= np.percentile(flat.sum(axis=1), 90)]
    red, green, blue = np.median(brightest, axis=0)
    clipped = ((flat.max(axis=1) >= 255) & (flat.min(axis=1) < 200)).mean()
    if red - green > 60 and blue - green > 60 and clipped > 0.2:
        return "its colours are false: red, green and blue are shown as brightness and colour (YCbCr)"
    return None


def bytes_are_swapped(values: NDArray[np.generic]) -> bool:
    """Whether 16-bit values make a picture only when their bytes change places; (h, w) or (h, w, bands)."""
    if values.dtype.itemsize != 2 or values.size < 2 or values.dtype.kind not in "iu":
        return False
    unsigned = np.ascontiguousarray(values).view(np.uint16)
    return _roughness(unsigned) > 0.02 and _roughness(unsigned) > 3 * _roughness(unsigned.byteswap())


def _roughness(values: NDArray[Any]) -> float:
    """Mean step between neighbours, as a share of the range."""
    low, high = np.percentile(values, (0.5, 99.5))
    steps = [np.abs(np.diff(values.astype(np.float64), axis=axis)).mean() for axis in (0, 1) if values.shape[axis] > 1]
    return float(np.mean(steps) / (high - low)) if high > low and steps else 0.0


def predictor_is_wrong(tile: NDArray[Any]) -> bool:
    """Whether values make a picture only as differences along the rows, or as sums: a tile from its left rim on,
    (h, w, bands), whose predictor was not undone, or undone though there was none."""
    if tile.dtype not in (np.uint8, np.uint16) or min(tile.shape[:2]) < LEAST_TILE_PX:
        return False
    shown, full = _roughness(tile), np.iinfo(tile.dtype).max
    if shown <= 0.1:
        return False
    if shown > 3 * _roughness(np.diff(tile, axis=1)):
        return True
    up, down = (tile <= full // 8).mean(), (tile >= full - full // 8).mean()  # differences are small, or negative ones
    if min(up, down) < 0.1 or up + down < 0.6 or len(np.unique(tile)) <= LEAST_SHADES:
        return False
    return shown > 3 * _roughness(np.cumsum(tile, axis=1, dtype=tile.dtype))


def find_seams(pixels: Image, tile_width: int, tile_height: int) -> bool:
    """Whether the picture breaks off at the rims of most tiles: they are scrambled, or turned each for itself.

    pixels: whole tiles beside each other, (h, w, 3). Flat tiles say nothing: scanners fill in what they did not scan.
    """
    broken = told = 0
    for grid, side, beside in ((pixels, tile_width, tile_height), (pixels.swapaxes(0, 1), tile_height, tile_width)):
        beside = min(beside, grid.shape[0])
        for start in range(0, grid.shape[0] - beside + 1, beside):
            row = grid[start : start + beside]
            for rim in range(side, row.shape[1] - side + 1, side) if side >= LEAST_TILE_PX else ():
                one, other = row[:, rim - side : rim], row[:, rim : rim + side]
                if np.ptp(one) <= FLAT or np.ptp(other) <= FLAT:
                    continue
                jump = np.abs(one[:, -1].astype(np.float32) - other[:, 0]).mean()
                within = max(_steepest(one), _steepest(other))
                told += max(jump, within) > LEAST_SEAM
                broken += jump > max(LEAST_SEAM, SEAM * within)
    return told >= 3 and broken > BROKEN * told


def _steepest(tile: Image) -> float:
    """The largest mean jump between two neighbouring columns."""
    return float(np.abs(np.diff(tile.astype(np.float32), axis=1)).mean(axis=(0, 2)).max())


def busiest_place(overview: Image) -> tuple[float, float]:
    """Where in the overview the most is to be seen: x and y as shares of its width and height."""
    grey = overview.astype(np.float32).mean(axis=2)
    rows, columns = min(8, grey.shape[0]), min(8, grey.shape[1])
    blocks = [[block.std() for block in np.array_split(row, columns, axis=1)] for row in np.array_split(grey, rows)]
    row, column = np.unravel_index(int(np.argmax(blocks)), (rows, columns))
    return (float(column) + 0.5) / columns, (float(row) + 0.5) / rows


def sharpness(pixels: NDArray[np.generic]) -> float:
    """Energy of the second differences relative to that of the values: higher where more is in focus."""
    grey = pixels.astype(np.float64)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    if min(grey.shape) < 3:
        return 0.0
    laplacian = (
        4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    )  # fmt: skip
    return float(laplacian.var())
