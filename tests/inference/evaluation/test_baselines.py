"""Each method without a network finds a plain object, and not the one beside it."""

import numpy as np
import pytest

from inference.evaluation.baselines import BASELINES, SIZES, Baseline, parameters
from inference.methods.base import ObjectPrompts
from inference.metrics.overlap import iou

NUCLEI = ["watershed", "region-growing", "active-contour", "grabcut"]


def scene(size: int, radius: int, *, bright: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(pixels, one disk, the disk beside it)."""
    ys, xs = np.mgrid[:size, :size] + 0.5
    one = np.hypot(xs - size / 2, ys - size / 2) < radius
    other = np.hypot(xs - size / 2 - 2.6 * radius, ys - size / 2) < radius
    colours = ((20, 20, 20), (200, 200, 200)) if bright else ((225, 180, 205), (100, 60, 140))
    pixels = np.where((one | other)[..., None], colours[1], colours[0]).astype(float)
    noise = np.random.default_rng(1).normal(0, 4, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8), one, other


@pytest.mark.parametrize("name", NUCLEI)
@pytest.mark.parametrize("bright", [False, True])
def test_baseline_when_object_is_plain_finds_it_alone(name: str, bright: bool) -> None:
    pixels, one, other = scene(128, 11, bright=bright)
    prompts = ObjectPrompts((np.array([[64.5, 64.5]]),), np.array([True]), np.array([[64 + 2.6 * 11, 64.5]]))
    (answer,) = Baseline(name, object_type="nucleus", mpp=0.25, bright=bright).segment([pixels], [prompts])
    assert answer.failure is None
    assert iou(answer.inside, one) > 0.8
    assert iou(answer.inside, other) < 0.05


@pytest.mark.parametrize("name", ["watershed", "grabcut"])
def test_baseline_when_a_line_is_drawn_into_a_gland(name: str) -> None:
    pixels, one, _ = scene(512, 60, bright=False)
    line = np.array([[220.5, 256.5], [290.5, 256.5]])
    prompts = ObjectPrompts((line,), np.array([True]), np.array([[256 + 2.6 * 60, 256.5]]))
    (answer,) = Baseline(name, object_type="gland", mpp=0.6, bright=False).segment([pixels], [prompts])
    assert iou(answer.inside, one) > 0.8


@pytest.mark.parametrize("name", NUCLEI)
def test_baseline_when_the_patch_is_one_colour_answers_all_the_same(name: str) -> None:
    prompts = ObjectPrompts((np.array([[3.0, 125.0]]),), np.array([True]))
    pixels = np.full((128, 128, 3), 255, np.uint8)
    (answer,) = Baseline(name, object_type="nucleus", mpp=0.25, bright=False).segment([pixels], [prompts])
    assert answer.inside[125, 3]


def test_grabcut_when_lines_fill_the_patch_keeps_to_them() -> None:
    rows = np.arange(4, 512, 8.0)
    strokes = tuple(np.array([[0.5, y], [511.5, y]]) for y in rows)
    pixels = np.random.default_rng(1).integers(0, 255, (512, 512, 3), np.uint8)
    prompts = ObjectPrompts(strokes, np.full(len(strokes), True))
    (answer,) = Baseline("grabcut", object_type="gland", mpp=0.6, bright=False).segment([pixels], [prompts])
    assert answer.inside.mean() > 0.9


def test_parameters_when_reported_name_what_was_fixed() -> None:
    for name in BASELINES:
        for object_type in SIZES:
            assert {"smoothing_px", "patch_px", "mark_px", "reach_px"} <= set(parameters(name, object_type))
