"""Each method as the worker drives it: a batch of patches in, the clicked object of each out."""

from pathlib import Path

import numpy as np
import pytest

from inference.checkpoints import CheckpointError, open_checkpoint, write_weights
from inference.methods import METHODS, find_segmenter
from inference.methods.base import Frame, ObjectMask, ObjectPrompts
from inference.methods.disk.segmenter import RADIUS_UM, DiskSegmenter
from inference.methods.nuclick.segmenter import NuclickSegmenter, is_glass, wanted_holes, with_inner_point
from inference.methods.nuclick.successor import SuccessorNetwork

SHIPPED = "nuclick-nucleus-he"
SIZE = int(open_checkpoint(SHIPPED).manifest["patch_px"])
MIDDLE = SIZE / 2
LEFT, RIGHT = MIDDLE - 12, MIDDLE + 12


@pytest.fixture(scope="module")
def nuclick() -> NuclickSegmenter:
    return NuclickSegmenter(SHIPPED, threads=1)


@pytest.fixture(scope="module")
def patch() -> np.ndarray:
    """Two touching violet nuclei on pink, at LEFT and RIGHT; their radius is 12."""
    rng = np.random.default_rng(1)
    pixels = np.array([225, 170, 200]) + rng.normal(0, 6, (SIZE, SIZE, 3))
    ys, xs = np.mgrid[:SIZE, :SIZE] + 0.5
    for x in (LEFT, RIGHT):
        pixels[np.hypot(xs - x, ys - MIDDLE) < 12] = (95, 60, 140)
    return np.clip(pixels + rng.normal(0, 8, pixels.shape), 0, 255).astype(np.uint8)


def click(x: float, y: float, *, others: list[tuple[float, float]] | None = None) -> ObjectPrompts:
    return ObjectPrompts((np.array([[x, y]]),), np.array([True]), np.array(others or []).reshape(-1, 2))


def near(place: float, reach: int) -> slice:
    return slice(int(place) - reach, int(place) + reach)


def test_methods_when_named_are_importable() -> None:
    assert all(find_segmenter(name) for name in METHODS)


def test_disk_when_clicked_is_a_disk_less_the_negative_click() -> None:
    segmenter = DiskSegmenter("disk", threads=1)
    pixels = np.zeros((128, 128, 3), np.uint8)
    whole, less = segmenter.segment(
        [pixels, pixels],
        [click(64, 64), ObjectPrompts((np.array([[64.0, 64]]), np.array([[84.0, 64]])), np.array([True, False]))],
    )
    assert whole.inside.sum() == pytest.approx(np.pi * (RADIUS_UM / segmenter.mpp) ** 2, rel=0.02)
    assert less.inside.sum() < 0.8 * whole.inside.sum()


def test_nuclick_when_nucleus_is_clicked_outlines_it_and_not_its_neighbour(
    nuclick: NuclickSegmenter, patch: np.ndarray
) -> None:
    one, other = (LEFT, MIDDLE), (RIGHT, MIDDLE)
    left, right = nuclick.segment([patch, patch], [click(*one, others=[other]), click(*other, others=[one])])
    ys, xs = np.mgrid[:SIZE, :SIZE] + 0.5
    for mask, x in ((left, LEFT), (right, RIGHT)):
        truth = np.hypot(xs - x, ys - MIDDLE) < 12
        assert (mask.inside & truth).sum() / (mask.inside | truth).sum() > 0.6
        assert mask.failure is None
        assert 0.5 < (mask.score or 0) <= 1
    assert ((left.probability > left.threshold) == left.inside).all()


def test_nuclick_when_batched_answers_as_one_by_one(nuclick: NuclickSegmenter, patch: np.ndarray) -> None:
    prompts = [click(LEFT, MIDDLE), click(RIGHT, MIDDLE), click(LEFT + 8, MIDDLE - 4, others=[(RIGHT, MIDDLE)])]
    together = nuclick.probabilities([patch] * 3, prompts)
    alone = np.concatenate([nuclick.probabilities([patch], [told]) for told in prompts])
    assert np.abs(together - alone).max() < 1e-3


