"""Scores of an image against cases worked by hand, and pooled over images."""

import numpy as np
import pytest

from inference.data.samples import find_objects
from inference.evaluation.scenes import NOTHING, Found, tight
from inference.evaluation.scoring import pool, score_image, side_by_side

LABELS = np.zeros((20, 30), np.uint16)
LABELS[2:6, 2:6] = 4  # 16 px
LABELS[10:14, 10:20] = 9  # 40 px


def found(rows: slice, columns: slice, probability: float = 0.9) -> Found:
    inside = np.zeros(LABELS.shape, bool)
    inside[rows, columns] = True
    return tight(inside, inside * np.float32(probability), (0, 0))


def test_score_image_when_one_is_half_and_one_is_missed() -> None:
    scores = score_image(LABELS, find_objects(LABELS), [NOTHING, found(slice(10, 14), slice(10, 15))])
    assert scores.n_unanswered == 1
    assert scores.objects["iou_at_1"] == pytest.approx([0, 0.5])
    assert np.isnan(scores.objects["hausdorff_px"]).tolist() == [True, False]
    assert scores.objects["boundary_f1"][0] == 0
    found_scores = scores.scores
    assert found_scores["aji"] == pytest.approx(20 / (40 + 16))
    assert found_scores["dice"] == pytest.approx(2 * 20 / (56 + 20))
    assert found_scores["pq"] == 0  # one half is no match
    assert found_scores["f1"] == pytest.approx(2 / 3)  # but half of the gland is covered
    assert found_scores["hausdorff_px"] == found_scores["hausdorff_obj_px"] == 5
    assert found_scores["iou_median"] == 0.25
    assert found_scores["iou_above_70"] == 0


def test_score_image_when_masks_overlap_gives_the_pixel_to_the_surer() -> None:
    objects = find_objects(LABELS)
    whole = found(slice(2, 14), slice(2, 20), 0.8)
    scores = score_image(LABELS, objects, [whole, found(slice(10, 14), slice(10, 20), 0.9)])
    assert scores.tally.predicted_px == 12 * 18
    assert scores.tally.matched.tolist() == [1.0]
    assert scores.objects["iou_at_1"][0] == pytest.approx(16 / (12 * 18))  # judged as it was answered


def test_side_by_side_when_answer_lies_elsewhere_holds_both() -> None:
    truth, inside, corner = side_by_side(LABELS, find_objects(LABELS), 1, found(slice(0, 2), slice(25, 30)))
    assert corner == (10, 0)
    assert truth.shape == inside.shape == (14, 20)
    assert (truth.sum(), inside.sum()) == (40, 10)
    assert not (truth & inside).any()


def test_pool_when_two_images_are_alike_equals_one_and_weighs_by_objects_otherwise() -> None:
    objects = find_objects(LABELS)
    right = score_image(LABELS, objects, [found(slice(2, 6), slice(2, 6)), found(slice(10, 14), slice(10, 20))])
    wrong = score_image(LABELS, objects, [NOTHING, NOTHING])
    assert pool([right, right])["aji"] == right.scores["aji"] == 1
    both = pool([right, wrong])
    assert both["aji"] == both["iou_at_1"] == both["iou_median"] == 0.5
    assert both["f1"] == both["dq"] == pytest.approx(2 / 3)
    assert both["sq"] == 1
    assert both["dice"] == pytest.approx(2 / 3)
