"""The role of a method in the ring: prompts in, masks out. A segmenter takes patches in a batch and knows no slide."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(N, 2) x, y in patch pixels; pixel i covers [i, i + 1)."""


def _no_points() -> Points:
    return np.zeros((0, 2))


@dataclass(frozen=True)
class ObjectPrompts:
    """All that a person said about one object, in pixels of its patch and in the order in which it was said."""

    clicks: Points
    positive: NDArray[np.bool_]
    """(N,): inside the object, or on what the mask wrongly took."""
    exclusion: Points = field(default_factory=_no_points)
    """Points inside other objects."""

    @property
    def first(self) -> tuple[float, float]:
        """The first positive click: the object lies here."""
        x, y = self.clicks[int(np.argmax(self.positive))]
        return float(x), float(y)


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

    patch_px: int
    mpp: float
    device: str
    """For people: processor, engine and precision."""

    @abstractmethod
    def __init__(self, checkpoint: str, *, threads: int) -> None:
        """Load the weights named `checkpoint` and run once, so that the first click is as fast as the next."""

    @abstractmethod
    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        """(B, patch_px, patch_px) from as many RGB patches; every object has at least one positive click."""

    @abstractmethod
    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        """Which pixels of a patch are the object: the part that was clicked, cleaned."""

    def segment(self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]) -> list[ObjectMask]:
        """Both steps for a batch."""
        answers = self.probabilities(patches, prompts)
        return [self.mask(*row) for row in zip(patches, answers, prompts, strict=True)]
