"""Prompts → network → the parts of the mask that were pointed at. Corrections replay the prompts one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.checkpoints import CheckpointError, open_checkpoint
from inference.engines import open_engine
from inference.geometry import components_at, fill_holes, surrounded
from inference.methods.base import ObjectMask, ObjectPrompts, Points, Segmenter
from inference.methods.nuclick.guidance import ENCODINGS, Guidance, draw_strokes, network_input, trace

if TYPE_CHECKING:
    from torch import nn

CLICK_REACH_PX = 3.0
"""A click this near to the mask still means it."""
SMALLEST_OBJECT_PX = 10
MOST_TURNS = 8
"""Of many corrections, the first ones are given to the network at once."""
MOST_PIXELS = 2**20
"""In one run of the network: a batch of 64 glands would take gigabytes."""
DEFAULT_THRESHOLD = 0.5
GLASS_REACH_PX, GLASS_DARKEST, GLASS_DEVIATION = 12, 200, 6.0
BRIGHTFIELD = {"H&E", "IHC", "Romanowsky"}


@dataclass(frozen=True)
class Habit:
    """What differs between the kinds of objects."""

    largest_filled_hole_px: float
    """Holes below this area are the network's, not the object's."""
    glass_is_inside: bool
    """Whether the object may hold bright, empty places: the lumen of a gland."""
    widest: float
    """How much coarser an object may be shown that its patch cuts."""


HABITS = {
    "nucleus": Habit(largest_filled_hole_px=30, glass_is_inside=False, widest=1),
    "cell": Habit(largest_filled_hole_px=100, glass_is_inside=False, widest=1),
    "gland": Habit(largest_filled_hole_px=np.inf, glass_is_inside=True, widest=2.5),
}


class NuclickSegmenter(Segmenter):
    def __init__(self, checkpoint: str, *, threads: int, folder: Path | None = None) -> None:
        """CheckpointError when the weights are missing, altered, of another method, or of an unknown kind."""
        found = open_checkpoint(checkpoint, folder)
        self.configure(found.manifest)

        def load() -> nn.Module:
            from inference.methods.nuclick.networks import load_network  # with it comes torch

            return load_network(found)

        views = 1 + self.mirrored
        self.engine = open_engine(load, content=found.sha256, shape=self.shape, samples=views, threads=threads)
        self.device = self.engine.device

    def configure(self, manifest: Mapping[str, Any]) -> None:
        """All that the manifest decides: everything but the engine. CheckpointError as above."""
        if manifest["method"] != "nuclick":
            raise CheckpointError(
                f"The weights “{manifest['name']}” belong to the method {manifest['method']}, not to nuclick."
            )
        self.object_type = str(manifest["object_type"])
        if manifest.get("network") not in ENCODINGS or self.object_type not in HABITS:
            raise CheckpointError(
                f"The weights “{manifest['name']}” are for the network {manifest.get('network')!r} and {self.object_type!r} "
                f"objects; known are {', '.join(ENCODINGS)} and {', '.join(HABITS)}."
            )
        self.patch_px = int(manifest["patch_px"])
        self.mirrored = bool(manifest.get("mirrored", False))
        self.batch = max(1, MOST_PIXELS // (self.patch_px**2 * (1 + self.mirrored)))
        self.mpp = float(manifest["mpp"])
        self.habit = HABITS[self.object_type]
        self.widest = self.habit.widest
        self.sees_glass = manifest["stain"] in BRIGHTFIELD and not self.habit.glass_is_inside
        self.threshold = float(manifest.get("threshold", DEFAULT_THRESHOLD))
        self.encoding = ENCODINGS[manifest["network"]]
        self.hears_corrections = manifest["network"] != "paper"  # the paper's network has no channel for them
        self.shape = (3 + self.encoding.channels, self.patch_px, self.patch_px)

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        """Each object's prompts are replayed in order, the answer to one being the previous mask of the next, as in training:
        so a request needs no memory of former ones, and the same prompts always give the same mask."""
        answers = np.zeros((len(patches), self.patch_px, self.patch_px), np.float32)
        turns = [self._turns(p) for p in prompts]
        for turn in range(max(len(t) for t in turns)):
            rows = [i for i, t in enumerate(turns) if turn < len(t)]
            for start in range(0, len(rows), self.batch):
                part = rows[start : start + self.batch]
                told = [guidance(turns[i][turn], answers[i] if turn else turns[i][turn].start) for i in part]
                answers[part] = self._ask(network_input([patches[i] for i in part], told, self.encoding))
        return answers

    def _ask(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, C, H, W) → (B, H, W) probability; where the manifest says so, the mean of the answers to each patch and to its
        mirror image, whose errors differ."""
        if not self.mirrored:
            return self.engine.run(inputs)
        plain, mirrored = np.split(self.engine.run(np.concatenate([inputs, inputs[..., ::-1]])), 2)
        return (plain + mirrored[..., ::-1]) * np.float32(0.5)

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        """The parts under the positive strokes, or within 3 px of them; holes are closed as the object's kind asks."""
        prompts = with_inner_point(prompts)
        above = probability > self.threshold
        nothing = ObjectMask(probability, self.threshold, np.zeros_like(above))
        if self.sees_glass and prompts.start is None and is_glass(pixels, tuple(prompts.inside[0][0])):
            return replace(nothing, failure="There is only glass here.")
        pointed = np.vstack([trace(stroke) for stroke in prompts.inside])
        parts = components_at(above, within(pointed, len(above)), reach_px=CLICK_REACH_PX)
        if parts.sum() < SMALLEST_OBJECT_PX:
            return replace(nothing, failure=f"There is no {self.object_type} here.")
        inner, taken = wanted_holes(prompts, above.shape)
        filled = fill_holes(parts, smallest_px=self.habit.largest_filled_hole_px, kept=inner, pierced=taken)
        field = np.where(above & ~filled, 0, probability)  # other parts must not draw this one's outline
        field = np.where(filled & ~above, self.threshold + 0.01, field).astype(np.float32)
        return ObjectMask(field, self.threshold, filled)

    def _turns(self, prompts: ObjectPrompts) -> list[ObjectPrompts]:
        """What had been said at each question to the network. The lines that a drawing begins with are one statement; so
        are the first prompts of a very long correction, and all prompts for a network that knows no corrections."""
        count = len(prompts.strokes)
        if not self.hears_corrections:
            return [prompts]
        lines = [len(s) > 1 and bool(p) for s, p in zip(prompts.strokes, prompts.positive, strict=True)]
        first = max(1, lines.index(False) if False in lines else count, count - MOST_TURNS + 1)
        if prompts.start is None:  # a question needs something inside
            first = max(first, int(np.argmax(prompts.positive)) + 1)
        return [with_inner_point(prompts.until(n)) for n in range(first, count + 1)]


