"""A disk of fixed radius around each positive click, less those around the negative ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.geometry import component_at
from inference.methods.base import ObjectMask, ObjectPrompts, Points, Segmenter

RADIUS_UM = 4.0


class DiskSegmenter(Segmenter):
    def __init__(self, checkpoint: str, *, threads: int) -> None:
        self.patch_px, self.mpp, self.device = 128, 0.25, "CPU, no network"

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        return np.stack([self._probability(p) for p in prompts])

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        part = component_at(probability > 0.5, *prompts.first, reach_px=3)
        if part is None:
            return ObjectMask(
                probability, 0.5, np.zeros(probability.shape, bool), failure="Nothing is left of the disk."
            )
        return ObjectMask(np.where(part | (probability <= 0.5), probability, 0), 0.5, part)

    def _probability(self, prompts: ObjectPrompts) -> NDArray[np.float32]:
        inside = self._nearness(prompts.clicks[prompts.positive])
        return np.minimum(inside, 1 - self._nearness(prompts.clicks[~prompts.positive]))

    def _nearness(self, points: Points) -> NDArray[np.float32]:
        """(H, W): one half at the radius around the nearest point, falling from 1 to 0 within two pixels."""
        centres = np.arange(self.patch_px) + 0.5
        nearest = np.full((self.patch_px, self.patch_px), np.inf)
        for x, y in points:
            nearest = np.minimum(nearest, np.hypot(centres[None] - x, centres[:, None] - y))
        return np.clip((RADIUS_UM / self.mpp - nearest) / 2 + 0.5, 0, 1).astype(np.float32)
