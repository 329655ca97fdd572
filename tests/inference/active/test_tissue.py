"""Regions lie on tissue, not on glass, beyond the slide or on what is taken, whatever the slide's size."""

import numpy as np
import pytest

from inference.active import tissue
from inference.active.tissue import Regions, is_dark_ground, list_regions, overlaps_any, tissue_threshold


@pytest.mark.parametrize("dark", [False, True])
def test_regions_when_a_third_is_glass_hold_tissue_in_the_rest(make_slide, dark: bool) -> None:
    regions = list_regions(make_slide(dark=dark).slide, side_um=32)
    assert regions.side == 128
    assert len(regions.corners) == 6 * 4
    assert regions.dark_ground == dark
    on_glass = regions.corners[:, 0] < 256
    assert (regions.tissue[on_glass] < 0.1).all()
    assert (regions.tissue[~on_glass] > 0.9).all()


def test_regions_when_read_in_several_blocks_are_the_same(make_slide, monkeypatch: pytest.MonkeyPatch) -> None:
    slide = make_slide(width=1000, height=600).slide
    whole = list_regions(slide, side_um=10)
    monkeypatch.setattr(tissue, "BLOCK", 4)
    parts = list_regions(slide, side_um=10)
    assert (whole.corners == parts.corners).all()
    assert np.abs(whole.tissue - parts.tissue).mean() < 0.02  # the resampling begins elsewhere


def test_regions_when_the_slide_is_smaller_than_one_are_as_wide_as_its_shorter_side(make_slide) -> None:
    regions = list_regions(make_slide(width=768, height=300).slide, side_um=1000)
    assert regions.side == 300
    assert regions.corners.tolist() == [[84, 0], [384, 0]]


def test_regions_when_the_slide_does_not_divide_leave_the_same_rest_on_both_sides(make_slide) -> None:
    regions = list_regions(make_slide(width=700, height=512).slide, side_um=32)
    assert sorted(set(regions.corners[:, 0])) == [30, 158, 286, 414, 542]


def test_regions_when_told_to_pause_can_be_left(make_slide) -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list_regions(make_slide().slide, side_um=32, pause=leave)


def test_overlap_when_boxes_only_touch_is_none() -> None:
    regions = Regions(np.array([[0.0, 0], [10, 0], [20, 0]]), 10.0, np.ones(3), False)
    assert overlaps_any(regions, [(10, 0, 10, 10)]).tolist() == [False, True, False]
    assert overlaps_any(regions, [(9.5, 9.5, 1, 5)]).tolist() == [True, True, False]
    assert not overlaps_any(regions, []).any()


def test_threshold_when_the_slide_is_all_glass_or_all_tissue_stays_in_bounds() -> None:
    rng = np.random.default_rng(1)
    glass = (244 + rng.normal(0, 2, (50, 50, 3))).astype(np.uint8)
    stained = np.clip(np.array([190, 90, 150]) + rng.normal(0, 20, (50, 50, 3)), 0, 255).astype(np.uint8)
    assert tissue_threshold(glass, dark_ground=False) == tissue.BOUNDS[False][0]
    assert tissue_threshold(stained, dark_ground=False) == tissue.BOUNDS[False][1]
    assert not is_dark_ground(stained)


def test_tissue_when_black_in_brightfield_is_none() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    assert not tissue.is_tissue(black, 20, dark_ground=False).any()