def guidance(prompts: ObjectPrompts, previous: NDArray[np.float32] | None) -> Guidance:
    return Guidance(prompts.inside, prompts.outside, prompts.exclusion, previous)


def with_inner_point(prompts: ObjectPrompts) -> ObjectPrompts:
    """A mask to start from says what the object is: its deepest point, far from what is taken away, becomes the first
    positive click, as in training, where none was given."""
    if prompts.start is None or prompts.positive.any():
        return prompts
    mask = (prompts.start > 0.5).astype(np.uint8)
    for x, y in np.vstack([trace(stroke) for stroke in prompts.outside]):
        cv2.circle(mask, (int(x), int(y)), 3, 0, -1)
    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    inner = np.array([[column + 0.5, row + 0.5]])
    return replace(prompts, strokes=(inner, *prompts.strokes), positive=np.append(True, prompts.positive))


def wanted_holes(prompts: ObjectPrompts, shape: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(H, W) where holes stay: what a positive line goes round and the holes of the mask to start from; and what was taken
    away, which keeps the hole that it lies in."""
    drawn, taken = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    draw_strokes(drawn, prompts.inside, 1)
    draw_strokes(taken, prompts.outside, 1)
    kept = surrounded(drawn > 0)
    if prompts.start is not None:
        started = prompts.start > 0.5
        kept |= fill_holes(started, smallest_px=np.inf) & ~started
    return kept, taken > 0


def within(points: Points, size_px: int) -> Points:
    return points[((points >= 0) & (points < size_px)).all(axis=1)]


def is_glass(pixels: NDArray[np.uint8], click: tuple[float, float]) -> bool:
    """Whether the 25 × 25 pixels around the click are bright and without any structure: the network would invent one."""
    column, row = (int(v) for v in click)
    around = pixels[max(row - GLASS_REACH_PX, 0) : row + GLASS_REACH_PX + 1]
    around = around[:, max(column - GLASS_REACH_PX, 0) : column + GLASS_REACH_PX + 1]
    return bool(around.size and around.min() >= GLASS_DARKEST and around.std(axis=(0, 1)).max() <= GLASS_DEVIATION)
