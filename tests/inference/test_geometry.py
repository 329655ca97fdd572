"""Outlines: true to the mask, with holes, valid, also at the patch's edge; and the part under a click."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.draw import polygon2mask

from inference.geometry import component_at, fill_small_holes, outline
from inference.protocol import Polygon


def disk(size: int, x: float, y: float, radius: float) -> np.ndarray:
    """A probability that is one half exactly on the circle."""
    ys, xs = np.mgrid[:size, :size] + 0.5
    return np.clip((radius - np.hypot(xs - x, ys - y)) / 4 + 0.5, 0, 1).astype(np.float32)


def stay(points: np.ndarray) -> np.ndarray:
    return np.asarray(points, np.float64)


def as_shape(polygon: Polygon) -> shapely.Polygon:
    return shapely.Polygon(polygon.exterior, polygon.holes)


def test_outline_when_disk_lies_where_the_disk_is() -> None:
    (polygon,) = outline(disk(64, 30.2, 25.7, 10), 0.5, stay)
    shape = as_shape(polygon)
    assert shape.area == pytest.approx(np.pi * 100, rel=0.06)
    assert (shape.centroid.x, shape.centroid.y) == pytest.approx((30.2, 25.7), abs=0.3)
    assert len(polygon.exterior) < 40


def test_outline_when_ring_keeps_its_hole() -> None:
    ring = np.minimum(disk(64, 32, 32, 20), 1 - disk(64, 32, 32, 8))
    (polygon,) = outline(ring, 0.5, stay)
    assert len(polygon.holes) == 1
    assert as_shape(polygon).area == pytest.approx(np.pi * (400 - 64), rel=0.05)
    assert polygon.exterior[0] != polygon.exterior[-1]


def test_outline_when_island_lies_in_a_hole_gives_two_polygons_largest_first() -> None:
    ring = np.minimum(disk(64, 32, 32, 24), 1 - disk(64, 32, 32, 14))
    first, second = outline(np.maximum(ring, disk(64, 32, 32, 7)), 0.5, stay)
    assert len(first.holes) == 1
    assert not second.holes
    assert as_shape(first).area > as_shape(second).area


def test_outline_when_mask_fills_the_patch_ends_at_its_edge() -> None:
    (polygon,) = outline(np.ones((16, 16), np.float32), 0.5, stay)
    assert as_shape(polygon).bounds == (0, 0, 16, 16)


def test_outline_when_moved_is_in_level0_pixels_rounded_to_tenths() -> None:
    (polygon,) = outline(disk(64, 32, 32, 10), 0.5, lambda xy: stay(xy) * 2 + (1000.03, 50))
    assert as_shape(polygon).centroid.x == pytest.approx(1064, abs=0.3)
    assert all(round(v, 1) == v for point in polygon.exterior for v in point)


def test_outline_when_nothing_is_above_the_level_is_empty() -> None:
    assert outline(np.zeros((16, 16), np.float32), 0.5, stay) == ()
    speck = np.zeros((16, 16), np.float32)
    speck[4, 4] = 1
    assert outline(speck, 0.5, stay) == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.6, 3))
def test_outline_when_field_is_random_is_valid_and_true_to_it(seed: int, smoothness: float) -> None:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(48, 48)), smoothness)
    field = (0.5 + field / (8 * field.std())).astype(np.float32)
    drawn = np.zeros((48, 48), bool)
    for polygon in outline(field, 0.5, stay):
        assert shapely.is_valid(as_shape(polygon))
        assert len(polygon.exterior) >= 3
        drawn |= polygon2mask((48, 48), np.array(polygon.exterior)[:, ::-1] - 0.5) & ~np.any(
            [polygon2mask((48, 48), np.array(h)[:, ::-1] - 0.5) for h in polygon.holes] or [np.zeros((48, 48), bool)],
            axis=0,
        )
    assert (drawn == (field > 0.5)).mean() > 0.85


def test_component_at_when_clicked_beside_takes_the_nearest_within_reach() -> None:
    inside = np.zeros((20, 20), bool)
    inside[2:6, 2:6] = True
    inside[10:18, 10:18] = True
    found = component_at(inside, 3.5, 3.5, reach_px=3)
    assert found is not None
    assert found.sum() == 16
    near = component_at(inside, 7.5, 3.5, reach_px=3)
    assert near is not None
    assert near.sum() == 16
    assert component_at(inside, 19.5, 0.5, reach_px=3) is None
    assert component_at(np.zeros((20, 20), bool), 3, 3, reach_px=3) is None


def test_component_at_when_parts_touch_at_a_corner_keeps_them_apart() -> None:
    inside = np.zeros((8, 8), bool)
    inside[:4, :4] = inside[4:, 4:] = True
    part = component_at(inside, 1, 1, reach_px=3)
    assert part is not None
    assert part.sum() == 16


def test_fill_small_holes_when_hole_is_large_leaves_it() -> None:
    inside = np.ones((30, 30), bool)
    inside[3:5, 3:5] = False
    inside[10:20, 10:20] = False
    inside[0, 10:12] = False
    filled = fill_small_holes(inside, 30)
    assert filled[3:5, 3:5].all()
    assert not filled[10:20, 10:20].any()
    assert not filled[0, 10:12].any()