def test_nuclick_when_mirrored_gives_a_mirrored_patch_the_mirrored_answer(tmp_path: Path, patch: np.ndarray) -> None:
    shipped = open_checkpoint(SHIPPED)
    manifest = {k: v for k, v in shipped.manifest.items() if k not in ("name", "sha256")}
    segmenters = []
    for name, mirrored in (("once", False), ("both-ways", True)):
        write_weights(tmp_path, name, shipped.tensors(), {**manifest, "mirrored": mirrored})
        segmenters.append(NuclickSegmenter(name, threads=1, folder=tmp_path))
    told, told_mirrored = click(LEFT + 0.5, MIDDLE + 0.5), click(SIZE - LEFT - 0.5, MIDDLE + 0.5)
    patches, prompts = [patch, patch[:, ::-1]], [told, told_mirrored]
    (once, once_mirrored), both_ways = (s.probabilities(patches, prompts) for s in segmenters)
    assert np.abs(both_ways[0] - (once + once_mirrored[:, ::-1]) / 2).max() < 1e-3
    assert np.abs(both_ways[0] - both_ways[1][:, ::-1]).max() < 1e-3
    assert np.abs(once - once_mirrored[:, ::-1]).max() > 1e-2


def test_nuclick_when_corrected_moves_towards_the_correction(nuclick: NuclickSegmenter, patch: np.ndarray) -> None:
    once = click(LEFT, MIDDLE)
    corrected = ObjectPrompts((np.array([[LEFT, MIDDLE]]), np.array([[RIGHT, MIDDLE]])), np.array([True, False]))
    first, second = nuclick.probabilities([patch, patch], [once, corrected])
    taken, kept = (near(MIDDLE, 4), near(RIGHT, 4)), (near(MIDDLE, 2), near(LEFT, 2))
    assert second[taken].mean() <= first[taken].mean() + 0.01
    assert second[kept].mean() > 0.5


def test_nuclick_when_glass_is_clicked_says_so(nuclick: NuclickSegmenter) -> None:
    (mask,) = nuclick.segment([np.full((SIZE, SIZE, 3), 243, np.uint8)], [click(MIDDLE, MIDDLE)])
    assert mask.failure == "There is only glass here."
    assert not mask.inside.any()
    assert mask.score is None


def test_is_glass_when_there_is_structure(patch: np.ndarray) -> None:
    assert not is_glass(patch, (LEFT, MIDDLE))
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
    write_weights(tmp_path, "unnamed", tensors, {**manifest, "network": "unheard-of"})
    with pytest.raises(CheckpointError, match="unheard-of"):
        NuclickSegmenter("unnamed", threads=1, folder=tmp_path)


def test_nuclick_when_mask_is_the_start_keeps_it_but_for_what_is_taken_away(
    nuclick: NuclickSegmenter, patch: np.ndarray
) -> None:
    ys, xs = np.mgrid[:SIZE, :SIZE] + 0.5
    both = ((np.hypot(xs - LEFT, ys - MIDDLE) < 12) | (np.hypot(xs - RIGHT, ys - MIDDLE) < 12)).astype(np.float32)
    (mask,) = nuclick.segment([patch], [ObjectPrompts((np.array([[RIGHT, MIDDLE]]),), np.array([False]), start=both)])
    assert mask.inside[near(MIDDLE, 2), near(LEFT, 2)].all()
    assert not mask.inside[near(MIDDLE, 2), near(RIGHT, 2)].any()


def test_nuclick_when_asked_twice_gives_the_same_mask(nuclick: NuclickSegmenter, patch: np.ndarray) -> None:
    strokes = (np.array([[LEFT, MIDDLE]]), np.array([[LEFT + 8, MIDDLE - 4]]), np.array([[RIGHT, MIDDLE]]))
    told = ObjectPrompts(strokes, np.array([True, True, False]))
    first, second = (nuclick.segment([patch], [told])[0] for _ in range(2))
    assert (first.probability == second.probability).all()


