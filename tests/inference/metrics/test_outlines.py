"""Distances between outlines against hand-worked cases, scikit-image and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.metrics import hausdorff_distance

from inference.metrics.outlines import boundary_f1, hausdorff_px, rim


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
@given(masks, masks)
def test_rim_and_boundary_f1_when_masks_are_random_agree_with_scipy(a: np.ndarray, b: np.ndarray) -> None:
    assert (rim(a) == a & ~ndimage.binary_erosion(a)).all()
    if a.any() and b.any():
        near = [ndimage.distance_transform_edt(~rim(x))[rim(y)] <= 2 for x, y in ((a, b), (b, a))]
        hits, shares = [n.mean() for n in near], sum(n.mean() for n in near)
        assert boundary_f1(a, b, tolerance_px=2) == pytest.approx(2 * hits[0] * hits[1] / shares if shares else 0)
