"""The simulated annotator clicks where a person would, the same way for the same seed."""

import numpy as np
import pytest

from inference.data.simulate import (
    central_point,
    displaced_click,
    distance_inside,
    first_click,
    next_click,
    signed_distance,
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


def test_signed_distance_when_straddling_the_outline_is_symmetric(blob: np.ndarray) -> None:
    distance = signed_distance(blob)
    assert distance[30, 15] == pytest.approx(0.5)
    assert distance[30, 14] == pytest.approx(-0.5)
    assert (np.sign(distance) == np.where(blob, 1, -1)).all()