def test_turns_when_lines_come_first_are_one_question_and_corrections_one_each(nuclick: NuclickSegmenter) -> None:
    line, dot = np.array([[10.0, 10], [40, 40]]), np.array([[50.0, 50]])
    turns = nuclick._turns(ObjectPrompts((line, line, dot, line), np.array([True, True, False, True])))
    assert [len(t.strokes) for t in turns] == [2, 3, 4]
    turns = nuclick._turns(ObjectPrompts((dot, dot), np.array([False, True])))
    assert [len(t.strokes) for t in turns] == [2]  # nothing is asked before something inside is known
    assert len(nuclick._turns(ObjectPrompts((dot,) * 64, np.full(64, True)))) == 8


def test_with_inner_point_when_only_something_is_taken_away_points_into_the_rest() -> None:
    start = np.zeros((64, 64), np.float32)
    start[20:40, 10:50] = 1
    told = with_inner_point(ObjectPrompts((np.array([[45.0, 30]]),), np.array([False]), start=start))
    ((x, y),) = told.inside[0]
    assert start[int(y), int(x)] == 1
    assert abs(x - 45) > 10
    assert len(told.outside) == 1


def test_wanted_holes_when_line_goes_round_or_start_has_them() -> None:
    angle = np.linspace(0, 2 * np.pi, 60)
    ring = np.column_stack([32 + 15 * np.cos(angle), 32 + 15 * np.sin(angle)])
    kept, taken = wanted_holes(ObjectPrompts((ring,), np.array([True])), (64, 64))
    assert kept[32, 32]
    assert not taken.any()
    start = np.ones((64, 64), np.float32)
    start[20:30, 20:30] = 0
    dot = np.array([[50.5, 50.5]])
    kept, taken = wanted_holes(ObjectPrompts((dot,), np.array([False]), start=start), (64, 64))
    assert kept[25, 25]
    assert not kept[50, 50]
    assert taken[50, 50]


def test_frame_when_line_is_long_shows_it_whole(nuclick: NuclickSegmenter) -> None:
    dot, line = np.array([[1000.0, 500]]), np.array([[100.0, 100], [500, 200]])
    yes = np.array([True])
    assert nuclick.frame((dot,), yes, mpp=0.5) == Frame((1000, 500), 0.25)
    wide = nuclick.frame((line,), yes, mpp=0.5)
    assert wide.centre == (300, 150)
    assert wide.mpp * SIZE == pytest.approx(400 * 0.5 * 1.4)
    small = nuclick.frame((dot + np.array([[0, 0], [4, 2]]),), yes, mpp=0.5)
    assert small == Frame((1002, 501), 0.25)
    started = nuclick.frame((dot,), np.array([False]), start=line, mpp=0.5)
    assert started.centre == (300, 150)


def test_wider_frame_when_patch_cuts_the_object_looks_again_until_it_is_coarse_enough() -> None:
    segmenter = DiskSegmenter("disk", threads=1)
    whole, cut = np.zeros((128, 128), bool), np.zeros((128, 128), bool)
    whole[10:20, 10:20] = cut[0:20, 10:20] = True
    first = Frame((5, 5), 0.25)
    within, beyond = (ObjectMask(m.astype(np.float32), 0.5, m) for m in (whole, cut))
    assert segmenter.wider_frame(beyond, first, first) is None  # a nucleus is never that large
    segmenter.widest = 2
    assert segmenter.wider_frame(within, first, first) is None
    second = segmenter.wider_frame(beyond, first, first)
    assert second == Frame((5, 5), 0.4)
    third = segmenter.wider_frame(beyond, second, first)
    assert third == Frame((5, 5), 0.5)
    assert segmenter.wider_frame(beyond, third, first) is None
