"""The role of a method in the ring: prompts in, masks out. A segmenter takes patches in a batch and knows no slide."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(N, 2) x, y; pixel i covers [i, i + 1)."""

FRAME_MARGIN = 1.4
"""A patch that must hold a drawn line or a mask is at least this much wider than it."""
WIDER_STEP = 1.6


def _no_points() -> Points:
    return np.zeros((0, 2))


@dataclass(frozen=True)
class ObjectPrompts:
    """All that a person said about one object, in pixels of its patch and in the order in which it was said."""

    strokes: tuple[Points, ...]
    """Drawn lines; a click is a line of one point."""
    positive: NDArray[np.bool_]
    """One for each stroke: inside the object, or on what the mask wrongly took."""
    exclusion: Points = field(default_factory=_no_points)
    """Points inside other objects."""
    start: NDArray[np.float32] | None = None
    """(H, W) 0 or 1: the mask that the strokes correct; None when they alone say what the object is."""

    @property
    def inside(self) -> tuple[Points, ...]:
        return tuple(s for s, positive in zip(self.strokes, self.positive, strict=True) if positive)

    @property
    def outside(self) -> tuple[Points, ...]:
        return tuple(s for s, positive in zip(self.strokes, self.positive, strict=True) if not positive)

    def until(self, count: int) -> "ObjectPrompts":
        """What had been said after the first `count` strokes."""
        return ObjectPrompts(self.strokes[:count], self.positive[:count], self.exclusion, self.start)


@dataclass(frozen=True)
class Frame:
    """Where to cut an object's patch."""

    centre: tuple[float, float]
    """Level-0 px."""
    mpp: float
    """µm per patch pixel."""


@dataclass(frozen=True)
class ObjectMask:
    """One object in its patch, or the reason why there is none."""

    probability: NDArray[np.float32]
    """(H, W): above `threshold` exactly inside the object, so that its outline can be drawn between pixels."""
    threshold: float
    inside: NDArray[np.bool_]
    failure: str | None = None
    """In words, when nothing is inside."""

    @property
    def score(self) -> float | None:
        """Mean probability inside."""
        return float(self.probability[self.inside].mean()) if self.inside.any() else None


class Segmenter(ABC):
    """Built once for a checkpoint, then asked for every click; holds no state of any object."""

    object_type: str
    patch_px: int
    mpp: float
    device: str
    """For people: processor, engine and precision."""
    widest: float = 1.0
    """How much coarser than at first an object may be shown that its patch cuts; 1: a cut object stays cut."""

    @abstractmethod
    def __init__(self, checkpoint: str, *, threads: int) -> None:
        """Load the weights named `checkpoint` and run once, so that the first click is as fast as the next."""

    def frame(
        self, strokes: Sequence[Points], positive: NDArray[np.bool_], *, start: Points | None = None, mpp: float
    ) -> Frame:
        """The patch for these prompts: around the first positive click; around a drawn line or a mask to start from, at
        the network's own resolution, or coarser where it would not fit (NuClick 3.3.2).

        `strokes` and the vertices of `start` are in level-0 px of a slide with `mpp`.
        """
        inside = [s for s, p in zip(strokes, positive, strict=True) if p]
        if start is None and all(len(s) == 1 for s in inside):
            x, y = inside[0][0]
            return Frame((float(x), float(y)), self.mpp)
        told = np.vstack([*inside, *([] if start is None else [start])])
        low, high = told.min(axis=0), told.max(axis=0)
        x, y = (low + high) / 2
        needed_um = float((high - low).max()) * mpp * FRAME_MARGIN
        return Frame((float(x), float(y)), max(self.mpp, needed_um / self.patch_px))

    def wider_frame(self, mask: ObjectMask, frame: Frame, first: Frame) -> Frame | None:
        """Where to look again at an object that goes on beyond its patch; None when it does not, or was shown as coarse as
        it may be. `first` is the frame that the prompts asked for."""
        inside = mask.inside
        cut = inside[0].any() or inside[-1].any() or inside[:, 0].any() or inside[:, -1].any()
        mpp = min(frame.mpp * WIDER_STEP, first.mpp * self.widest)
        return Frame(frame.centre, mpp) if cut and mpp > frame.mpp else None

    @abstractmethod
    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        """(B, patch_px, patch_px) from as many RGB patches; every object has a positive stroke or a mask to start from."""

    @abstractmethod
    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        """Which pixels of a patch are the object: the parts that were pointed at, cleaned."""

    def segment(self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]) -> list[ObjectMask]:
        """Both steps for a batch."""
        answers = self.probabilities(patches, prompts)
        return [self.mask(*row) for row in zip(patches, answers, prompts, strict=True)]
