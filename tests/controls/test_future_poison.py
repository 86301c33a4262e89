"""Control 1: whatever happens from a row on, nothing computed of the rows before it changes by a bit.

All prices from a border on are multiplied by random factors. Samples, scalers and weights, forecasts of
networks and of fitted baselines, what validation decided, conformal scores and bands: all of it is computed
again, and compared up to the border.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from controls.experiments import (
    HORIZON,
    LOOKBACK,
    N_ROWS,
    SPLIT,
    Found,
    assert_same,
    of,
    poisoned,
    train_fast,
    train_optimized,
)
from integration.champion.lab import Lab
from trintena.domain import Hyperparameters, PriceSeries, TrialResult
from trintena.training.trial import Training
from trintena.windows import Frame, Segments, Transformation, segments_of

VALIDATION_BORDER, CALIBRATION_BORDER, TEST_BORDER = 500, 700, 800
WITHIN_TEST = 900

# Windows, scalers and weights: one network, by itself


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
def untouched(epochs: int = 2) -> TrialResult:
    return trained(of(), epochs)


@pytest.mark.parametrize("border", [VALIDATION_BORDER, CALIBRATION_BORDER, TEST_BORDER])
def test_poison_in_the_future_leaves_samples_scalers_and_segments_alone(border: int) -> None:
    segments, transformation, frame = prepared(of())
    assert segments.borders == (VALIDATION_BORDER, CALIBRATION_BORDER, TEST_BORDER)
    other_segments, other_transformation, other_frame = prepared(poisoned(of(), border))
    assert other_segments == segments
    assert other_transformation == transformation
    before = range(LOOKBACK - 1, border)
    assert np.array_equal(other_frame.windows(before), frame.windows(before))
    assert np.array_equal(other_frame.scale[before], frame.scale[before])
    known = range(LOOKBACK - 1, border - HORIZON)
    assert np.array_equal(other_frame.scaled_targets[known], frame.scaled_targets[known])
    assert not np.array_equal(other_frame.windows(segments.test), frame.windows(segments.test))


def test_poison_after_validation_leaves_the_weights_of_the_best_epoch_alone() -> None:
    result = trained(poisoned(of(), CALIBRATION_BORDER))
    assert result.weights is not None
    assert untouched().weights is not None
    assert all(map(np.array_equal, result.weights, untouched().weights))
    for segment in ("train", "validation"):
        assert np.array_equal(result.forecasts[segment], untouched().forecasts[segment])
    assert not np.array_equal(result.forecasts["test"], untouched().forecasts["test"])


def test_poison_in_validation_leaves_the_weights_and_earlier_forecasts_alone() -> None:
    """One epoch: of several, validation chooses the one whose weights are kept."""
    result, honest = trained(poisoned(of(), VALIDATION_BORDER), epochs=1), untouched(epochs=1)
    assert result.weights is not None
    assert honest.weights is not None
    assert all(map(np.array_equal, result.weights, honest.weights))
    assert np.array_equal(result.forecasts["train"], honest.forecasts["train"])
    # The first validation origin is the day before the border: all that it reads is untouched.
    first, rest = slice(0, 1), slice(1, None)
    theirs, ours = result.forecasts["validation"], honest.forecasts["validation"]
    assert np.array_equal(theirs[first], ours[first])
    assert not (theirs[rest] == ours[rest]).any()
    assert result.validation_rmse != honest.validation_rmse


def test_poison_in_validation_moves_no_weight_in_any_epoch() -> None:
    assert trained(poisoned(of(), VALIDATION_BORDER)).train_losses == untouched().train_losses


# Whole experiments


def assert_poison_stays_behind(honest: Found, other: Found, border: int) -> None:
    assert_same(honest.known_at(border), other.known_at(border))
    # And it was poison: on the test segment no forecast is what it was. (Some statistical models repeat the
    # last value, and change nothing, whatever comes.)
    test_starts = max(border - honest.case.segments.test.start, 0)
    theirs = other.forecasts()
    for name, forecast in honest.forecasts().items():
        if name.endswith(" test") and name not in ("auto_ets test", "auto_theta test"):
            assert not np.array_equal(forecast[test_starts:], theirs[name][test_starts:]), name
    for figures in ("skill", "test_rmse"):
        assert other.answer["winner"][figures] != honest.answer["winner"][figures]
    assert other.answer["intervals"] != honest.answer["intervals"]


@pytest.mark.parametrize("border", [TEST_BORDER, WITHIN_TEST])
def test_poison_leaves_all_that_an_experiment_knew_before_it_alone(
    lab: Lab, honest: Found, border: int
) -> None:
    other = Found.after(lab, poisoned(of(), border))
    assert_poison_stays_behind(honest, other, border)
    # One row more, and what reads it differs: nothing here is compared that could not differ.
    ours, theirs = honest.known_at(border + 1), other.known_at(border + 1)
    for name in ("forecast: 9 search 0 test", "forecast: ridge test", "forecast: auto_arima test"):
        assert np.array_equal(ours[name][:-1], theirs[name][:-1])
        assert not np.array_equal(ours[name][-1:], theirs[name][-1:])
    for name in ("scores: 9 search 0", "90 % band: 9 search 0"):
        assert not np.array_equal(ours[name], theirs[name])


def test_poison_after_the_last_row_that_is_used_leaves_everything_alone(lab: Lab, honest: Found) -> None:
    longer = of(n_rows=N_ROWS + 50)
    used = PriceSeries(
        "USED", longer.dates, longer.columns, np.concatenate([of().values, longer.values[N_ROWS:]]), "test"
    )
    other = Found.after(lab, poisoned(used, N_ROWS), end=str(longer.dates[N_ROWS - 1])[:10])
    assert_all_alike(honest, other)


AFTER_ALL = 1_000_000
"""A border after every row."""


def assert_all_alike(honest: Found, other: Found) -> None:
    assert_same(honest.known_at(AFTER_ALL), other.known_at(AFTER_ALL))
    for name in ("verdict", "intervals", "segments"):
        assert other.answer[name] == honest.answer[name]
    for name in ("baselines", *({"results", "all_results"} & honest.answer.keys())):
        ours, theirs = (list(map(without_times, found.answer[name])) for found in (honest, other))
        assert theirs == ours
    assert other.answer["forecast"]["forecast"] == honest.answer["forecast"]["forecast"]


def without_times(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in ("fit_seconds", "elapsed_time")}


# At full strength


FULL_ROWS = 2_520


@pytest.mark.slow
def test_poison_leaves_all_thirty_alone(at_home: Lab) -> None:
    series = of("FULL", n_rows=FULL_ROWS)
    honest = Found.by(at_home, train_fast(at_home, series))
    for border in (*honest.case.segments.borders, FULL_ROWS - 100):
        other = Found.by(at_home, train_fast(at_home, poisoned(series, border)))
        assert len(other.trials) == 30
        assert_poison_stays_behind(honest, other, border)
    after = of("AFTER", n_rows=FULL_ROWS + 50)
    values = np.concatenate([series.values, after.values[FULL_ROWS:]])
    used = PriceSeries("AFTER", after.dates, after.columns, values, "test")
    last = str(after.dates[FULL_ROWS - 1])[:10]
    assert_all_alike(honest, Found.by(at_home, train_fast(at_home, poisoned(used, FULL_ROWS), end=last)))


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["random", "bayesian"])
def test_poison_leaves_a_search_alone(at_home: Lab, strategy: str) -> None:
    """What is proposed, pruned, fitted again and chosen, all of it on validation."""
    series = of(f"SEARCH-{strategy}", n_rows=FULL_ROWS)
    request = {
        "optimization_strategy": strategy,
        "n_trials": 10,
        "space": {"epochs": [4, 8], "activation": ["tanh", "relu"]},
        "model_ids": "3,9,26",
        "lookback": 20,
        "horizon": HORIZON,
    }
    honest = Found.by(at_home, train_optimized(at_home, series, **request))
    for border in (*honest.case.segments.borders[1:], FULL_ROWS - 100):
        other = Found.by(at_home, train_optimized(at_home, poisoned(series, border), **request))
        assert_poison_stays_behind(honest, other, border)
