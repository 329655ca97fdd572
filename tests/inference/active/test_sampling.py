"""Whole slides are looked over: only free tissue, by every policy, the same each time, and stopped at once."""

import numpy as np
import pytest

from inference.active import sampling
from inference.active.sampling import refuse_unfit, sample
from inference.answers import RequestError
from inference.jobs import Stopped

STRATEGIES = ("random", "entropy", "disagreement", "combined")


def never() -> bool:
    return False


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_sample_when_half_is_glass_gives_free_tissue_the_same_each_time(make_slide, ask_for, told, strategy) -> None:
    taken = (256.0, 0.0, 130.0, 512.0)  # the first column of tissue, and a little of the next
    request = ask_for(make_slide(taken=(taken,)), make_slide(2), strategy=strategy, wanted=6, round=2)
    found = sample(request, told, never)
    assert len(found) == 6
    assert len({(r.slide_id, r.x, r.y) for r in found}) == 6
    assert all(r.x >= 256 and r.width == r.height == 128 for r in found)
    assert all(r.x >= 512 for r in found if r.slide_id == 1)
    assert all((r.score is None) == (strategy == "random") for r in found)
    assert sample(request, told, never) == found
    assert told.lines[0] == "24 free regions with tissue on 2 slides."
    if strategy in ("random", "combined"):
        assert {r.slide_id for r in found} == {1, 2}
    if strategy != "random":
        assert told.steps[-1] == ("sampling", 24, 24)


def test_sample_when_the_seed_or_round_differs_gives_others(make_slide, ask_for, told) -> None:
    slide = make_slide()
    found = [sample(ask_for(slide, **changes), told, never) for changes in ({}, {"seed": 2}, {"round": 1}, {"seed": 1})]
    assert found[0] == found[3]
    assert found[0] != found[1]
    assert found[0] != found[2]


def test_sample_when_scored_gives_the_highest_first(make_slide, ask_for, told) -> None:
    found = sample(ask_for(make_slide(), strategy="disagreement", wanted=5), told, never)
    scores = [r.score for r in found if r.score is not None]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_sample_when_fewer_are_free_than_wanted_gives_all(make_slide, ask_for, told) -> None:
    assert len(sample(ask_for(make_slide(), wanted=100), told, never)) == 16


def test_sample_when_everything_is_taken_or_glass_says_so(make_slide, ask_for, told) -> None:
    slide = make_slide(taken=((0, 0, 768, 512),))
    with pytest.raises(RequestError, match="half tissue") as caught:
        sample(ask_for(slide), told, never)
    assert caught.value.code == "nothing_left"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_sample_when_told_to_stop_stops_at_the_next_region(make_slide, ask_for, told, strategy) -> None:
    with pytest.raises(Stopped):
        sample(ask_for(make_slide(), strategy=strategy), told, lambda: True)

    def after_the_tissue() -> bool:
        return len(told.lines) > 0

    if strategy != "random":
        with pytest.raises(Stopped):
            sample(ask_for(make_slide(), strategy=strategy), told, after_the_tissue)
        assert told.steps[-1][1] == 0


def test_sample_when_one_slide_is_gone_leaves_it_out_and_when_all_are_refuses(make_slide, ask_for, told) -> None:
    gone = make_slide(2)
    gone = gone.model_copy(update={"slide": gone.slide.model_copy(update={"path": "/nowhere/2.png"})})
    found = sample(ask_for(make_slide(), gone), told, never)
    assert {r.slide_id for r in found} == {1}
    assert "Left out" in told.lines[0]
    assert "/nowhere/2.png" in told.lines[0]
    with pytest.raises(RequestError, match="cannot be opened") as caught:
        sample(ask_for(gone), told, never)
    assert caught.value.code == "slide_unreadable"


def test_sample_when_regions_are_tiny_is_refused(make_slide, ask_for, told) -> None:
    with pytest.raises(RequestError, match="at least 8 µm") as caught:
        sample(ask_for(make_slide(), region_um=4), told, never)
    assert caught.value.code == "region_too_small"


def test_sample_when_regions_are_wide_looks_at_windows_of_them(
    make_slide, ask_for, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "WIDEST_WINDOW_PX", 200)
    monkeypatch.setattr(sampling, "QUARTER_WINDOW_PX", 100)
    sizes = []
    read = sampling.read_patch

    def counted(*args, **named):
        sizes.append(named["size_px"])
        return read(*args, **named)

    monkeypatch.setattr(sampling, "read_patch", counted)
    found = sample(ask_for(make_slide(), strategy="entropy", wanted=1, region_um=64), told, never)
    assert found[0].width == 256
    assert sizes == [100 + 128] * 4 * 4


def test_sample_when_the_model_is_unknown_is_refused_in_words(make_slide, ask_for, told) -> None:
    request = ask_for(make_slide(), strategy="entropy", method="nuclick", checkpoint="no-such-weights")
    with pytest.raises(RequestError, match="no-such-weights"):
        sample(request, told, never)
    assert sample(ask_for(make_slide(), checkpoint="no-such-weights"), told, never)  # chance needs no model


@pytest.mark.parametrize("strategy", ["disagreement", "combined"])
def test_strategy_when_glands_have_no_automatic_mask_is_refused(strategy) -> None:
    with pytest.raises(RequestError, match="random or entropy"):
        refuse_unfit(strategy, "gland")
    refuse_unfit("entropy", "gland")
    refuse_unfit(strategy, "nucleus")


def test_sample_when_slides_are_real_gives_tissue(slides_folder, ask_for, told) -> None:
    import large_image

    from inference.protocol import SlideRef, SlideToSample

    path = slides_folder / "CMU-1-Small-Region.svs"
    about = large_image.open(str(path)).getMetadata()
    slide = SlideRef(path=str(path), mpp=0.499, width=about["sizeX"], height=about["sizeY"])
    found = sample(ask_for(SlideToSample(slide_id=1, slide=slide), region_um=128, wanted=8), told, never)
    assert len(found) == 8
    assert np.ptp([r.y for r in found]) > 500
