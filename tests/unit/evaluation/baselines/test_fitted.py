"""What holds for every baseline that is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trintena.domain import PriceSeries
from trintena.errors import TrialError
from trintena.evaluation.baselines import ALL, BASELINES, FITTED, Baseline, rolling
from trintena.evaluation.scores import Judge

STATISTICAL = [row for row in FITTED if row.key != "ridge"]
every_fitted = pytest.mark.parametrize("baseline", FITTED, ids=lambda row: row.key)
every_statistical = pytest.mark.parametrize("baseline", STATISTICAL, ids=lambda row: row.key)


def after_training(judge: Judge) -> range:
    return range(judge.segments.validation.start, judge.segments.test.stop)


def forecast(baseline: Baseline, judge: Judge) -> np.ndarray:
    return baseline.forecast(judge.frame, judge.segments, after_training(judge))


def test_four_are_fitted_and_stand_after_the_simple_ones() -> None:
    assert [row.key for row in FITTED] == ["ridge", "auto_arima", "auto_ets", "auto_theta"]
    assert [row.name for row in STATISTICAL] == ["AutoARIMA", "AutoETS", "AutoTheta"]
    assert BASELINES + FITTED == ALL


@every_fitted
@pytest.mark.parametrize("horizon", [1, 5])
def test_each_origin_has_a_forecast_of_each_step(
    judge: Callable[..., Judge], baseline: Baseline, horizon: int
) -> None:
    asked = judge(horizon=horizon)
    forecasts = forecast(baseline, asked)
    assert forecasts.shape == (len(after_training(asked)), horizon)
    assert np.isfinite(forecasts).all()


@every_fitted
def test_a_segment_is_forecast_alone_as_it_is_among_others(
    judge: Callable[..., Judge], baseline: Baseline
) -> None:
    asked = judge(horizon=3)
    segment = asked.segments.calibration
    alone = baseline.forecast(asked.frame, asked.segments, segment)
    first = segment.start - after_training(asked).start
    among = forecast(baseline, asked)[first : first + len(segment)]
    np.testing.assert_allclose(alone, among, rtol=0, atol=1e-12)


@every_fitted
def test_rows_after_an_origin_change_nothing_up_to_it(
    judge: Callable[..., Judge], series: PriceSeries, baseline: Baseline
) -> None:
    honest = judge(horizon=3)
    origins = after_training(honest)
    border = origins.start + 100
    close = series.close.copy()
    close[border:] *= np.random.default_rng(1).uniform(0.2, 5.0, len(close) - border)
    ours, theirs = forecast(baseline, honest), forecast(baseline, judge(close, horizon=3))
    assert np.array_equal(ours[:100], theirs[:100])
    assert not np.array_equal(ours[100], theirs[100])


@every_fitted
def test_the_training_part_changes_the_fit(
    judge: Callable[..., Judge], series: PriceSeries, baseline: Baseline
) -> None:
    honest = judge()
    end = honest.segments.train.stop
    # Another history that ends with the same rows, so that the first origins read the same windows.
    returns = np.diff(np.log(series.close))
    returns[: end - 50] = np.random.default_rng(2).normal(-1e-3, 0.01, end - 50)
    close = series.close[0] * np.exp(np.concatenate([[0.0], returns.cumsum()]))
    ours, theirs = forecast(baseline, honest), forecast(baseline, judge(close))
    assert not np.allclose(ours, theirs, rtol=0, atol=1e-5)


@every_fitted
def test_the_unit_of_prices_does_not_matter(
    judge: Callable[..., Judge], series: PriceSeries, baseline: Baseline
) -> None:
    ours, theirs = (forecast(baseline, judge(close, horizon=2)) for close in (series, 7.3 * series.close))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@every_fitted
def test_differences_are_in_units_of_the_series(
    judge: Callable[..., Judge], series: PriceSeries, baseline: Baseline
) -> None:
    level = 500.0 * (series.close - series.close.mean())
    ours = forecast(baseline, judge(level, target="difference"))
    theirs = forecast(baseline, judge(level / 1000.0, target="difference"))
    np.testing.assert_allclose(ours, 1000.0 * theirs, rtol=0, atol=1e-4 * np.diff(level).std())


@every_fitted
def test_prices_that_are_no_numbers_are_refused(judge: Callable[..., Judge], baseline: Baseline) -> None:
    asked = judge()
    table = asked.frame.table.copy()
    table[300] = np.nan
    with pytest.raises(TrialError, match=r"has no forecast.*not finite"):
        baseline.forecast(replace(asked.frame, table=table), asked.segments, asked.segments.test)


@every_statistical
def test_a_fit_sees_the_newest_rows_alone(
    judge: Callable[..., Judge],
    series: PriceSeries,
    baseline: Baseline,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rolling, "NEWEST_ROWS", 300)
    honest = judge()
    close = series.close.copy()
    last = honest.segments.train.stop - 301
    close[1 : last + 1] *= 1.5
    assert np.array_equal(forecast(baseline, honest), forecast(baseline, judge(close)))
    close[last + 1] *= 1.5
    assert not np.array_equal(forecast(baseline, honest), forecast(baseline, judge(close)))


@every_statistical
def test_rows_that_never_change_are_refused(
    judge: Callable[..., Judge],
    series: PriceSeries,
    baseline: Baseline,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rolling, "NEWEST_ROWS", 300)
    close = series.close.copy()
    close[300:800] = close[300]
    with pytest.raises(TrialError, match=f"{baseline.name} has nothing to fit: the last 300 rows"):
        forecast(baseline, judge(close))


@every_statistical
def test_origins_of_the_training_part_are_refused(judge: Callable[..., Judge], baseline: Baseline) -> None:
    asked = judge()
    with pytest.raises(ValueError, match="after the training part"):
        baseline.forecast(asked.frame, asked.segments, asked.segments.train)
