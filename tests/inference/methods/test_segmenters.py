"""Each method as the worker drives it: a batch of patches in, the clicked object of each out."""

from pathlib import Path

import numpy as np
import pytest

from inference.checkpoints import CheckpointError, open_checkpoint, write_weights
from inference.methods import METHODS, find_segmenter
from inference.methods.base import ObjectPrompts
from inference.methods.disk.segmenter import RADIUS_UM, DiskSegmenter
from inference.methods.nuclick.network import SuccessorNetwork
from inference.methods.nuclick.segmenter import NuclickSegmenter, is_glass

SHIPPED = "nuclick-nucleus-he"


@pytest.fixture(scope="module")
def nuclick() -> NuclickSegmenter:
    return NuclickSegmenter(SHIPPED, threads=1)


@pytest.fixture(scope="module")
def patch() -> np.ndarray:
    """Two touching violet nuclei on pink, at x 52 and 76; their radius is 12."""
    rng = np.random.default_rng(1)
    pixels = np.array([225, 170, 200]) + rng.normal(0, 6, (128, 128, 3))
    ys, xs = np.mgrid[:128, :128] + 0.5
    for x in (52, 76):
        pixels[np.hypot(xs - x, ys - 64) < 12] = (95, 60, 140)
    return np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)


def click(x: float, y: float, *, others: list[tuple[float, float]] | None = None) -> ObjectPrompts:
    return ObjectPrompts(np.array([[x, y]]), np.array([True]), np.array(others or []).reshape(-1, 2))


def test_methods_when_named_are_importable() -> None:
    assert all(find_segmenter(name) for name in METHODS)


def test_disk_when_clicked_is_a_disk_less_the_negative_click() -> None:
    segmenter = DiskSegmenter("disk", threads=1)
    pixels = np.zeros((128, 128, 3), np.uint8)
    whole, less = segmenter.segment(
        [pixels, pixels],
        [click(64, 64), ObjectPrompts(np.array([[64.0, 64], [84, 64]]), np.array([True, False]))],
    )
    assert whole.inside.sum() == pytest.approx(np.pi * (RADIUS_UM / segmenter.mpp) ** 2, rel=0.02)
    assert less.inside.sum() < 0.8 * whole.inside.sum()


def test_nuclick_when_nucleus_is_clicked_outlines_it_and_not_its_neighbour(
    nuclick: NuclickSegmenter, patch: np.ndarray
) -> None:
    left, right = nuclick.segment([patch, patch], [click(52, 64, others=[(76, 64)]), click(76, 64, others=[(52, 64)])])
    ys, xs = np.mgrid[:128, :128] + 0.5
    for mask, x in ((left, 52), (right, 76)):
        truth = np.hypot(xs - x, ys - 64) < 12
        assert (mask.inside & truth).sum() / (mask.inside | truth).sum() > 0.6
        assert mask.failure is None
        assert 0.5 < (mask.score or 0) <= 1
    assert ((left.probability > left.threshold) == left.inside).all()


def test_nuclick_when_batched_answers_as_one_by_one(nuclick: NuclickSegmenter, patch: np.ndarray) -> None:
    prompts = [click(52, 64), click(76, 64), click(60, 60, others=[(76, 64)])]
    together = nuclick.probabilities([patch] * 3, prompts)
    alone = np.concatenate([nuclick.probabilities([patch], [told]) for told in prompts])
    assert np.abs(together - alone).max() < 1e-3


def test_nuclick_when_corrected_moves_towards_the_correction(nuclick: NuclickSegmenter, patch: np.ndarray) -> None:
    once = click(52, 64)
    corrected = ObjectPrompts(np.array([[52.0, 64], [76, 64]]), np.array([True, False]))
    first, second = nuclick.probabilities([patch, patch], [once, corrected])
    assert second[60:68, 72:80].mean() <= first[60:68, 72:80].mean() + 0.01
    assert second[62:66, 50:54].mean() > 0.5


def test_nuclick_when_glass_is_clicked_says_so(nuclick: NuclickSegmenter) -> None:
    (mask,) = nuclick.segment([np.full((128, 128, 3), 243, np.uint8)], [click(64, 64)])
    assert mask.failure == "There is only glass here."
    assert not mask.inside.any()
    assert mask.score is None


def test_is_glass_when_there_is_structure(patch: np.ndarray) -> None:
    assert not is_glass(patch, (52, 64))
    assert not is_glass(patch, (5, 5))


def test_nuclick_when_weights_do_not_fit_the_network(tmp_path: Path) -> None:
    tensors = SuccessorNetwork(widths=(8, 8, 8, 8)).state_dict()
    manifest = {k: v for k, v in open_checkpoint(SHIPPED).manifest.items() if k not in ("name", "sha256")}
    write_weights(tmp_path, "narrow", tensors, manifest)
    with pytest.raises(CheckpointError, match="do not fit"):
        NuclickSegmenter("narrow", threads=1, folder=tmp_path)
    write_weights(tmp_path, "foreign", tensors, {**manifest, "method": "other"})
    with pytest.raises(CheckpointError, match="belong to the method other"):
        NuclickSegmenter("foreign", threads=1, folder=tmp_path)
