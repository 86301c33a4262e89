from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trintena.domain import PriceSeries
from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.baselines.simple import drift, last_value
from trintena.evaluation.scores import Judge

SEGMENTS = ("train", "validation", "calibration", "test")


def on_test(judge: Judge) -> np.ndarray:
    return drift(judge.frame, judge.segments, judge.segments.test)


def test_the_baselines_are_the_last_value_and_drift() -> None:
    assert [row.key for row in BASELINES] == ["last_value", "drift"]


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("segment", SEGMENTS)
def test_the_last_value_is_a_change_of_zero_for_every_step(
    judge: Callable[..., Judge], segment: str, horizon: int
) -> None:
    asked = judge(horizon=horizon)
    forecast = last_value(asked.frame, asked.segments, asked.segments[segment])
    assert np.array_equal(forecast, np.zeros((len(asked.segments[segment]), horizon)))


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("segment", SEGMENTS)
def test_drift_is_the_mean_training_return_times_the_step(
    judge: Callable[..., Judge], series: PriceSeries, segment: str, horizon: int
) -> None:
    asked = judge(horizon=horizon)
    forecast = drift(asked.frame, asked.segments, asked.segments[segment])
    returns = np.diff(np.log(series.close[: asked.segments.train.stop]))
    assert forecast.shape == (len(asked.segments[segment]), horizon)
    for k in range(1, horizon + 1):
        np.testing.assert_allclose(forecast[:, k - 1], k * returns.mean(), rtol=1e-9)


def test_drift_of_differences_is_in_units_of_the_series(judge: Callable[..., Judge]) -> None:
    # A line that rises by a quarter a row, through zero, with a bump that leaves both ends alone.
    line = 0.25 * np.arange(1000.0) - 100.0
    line[300] += 5.0
    forecast = on_test(judge(line, horizon=3, target="difference"))
    np.testing.assert_allclose(forecast, np.tile([0.25, 0.5, 0.75], (len(forecast), 1)), rtol=1e-12)


@pytest.mark.parametrize("horizon", [1, 4])
def test_rows_after_training_change_no_baseline(
    judge: Callable[..., Judge], series: PriceSeries, horizon: int
) -> None:
    honest = judge(horizon=horizon)
    border = honest.segments.train.stop
    close = series.close.copy()
    close[border:] *= np.random.default_rng(1).uniform(0.2, 5.0, len(close) - border)
    poisoned = judge(close, horizon=horizon)
    for row in BASELINES:
        for segment in SEGMENTS:
            ours, theirs = (
                row.forecast(each.frame, each.segments, each.segments[segment]) for each in (honest, poisoned)
            )
            assert np.array_equal(ours, theirs)


def test_the_last_training_row_changes_drift(judge: Callable[..., Judge], series: PriceSeries) -> None:
    honest = judge()
    close = series.close.copy()
    close[honest.segments.train.stop - 1] *= 1.5
    assert (on_test(judge(close)) > on_test(honest)).all()
