"""Every score against cases small enough to be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import dice as dice_dissimilarity
from scipy.spatial.distance import jaccard as jaccard_distance

from inference.metrics.overlap import aji, aji_parts, dice, f1, found_count, iou, object_dice, overlaps, panoptic

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


def test_object_dice_when_worked_by_hand() -> None:
    # true objects: 2·3/(4+4) and 0, of equal area; predictions: 2·3/(4+4) of 4 px and 0 of 2 px
    weighted, plain = object_dice(overlaps(TRUTH, PREDICTED))
    assert weighted == pytest.approx((0.75 / 2 + 0.75 * 4 / 6) / 2)
    assert plain == pytest.approx((0.75 / 2 + 0.75 / 2) / 2)


def test_object_dice_when_an_object_is_covered_by_two_takes_the_larger_share() -> None:
    truth, predicted = np.array([[1, 1, 1, 1, 1]]), np.array([[3, 3, 3, 4, 4]])
    # the object with prediction 3: 6/8; prediction 3: 6/8, prediction 4: 4/7
    assert object_dice(overlaps(truth, predicted)) == pytest.approx(
        ((6 / 8 + (3 * 6 / 8 + 2 * 4 / 7) / 5) / 2, (6 / 8 + (6 / 8 + 4 / 7) / 2) / 2)
    )


def test_f1_of_glas_when_half_of_an_object_is_covered() -> None:
    pairs = overlaps(np.array([[1, 1, 2, 2, 2, 0]]), np.array([[0, 1, 2, 0, 0, 3]]))
    assert found_count(pairs) == 1  # half of the first, a third of the second, and one on nothing
    assert f1(1, 2, 3) == pytest.approx(2 / 5)
    both = overlaps(np.array([[1, 1, 1, 2, 2]]), np.array([[7, 7, 7, 7, 7]]))
    assert found_count(both) == 1  # a prediction belongs to the object that it overlaps most
    halves = overlaps(np.array([[1, 1]]), np.array([[5, 6]]))
    assert found_count(halves) == 1  # an object is found once


def test_aji_parts_when_summed_over_images_are_those_of_the_images_side_by_side() -> None:
    one, two = overlaps(TRUTH, PREDICTED), overlaps(TRUTH[:, ::-1], TRUTH)
    beside = overlaps(
        np.hstack([TRUTH, TRUTH[:, ::-1] + 9 * (TRUTH[:, ::-1] > 0)]), np.hstack([PREDICTED, TRUTH + 20 * (TRUTH > 0)])
    )
    assert aji_parts(beside) == tuple(a + b for a, b in zip(aji_parts(one), aji_parts(two), strict=True))


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
    assert object_dice(overlaps(nothing, nothing)) == (1, 1)
    assert object_dice(overlaps(nothing, TRUTH[:3, :3])) == (0, 0)
    assert found_count(overlaps(TRUTH, np.zeros_like(TRUTH))) == 0
    assert f1(0, 0, 0) == 1


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


def kumar_aji(truth: np.ndarray, predicted: np.ndarray) -> float:
    """The definition read aloud: sets of pixels, one object after the other."""
    objects = [set(np.flatnonzero(truth == n)) for n in np.unique(truth) if n]
    unused = {int(n): set(np.flatnonzero(predicted == n)) for n in np.unique(predicted) if n}
    every, shared, joined = dict(unused), 0, 0
    for pixels in objects:
        ious = {n: len(pixels & p) / len(pixels | p) for n, p in every.items()}
        best = max(ious, key=lambda n: ious[n], default=None)
        if best is None or ious[best] == 0:
            joined += len(pixels)
            continue
        shared, joined = shared + len(pixels & every[best]), joined + len(pixels | every[best])
        unused.pop(best, None)
    joined += sum(len(p) for p in unused.values())
    return shared / joined if joined else 1.0


small_labels = arrays(int, (6, 7), elements=st.integers(0, 3))


@settings(max_examples=80, deadline=None)
@given(small_labels, small_labels)
def test_aji_when_labels_are_random_agrees_with_the_definition_in_sets(a: np.ndarray, b: np.ndarray) -> None:
    assert aji(overlaps(a, b)) == pytest.approx(kumar_aji(a, b))


@settings(max_examples=60, deadline=None)
@given(arrays(bool, (9, 11)), arrays(bool, (9, 11)))
def test_dice_and_iou_when_masks_are_random_agree_with_scipy(a: np.ndarray, b: np.ndarray) -> None:
    if (a | b).any():
        assert dice(a, b) == pytest.approx(1 - dice_dissimilarity(a.ravel(), b.ravel()))
        assert iou(a, b) == pytest.approx(1 - jaccard_distance(a.ravel(), b.ravel()))
