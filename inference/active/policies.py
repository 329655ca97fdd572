"""Which of the candidate regions are labelled next. Arrays in, indices out: nothing here knows slides or networks."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inference.active.looks import Look

Strategy = Literal["random", "entropy", "disagreement", "combined"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
Indices = NDArray[np.int64]
Scores = NDArray[np.float64]

CANDIDATES_FOR_ONE = 8
"""So many are looked at for each region that is wanted …"""
LEAST_CANDIDATES = 4
"""… and at least so many of each slide."""
MANY_CANDIDATES, LEAST_FOR_ONE = 400, 2
"""Of a large search: once there are so many, two for each that is wanted will do, for a look takes a second."""
ROUNDS_TO_TRUST = 3
"""After so many rounds the combined policy follows its scores in full."""


def candidates(strata: Indices, wanted: int, rng: np.random.Generator) -> Indices:
    """The regions worth a look, stratified by slide; `strata` (N,) holds the slide of each region."""
    _, free = np.unique(strata, return_counts=True)
    most = min(CANDIDATES_FOR_ONE * wanted, max(MANY_CANDIDATES, LEAST_FOR_ONE * wanted))
    caps = quotas(free, most)
    if len(free) <= most:
        caps = np.maximum(caps, np.minimum(free, LEAST_CANDIDATES))
        most = int(caps.sum())
    return draw(strata, caps, rng.random(len(strata)), most)


def choose(
    strategy: Strategy, looks: Sequence[Look], strata: Indices, wanted: int, *, rounds: int, rng: np.random.Generator
) -> tuple[Indices, Scores]:
    """(indices of the chosen candidates, the most worthwhile first; the score of every candidate).

    `rounds`: how often was chosen before.
    """
    entropies = np.array([each.entropy for each in looks])
    disagreements = np.array([each.disagreement for each in looks])
    match strategy:
        case "random":
            return pick_random(strata, wanted, rng), np.zeros(len(looks))
        case "entropy":
            return pick_highest(entropies, wanted), entropies
        case "disagreement":
            return pick_highest(disagreements, wanted), disagreements
        case "combined":
            scores = (standing(entropies) + standing(disagreements)) / 2
            features = np.array([each.features for each in looks])
            return pick_combined(scores, features, strata, wanted, beta=trust(rounds), rng=rng), scores


def pick_random(strata: Indices, wanted: int, rng: np.random.Generator) -> Indices:
    """Stratified by slide, each slide's share growing as the square root of its regions."""
    _, free = np.unique(strata, return_counts=True)
    return draw(strata, quotas(free, wanted), rng.random(len(strata)), wanted)


def pick_highest(scores: Scores, wanted: int) -> Indices:
    return np.argsort(-scores, kind="stable")[:wanted]


def pick_combined(
    scores: Scores,
    features: NDArray[np.float64],
    strata: Indices,
    wanted: int,
    *,
    beta: float,
    rng: np.random.Generator,
) -> Indices:
    """Drawn with a probability that grows as score^β, stratified by slide; 1 + β times too many, of which those stay that
    differ most from each other. β = 0 is stratified random."""
    _, free = np.unique(strata, return_counts=True)
    caps = quotas(free, wanted)
    # Gumbel noise on β log score: the highest are a sample without replacement in proportion to score^β.
    keys = beta * np.log(np.maximum(scores, 1e-9)) + rng.gumbel(size=len(scores))
    drawn = draw(strata, np.ceil(caps * (1 + beta)).astype(int), keys, round(wanted * (1 + beta)))
    return spread(drawn, features, strata, caps, wanted)


def spread(
    drawn: Indices, features: NDArray[np.float64], strata: Indices, caps: NDArray[np.int64], wanted: int
) -> Indices:
    """k-centre greedy (Sener and Savarese 2018) among `drawn`, whose order decides between equals; at most caps of a
    slide."""
    deviation = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    left = dict(zip(np.unique(strata).tolist(), caps.tolist(), strict=True))
    distance = np.full(len(drawn), np.inf)
    chosen = list[int]()
    while len(chosen) < wanted and (distance >= 0).any():
        place = int(np.argmax(distance))
        one, distance[place] = int(drawn[place]), -1.0
        if left[int(strata[one])] > 0:
            left[int(strata[one])] -= 1
            chosen.append(one)
            distance = np.minimum(distance, np.linalg.norm(scaled[drawn] - scaled[one], axis=1))
    return np.array(chosen, np.int64)


def draw(strata: Indices, caps: NDArray[np.int64], keys: Scores, wanted: int) -> Indices:
    """The `wanted` regions of the highest keys, highest first, at most caps[k] of the k-th slide."""
    _, slide = np.unique(strata, return_inverse=True)
    order = np.argsort(-keys, kind="stable")
    rank = np.zeros(len(order), np.int64)
    """How many regions of the same slide come before."""
    for k in range(len(caps)):
        of_slide = np.flatnonzero(slide[order] == k)
        rank[of_slide] = np.arange(len(of_slide))
    return order[rank < caps[slide[order]]][:wanted]


def quotas(free: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """How many regions each slide gives: in proportion to the square root of what it has, at least one and no more than
    it has. Where there are more slides than regions wanted, each may give one."""
    given = np.minimum(free, 1)
    if wanted <= given.sum():
        return given
    weights = np.sqrt(free)
    for _ in range(min(wanted, int(free.sum())) - int(given.sum())):
        owed = np.where(given < free, weights / (given + 0.5), -1)  # Webster's method: one seat at a time
        given[int(np.argmax(owed))] += 1
    return given


def standing(scores: Scores) -> Scores:
    """Each score's place among all, above 0 and up to 1; equal scores share one. Entropies differ little from region to
    region, and their ratios say less than their order."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    return np.cumsum(count)[place] / len(scores)


def trust(rounds: int) -> float:
    """β, from 0 in the first round to 1: a model that has learnt little of these slides is not sure of its doubts."""
    return min(1.0, rounds / ROUNDS_TO_TRUST)
