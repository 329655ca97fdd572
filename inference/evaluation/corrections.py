"""How many clicks a good mask takes: RITM's simulated annotator corrects each answer until it is good enough (NoC)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.data.samples import Objects
from inference.data.simulate import deepest_error
from inference.evaluation.pointing import Said
from inference.evaluation.scenes import Found, Scene, ask
from inference.evaluation.scoring import mean, side_by_side
from inference.methods.base import Points, Segmenter

MOST_CLICKS = 20
TARGETS = (0.80, 0.85, 0.90)


@dataclass(frozen=True)
class Effort:
    """What the objects of one image took."""

    iou: NDArray[np.float64]
    """(N, MOST_CLICKS) IoU after each click; once above all targets an object is left alone and keeps its IoU."""

    def clicks(self, target: float) -> NDArray[np.float64]:
        """(N,) the first click after which the IoU is at least `target`; NaN where none of them reaches it."""
        reached = self.iou >= target
        return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)

    def scores(self) -> dict[str, float]:
        """NoC in both conventions (RITM counts a failure as 20; DeepScribble leaves it out), and the failures."""
        found = {}
        for target in TARGETS:
            clicks, name = self.clicks(target), round(100 * target)
            found[f"noc_{name}"] = mean(np.where(np.isnan(clicks), MOST_CLICKS, clicks))
            found[f"noc_{name}_reached"] = mean(clicks)
            found[f"failures_{name}"] = int(np.isnan(clicks).sum())
        return found


def correct_objects(
    segmenter: Segmenter,
    scene: Scene,
    labels: NDArray[np.uint16],
    objects: Objects,
    said: Sequence[Said],
    points: Points,
    *,
    picked: Sequence[int],
) -> Effort:
    """Correct the objects `picked` of an image, each by at most 20 clicks or lines in all.

    The first is what `said` holds; the others lie in the middle of the largest error.
    """
    said = list(said)
    iou = np.zeros((len(picked), MOST_CLICKS))
    active = list(range(len(picked)))
    for turn in range(MOST_CLICKS):
        answers = list(ask(segmenter, scene, said, [picked[i] for i in active], points))
        left = []
        for i, answer in zip(active, answers, strict=True):
            iou[i, turn:], click = judge(labels, objects, picked[i], answer, said[picked[i]])
            if iou[i, turn] < max(TARGETS) and click is not None:
                said[picked[i]] = said[picked[i]].then(*click)
                left.append(i)
        active = left
        if not active:
            break
    return Effort(iou)


def evenly(count: int, most: int) -> list[int]:
    """Up to `most` of `count` rows, evenly picked."""
    found: list[int] = np.unique(np.linspace(0, count - 1, most).astype(int)).tolist()
    return found


def judge(
    labels: NDArray[np.uint16], objects: Objects, index: int, answer: Found, said: Said
) -> tuple[float, tuple[tuple[float, float], bool] | None]:
    """(IoU of an answer, the click that corrects it: its point in image pixels and whether it is positive)."""
    truth, inside, (left, top) = side_by_side(labels, objects, index, answer)
    clicked = [(stroke[0][0] - left, stroke[0][1] - top) for stroke in said.strokes if len(stroke) == 1]
    iou = int((truth & inside).sum()) / int((truth | inside).sum())
    error = deepest_error(inside, truth, clicked)
    if error is None:
        return iou, None
    (x, y), positive = error
    return iou, ((x + left, y + top), positive)
