"""One click, one nucleus: guidance → network → the clicked part of the mask. Corrections replay the clicks one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inference.checkpoints import WEIGHTS_FOLDER, Checkpoint, CheckpointError, open_checkpoint
from inference.engines import open_engine
from inference.geometry import component_at, fill_small_holes
from inference.methods.base import ObjectMask, ObjectPrompts, Segmenter
from inference.methods.nuclick.guidance import INPUT_CHANNELS, Guidance, network_input

if TYPE_CHECKING:
    from torch import nn

CLICK_REACH_PX = 3.0
"""A click this near to the mask still means it."""
SMALLEST_HOLE_PX = 30
SMALLEST_OBJECT_PX = 10
DEFAULT_THRESHOLD = 0.5
GLASS_REACH_PX, GLASS_DARKEST, GLASS_DEVIATION = 12, 200, 6.0


class NuclickSegmenter(Segmenter):
    def __init__(self, checkpoint: str, *, threads: int, folder: Path = WEIGHTS_FOLDER) -> None:
        """CheckpointError when the weights are missing, altered, or of another method."""
        found = open_checkpoint(checkpoint, folder)
        manifest = found.manifest
        if manifest["method"] != "nuclick":
            raise CheckpointError(
                f"The weights “{checkpoint}” belong to the method {manifest['method']}, not to nuclick."
            )
        self.patch_px = int(manifest["patch_px"])
        self.mpp = float(manifest["mpp"])
        self.brightfield = manifest["stain"] != "fluorescence"
        self.threshold = float(manifest.get("threshold", DEFAULT_THRESHOLD))
        shape = (INPUT_CHANNELS, self.patch_px, self.patch_px)
        self.engine = open_engine(lambda: load_network(found), content=found.sha256, shape=shape, threads=threads)
        self.device = self.engine.device

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        """Each object's clicks are replayed in order, the answer to one being the previous mask of the next, as in training:
        so a request needs no memory of former ones, and the same clicks always give the same mask."""
        answers = np.zeros((len(patches), self.patch_px, self.patch_px), np.float32)
        for turn in range(max(len(p.clicks) for p in prompts)):
            rows = [i for i, p in enumerate(prompts) if turn < len(p.clicks) and p.positive[: turn + 1].any()]
            if not rows:
                continue  # nothing was said to be inside yet
            told = [self._guidance(prompts[i], turn, answers[i]) for i in rows]
            answers[rows] = self.engine.run(network_input([patches[i] for i in rows], told))
        return answers

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        """The part under the first positive click, or within 3 px of it; holes below 30 px are closed."""
        above = probability > self.threshold
        if self.brightfield and is_glass(pixels, prompts.first):
            return ObjectMask(probability, self.threshold, np.zeros_like(above), failure="There is only glass here.")
        part = component_at(above, *prompts.first, reach_px=CLICK_REACH_PX)
        if part is None or part.sum() < SMALLEST_OBJECT_PX:
            return ObjectMask(probability, self.threshold, np.zeros_like(above), failure="There is no nucleus here.")
        filled = fill_small_holes(part, SMALLEST_HOLE_PX)
        field = np.where(above & ~filled, 0, probability)  # other parts must not draw this one's outline
        field = np.where(filled & ~above, self.threshold + 0.01, field).astype(np.float32)
        return ObjectMask(field, self.threshold, filled)

    def _guidance(self, prompts: ObjectPrompts, turn: int, previous: NDArray[np.float32]) -> Guidance:
        clicks, positive = prompts.clicks[: turn + 1], prompts.positive[: turn + 1]
        return Guidance(clicks[positive], clicks[~positive], prompts.exclusion, previous if turn else None)


def is_glass(pixels: NDArray[np.uint8], click: tuple[float, float]) -> bool:
    """Whether the 25 × 25 pixels around the click are bright and without any structure: the network would invent one."""
    column, row = (int(v) for v in click)
    around = pixels[max(row - GLASS_REACH_PX, 0) : row + GLASS_REACH_PX + 1]
    around = around[:, max(column - GLASS_REACH_PX, 0) : column + GLASS_REACH_PX + 1]
    return bool(around.size and around.min() >= GLASS_DARKEST and around.std(axis=(0, 1)).max() <= GLASS_DEVIATION)


def load_network(checkpoint: Checkpoint) -> nn.Module:
    """The successor with the weights of a checkpoint; CheckpointError when they do not fit its layers."""
    from inference.methods.nuclick.network import SuccessorNetwork  # with it comes torch

    network = SuccessorNetwork().eval()
    try:
        network.load_state_dict(checkpoint.tensors())
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"The weights “{checkpoint.name}” do not fit NuClick's network: {reason}") from None
    return network
