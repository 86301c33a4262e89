"""Errors of point forecasts against utilsforecast and scikit-learn, by hand, and by their properties."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import r2_score

from trintena.metrics import (
    OneStepScales,
    by_step,
    mae,
    mape,
    mase,
    one_step_scales,
    out_of_sample_r2,
    rmse,
    rmsse,
    skill,
    smape,
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


def some(seed: int, n_origins: int = 30, horizon: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Targets and forecasts that have something to do with each other."""
    random = np.random.default_rng(seed)
    actual = random.normal(size=(n_origins, horizon))
    return actual, 0.3 * actual + random.normal(size=actual.shape)


def oracle(
    loss: Callable[..., pd.DataFrame], actual: np.ndarray, forecast: np.ndarray, **more: object
) -> float:
    """The figure that utilsforecast gives, every step of every origin one row."""
    frame = pd.DataFrame({"unique_id": "x", "y": actual.ravel(), "forecast": forecast.ravel()})
    figure: float = loss(frame, ["forecast"], **more)["forecast"].item()
    return figure


# Errors


@given(changes())
def test_errors_agree_with_utilsforecast_over_all_steps_of_all_origins(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    for ours, theirs in ((rmse, losses.rmse), (mae, losses.mae)):
        assert ours(*pair) == pytest.approx(oracle(theirs, *pair), rel=1e-12, abs=1e-15)


def test_errors_are_pooled_over_the_horizon_not_averaged_step_by_step() -> None:
    actual = np.array([[3.0, 0.0], [0.0, 4.0]])
    forecast = np.zeros((2, 2))
    assert rmse(actual, forecast) == 2.5, "√(25/4); the mean of both steps' RMSE would be 2.47"
    assert mae(actual, forecast) == 1.75


# Against a reference


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


def test_there_is_no_skill_where_the_reference_is_infinitely_wrong() -> None:
    actual = column(1.0, -1.0)
    assert skill(actual, 0.5 * actual, reference=column(0.0, np.inf)) is None
    assert skill(actual, column(0.0, np.inf), reference=column(0.0, np.inf)) is None


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


@pytest.mark.parametrize("seed", range(5))
def test_r2_agrees_with_scikit_learn_where_the_train_mean_is_that_of_the_segment(seed: int) -> None:
    actual, forecast = some(seed)
    own_mean = actual.mean(axis=0)
    found = out_of_sample_r2(actual, forecast, own_mean)
    theirs = r2_score(actual, forecast, multioutput="variance_weighted")
    assert found == pytest.approx(theirs, rel=1e-12)
    by_column = by_step(out_of_sample_r2, actual, forecast, own_mean)
    assert by_column == pytest.approx(r2_score(actual, forecast, multioutput="raw_values"), rel=1e-12)


def test_r2_is_the_part_of_the_squared_error_of_the_train_mean_that_is_gone() -> None:
    actual = np.array([[3.0, 1.0], [1.0, -3.0]])
    train_mean = np.array([1.0, -1.0])
    # Errors of the mean: 2, 2, 0, -2; of a forecast of zero: 3, 1, 1, -3.
    assert out_of_sample_r2(actual, np.zeros((2, 2)), train_mean) == pytest.approx(1 - 20 / 12)
    assert out_of_sample_r2(actual, np.tile(train_mean, (2, 1)), train_mean) == 0.0
    assert out_of_sample_r2(actual, actual, train_mean) == 1.0
    assert out_of_sample_r2(np.ones((3, 2)), np.zeros((3, 2)), np.ones(2)) is None


def test_the_mean_of_the_judged_segment_itself_can_be_worse_than_nothing_known() -> None:
    # What makes the figure out of sample: the segment's own mean is a better reference than a train mean.
    actual, _ = some(1)
    own_mean = np.tile(actual.mean(axis=0), (len(actual), 1))
    found = out_of_sample_r2(actual, own_mean, np.full(actual.shape[1], 0.5))
    assert found is not None
    assert found > 0


# In one-step changes of the training part


@pytest.mark.parametrize("seed", range(5))
def test_scaled_errors_agree_with_utilsforecast(seed: int) -> None:
    actual, forecast = some(seed)
    levels = np.cumsum(np.random.default_rng([seed, 1]).normal(0.1, 2.0, size=80))
    train = pd.DataFrame({"unique_id": "x", "ds": range(80), "y": levels})
    scales = one_step_scales(levels)
    for ours, theirs in ((mase, losses.mase), (rmsse, losses.rmsse)):
        expected = oracle(theirs, actual, forecast, seasonality=1, train_df=train)
        assert ours(actual, forecast, scales) == pytest.approx(expected, rel=1e-12)


def test_the_scales_are_of_one_step_changes() -> None:
    assert one_step_scales(np.array([1.0, 4.0, 0.0])) == OneStepScales(3.5, math.sqrt(12.5))


def test_the_last_value_scores_one_on_what_the_scales_were_taken_from() -> None:
    levels = np.cumsum(np.random.default_rng(3).normal(size=50))
    actual, scales = np.diff(levels)[:, None], one_step_scales(levels)
    assert mase(actual, np.zeros_like(actual), scales) == pytest.approx(1.0, rel=1e-12)
    assert rmsse(actual, np.zeros_like(actual), scales) == pytest.approx(1.0, rel=1e-12)


@given(changes(), st.sampled_from([2.0**-10, 0.5, 4.0, 2.0**20]))
def test_the_unit_does_not_change_scaled_errors(pair: tuple[np.ndarray, np.ndarray], factor: float) -> None:
    actual, forecast = (np.round(values, 6) for values in pair)
    levels = np.array([0.0, 0.5, 0.25, 1.0])
    for metric in (mase, rmsse):
        there = metric(factor * actual, factor * forecast, one_step_scales(factor * levels))
        assert there == metric(actual, forecast, one_step_scales(levels))


def test_a_training_part_that_never_changes_scales_nothing() -> None:
    actual, forecast = some(1)
    scales = one_step_scales(np.full(10, 7.0))
    assert mase(actual, forecast, scales) is None
    assert rmsse(actual, forecast, scales) is None


@pytest.mark.parametrize("n_levels", [0, 1])
def test_one_level_makes_no_step(n_levels: int) -> None:
    with pytest.raises(ValueError, match=f"two levels at least, not {n_levels}"):
        one_step_scales(np.ones(n_levels))


# In percent of a price


@given(changes())
def test_percentage_errors_agree_with_utilsforecast(pair: tuple[np.ndarray, np.ndarray]) -> None:
    actual, forecast = (100.0 * np.exp(values) for values in pair)
    assert mape(actual, forecast) == pytest.approx(100 * oracle(losses.mape, actual, forecast), abs=1e-12)
    # Theirs goes from 0 to 1.
    assert smape(actual, forecast) == pytest.approx(200 * oracle(losses.smape, actual, forecast), abs=1e-12)


def test_percentages_are_of_the_actual_price_or_of_the_mean_of_both() -> None:
    actual, forecast = column(100.0, 200.0), column(50.0, 300.0)
    assert mape(actual, forecast) == 50.0
    assert smape(actual, forecast) == pytest.approx((200 / 3 + 40) / 2)


@given(changes())
def test_smape_stays_between_0_and_200_and_takes_both_alike(pair: tuple[np.ndarray, np.ndarray]) -> None:
    actual, forecast = pair
    assert 0.0 <= smape(actual, forecast) <= 200.0
    assert smape(actual, forecast) == smape(forecast, actual)
    assert smape(actual, actual) == 0.0
    if (actual != 0.0).all():
        assert smape(actual, np.zeros_like(actual)) == 200.0


def test_nothing_is_a_percentage_of_a_price_of_zero() -> None:
    actual = column(0.0, 100.0)
    assert mape(actual, actual) is None
    assert smape(actual, column(0.0, 50.0)) == pytest.approx(200 / 6)
    assert smape(actual, column(1.0, 100.0)) == 100.0


# A network that exploded


@pytest.mark.parametrize("exploded", [np.inf, -np.inf, 1e300])
def test_the_error_of_an_exploded_forecast_is_infinite(exploded: float) -> None:
    # That nothing warns is checked, too: warnings are errors in these tests.
    actual, forecast = column(1.0, -1.0, 2.0), column(0.5, exploded, 1.0)
    assert rmse(actual, forecast) == np.inf
    assert skill(actual, forecast) == -np.inf
    assert out_of_sample_r2(actual, forecast, np.zeros(1)) == -np.inf
    assert rmsse(actual, forecast, OneStepScales(1.0, 1.0)) == np.inf
    if np.isinf(exploded):
        assert mae(actual, forecast) == mase(actual, forecast, OneStepScales(1.0, 1.0)) == np.inf
        assert mape(actual, forecast) == np.inf
    expected = (200 / 3 + 200 + 200 / 3) / 3
    assert smape(actual, forecast) == pytest.approx(expected)


def test_so_is_the_mean_of_errors_whose_sum_no_number_holds() -> None:
    assert mae(np.zeros((2, 1)), np.full((2, 1), 1.5e308)) == np.inf


# Step by step


def test_each_step_alone_gives_what_its_column_gives() -> None:
    actual, forecast = some(2)
    alone = [math.sqrt(np.mean((actual[:, k] - forecast[:, k]) ** 2)) for k in range(4)]
    assert by_step(rmse, actual, forecast) == pytest.approx(alone, rel=1e-12)
    scales = OneStepScales(2.0, 4.0)
    expected = [error / 4 for error in alone]
    assert by_step(rmsse, actual, forecast, scales=scales) == pytest.approx(expected, rel=1e-12)


def test_a_vector_is_walked_along_its_only_axis_and_a_cube_along_its_second() -> None:
    shapes = [np.zeros(3), np.zeros((5, 3)), np.zeros((5, 3, 7))]
    assert by_step(lambda *each: [a.shape for a in each], *shapes) == [[(1,), (5, 1), (5, 1, 7)]] * 3
    assert by_step(np.shape, shapes[2]) == [(5, 1, 7)] * 3
    assert by_step(np.ndarray.item, np.array([1.0, 2.0])) == [1.0, 2.0]


@given(changes())
def test_pooled_errors_come_from_those_of_the_steps(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert mae(*pair) == pytest.approx(np.mean(by_step(mae, *pair)), rel=1e-12, abs=1e-15)
    pooled = math.sqrt(np.mean(np.square(by_step(rmse, *pair))))
    assert rmse(*pair) == pytest.approx(pooled, rel=1e-12, abs=1e-15)
