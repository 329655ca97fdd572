"""Where a slide can be labelled: a grid of square regions, and how much of each is tissue.

Read from small overviews, block by block, so that memory does not grow with the slide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu

from inference.protocol import SlideRef
from inference.slide import Patch, read_patch

Box = tuple[float, float, float, float]
"""x, y, width, height in level-0 px."""

OVERVIEW_PX = 512
CELL_PX = 8
"""A region's side in the overview: an eighth of it is the smallest thing that counts as tissue."""
BLOCK = 32
"""Regions along the side of what is read at once."""
DARK_GROUND = 100
"""Fluorescence has a dark ground: half its pixels are darker than this in every channel. Brightfield's is glass."""
BOUNDS = {False: (15, 60), True: (3, 30)}
"""On glass and on a dark ground, of 255: Otsu's threshold is kept between these, for on a slide that is all tissue, or has
none, it would divide noise."""
BLACK = 15


@dataclass(frozen=True)
class Regions:
    """The regions of one slide's grid, row by row."""

    corners: NDArray[np.float64]
    """(N, 2) x, y of the upper left corner, level-0 px."""
    side: float
    """Level-0 px."""
    tissue: NDArray[np.float64]
    """(N,) share that is tissue, 0 to 1."""
    dark_ground: bool
    """Whether objects shine on a dark ground (fluorescence) instead of being dark on glass."""

    def only(self, kept: NDArray[np.bool_]) -> "Regions":
        return Regions(self.corners[kept], self.side, self.tissue[kept], self.dark_ground)


def list_regions(slide: SlideRef, *, side_um: float, pause: Callable[[], None] = lambda: None) -> Regions:
    """The whole grid, centred on the slide; regions of a slide that is smaller than one have the slide's shorter side.

    `pause` is called between reads, and may raise. Raises SlideReadError.
    """
    side = min(side_um / slide.mpp, slide.width, slide.height)
    columns, rows = int(slide.width // side), int(slide.height // side)
    left, top = (slide.width - columns * side) / 2, (slide.height - rows * side) / 2
    whole = read_overview(slide, side=side)
    dark_ground = is_dark_ground(whole)
    threshold = tissue_threshold(whole, dark_ground=dark_ground)
    tissue = np.zeros((rows, columns))
    for row in range(0, rows, BLOCK):
        for column in range(0, columns, BLOCK):
            pause()
            count = min(BLOCK, max(rows - row, columns - column))
            centre = (left + (column + count / 2) * side, top + (row + count / 2) * side)
            patch = read_patch(slide, centre=centre, size_px=count * CELL_PX, mpp=slide.mpp * side / CELL_PX)
            covered = is_tissue(patch.pixels, threshold, dark_ground=dark_ground)
            shares = covered.reshape(count, CELL_PX, count, CELL_PX).mean(axis=(1, 3))
            part = tissue[row : row + count, column : column + count]
            part[:] = shares[: part.shape[0], : part.shape[1]]
    ys, xs = np.divmod(np.arange(rows * columns), columns)
    return Regions(np.column_stack([left + xs * side, top + ys * side]), side, tissue.ravel(), dark_ground)


def overlaps_any(regions: Regions, taken: Sequence[Box]) -> NDArray[np.bool_]:
    """(N,) whether a region shares any area with one of the boxes."""
    met = np.zeros(len(regions.corners), bool)
    xs, ys = regions.corners.T
    for x, y, width, height in taken:
        beside = (xs >= x + width) | (xs + regions.side <= x)
        met |= ~(beside | (ys >= y + height) | (ys + regions.side <= y))
    return met


def read_overview(slide: SlideRef, *, side: float) -> NDArray[np.uint8]:
    """(H, W, 3): the whole slide, its longer side OVERVIEW_PX, or as coarse as its regions are judged where that is less:
    what is a bright nucleus in finer pixels is dim tissue in these."""
    longer = max(slide.width, slide.height)
    size = min(OVERVIEW_PX, ceil(longer / side * CELL_PX))
    mpp = slide.mpp * longer / size
    patch = read_patch(slide, centre=(slide.width / 2, slide.height / 2), size_px=size, mpp=mpp)
    return on_slide(patch, slide)


def on_slide(patch: Patch, slide: SlideRef) -> NDArray[np.uint8]:
    """The pixels of a patch of which nothing lies beyond the slide."""
    (left, top), (right, bottom) = patch.to_patch(np.array([(0, 0), (slide.width, slide.height)]))
    rows, columns = (slice(max(ceil(low), 0), floor(high)) for low, high in ((top, bottom), (left, right)))
    return patch.pixels[rows, columns]


def is_dark_ground(pixels: NDArray[np.uint8]) -> bool:
    return float(np.median(pixels.max(axis=2))) < DARK_GROUND


def tissue_threshold(pixels: NDArray[np.uint8], *, dark_ground: bool) -> float:
    values = paint(pixels, dark_ground=dark_ground)
    low, high = BOUNDS[dark_ground]
    return float(np.clip(threshold_otsu(values), low, high)) if values.min() < values.max() else float(high)


def is_tissue(pixels: NDArray[np.uint8], threshold: float, *, dark_ground: bool) -> NDArray[np.bool_]:
    """(H, W). Black in brightfield is no tissue: there nothing was scanned."""
    found = paint(pixels, dark_ground=dark_ground) > threshold
    if dark_ground:  # white there lies beyond the slide
        return found & (pixels.min(axis=2) < 255)
    return found & (pixels.max(axis=2) > BLACK)


def paint(pixels: NDArray[np.uint8], *, dark_ground: bool) -> NDArray[np.uint8]:
    """(H, W): how much light the stain took from its strongest channel, or how brightly it shines there."""
    return pixels.max(axis=2) if dark_ground else 255 - pixels.min(axis=2)
