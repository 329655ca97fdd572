"""Every score against cases small enough to be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import hausdorff_distance

from inference.metrics.overlap import aji, boundary_f1, dice, hausdorff_px, iou, overlaps, panoptic, rim

# Two true objects of 4 pixels. The first is found with 3 of its pixels and 1 beside it; the second is missed; one
# prediction of 2 pixels lies on nothing.
TRUTH = np.array([[1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 2, 2], [0, 0, 0, 0, 2, 2], [0, 0, 0, 0, 0, 0]])
PREDICTED = np.array([[7, 7, 7, 0, 0, 0], [7, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [5, 5, 0, 0, 0, 0]])


def test_aji_when_one_is_found_one_missed_one_invented() -> None:
    # intersection 3; union 5 of the pair, 4 of the missed object, 2 of the invented one
    assert aji(overlaps(TRUTH, PREDICTED)) == pytest.approx(3 / (5 + 4 + 2))


def test_panoptic_when_one_is_found_one_missed_one_invented() -> None:
    # one match of IoU 3/5; DQ = 1 / (1 + ½ + ½)
    assert panoptic(overlaps(TRUTH, PREDICTED)) == pytest.approx((0.6, 0.5, 0.3))


def test_panoptic_when_iou_is_exactly_one_half_is_no_match() -> None:
    truth, predicted = np.array([[1, 1, 0]]), np.array([[0, 1, 0]])
    assert panoptic(overlaps(truth, predicted)) == (0.0, 0.0, 0.0)


def test_dice_and_iou_when_worked_by_hand() -> None:
    assert dice(TRUTH > 0, PREDICTED > 0) == pytest.approx(2 * 3 / (8 + 6))
    assert iou(TRUTH > 0, PREDICTED > 0) == pytest.approx(3 / 11)


def test_aji_when_two_true_objects_share_one_prediction() -> None:
    # Kumar's definition lets both take it: intersections 2 + 2, unions 4 + 4
    truth, predicted = np.array([[1, 1, 2, 2]]), np.array([[9, 9, 9, 9]])
    assert aji(overlaps(truth, predicted)) == pytest.approx(4 / 8)


def test_scores_when_everything_is_empty_or_equal() -> None:
    nothing = np.zeros((3, 3), int)
    assert aji(overlaps(nothing, nothing)) == 1
    assert panoptic(overlaps(nothing, nothing)) == (1, 1, 1)
    assert aji(overlaps(nothing, TRUTH[:3, :3])) == 0
    assert aji(overlaps(TRUTH, TRUTH * 3)) == 1
    assert dice(nothing > 0, nothing > 0) == 1


def test_hausdorff_when_a_square_is_shifted() -> None:
    a, b = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    a[5:10, 5:10] = True
    b[5:10, 8:13] = True
    assert hausdorff_px(a, b) == pytest.approx(3)
    assert np.isnan(hausdorff_px(a, np.zeros_like(a)))


def test_boundary_f1_when_outline_is_off_by_one_pixel() -> None:
    a, b = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    a[5:15, 5:15] = True
    b[6:14, 6:14] = True
    assert boundary_f1(a, b, tolerance_px=1.5) == 1
    assert boundary_f1(a, b, tolerance_px=0.5) == 0
    assert boundary_f1(a, np.zeros_like(a), tolerance_px=2) == 0


masks = arrays(bool, (9, 11), elements=st.booleans())


@settings(max_examples=60, deadline=None)
@given(masks, masks)
def test_hausdorff_when_masks_are_random_agrees_with_scikit_image(a: np.ndarray, b: np.ndarray) -> None:
    if a.any() and b.any():
        assert hausdorff_px(a, b) == pytest.approx(hausdorff_distance(rim(a), rim(b)))


@settings(max_examples=60, deadline=None)
@given(arrays(int, (6, 7), elements=st.integers(0, 3)), arrays(int, (6, 7), elements=st.integers(0, 3)))
def test_scores_when_labels_are_random_stay_in_range_and_ignore_names(a: np.ndarray, b: np.ndarray) -> None:
    pairs = overlaps(a, b)
    renamed = overlaps(np.array([0, 40, 11, 5])[a], b)
    sq, dq, pq = panoptic(pairs)
    assert 0 <= aji(pairs) <= 1
    assert 0 <= pq <= min(sq, dq) + 1e-12
    assert aji(renamed) == pytest.approx(aji(pairs))
    assert panoptic(renamed) == pytest.approx((sq, dq, pq))
