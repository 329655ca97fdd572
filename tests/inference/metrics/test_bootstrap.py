"""The bootstrap's interval against the normal approximation, which it must approach."""

import numpy as np
import pytest

from inference.metrics.bootstrap import bootstrap_interval


def test_interval_when_images_are_many_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(0.8, 0.1, 400)
    low, high = bootstrap_interval(values, seed=2)
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.15 * error)


def test_interval_when_a_value_is_unknown_leaves_it_out() -> None:
    values = np.array([0.1, 0.5, np.nan, 0.9])
    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values[[0, 1, 3]], seed=1)


@pytest.mark.parametrize("values", [[], [0.5], [0.5, np.nan]])
def test_interval_when_one_image_at_most_is_known_is_unknown(values: list[float]) -> None:
    assert np.isnan(bootstrap_interval(np.array(values, float), seed=1)).all()
