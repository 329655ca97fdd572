"""A warp moves pixels, labels and points together; colours change, shapes do not."""

import numpy as np
import pytest

from inference.data.augment import (
    Warp,
    blur_sharpen_or_compress,
    random_affine,
    recolour,
    warp_labels,
    warp_pixels,
    warp_points,
)


def test_warp_when_random_moves_pixels_labels_and_points_together() -> None:
    labels = np.zeros((200, 200), np.uint16)
    ys, xs = np.mgrid[:200, :200] + 0.5
    labels[np.hypot(xs - 90, ys - 110) < 12] = 700
    pixels = np.where(labels[..., None] > 0, 0, 255).astype(np.uint8).repeat(3, axis=2)
    rng = np.random.default_rng(1)
    for _ in range(20):
        affine = random_affine((90, 110), 128, Warp(), rng)
        warped = warp_labels(labels, affine, 128)
        cy, cx = (v.mean() + 0.5 for v in np.nonzero(warped == 700))
        assert (cx, cy) == pytest.approx(tuple(warp_points(np.array([[90.0, 110.0]]), affine)[0]), abs=0.3)
        assert ((warp_pixels(pixels, affine, 128)[..., 0] < 128) == (warped == 700)).mean() > 0.995


def test_warp_when_nothing_changes_is_exact() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    affine = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert (warp_pixels(pixels, affine, 64) == pixels).all()
    beyond = warp_pixels(pixels, np.array([[1.0, 0, 32], [0, 1, 0]]), 64)
    assert (beyond[:, :32] == 255).all()
    assert (beyond[:, 32:] == pixels[:, :32]).all()


def test_recolour_when_seeded_is_reproducible_and_in_range() -> None:
    batch = np.random.default_rng(1).integers(0, 256, (6, 16, 16, 3), np.uint8)
    first = recolour(batch, np.random.default_rng(5))
    assert (first == recolour(batch, np.random.default_rng(5))).all()
    assert first.min() >= 0
    assert first.max() <= 255
    assert np.abs(first - batch).mean() > 1


def test_blur_sharpen_or_compress_when_drawn_often_keeps_shape_and_mean() -> None:
    pixels = np.full((32, 32, 3), 140, np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(40):
        changed = blur_sharpen_or_compress(pixels, rng)
        assert changed.shape == pixels.shape
        assert changed.dtype == np.uint8
        assert abs(float(changed.mean()) - 140) < 3
