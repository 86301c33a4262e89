"""Figures of merit against other people's implementations, numbers worked out by hand, and properties."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr

from trintena.metrics import (
    best_shift,
    change_correlation,
    directional_accuracy,
    is_persistence_clone,
    mae,
    majority_share,
    rmse,
    skill,
)

with warnings.catch_warnings():
    # The first time, Python complains of backslashes in its docstrings.
    warnings.simplefilter("ignore")
    from utilsforecast import losses

CHANGES = st.floats(-1.0, 1.0, allow_subnormal=False)


def changes(least: int = 1) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Targets and forecasts, (origin, horizon)."""
    shapes = st.tuples(st.integers(least, 40), st.integers(1, 5))
    return shapes.flatmap(
        lambda shape: st.tuples(
            arrays(np.float64, shape, elements=CHANGES), arrays(np.float64, shape, elements=CHANGES)
        )
    )


def column(*steps: float) -> np.ndarray:
    return np.array(steps)[:, None]


# Errors


@given(changes())
def test_errors_agree_with_utilsforecast_over_all_steps_of_all_origins(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    actual, forecast = pair
    frame = pd.DataFrame({"unique_id": "x", "y": actual.ravel(), "forecast": forecast.ravel()})
    for ours, theirs in ((rmse, losses.rmse), (mae, losses.mae)):
        expected = theirs(frame, ["forecast"])["forecast"].item()
        assert ours(actual, forecast) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_errors_are_pooled_over_the_horizon_not_averaged_step_by_step() -> None:
    actual = np.array([[3.0, 0.0], [0.0, 4.0]])
    forecast = np.zeros((2, 2))
    assert rmse(actual, forecast) == 2.5, "√(25/4); the mean of both steps' RMSE would be 2.47"
    assert mae(actual, forecast) == 1.75


# Skill


@given(changes())
def test_repeating_the_last_value_has_no_skill_at_all(pair: tuple[np.ndarray, np.ndarray]) -> None:
    actual, _ = pair
    expected = 0.0 if rmse(actual, np.zeros_like(actual)) > 0 else None
    assert skill(actual, np.zeros_like(actual)) == expected


def test_skill_is_the_part_of_the_reference_error_that_is_gone() -> None:
    actual = column(1.0, -1.0, 1.0, -1.0)
    assert skill(actual, 0.25 * actual) == 0.25
    assert skill(actual, actual) == 1.0
    assert skill(actual, -actual) == -1.0
    assert skill(actual, 0.25 * actual, reference=0.5 * actual) == -0.5
    assert skill(actual, np.zeros_like(actual), reference=2.0 * actual) == 0.0


def test_there_is_no_skill_where_the_reference_makes_no_error() -> None:
    actual = column(1.0, -1.0)
    assert skill(np.zeros((2, 1)), actual) is None
    assert skill(actual, np.zeros((2, 1)), reference=actual) is None


@given(changes(), st.sampled_from([2.0**-10, 0.5, 4.0, 2.0**20]))
def test_the_unit_does_not_change_skill(pair: tuple[np.ndarray, np.ndarray], factor: float) -> None:
    # Powers of two: the figures scale without rounding.
    actual, forecast = (np.round(values, 6) for values in pair)
    assert skill(factor * actual, factor * forecast) == skill(actual, forecast)
    reference = 0.5 * forecast[::-1]
    assert skill(factor * actual, factor * forecast, factor * reference) == skill(actual, forecast, reference)


@given(changes())
def test_skill_is_positive_exactly_when_the_error_is_smaller(pair: tuple[np.ndarray, np.ndarray]) -> None:
    actual, forecast = pair
    against = rmse(actual, np.zeros_like(actual))
    found = skill(actual, forecast)
    if found is not None and abs(found) > 1e-12:
        assert (found > 0) == (rmse(actual, forecast) < against)


# Direction


def test_direction_counts_the_last_step_of_days_that_moved() -> None:
    actual = np.array([[9.0, 1.0], [9.0, -1.0], [9.0, 2.0], [9.0, 0.0]])
    forecast = np.array([[-1.0, 0.1], [-1.0, 0.1], [-1.0, 0.1], [-1.0, 0.1]])
    assert directional_accuracy(actual, forecast) == pytest.approx(2 / 3)
    assert majority_share(actual) == pytest.approx(2 / 3)


def test_an_origin_whose_forecast_names_no_direction_is_no_hit() -> None:
    assert directional_accuracy(column(1.0, 1.0, -1.0, -1.0), column(0.0, 1.0, 0.0, -1.0)) == 0.5


def test_a_forecast_of_no_change_names_no_direction() -> None:
    assert directional_accuracy(column(1.0, -1.0), np.zeros((2, 1))) is None


def test_a_segment_that_never_moves_has_no_direction() -> None:
    flat = np.zeros((3, 1))
    assert directional_accuracy(flat, column(1.0, 1.0, 1.0)) is None
    assert majority_share(flat) is None


@pytest.mark.parametrize(
    ("ups", "downs", "share"), [(54, 46, 0.54), (46, 54, 0.54), (5, 5, 0.5), (3, 0, 1.0)]
)
def test_the_majority_is_the_commoner_direction(ups: int, downs: int, share: float) -> None:
    actual = column(*[0.01] * ups, *[-0.02] * downs, *[0.0] * 7)
    assert majority_share(actual) == pytest.approx(share)


@given(changes())
def test_always_naming_one_direction_scores_the_majority_or_the_rest(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    actual, _ = pair
    majority = majority_share(actual)
    up, down = (directional_accuracy(actual, np.full_like(actual, sign)) for sign in (1.0, -1.0))
    if majority is None:
        assert up is down is None
    else:
        assert up is not None
        assert down is not None
        assert majority == pytest.approx(max(up, down))
        assert majority >= 0.5
        assert up + down == pytest.approx(1.0)


# Correlation


@given(changes(least=5))
def test_correlation_and_interval_agree_with_scipy(pair: tuple[np.ndarray, np.ndarray]) -> None:
    actual, forecast = (np.round(values, 3) for values in pair)
    found = change_correlation(actual, forecast)
    x, y = actual[:, -1], forecast[:, -1]
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert found is None
        return
    assert found is not None
    theirs = pearsonr(x, y)
    if abs(theirs.statistic) < 1 - 1e-9:
        interval = theirs.confidence_interval(0.95)
        assert found == pytest.approx((theirs.statistic, interval.low, interval.high), rel=1e-6, abs=1e-9)


def test_perfect_correlation_has_a_sharp_interval() -> None:
    actual = column(1.0, 2.0, 4.0, 8.0)
    assert change_correlation(actual, 3.0 * actual) == pytest.approx((1.0, 1.0, 1.0))
    assert change_correlation(actual, -actual) == pytest.approx((-1.0, -1.0, -1.0))


def test_there_is_no_correlation_without_variation_or_with_three_origins() -> None:
    varied = column(1.0, -1.0, 2.0, 0.0)
    constant = np.full((4, 1), 0.1)
    assert change_correlation(varied, constant) is None
    assert change_correlation(constant, varied) is None
    assert change_correlation(varied[:3], varied[:3]) is None


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
    assert is_persistence_clone(levels, origins, actual, np.zeros_like(actual))
    assert not is_persistence_clone(levels, origins, actual, oracle)
    assert not is_persistence_clone(levels, origins, actual, actual)


def test_the_last_value_with_one_percent_of_noise_is_a_clone() -> None:
    # Always late by one step; a 95 % interval misses 0 in one of twenty by chance.
    found = []
    for seed in range(200):
        levels = walk(500, 0.0, seed)
        origins = np.arange(100, 499)
        actual = later(levels, origins, 1)
        noise = 0.01 * np.random.default_rng([seed, 1]).normal(size=actual.shape)
        assert best_shift(levels, origins, noise) == 1
        found.append(is_persistence_clone(levels, origins, actual, noise))
    assert 0.90 <= np.mean(found) <= 0.99


def test_a_forecast_against_the_actual_changes_is_no_clone() -> None:
    # Its path fits best one step late, yet its changes are anything but uncorrelated.
    levels = walk(600, 0.0, seed=2)
    origins = np.arange(50, 599)
    actual = later(levels, origins, 1)
    assert best_shift(levels, origins, -0.2 * actual) == 1
    assert not is_persistence_clone(levels, origins, actual, -0.2 * actual)


def test_one_and_the_same_change_for_every_origin_is_a_clone() -> None:
    levels = walk(600, 0.0, seed=2)
    origins = np.arange(50, 599)
    actual = later(levels, origins, 1)
    assert is_persistence_clone(levels, origins, actual, np.full_like(actual, 1e-4))
