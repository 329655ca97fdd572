"""The simulated annotator of the bench: clicks every nucleus, corrects what is poor, and is paid by the second."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.data.samples import LabelledImage, find_objects
from inference.evaluation.corrections import judge
from inference.evaluation.pointing import Pointing, point_at_all
from inference.evaluation.scenes import NOTHING, Found, Scene, ask
from inference.methods.base import Segmenter

CLICK_S = 1.75
"""To click a nucleus and see that its mask is right: the middle of the 1.5 to 2 s that are assumed for click and verify …"""
CORRECTION_S = 3.0
"""… and to correct it once. Both are assumptions, to be replaced by what the platform measures of its people."""
GOOD_ENOUGH = 0.8
"""IoU with the truth from which a mask is accepted."""
MOST_CORRECTIONS = 2
"""Then the mask is accepted as it is."""


@dataclass(frozen=True)
class Annotation:
    """One image, clicked through."""

    labels: NDArray[np.uint16]
    """(H, W): the click model's masks, numbered as in the truth."""
    seconds: NDArray[np.float64]
    """(largest label + 1,) what each nucleus took; 0 where there is none of the number."""

    def save(self, path: Path) -> None:
        draft = path.with_suffix(".draft.npz")
        np.savez_compressed(draft, labels=self.labels, seconds=self.seconds)
        draft.replace(path)

    @staticmethod
    def load(path: Path) -> "Annotation":
        with np.load(path) as stored:
            return Annotation(stored["labels"], stored["seconds"])


def annotate(segmenter: Segmenter, image: LabelledImage, *, seed: int) -> Annotation:
    """Click each nucleus of the truth somewhere inside, and correct answers that are not good enough."""
    objects = find_objects(image.labels)
    seconds = np.zeros(int(image.labels.max()) + 1)
    if not len(objects.labels):
        return Annotation(np.zeros(image.labels.shape, np.uint16), seconds)
    scene = Scene(image, mpp=image.mpp or segmenter.mpp)
    said = point_at_all(image, objects, "nucleus", Pointing(click="random", seed=seed))
    points = np.array([each.point for each in said])
    found = [NOTHING] * len(said)
    rows = list(range(len(said)))
    seconds[objects.labels] = CLICK_S
    for turn in range(1 + MOST_CORRECTIONS):
        poor = []
        for row, answer in zip(rows, ask(segmenter, scene, said, rows, points), strict=True):
            found[row] = answer
            agreement, click = judge(image.labels, objects, row, answer, said[row])
            if agreement < GOOD_ENOUGH and click is not None and turn < MOST_CORRECTIONS:
                said[row] = said[row].then(*click)
                seconds[objects.labels[row]] += CORRECTION_S
                poor.append(row)
        rows = poor
    return Annotation(paint(found, objects.labels, image.labels.shape), seconds)


def paint(found: list[Found], numbers: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """One label image of all answers; where masks overlap, the stronger one has the pixel."""
    labels, strongest = np.zeros(shape, np.uint16), np.zeros(shape, np.float32)
    for number, answer in zip(numbers, found, strict=True):
        won = answer.inside & (answer.probability > strongest[answer.box])
        labels[answer.box][won] = number
        strongest[answer.box][won] = answer.probability[won]
    return labels
