"""What finds a forecast that repeats the last value, on walks and planted signals and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr

from trintena.metrics import best_shift, by_step, change_correlation, is_persistence_clone

CHANGES = st.floats(-1.0, 1.0, allow_subnormal=False)


def changes(least: int = 1) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Targets and forecasts, (origin, horizon)."""
    shapes = st.tuples(st.integers(least, 40), st.integers(1, 5))
    return shapes.flatmap(
        lambda shape: st.tuples(
            arrays(np.float64, shape, elements=CHANGES), arrays(np.float64, shape, elements=CHANGES)
        )
    )


def is_clone(levels: np.ndarray, origins: np.ndarray, actual: np.ndarray, forecast: np.ndarray) -> bool:
    """Whether a forecast is a clone, by the lag of its own path."""
    return is_persistence_clone(best_shift(levels, origins, forecast), actual, forecast)


def column(*steps: float) -> np.ndarray:
    return np.array(steps)[:, None]


# Correlation


@given(changes(least=5))
def test_correlation_agrees_with_scipy_and_its_interval_is_never_narrower(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    actual, forecast = (np.round(values[:, -1:], 3) for values in pair)
    found = change_correlation(actual, forecast)
    x, y = actual[:, -1], forecast[:, -1]
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert found is None
        return
    assert found is not None
    theirs = pearsonr(x, y)
    if abs(theirs.statistic) < 1 - 1e-9:
        fisher = theirs.confidence_interval(0.95)
        assert found[0] == pytest.approx(theirs.statistic, rel=1e-6, abs=1e-9)
        assert found[1] <= fisher.low + 1e-9
        assert found[2] >= fisher.high - 1e-9


def test_the_interval_of_changes_without_large_ones_is_that_of_scipy() -> None:
    actual, forecast = np.random.default_rng(6).uniform(-1.0, 1.0, size=(2, 200, 1))
    theirs = pearsonr(actual[:, 0], forecast[:, 0])
    interval = theirs.confidence_interval(0.95)
    expected = (theirs.statistic, interval.low, interval.high)
    assert change_correlation(actual, forecast) == pytest.approx(expected, rel=1e-9)


def test_the_wider_interval_is_that_of_the_infinitesimal_jackknife() -> None:
    # How z moves with the weight of each origin, found by moving it a little.
    random = np.random.default_rng(6)
    size = np.exp(random.normal(size=(80, 1)))
    actual, forecast = random.normal(size=(2, 80, 1)) * size

    def z_of(weights: np.ndarray) -> float:
        return float(np.arctanh(_weighted_correlation(actual[:, 0], forecast[:, 0], weights)))

    even, h = np.full(80, 1 / 80), 1e-6
    moved = [z_of((1 - h) * even + h * np.eye(80)[i]) for i in range(80)]
    influence = (np.array(moved) - z_of(even)) / h
    margin = 1.959964 * np.sqrt(np.mean(np.square(influence)) / 80)
    expected = np.tanh([z_of(even), z_of(even) - margin, z_of(even) + margin])
    assert change_correlation(actual, forecast) == pytest.approx(expected, abs=1e-5)


def _weighted_correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    (xx, xy), (_, yy) = np.cov(x, y, aweights=weights, ddof=0)
    return float(xy / np.sqrt(xx * yy))


def test_forecasts_as_large_as_the_volatility_are_rarely_called_related_where_nothing_is() -> None:
    random, related, by_fisher = np.random.default_rng(7), [], []
    for _ in range(400):
        size = np.exp(0.7 * random.normal(size=(300, 1)))
        actual, forecast = random.normal(size=(2, 300, 1)) * size
        found = change_correlation(actual, forecast)
        assert found is not None
        related.append(not found[1] <= 0.0 <= found[2])
        fisher = pearsonr(actual[:, 0], forecast[:, 0]).confidence_interval(0.95)
        by_fisher.append(not fisher.low <= 0.0 <= fisher.high)
    assert 0.02 <= np.mean(related) <= 0.09
    assert np.mean(by_fisher) > 0.3, "the reason for the other margin"


def test_perfect_correlation_has_a_sharp_interval() -> None:
    actual = column(1.0, 2.0, 4.0, 8.0)
    assert change_correlation(actual, 3.0 * actual) == pytest.approx((1.0, 1.0, 1.0))
    assert change_correlation(actual, -actual) == pytest.approx((-1.0, -1.0, -1.0))


def test_there_is_no_correlation_without_variation_or_with_three_horizons_of_origins() -> None:
    varied = column(1.0, -1.0, 2.0, 0.0)
    constant = np.full((4, 1), 0.1)
    assert change_correlation(varied, constant) is None
    assert change_correlation(constant, varied) is None
    assert change_correlation(varied[:3], varied[:3]) is None
    assert change_correlation(varied, varied, horizon=2) is None


def test_there_is_no_correlation_with_an_infinite_forecast() -> None:
    varied = column(1.0, -1.0, 2.0, 0.0)
    assert change_correlation(varied, column(1.0, np.inf, 2.0, 0.0)) is None
    assert change_correlation(varied, column(np.inf, -np.inf, np.inf, -np.inf)) is None


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_a_forecast_whose_square_no_number_holds_has_a_correlation(size: float) -> None:
    random = np.random.default_rng(3)
    actual, forecast = random.normal(size=(2, 50, 1))
    assert change_correlation(actual, size * forecast) == pytest.approx(change_correlation(actual, forecast))


@pytest.mark.parametrize("steps", [2, 10, 40])
def test_moves_that_overlap_are_called_related_in_no_more_than_one_case_of_twenty(steps: int) -> None:
    # A random walk, forecast to go on as in the last steps: the correlation is 0.
    taken_alone, together = [], []
    for seed in range(300):
        levels = walk(1001 + 2 * steps, 0.0, seed)
        origins = np.arange(steps, 1001 + steps)
        actual = (levels[origins + steps] - levels[origins])[:, None]
        forecast = (levels[origins] - levels[origins - steps])[:, None]
        for missed, horizon in ((taken_alone, 1), (together, steps)):
            found = change_correlation(actual, forecast, horizon)
            assert found is not None
            missed.append(not found[1] <= 0.0 <= found[2])
    assert np.mean(together) < 0.07
    assert np.mean(taken_alone) > (0.06 if steps == 2 else 0.3)


def test_the_correlation_of_each_step_is_that_of_its_column() -> None:
    random = np.random.default_rng(4)
    actual, forecast = random.normal(size=(2, 30, 3))
    found = by_step(change_correlation, actual, forecast)
    for k, each in enumerate(found):
        assert each is not None
        assert each[0] == pytest.approx(pearsonr(actual[:, k], forecast[:, k]).statistic, rel=1e-12)


def test_steps_are_pooled_around_the_mean_of_each() -> None:
    random = np.random.default_rng(5)
    actual, forecast = random.normal(size=(2, 60, 4))
    actual, forecast = actual + 3.0 * np.arange(4), forecast + actual + np.arange(4)
    found = change_correlation(actual, forecast)
    assert found is not None
    x, y = ((each - each.mean(axis=0)).ravel() for each in (actual, forecast))
    assert found[0] == pytest.approx(pearsonr(x, y).statistic, rel=1e-12)
    growing = np.tile(np.arange(4.0), (60, 1))
    assert change_correlation(actual, growing) is None, "as drift: the same at every origin"
    assert found[2] - found[1] > np.ptp(pearsonr(x, y).confidence_interval(0.95)), "steps are no origins"


def test_an_origin_counts_once_however_many_steps_it_has() -> None:
    random = np.random.default_rng(5)
    actual, forecast = random.normal(size=(2, 60, 1))
    four_times = (np.repeat(each, 4, axis=1) for each in (actual, forecast))
    assert change_correlation(*four_times, horizon=1) == pytest.approx(change_correlation(actual, forecast))


# The lag detector: control 4 of the protocol


def walk(n_rows: int, memory: float, seed: int) -> np.ndarray:
    """Levels whose changes are r[t] = memory · r[t-1] + e."""
    noise = 0.02 * np.random.default_rng(seed).normal(size=n_rows)
    steps = np.zeros(n_rows)
    for t in range(1, n_rows):
        steps[t] = memory * steps[t - 1] + noise[t]
    return np.cumsum(steps)


def later(levels: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    return np.stack([levels[origins + k] - levels[origins] for k in range(1, horizon + 1)], axis=1)


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_the_last_value_is_late_by_the_horizon_and_the_truth_by_nothing(horizon: int) -> None:
    levels = walk(600, 0.0, seed=1)
    origins = np.arange(50, 600 - horizon)
    actual = later(levels, origins, horizon)
    assert best_shift(levels, origins, np.zeros_like(actual)) == horizon
    assert best_shift(levels, origins, actual) == 0


@pytest.mark.parametrize("lag", [2, 3])
def test_a_forecast_of_an_older_value_is_late_by_more(lag: int) -> None:
    levels = walk(600, 0.0, seed=1)
    origins = np.arange(50, 599)
    older = (levels[origins + 1 - lag] - levels[origins])[:, None]
    assert best_shift(levels, origins, older) == lag


def test_the_first_rows_are_not_compared_with_the_last_ones() -> None:
    # Three steps late: the first origin has no such past, and an index below 0 would find the end.
    levels = walk(60, 0.0, seed=1)
    levels[-5:] += 1e3
    origins = np.arange(1, 50)
    older = (levels[np.maximum(origins - 2, 0)] - levels[origins])[:, None]
    assert best_shift(levels, origins, older) == 3


@pytest.mark.parametrize("seed", range(5))
def test_the_last_value_is_a_clone_and_the_oracle_of_a_planted_signal_is_none(seed: int) -> None:
    levels = walk(1000, 0.3, seed)
    origins = np.arange(400, 999)
    actual = later(levels, origins, 1)
    oracle = (0.3 * (levels[origins] - levels[origins - 1]))[:, None]
    assert is_clone(levels, origins, actual, np.zeros_like(actual))
    assert not is_clone(levels, origins, actual, oracle)
    assert not is_clone(levels, origins, actual, actual)


def test_the_last_value_with_one_percent_of_noise_is_a_clone() -> None:
    # Always late by one step; a 95 % interval misses 0 in one of twenty by chance.
    found = []
    for seed in range(200):
        levels = walk(500, 0.0, seed)
        origins = np.arange(100, 499)
        actual = later(levels, origins, 1)
        noise = 0.01 * np.random.default_rng([seed, 1]).normal(size=actual.shape)
        assert best_shift(levels, origins, noise) == 1
        found.append(is_clone(levels, origins, actual, noise))
    assert 0.90 <= np.mean(found) <= 0.99


def test_a_forecast_against_the_actual_changes_is_no_clone() -> None:
    # Its path fits best one step late, yet its changes are anything but uncorrelated.
    levels = walk(600, 0.0, seed=2)
    origins = np.arange(50, 599)
    actual = later(levels, origins, 1)
    assert best_shift(levels, origins, -0.2 * actual) == 1
    assert not is_clone(levels, origins, actual, -0.2 * actual)


def test_one_and_the_same_change_for_every_origin_is_a_clone() -> None:
    levels = walk(600, 0.0, seed=2)
    origins = np.arange(50, 599)
    actual = later(levels, origins, 1)
    assert is_clone(levels, origins, actual, np.full_like(actual, 1e-4))


def test_the_first_columns_judge_an_earlier_step() -> None:
    # Late by each step's own horizon; the second step, alone, could not know that it is the second.
    levels = walk(600, 0.0, seed=1)
    origins = np.arange(50, 597)
    actual = later(levels, origins, 3)
    for k in (1, 2, 3):
        assert best_shift(levels, origins, np.zeros((len(origins), k))) == k
        assert is_clone(levels, origins, actual[:, :k], np.zeros((len(origins), k)))


@pytest.mark.parametrize("exploded", [np.inf, -np.inf, 1e300])
def test_a_forecast_infinitely_far_away_fits_at_no_lag(exploded: float) -> None:
    levels = walk(100, 0.0, seed=1)
    origins = np.arange(50, 99)
    actual = later(levels, origins, 1)
    forecast = np.where(np.arange(49) == 7, exploded, 0.0)[:, None]
    assert best_shift(levels, origins, forecast) is None
    assert not is_clone(levels, origins, actual, forecast)


@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_noise_on_the_last_value_is_a_clone_at_any_horizon(horizon: int) -> None:
    found = []
    for seed in range(60):
        levels = walk(1000, 0.0, seed)
        origins = np.arange(100, 1000 - horizon)
        noise = 0.01 * np.random.default_rng([seed, 2]).normal(size=(len(origins), horizon))
        found.append(is_clone(levels, origins, later(levels, origins, horizon), noise))
    assert np.mean(found) >= 0.85


def test_three_horizons_of_origins_are_too_few_to_call_anybody_a_clone() -> None:
    levels = walk(600, 0.0, seed=3)
    origins = np.arange(100, 430)
    noise = 0.01 * np.random.default_rng(3).normal(size=(len(origins), 150))
    actual = later(levels, origins, 150)
    assert not is_clone(levels, origins, actual, noise)
    assert is_clone(levels, origins, actual, np.zeros_like(noise))


def test_a_forecast_of_a_daily_course_is_no_clone_though_its_last_step_comes_back_to_the_last_value() -> None:
    hours = np.arange(3_000)
    levels = np.cos(2 * np.pi * hours / 24) + walk(3_000, 0.0, seed=4)
    origins = np.arange(1_000, 1_500)
    actual = later(levels, origins, 48)
    course = np.stack([np.cos(2 * np.pi * (origins + k) / 24) for k in range(49)], axis=1)
    forecast = course[:, 1:] - course[:, :1]
    assert best_shift(levels, origins, forecast) == 48
    assert not is_clone(levels, origins, actual, forecast)
