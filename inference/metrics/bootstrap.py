"""How far a mean might have come out otherwise, had other images been drawn."""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000


def bootstrap_interval(
    values: NDArray[np.float64], *, seed: int, resamples: int = RESAMPLES, level: float = 0.95
) -> tuple[float, float]:
    """The percentile interval of the mean of `values` (N,), one for each image; unknown ones (NaN) are left out.

    (NaN, NaN) for fewer than two values: one image says nothing of the others.
    """
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(len(known), size=(resamples, len(known)))
    low, high = np.quantile(known[drawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def clustered_interval(
    values: NDArray[np.float64],
    clusters: NDArray[np.integer],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = 0.9,
) -> tuple[float, float]:
    """The percentile interval of the mean of `values` (N,), had other clusters (N,) of them been drawn: each is drawn
    with all its values, for those of one slide resemble each other."""
    _, index = np.unique(clusters, return_inverse=True)
    sums, counts = np.bincount(index, weights=values), np.bincount(index)
    drawn = np.random.default_rng(seed).integers(len(counts), size=(resamples, len(counts)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
