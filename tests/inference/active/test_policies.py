"""Policies on hand-made scores: shares of slides, power noise from chance to the highest score, and spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.active.looks import Look
from inference.active.policies import (
    STRATEGIES,
    candidates,
    choose,
    draw,
    pick_combined,
    pick_highest,
    pick_random,
    quotas,
    spread,
    standing,
    trust,
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_quotas_when_slides_differ_grow_as_the_square_root() -> None:
    assert quotas(np.array([100, 400, 900]), 60).tolist() == [10, 20, 30]


def test_quotas_when_a_slide_has_one_region_give_it_one() -> None:
    assert quotas(np.array([10_000, 1]), 8).tolist() == [7, 1]


def test_quotas_when_slides_outnumber_regions_let_each_give_one() -> None:
    assert quotas(np.array([5, 5, 5]), 2).tolist() == [1, 1, 1]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.integers(1, 80))
def test_quotas_when_anything_is_asked_are_met(free: list[int], wanted: int) -> None:
    given_out = quotas(np.array(free), wanted)
    assert (given_out >= 1).all()
    assert (given_out <= free).all()
    assert given_out.sum() == max(min(wanted, sum(free)), len(free))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 50))
def test_every_pick_when_anything_is_asked_is_distinct_and_complete(slides: list[int], wanted: int) -> None:
    strata, scores = np.array(slides), rng().random(len(slides))
    for picked in (
        pick_random(strata, wanted, rng()),
        pick_highest(scores, wanted),
        pick_combined(scores, rng().random((len(slides), 3)), strata, wanted, beta=1, rng=rng()),
    ):
        assert len(picked) == len(set(picked.tolist())) == min(wanted, len(slides))


def test_random_when_slides_are_unequal_takes_from_each() -> None:
    strata = np.repeat([0, 1], [90, 10])
    picked = strata[pick_random(strata, 8, rng())]
    assert np.bincount(picked).tolist() == [6, 2]


def test_random_when_drawn_often_prefers_no_region_of_a_slide() -> None:
    strata = np.zeros(10, int)
    counts = np.bincount([int(pick_random(strata, 1, rng(seed))[0]) for seed in range(2000)], minlength=10)
    assert counts.min() > 140


def test_combined_when_beta_is_zero_ignores_scores_and_features() -> None:
    strata, scores = np.zeros(10, int), np.linspace(0.01, 1, 10)
    features = rng().random((10, 2))
    counts = np.zeros(10)
    for seed in range(1500):
        counts[pick_combined(scores, features, strata, 2, beta=0, rng=rng(seed))] += 1
    assert counts.min() > 240
    assert counts.max() < 360


def test_combined_when_beta_is_one_draws_in_proportion_to_the_score() -> None:
    strata, scores = np.zeros(4, int), np.array([0.1, 0.2, 0.3, 0.4])
    keys = [np.log(scores) + rng(seed).gumbel(size=4) for seed in range(4000)]
    counts = np.bincount([int(draw(strata, np.array([4]), k, 1)[0]) for k in keys], minlength=4) / 4000
    assert np.abs(counts - scores).max() < 0.03


def test_combined_when_regions_look_alike_takes_different_ones() -> None:
    features = np.repeat([[0.0, 0], [10, 0], [0, 10]], 5, axis=0)
    picked = spread(np.arange(15), features, np.zeros(15, int), np.array([3]), 3)
    assert sorted(picked // 5) == [0, 1, 2]


def test_combined_when_slides_are_few_keeps_to_their_shares() -> None:
    strata = np.repeat([0, 1], 20)
    scores = np.where(strata == 0, 1.0, 0.01)
    picked = pick_combined(scores, rng().random((40, 3)), strata, 6, beta=1, rng=rng())
    assert np.bincount(strata[picked]).tolist() == [3, 3]


def test_candidates_when_slides_are_many_are_eight_for_each_wanted() -> None:
    strata = np.repeat(np.arange(3), 1000)
    seen = candidates(strata, 10, rng())
    assert len(seen) == len(set(seen.tolist())) == 80
    assert np.bincount(strata[seen]).min() >= 26


def test_candidates_when_very_many_are_wanted_are_fewer_for_each() -> None:
    strata = np.repeat(np.arange(3), 1000)
    assert len(candidates(strata, 100, rng())) == 400
    assert len(candidates(strata, 300, rng())) == 600


def test_candidates_when_little_is_wanted_are_at_least_four_of_each_slide() -> None:
    strata = np.repeat(np.arange(5), 100)
    assert np.bincount(strata[candidates(strata, 1, rng())]).tolist() == [4] * 5


def test_candidates_when_slides_are_more_than_can_be_looked_at_are_of_as_many_as_can() -> None:
    strata = np.repeat(np.arange(50), 3)
    seen = strata[candidates(strata, 2, rng())]
    assert len(seen) == len(set(seen.tolist())) == 16


def test_standing_when_scores_tie_is_shared() -> None:
    assert standing(np.array([0.3, 0.1, 0.3, 0.2])).tolist() == [1, 0.25, 1, 0.5]


def test_trust_when_rounds_go_by_grows_from_zero_to_one() -> None:
    assert trust(0) == 0
    assert 0 < trust(1) < trust(2) < 1
    assert trust(3) == trust(30) == 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_choice_when_repeated_is_the_same_and_scored(strategy: str) -> None:
    values = rng(7).random((30, 2))
    looks = [Look(float(a), float(b), np.array([a, b, a * b]), 5) for a, b in values]
    strata = np.repeat([0, 1, 2], 10)
    first, scores = choose(strategy, looks, strata, 6, rounds=2, rng=rng())  # type: ignore[arg-type]
    again, _ = choose(strategy, looks, strata, 6, rounds=2, rng=rng())  # type: ignore[arg-type]
    assert first.tolist() == again.tolist()
    assert len(first) == 6
    assert len(scores) == 30
    if strategy == "entropy":
        assert first.tolist() == np.argsort(-values[:, 0])[:6].tolist()
