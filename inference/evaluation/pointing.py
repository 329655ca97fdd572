"""How the simulated annotator points at the objects of an image: a click into a nucleus or cell, a line into a gland."""

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from inference.data.samples import LabelledImage, Objects
from inference.data.simulate import (
    careless_click,
    code_click,
    displaced_click,
    full_skeleton,
    paper_click,
    squiggle,
)
from inference.methods.base import Points

ObjectType = Literal["nucleus", "cell", "gland"]


@dataclass(frozen=True)
class Pointing:
    """What is pointed at, and how exactly."""

    click: Literal["centroid", "random", "deep"] = "centroid"
    """The centroid, or a training click of NuClick: as printed (anywhere but the rim) or as coded (deep inside)."""
    line: Literal["skeleton", "drawn"] = "skeleton"
    """The whole skeleton of a gland, as NuClick is evaluated, or a line as a hand draws it."""
    jitter_px: float = 0.0
    """σ of a click's displacement, in pixels of the image."""
    jitter_clipped: bool = True
    """Whether displaced clicks come back to the nearest pixel at least 2 px inside the object."""
    exclusion: bool = True
    """Whether a point of each other object is known."""
    seed: int = 1


@dataclass(frozen=True)
class Said:
    """All that was said about one object, in image pixels and in order."""

    strokes: tuple[Points, ...]
    positive: NDArray[np.bool_]

    @property
    def point(self) -> NDArray[np.float64]:
        """(2,) the point that excludes this object from others, as in the product: the middle of what was drawn first."""
        return self.strokes[0][len(self.strokes[0]) // 2]

    def then(self, click: tuple[float, float], positive: bool) -> "Said":
        return Said((*self.strokes, np.array([click])), np.append(self.positive, positive))


def point_at_all(image: LabelledImage, objects: Objects, object_type: ObjectType, pointing: Pointing) -> list[Said]:
    """What is said first about each object; it depends on the image and the seed alone."""
    rng = np.random.default_rng([pointing.seed, crc32(image.id.encode())])
    said = []
    for index in range(len(objects.labels)):
        mask, corner = objects.mask(image.labels, index)
        if object_type == "gland":
            local = full_skeleton(mask) if pointing.line == "skeleton" else squiggle(mask, rng)
        else:
            local = (_click(mask, objects.inner_points[index] - corner, pointing, rng),)
        size = np.array(image.labels.shape[::-1], np.float64)
        strokes = tuple(np.clip(stroke + corner, 0, np.nextafter(size, 0)) for stroke in local)
        said.append(Said(strokes, np.full(len(strokes), True)))
    return said


def _click(
    mask: NDArray[np.bool_], centre: NDArray[np.float64], pointing: Pointing, rng: np.random.Generator
) -> Points:
    match pointing.click:
        case "random":
            click = paper_click(mask, rng)
        case "deep":
            click = code_click(mask, rng)
        case _:
            click = (float(centre[0]), float(centre[1]))
    if pointing.jitter_px and pointing.jitter_clipped:
        click = displaced_click(mask, click, pointing.jitter_px, rng)
    elif pointing.jitter_px:
        click = careless_click(click, pointing.jitter_px, rng)
    return np.array([click])
