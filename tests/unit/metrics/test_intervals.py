"""Intervals and predictive distributions against scoringrules, by hand, and by their properties."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st

from trintena.metrics import by_step, coverage, crps, mae, mean_width, pinball, winkler

LEVELS = [0.8, 0.9, 0.95]
SEEDS = st.integers(0, 2**32 - 1)


def some(seed: int, n_origins: int = 30, horizon: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Actual values, and bounds that hold most of them."""
    random = np.random.default_rng(seed)
    actual = random.normal(size=(n_origins, horizon))
    lower, upper = np.sort(random.normal([[[-1.0]], [[1.0]]], 0.5, size=(2, n_origins, horizon)), axis=0)
    return actual, lower, upper


def cube(seed: int, n_samples: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """Actual values, and samples of what was forecast for each."""
    random = np.random.default_rng(seed)
    return random.normal(size=(20, 3)), random.normal(0.2, 1.5, size=(20, 3, n_samples))


# Coverage and width


def test_coverage_counts_the_bounds_in() -> None:
    actual = np.array([[0.0, 1.0], [2.0, 3.0]])
    lower, upper = np.array([[0.0, 0.0], [0.0, 3.5]]), np.array([[0.5, 1.0], [1.9, 4.0]])
    assert coverage(actual, lower, upper) == 0.5
    assert by_step(coverage, actual, lower, upper) == [0.5, 0.5]
    assert mean_width(lower, upper) == pytest.approx((0.5 + 1.0 + 1.9 + 0.5) / 4)


@pytest.mark.parametrize("bound", [np.inf, 1.5e308])
def test_infinite_bands_cover_everything_and_cost_everything(bound: float) -> None:
    actual, _, _ = some(1)
    lower, upper = np.full_like(actual, -bound), np.full_like(actual, bound)
    assert coverage(actual, lower, upper) == 1.0
    assert mean_width(lower, upper) == np.inf
    assert winkler(actual, lower, upper, 0.9) == np.inf


def test_empty_bands_cover_nothing_but_what_they_hit() -> None:
    actual, _, _ = some(1)
    assert coverage(actual, actual, actual) == 1.0
    assert coverage(actual, actual + 1, actual + 1) == 0.0
    assert mean_width(actual, actual) == 0.0


def test_bands_around_an_exploded_forecast_have_no_width_and_an_infinite_score() -> None:
    actual = np.zeros((3, 1))
    exploded = np.full((3, 1), np.inf)
    assert mean_width(exploded, exploded) is None
    assert coverage(actual, exploded, exploded) == 0.0
    assert winkler(actual, exploded, exploded, 0.9) == np.inf


@pytest.mark.parametrize("level", LEVELS)
def test_quantiles_of_the_truth_cover_their_level(level: float) -> None:
    actual = np.random.default_rng(5).normal(size=(4000, 2))
    bound = NormalDist().inv_cdf(0.5 + level / 2)
    assert coverage(actual, np.full_like(actual, -bound), np.full_like(actual, bound)) == pytest.approx(
        level, abs=0.015
    )


# Winkler


@given(SEEDS, st.floats(0.05, 0.99))
def test_winkler_agrees_with_scoringrules(seed: int, level: float) -> None:
    actual, lower, upper = some(seed)
    theirs = scoringrules.interval_score(actual, lower, upper, 1 - level, backend="numpy")
    assert winkler(actual, lower, upper, level) == pytest.approx(theirs.mean(), rel=1e-9)
    expected = theirs.mean(axis=0)
    assert by_step(winkler, actual, lower, upper, level=level) == pytest.approx(expected, rel=1e-9)


def test_a_miss_costs_its_distance_times_two_over_the_share_outside() -> None:
    lower, upper = np.array([[1.0]]), np.array([[3.0]])
    for actual, score in ((1.0, 2.0), (2.5, 2.0), (3.0, 2.0), (0.5, 2 + 0.5 * 20), (4.0, 2 + 1 * 20)):
        assert winkler(np.array([[actual]]), lower, upper, 0.9) == pytest.approx(score)


@pytest.mark.parametrize("level", LEVELS)
def test_no_other_bounds_score_better_than_the_true_quantiles(level: float) -> None:
    actual = np.random.default_rng(6).normal(size=(5000, 1))
    bound = NormalDist().inv_cdf(0.5 + level / 2)

    def score(low: float, high: float) -> float:
        return winkler(actual, np.full_like(actual, low), np.full_like(actual, high), level)

    best = score(-bound, bound)
    for low, high in ((-0.7 * bound, 0.7 * bound), (-1.4 * bound, 1.4 * bound), (0.5 - bound, 0.5 + bound)):
        assert score(low, high) > best


@pytest.mark.parametrize("level", [90, 0.0, 1.0, -0.5])
def test_a_level_is_a_share(level: float) -> None:
    actual, lower, upper = some(1)
    with pytest.raises(ValueError, match=f"between 0 and 1, such as 0.9, not {level}"):
        winkler(actual, lower, upper, level)
    with pytest.raises(ValueError, match=f"between 0 and 1, such as 0.9, not {level}"):
        pinball(actual, lower, level)


# Pinball


@given(SEEDS, st.floats(0.01, 0.99))
def test_pinball_agrees_with_scoringrules(seed: int, probability: float) -> None:
    actual, quantile, _ = some(seed)
    theirs = scoringrules.quantile_score(actual, quantile, probability, backend="numpy")
    assert pinball(actual, quantile, probability) == pytest.approx(theirs.mean(), rel=1e-12)


def test_pinball_weighs_both_sides_by_the_probability() -> None:
    zero = np.zeros((1, 1))
    assert pinball(np.array([[2.0]]), zero, 0.9) == pytest.approx(1.8)
    assert pinball(np.array([[-2.0]]), zero, 0.9) == pytest.approx(0.2)
    assert pinball(zero, np.array([[np.inf]]), 0.9) == np.inf


@given(SEEDS)
def test_pinball_of_the_median_is_half_the_absolute_error(seed: int) -> None:
    actual, forecast, _ = some(seed)
    assert pinball(actual, forecast, 0.5) == pytest.approx(mae(actual, forecast) / 2, rel=1e-12)


# CRPS


@given(SEEDS, st.integers(1, 40))
def test_crps_agrees_with_scoringrules(seed: int, n_samples: int) -> None:
    # Their energy form: E|X - y| - ½ E|X - X'|, where ours sums quantile losses.
    actual, samples = cube(seed, n_samples)
    theirs = scoringrules.crps_ensemble(actual, samples, estimator="nrg", backend="numpy")
    assert crps(actual, samples) == pytest.approx(theirs.mean(), rel=1e-9)
    assert by_step(crps, actual, samples) == pytest.approx(theirs.mean(axis=0), rel=1e-9)


def test_crps_is_the_squared_distance_of_the_distribution_functions() -> None:
    # Samples 0 and 2, actual 3: F is ½ from 0 to 2 and 1 from there, so ¼ · 2 + 1 · 1.
    assert crps(np.array([[3.0]]), np.array([[[2.0, 0.0]]])) == pytest.approx(1.5)
    assert crps(np.array([[1.0]]), np.array([[[0.0, 2.0]]])) == pytest.approx(0.5)


@given(SEEDS)
def test_crps_of_one_sample_is_the_absolute_error(seed: int) -> None:
    actual, forecast, _ = some(seed)
    assert crps(actual, forecast[:, :, None]) == pytest.approx(mae(actual, forecast), rel=1e-12)


@given(SEEDS)
def test_crps_knows_no_order_and_no_copies_of_samples(seed: int) -> None:
    actual, samples = cube(seed)
    twice = np.concatenate([samples[:, :, ::-1], samples], axis=2)
    assert crps(actual, twice) == pytest.approx(crps(actual, samples), rel=1e-12)


def test_crps_of_many_samples_nears_that_of_the_distribution() -> None:
    actual = np.array([[-1.0, 0.0, 0.3, 2.0]])
    normal = NormalDist(0.1, 0.5)
    quantiles = np.array([normal.inv_cdf((i + 0.5) / 2000) for i in range(2000)])
    found = by_step(crps, actual, np.broadcast_to(quantiles, (1, 4, 2000)))
    assert found == pytest.approx(scoringrules.crps_normal(actual[0], 0.1, 0.5, backend="numpy"), abs=1e-3)


def test_crps_of_a_sample_infinitely_far_away_is_infinite() -> None:
    for exploded in (np.inf, -np.inf):
        assert crps(np.zeros((1, 1)), np.array([[[0.0, exploded, 1.0]]])) == np.inf


@given(SEEDS, st.sampled_from([2.0**-10, 4.0, 2.0**20]))
def test_scores_are_in_the_unit_of_what_is_forecast(seed: int, factor: float) -> None:
    actual, lower, upper = some(seed)
    assert winkler(factor * actual, factor * lower, factor * upper, 0.9) == pytest.approx(
        factor * winkler(actual, lower, upper, 0.9), rel=1e-12
    )
    values, samples = cube(seed)
    assert crps(factor * values, factor * samples) == pytest.approx(factor * crps(values, samples), rel=1e-12)
