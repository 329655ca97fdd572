"""The clicks that corrections take, counted in both conventions."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.data.samples import LabelledImage, find_objects
from inference.evaluation.corrections import MOST_CLICKS, Effort, correct_objects
from inference.evaluation.pointing import Pointing, Said, point_at_all
from inference.evaluation.scenes import Scene
from inference.methods.base import ObjectMask, ObjectPrompts, Segmenter


class Squares(Segmenter):
    """Answers each positive click with the 9 × 9 pixels around it, less those around negative clicks."""

    def __init__(self) -> None:
        self.object_type, self.patch_px, self.mpp, self.device = "nucleus", 64, 0.25, "test"

    def probabilities(
        self, patches: Sequence[NDArray[np.uint8]], prompts: Sequence[ObjectPrompts]
    ) -> NDArray[np.float32]:
        answers = np.zeros((len(prompts), 64, 64), np.float32)
        for answer, prompt in zip(answers, prompts, strict=True):
            for stroke, positive in zip(prompt.strokes, prompt.positive, strict=True):
                x, y = np.floor(stroke[0]).astype(int)
                answer[y - 4 : y + 5, x - 4 : x + 5] = positive
        return answers

    def mask(self, pixels: NDArray[np.uint8], probability: NDArray[np.float32], prompts: ObjectPrompts) -> ObjectMask:
        return ObjectMask(probability, 0.5, probability > 0.5)


def test_correct_objects_when_clicks_add_squares_stops_once_all_is_found() -> None:
    labels = np.zeros((80, 80), np.uint16)
    labels[30:39, 30:48] = 1  # two squares wide
    labels[60:69, 60:69] = 2  # one square
    labels[5:25, 50:70] = 3  # five squares do not cover it, and squares reach beyond it
    image = LabelledImage("a", np.zeros((80, 80, 3), np.uint8), labels, 0.25)
    objects = find_objects(labels)
    said = [Said((np.array([[34.5, 34.5]]),), np.array([True]))]
    said += point_at_all(image, objects, "nucleus", Pointing())[1:]
    effort = correct_objects(
        Squares(), Scene(image, mpp=0.25), labels, objects, said, np.zeros((0, 2)), picked=[0, 1, 2]
    )
    assert effort.iou.shape == (3, MOST_CLICKS)
    assert effort.iou[0, 0] == pytest.approx(0.5)
    assert effort.clicks(0.9)[1] == 1
    assert 2 <= effort.clicks(0.9)[0] <= 6
    assert effort.iou[2, 0] < effort.iou[2, 1] < effort.iou[2, 3] < 0.9
    assert (effort.iou[1] == 1).all()  # left alone once it is right


def test_scores_when_one_object_of_three_fails_follow_both_conventions() -> None:
    iou = np.zeros((3, MOST_CLICKS))
    iou[0] = 0.95
    iou[1, 3:] = 0.82
    scores = Effort(iou).scores()
    assert (scores["noc_80"], scores["noc_80_reached"], scores["failures_80"]) == ((1 + 4 + 20) / 3, 2.5, 1)
    assert (scores["noc_90"], scores["noc_90_reached"], scores["failures_90"]) == ((1 + 20 + 20) / 3, 1, 2)
    assert np.isnan(Effort(np.zeros((1, MOST_CLICKS))).scores()["noc_80_reached"])
