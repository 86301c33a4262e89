"""Controls 1 and 5 of the protocol: the future leaks nowhere, and units of price do not matter."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from trintena.domain import Hyperparameters, PriceSeries, Split, TrialResult
from trintena.training.trial import Training
from trintena.windows import Frame, Segments, Transformation, segments_of

N_ROWS = 480
LOOKBACK, HORIZON = 8, 3
SPLIT = Split(fractions=(0.4, 0.25, 0.13))
VALIDATION_BORDER, CALIBRATION_BORDER, TEST_BORDER = 192, 312, 374


def walk() -> PriceSeries:
    generator = np.random.default_rng(11)
    close = 40 * np.exp(np.cumsum(0.02 * generator.normal(size=N_ROWS)))
    spread = 1 + 0.01 * generator.random(N_ROWS)
    values = np.stack([close / spread, close * spread, close, generator.lognormal(12, 0.5, N_ROWS)], axis=1)
    dates = np.datetime64("2018-01-01", "s") + np.arange(N_ROWS) * np.timedelta64(1, "D")
    return PriceSeries("WALK", dates, ("open", "high", "close", "volume"), values, "test")


def poisoned(border: int) -> PriceSeries:
    """The walk with every value from the border on multiplied by a random factor."""
    series = walk()
    values = series.values.copy()
    values[border:] *= np.random.default_rng(5).uniform(0.2, 5.0, values[border:].shape)
    return PriceSeries(series.symbol, series.dates, series.columns, values, series.source)


def prepared(series: PriceSeries) -> tuple[Segments, Transformation, Frame]:
    segments = segments_of(series, SPLIT, LOOKBACK, HORIZON)
    transformation = Transformation.fit(
        series, segments, target="log_return", features="ohlcv", lookback=LOOKBACK, horizon=HORIZON
    )
    return segments, transformation, transformation.frame(series)


def trained(series: PriceSeries, epochs: int = 2) -> TrialResult:
    """A network whose batch normalization would mix rows, had they met."""
    segments, _, frame = prepared(series)
    trial = TrialResult(3, "RUNNING", Hyperparameters(epochs=epochs, learning_rate=0.01), seed=4)
    training = Training(frame, segments, [trial])
    training.run()
    (result,) = training.results(("train", "validation", "test"))
    return result


@cache
def honest(epochs: int = 2) -> TrialResult:
    return trained(walk(), epochs)


@pytest.mark.parametrize("border", [VALIDATION_BORDER, CALIBRATION_BORDER, TEST_BORDER])
def test_poison_in_the_future_leaves_samples_scalers_and_segments_alone(border: int) -> None:
    segments, transformation, frame = prepared(walk())
    assert segments.borders == (VALIDATION_BORDER, CALIBRATION_BORDER, TEST_BORDER)
    other_segments, other_transformation, other_frame = prepared(poisoned(border))
    assert other_segments == segments
    assert other_transformation == transformation
    before = range(LOOKBACK - 1, border)
    assert np.array_equal(other_frame.windows(before), frame.windows(before))
    assert np.array_equal(other_frame.scale[before], frame.scale[before])
    known = range(LOOKBACK - 1, border - HORIZON)
    assert np.array_equal(other_frame.scaled_targets[known], frame.scaled_targets[known])
    assert not np.array_equal(other_frame.windows(segments.test), frame.windows(segments.test))


def test_poison_after_validation_leaves_the_whole_trial_alone() -> None:
    result = trained(poisoned(CALIBRATION_BORDER))
    assert result.train_losses == honest().train_losses
    assert result.validation_rmse == honest().validation_rmse
    assert result.weights is not None
    assert honest().weights is not None
    assert all(map(np.array_equal, result.weights, honest().weights))
    assert np.array_equal(result.forecasts["train"], honest().forecasts["train"])
    assert np.array_equal(result.forecasts["validation"], honest().forecasts["validation"])
    assert not np.array_equal(result.forecasts["test"], honest().forecasts["test"])


def test_poison_in_validation_leaves_the_weights_and_earlier_forecasts_alone() -> None:
    """One epoch: of several, validation chooses the one whose weights are kept."""
    result, untouched = trained(poisoned(VALIDATION_BORDER), epochs=1), honest(epochs=1)
    assert result.weights is not None
    assert untouched.weights is not None
    assert all(map(np.array_equal, result.weights, untouched.weights))
    assert np.array_equal(result.forecasts["train"], untouched.forecasts["train"])
    # The first validation origin is the day before the border: all that it reads is untouched.
    first, rest = slice(0, 1), slice(1, None)
    theirs, ours = result.forecasts["validation"], untouched.forecasts["validation"]
    assert np.array_equal(theirs[first], ours[first])
    assert not (theirs[rest] == ours[rest]).any()
    assert result.validation_rmse != untouched.validation_rmse


def test_poison_in_validation_moves_no_weight_in_any_epoch() -> None:
    assert trained(poisoned(VALIDATION_BORDER)).train_losses == honest().train_losses


def test_the_unit_of_the_price_does_not_change_log_forecasts() -> None:
    series = walk()
    factors = np.array([7.3 if column != "volume" else 1.0 for column in series.columns])
    dearer = PriceSeries(series.symbol, series.dates, series.columns, series.values * factors, series.source)
    result = trained(dearer)
    for name, forecasts in honest().forecasts.items():
        np.testing.assert_allclose(result.forecasts[name], forecasts, rtol=0, atol=1e-5)
        assert np.abs(forecasts).max() > 1e-3
