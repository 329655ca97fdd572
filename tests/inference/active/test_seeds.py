"""Automatic masks are found where the stain is, touching ones apart, and nowhere in noise."""

import numpy as np
import pytest

from inference.active.seeds import find_automatic_masks
from inference.data.samples import find_objects


def draw(centres: list[tuple[int, int]], *, dark: bool, radius: float = 13) -> np.ndarray:
    rng = np.random.default_rng(1)
    ground, nucleus = ((10, 10, 10), (200, 200, 200)) if dark else ((225, 170, 200), (95, 60, 140))
    pixels = np.array(ground) + rng.normal(0, 4, (160, 200, 3))
    ys, xs = np.mgrid[:160, :200] + 0.5
    for x, y in centres:
        pixels[np.hypot(xs - x, ys - y) < radius] = nucleus
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("dark", [False, True])
def test_masks_when_nuclei_lie_apart_cover_each(dark: bool) -> None:
    centres = [(40, 40), (120, 50), (60, 120), (150, 120)]
    labels = find_automatic_masks(draw(centres, dark=dark), object_type="nucleus", mpp=0.25, dark_ground=dark)
    objects = find_objects(labels)
    assert len(objects.labels) == 4
    for x, y in centres:
        assert np.hypot(*(objects.centroids - (x, y)).T).min() < 1.5
    assert np.abs(np.sqrt(objects.areas / np.pi) - 13).max() < 2


def test_masks_when_two_touch_are_two() -> None:
    pixels = draw([(60, 80), (84, 80)], dark=False)
    labels = find_automatic_masks(pixels, object_type="nucleus", mpp=0.25, dark_ground=False)
    assert len(find_objects(labels).labels) == 2


@pytest.mark.parametrize("dark", [False, True])
def test_masks_when_there_is_only_noise_or_nothing_are_none(dark: bool) -> None:
    assert not find_automatic_masks(draw([], dark=dark), object_type="nucleus", mpp=0.25, dark_ground=dark).any()
    plain = np.full((64, 64, 3), 200, np.uint8)
    assert not find_automatic_masks(plain, object_type="nucleus", mpp=0.25, dark_ground=dark).any()


def test_masks_when_white_lies_beyond_a_dark_slide_do_not_take_it_for_an_object() -> None:
    pixels = draw([(60, 80)], dark=True)
    pixels[:, 150:] = 255
    labels = find_automatic_masks(pixels, object_type="nucleus", mpp=0.25, dark_ground=True)
    assert len(find_objects(labels).labels) == 1
