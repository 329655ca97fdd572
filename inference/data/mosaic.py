"""Images of many objects put together from images of one: NuClick's authors made fields of 10 to 30 blood cells so."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.data.samples import LabelledImage

ACROSS = 4
TILE_PX = 112


def mosaic(images: Sequence[LabelledImage], rng: np.random.Generator) -> LabelledImage:
    """ACROSS × ACROSS random images, each turned by a random quarter and cut or edge-padded to TILE_PX around its middle."""
    size = ACROSS * TILE_PX
    pixels, labels = np.zeros((size, size, 3), np.uint8), np.zeros((size, size), np.uint16)
    for place in range(ACROSS * ACROSS):
        image = images[int(rng.integers(len(images)))]
        turns = int(rng.integers(4))
        rows, columns = (slice(v * TILE_PX, (v + 1) * TILE_PX) for v in divmod(place, ACROSS))
        pixels[rows, columns] = np.rot90(_fit(image.pixels), turns)
        tile = np.rot90(_fit(image.labels), turns)
        labels[rows, columns] = np.where(tile > 0, tile + labels.max(), 0)
    return LabelledImage("mosaic", pixels, labels, images[0].mpp)


def _fit(array: NDArray[Any]) -> NDArray[Any]:
    """Labels are padded as pixels are, so that an object cut by the image's rim goes on with its picture."""
    for axis in (0, 1):
        length = array.shape[axis]
        if length > TILE_PX:
            start = (length - TILE_PX) // 2
            array = array[start : start + TILE_PX] if axis == 0 else array[:, start : start + TILE_PX]
        elif length < TILE_PX:
            before = (TILE_PX - length) // 2
            padding = [(0, 0)] * array.ndim
            padding[axis] = (before, TILE_PX - length - before)
            array = np.pad(array, padding, mode="edge")
    return array
