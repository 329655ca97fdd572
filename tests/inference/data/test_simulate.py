"""The simulated annotator clicks where a person would, the same way for the same seed."""

import numpy as np
import pytest
from skimage.morphology import skeletonize

from inference.data.simulate import (
    careless_click,
    central_point,
    code_click,
    deepest_error,
    displaced_click,
    distance_inside,
    first_click,
    full_skeleton,
    next_click,
    paper_click,
    signed_distance,
    squiggle,
)


@pytest.fixture
def blob() -> np.ndarray:
    mask = np.zeros((60, 60), bool)
    mask[20:40, 15:45] = True
    return mask


def inside(mask: np.ndarray, point: tuple[float, float]) -> bool:
    return bool(mask[int(point[1]), int(point[0])])


def test_first_click_when_drawn_often_is_nearly_always_inside_and_mostly_deep(blob: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    points = [first_click(blob, rng) for _ in range(500)]
    depth = distance_inside(blob)
    assert 0.93 < np.mean([inside(blob, p) for p in points]) < 1
    assert np.mean([depth[int(y), int(x)] for x, y in points]) > depth[blob].mean()


def test_first_click_when_object_is_one_pixel() -> None:
    mask = np.zeros((5, 5), bool)
    mask[2, 3] = True
    rng = np.random.default_rng(1)
    assert all(np.hypot(x - 3.5, y - 2.5) <= 2.5 for x, y in (first_click(mask, rng) for _ in range(60)))


def test_central_point_when_object_is_bent_lies_on_it() -> None:
    mask = np.zeros((30, 30), bool)
    mask[5:25, 5:8] = mask[22:25, 5:25] = True
    assert inside(mask, central_point(mask))


@pytest.mark.parametrize("sigma_px", [1, 5, 30])
def test_displaced_click_when_far_comes_back_two_pixels_inside(blob: np.ndarray, sigma_px: float) -> None:
    rng = np.random.default_rng(2)
    depth = distance_inside(blob)
    for _ in range(50):
        x, y = displaced_click(blob, (30.5, 30.5), sigma_px, rng)
        assert depth[int(y), int(x)] >= 2


def test_next_click_when_part_is_missed_or_too_much_taken(blob: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    half = blob.copy()
    half[:, 30:] = False
    point, positive = next_click(half, blob, rng) or ((0, 0), False)
    assert positive
    assert inside(blob & ~half, point)
    point, positive = next_click(blob, half, rng) or ((0, 0), True)
    assert not positive
    assert inside(blob & ~half, point)
    assert next_click(blob, blob, rng) is None


def test_careless_click_when_drawn_often_has_the_spread_asked_for() -> None:
    rng = np.random.default_rng(6)
    points = np.array([careless_click((10.0, 20.0), 5, rng) for _ in range(2000)]) - (10, 20)
    assert np.abs(points.mean(axis=0)).max() < 0.5
    assert np.hypot(*points.T).mean() == pytest.approx(5 * np.sqrt(2 / np.pi), rel=0.05)  # mean of |N(0, 5)|


def test_paper_click_when_drawn_often_is_two_pixels_inside_and_everywhere(blob: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    points = np.array([paper_click(blob, rng) for _ in range(400)])
    assert points.min(axis=0).tolist() == [16.5, 21.5]
    assert points.max(axis=0).tolist() == [43.5, 38.5]


def test_code_click_when_drawn_often_is_deep(blob: np.ndarray) -> None:
    rng = np.random.default_rng(8)
    depth = distance_inside(blob)
    deep = [depth[int(y), int(x)] for x, y in (code_click(blob, rng) for _ in range(300))]
    assert min(deep) > depth[blob].mean() - depth[blob].std()
    assert np.mean(deep) > depth[blob].mean()


@pytest.mark.parametrize("click", [paper_click, code_click])
def test_clicks_of_the_paper_when_object_is_one_pixel(click: object) -> None:
    mask = np.zeros((5, 5), bool)
    mask[2, 3] = True
    assert click(mask, np.random.default_rng(1)) == (3.5, 2.5)  # type: ignore[operator]


def test_deepest_error_when_worked_by_hand() -> None:
    truth, predicted = np.zeros((9, 12), bool), np.zeros((9, 12), bool)
    truth[1:6, 1:6] = True
    assert deepest_error(predicted, truth) == ((3.5, 3.5), True)  # 3 px from every side
    assert deepest_error(predicted, truth, [(3.5, 3.5)]) == ((2.5, 2.5), True)  # the next deepest, first row first
    predicted[:] = truth
    predicted[0:7, 6:12] = True  # cut by the image's rim, which counts as outside
    assert deepest_error(predicted, truth) == ((8.5, 2.5), False)
    assert deepest_error(truth, truth) is None


def test_signed_distance_when_straddling_the_outline_is_symmetric(blob: np.ndarray) -> None:
    distance = signed_distance(blob)
    assert distance[30, 15] == pytest.approx(0.5)
    assert distance[30, 14] == pytest.approx(-0.5)
    assert (np.sign(distance) == np.where(blob, 1, -1)).all()


@pytest.fixture
def gland() -> np.ndarray:
    """A bent tube with a side branch."""
    ys, xs = np.mgrid[:200, :240]
    radius = np.hypot(xs - 120, ys - 150)
    mask = (radius > 70) & (radius < 110) & (ys < 150)
    mask[20:60, 110:130] = True
    mask[100:150, 30:200] &= radius[100:150, 30:200] > 70
    return mask


def drawn(strokes: tuple[np.ndarray, ...], shape: tuple[int, ...]) -> np.ndarray:
    pixels = np.zeros(shape, bool)
    columns, rows = np.floor(np.vstack(strokes)).astype(int).T
    pixels[rows, columns] = True
    return pixels


def test_full_skeleton_when_drawn_is_the_morphological_skeleton_in_connected_lines(gland: np.ndarray) -> None:
    strokes = full_skeleton(gland)
    assert (drawn(strokes, gland.shape) == skeletonize(gland)).all()
    for stroke in strokes:
        assert (np.abs(np.diff(stroke, axis=0)) <= 1).all()
    assert len(strokes) < 12  # lines, not dots


def test_full_skeleton_when_object_is_a_ring_or_a_dot_covers_it() -> None:
    ys, xs = np.mgrid[:60, :60]
    ring = np.abs(np.hypot(xs - 30, ys - 30) - 20) < 4
    assert (drawn(full_skeleton(ring), ring.shape) == skeletonize(ring)).all()
    for side in (1, 2):
        dot = np.zeros((9, 9), bool)
        dot[4 : 4 + side, 4 : 4 + side] = True
        assert dot[drawn(full_skeleton(dot), dot.shape)].all()
        assert dot[drawn(squiggle(dot, np.random.default_rng(1)), dot.shape)].all()


def test_squiggle_when_drawn_often_stays_inside_and_is_smooth(gland: np.ndarray) -> None:
    rng = np.random.default_rng(4)
    lengths, counts = [], []
    for _ in range(60):
        strokes = squiggle(gland, rng)
        counts.append(len(strokes))
        assert gland[drawn(strokes, gland.shape)].all()
        steps = np.diff(strokes[0], axis=0)
        lengths.append(np.hypot(*steps.T).sum())
        turns = np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])))
        assert np.abs(turns).mean() < np.radians(20)
    assert set(counts) >= {1, 2}
    assert min(lengths) < 0.6 * max(lengths)
    assert max(lengths) > 200  # along the whole bend


def test_squiggle_when_seed_is_the_same_is_the_same(gland: np.ndarray) -> None:
    first, second = (squiggle(gland, np.random.default_rng(5)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
