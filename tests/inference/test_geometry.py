"""Outlines: true to the mask, with holes, valid, also at the patch's edge; and the part under a click."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.measure import find_contours

from inference.geometry import components_at, fill_holes, filled, outline, surrounded
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
def test_outline_when_field_is_random_is_valid_and_within_a_pixel_of_its_iso_line(seed: int, smoothness: float) -> None:
    field = gaussian_filter(np.random.default_rng(seed).normal(size=(48, 48)), smoothness)
    field = (0.5 + field / (8 * field.std())).astype(np.float32)
    lines = shapely.MultiLineString([line - 0.5 for line in find_contours(np.pad(field, 1), 0.5)])  # rows, columns
    for polygon in outline(field, 0.5, stay):
        assert shapely.is_valid(as_shape(polygon))
        assert len(polygon.exterior) >= 3
        for ring in (polygon.exterior, *polygon.holes):
            drawn = shapely.segmentize(shapely.LinearRing(np.array(ring)[:, ::-1]), 0.25)
            assert shapely.distance(shapely.points(shapely.get_coordinates(drawn)), lines).max() <= 1.05


def stepped(radius: float) -> np.ndarray:
    """A network that is sure of itself: 1 inside the circle, 0 outside, so that the iso-line has steps."""
    ys, xs = np.mgrid[:96, :96] + 0.5
    return (np.hypot(xs - 48, ys - 48) < radius).astype(np.float32)


def sharpest_corner(polygon: Polygon) -> float:
    """The largest change of direction at a point of the exterior, in degrees."""
    step = np.diff(np.array([*polygon.exterior, *polygon.exterior[:2]]), axis=0)
    heading = np.arctan2(step[:, 1], step[:, 0])
    return float(np.degrees(np.abs(np.angle(np.exp(1j * np.diff(heading))))).max())


def test_outline_when_mask_has_steps_is_smooth_with_its_area_at_any_scale() -> None:
    for scale, most_points, corner in ((1.0, 40, 35), (5.0, 90, 20)):
        (polygon,) = outline(stepped(30), 0.5, lambda xy, scale=scale: stay(xy) * scale, scale=scale)
        assert as_shape(polygon).area / scale**2 == pytest.approx(float(stepped(30).sum()), rel=0.005)
        assert len(polygon.exterior) < most_points
        assert sharpest_corner(polygon) < corner
        rim = np.hypot(*(np.array(polygon.exterior) / scale - 48).T)
        assert np.abs(rim - 30).max() < 0.75


def test_outline_when_a_spur_or_a_slit_is_a_pixel_wide_leaves_it_out() -> None:
    plain, spurred = stepped(30), stepped(30)
    spurred[47, 76:90] = 1
    spurred[30, 40:48] = 0
    with_spur, without = (as_shape(outline(field, 0.5, stay, scale=5)[0]) for field in (spurred, plain))
    assert with_spur.hausdorff_distance(without) < 2


def test_outline_when_hole_is_small_but_no_slit_keeps_it() -> None:
    field = stepped(30)
    field[40:43, 40:43] = 0
    (polygon,) = outline(field, 0.5, stay, scale=5)
    assert shapely.Polygon(polygon.holes[0]).area == pytest.approx(9, rel=0.35)


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, np.float64)


def test_components_at_when_clicked_beside_takes_the_nearest_within_reach() -> None:
    inside = np.zeros((20, 20), bool)
    inside[2:6, 2:6] = True
    inside[12:16, 12:16] = True
    left = inside & (np.arange(20) < 8)
    assert (components_at(inside, points((3.5, 3.5)), reach_px=3) == left).all()
    assert (components_at(inside, points((7.5, 3.5)), reach_px=3) == left).all()
    assert not components_at(inside, points((19.5, 0.5)), reach_px=3).any()
    assert not components_at(np.zeros((20, 20), bool), points((3, 3)), reach_px=3).any()


def test_components_at_when_several_parts_are_pointed_at_takes_all_of_them() -> None:
    inside = np.zeros((20, 30), bool)
    for left in (2, 12, 22):
        inside[5:9, left : left + 4] = True
    found = components_at(inside, points((3.5, 6.5), (24.5, 6.5), (25.5, 6.5)), reach_px=3)
    assert found.sum() == 32
    assert not found[:, 10:20].any()


def test_components_at_when_parts_touch_at_a_corner_keeps_them_apart() -> None:
    inside = np.zeros((6, 6), bool)
    inside[0:3, 0:3] = inside[3:6, 3:6] = True
    assert components_at(inside, points((1, 1)), reach_px=3).sum() == 9


def ring_of(hole: slice) -> np.ndarray:
    inside = np.zeros((40, 40), bool)
    inside[5:35, 5:35] = True
    inside[hole, hole] = False
    return inside


def test_fill_holes_when_hole_is_large_leaves_it() -> None:
    assert fill_holes(ring_of(slice(10, 14)), smallest_px=30).sum() == 900
    assert fill_holes(ring_of(slice(10, 20)), smallest_px=30).sum() == 800


def test_fill_holes_when_hole_is_wanted_leaves_it() -> None:
    inside, wanted, taken = ring_of(slice(10, 20)), np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    assert fill_holes(inside, smallest_px=np.inf).sum() == 900
    wanted[10:20, 10:16] = True
    assert fill_holes(inside, smallest_px=np.inf, kept=wanted).sum() == 800
    taken[12, 12] = True
    assert fill_holes(inside, smallest_px=np.inf, pierced=taken).sum() == 800


def test_surrounded_when_line_goes_round_finds_what_is_within_though_the_ends_do_not_meet() -> None:
    ring = np.abs(np.hypot(*(np.mgrid[:60, :60] - 30)) - 20) < 1
    ring[28:32, 45:55] = False  # where the pen was put down and lifted
    assert surrounded(ring).sum() == pytest.approx(np.pi * 19**2, rel=0.12)
    line = np.zeros((60, 60), bool)
    line[30, 10:50] = True
    assert not surrounded(line).any()


def test_filled_when_polygon_has_a_hole_leaves_it_open() -> None:
    square = ((10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0))
    hole = ((15.0, 15.0), (25.0, 15.0), (25.0, 25.0), (15.0, 25.0))
    mask = filled([Polygon(exterior=square, holes=(hole,))], stay, 40)
    assert mask[20, 20] == 0
    assert mask[12, 12] == 1
    assert mask.sum() == pytest.approx(300, rel=0.2)
    assert filled([Polygon(exterior=square)], lambda xy: stay(xy) - 100, 40).sum() == 0
