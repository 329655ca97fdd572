"""What a region shows: entropy where the model wavers, disagreement where two masks differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from inference.active.looks import MOST_SEEDS, disagreement, entropy, look, margin_px
from inference.methods.base import ObjectMask, ObjectPrompts, Segmenter
from inference.methods.disk.segmenter import DiskSegmenter


class Stated(Segmenter):
    """Answers every click with the darker pixels, with a stated probability: the automatic mask, or more of it."""

    def __init__(self, probability: float, *, darker_than: int = 150, object_type: str = "nucleus") -> None:
        self.object_type, self.patch_px, self.mpp, self.device = object_type, 64, 0.25, "none"
        self.probability, self.darker_than = probability, darker_than
        self.asked = 0

    def probabilities(self, patches: Sequence[Any], prompts: Sequence[ObjectPrompts]) -> Any:
        self.asked += len(patches)
        return np.stack([np.where(p[..., 0] < self.darker_than, self.probability, 0.01) for p in patches])

    def mask(self, pixels: Any, probability: Any, prompts: ObjectPrompts) -> ObjectMask:
        inside = probability > 0.5
        return ObjectMask(probability, 0.5, inside, None if inside.any() else "There is nothing here.")


def window(segmenter: Segmenter, *, nuclei: bool = True) -> np.ndarray:
    size = 256 + 2 * margin_px(segmenter)
    pixels = np.array([225, 170, 200]) + np.random.default_rng(1).normal(0, 3, (size, size, 3))
    ys, xs = np.mgrid[:size, :size] + 0.5
    if nuclei:
        for y in range(40, size, 80):
            for x in range(40, size, 80):
                pixels[np.hypot(xs - x, ys - y) < 14] = (95, 60, 140)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def test_entropy_when_the_model_is_sure_is_low_and_when_it_wavers_one() -> None:
    assert entropy(np.full((8, 8), 0.5)) == pytest.approx(1)
    assert entropy(np.full((8, 8), 0.999)) < 0.02
    assert entropy(np.full((8, 8), 0.01)) == 0
    half = np.zeros((8, 8))
    half[:, :4] = 0.5  # sure background does not water it down
    assert entropy(half) == pytest.approx(1)


def test_disagreement_when_masks_are_equal_is_zero_and_when_apart_one() -> None:
    mask = np.zeros((8, 8), bool)
    mask[2:5, 2:5] = True
    assert disagreement(mask, mask) == 0
    assert disagreement(mask, ~mask) == 1
    assert disagreement(mask, np.roll(mask, 1, axis=0)) == pytest.approx(0.5)


def test_look_when_the_click_model_draws_the_automatic_mask_finds_no_disagreement() -> None:
    agreeing, sure = Stated(0.97), Stated(0.99)
    seen = look(agreeing, [window(agreeing)], dark_ground=False)
    assert seen.n_objects == 16
    assert seen.disagreement < 0.12
    assert look(sure, [window(sure)], dark_ground=False).entropy < seen.entropy


def test_look_when_the_click_model_draws_everything_finds_disagreement() -> None:
    greedy = Stated(0.97, darker_than=300)
    assert look(greedy, [window(greedy)], dark_ground=False).disagreement > 0.7


def test_look_when_there_is_no_object_scores_nothing_and_asks_nobody() -> None:
    segmenter = Stated(0.9)
    seen = look(segmenter, [window(segmenter, nuclei=False)], dark_ground=False)
    assert (seen.entropy, seen.disagreement, seen.n_objects, segmenter.asked) == (0, 0, 0, 0)
    assert np.isfinite(seen.features).all()


def test_look_when_the_click_model_sees_nothing_leaves_the_seed_out() -> None:
    blind = Stated(0.3)
    seen = look(blind, [window(blind)], dark_ground=False)
    assert (seen.entropy, seen.disagreement) == (0, 0)
    assert seen.n_objects == 16


def test_look_when_objects_are_many_asks_for_a_dozen_of_each_window() -> None:
    segmenter = DiskSegmenter("disk", threads=1)
    assert len(window(segmenter)) == 256 + 128
    stated = Stated(0.9)
    crowded = np.tile(window(stated)[:80, :80], (6, 6, 1))
    look(stated, [crowded, crowded], dark_ground=False)
    assert stated.asked == 2 * MOST_SEEDS
