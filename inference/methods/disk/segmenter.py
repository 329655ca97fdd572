"""A disk of fixed radius around each positive point, and the mask to start from, less the disks around negative ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.geometry import components_at
from inference.methods.base import ObjectMask, ObjectPrompts, Points, Segmenter

RADIUS_UM = 4.0


class DiskSegmenter(Segmenter):
    def __init__(self, checkpoint: str, *, threads: int) -> None:
        self.object_type, self.patch_px, self.mpp, self.device = "nucleus", 128, 0.25, "CPU, no network"

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        return np.stack([self._probability(p) for p in prompts])

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        above = probability > 0.5
        part = components_at(above, np.vstack(prompts.inside), reach_px=3) if prompts.inside else above
        if not part.any():
            return ObjectMask(
                probability, 0.5, np.zeros(probability.shape, bool), failure="Nothing is left of the disk."
            )
        return ObjectMask(np.where(part | (probability <= 0.5), probability, 0), 0.5, part)

    def _probability(self, prompts: ObjectPrompts) -> NDArray[np.float32]:
        inside = self._nearness(prompts.inside)
        if prompts.start is not None:
            inside = np.maximum(inside, prompts.start)
        return np.minimum(inside, 1 - self._nearness(prompts.outside))

    def _nearness(self, strokes: tuple[Points, ...]) -> NDArray[np.float32]:
        """(H, W): one half at the radius around the nearest point, falling from 1 to 0 within two pixels."""
        centres = np.arange(self.patch_px) + 0.5
        nearest = np.full((self.patch_px, self.patch_px), np.inf)
        for x, y in (point for stroke in strokes for point in stroke):
            nearest = np.minimum(nearest, np.hypot(centres[None] - x, centres[:, None] - y))
        return np.clip((RADIUS_UM / self.mpp - nearest) / 2 + 0.5, 0, 1).astype(np.float32)
