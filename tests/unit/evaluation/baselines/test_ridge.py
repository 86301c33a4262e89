from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from sklearn.linear_model import Ridge as TheirRidge
from sklearn.linear_model import RidgeCV

from trintena.domain import Features, PriceSeries, Split
from trintena.evaluation.baselines import ridge as module
from trintena.evaluation.baselines.ridge import PENALTIES, Ridge, ridge_forecast
from trintena.windows import Frame, Segments, Transformation, segments_of

CHANGES = 0.01 * lfilter([1.0], [1.0, -0.3], np.random.default_rng(11).normal(size=1200))


def framed(lookback: int, horizon: int, features: Features = "close") -> tuple[Frame, Segments]:
    """A series with momentum and a volume, seen through windows."""
    close = 80.0 * np.exp(np.cumsum(CHANGES))
    volume = np.random.default_rng(2).uniform(1e3, 1e4, len(close))
    dates = np.datetime64("2018-01-01", "s") + np.arange(len(close)) * np.timedelta64(1, "D")
    series = PriceSeries("M", dates, ("close", "volume"), np.stack([close, volume], axis=1), "test")
    segments = segments_of(series, Split(), lookback, horizon)
    fitted = Transformation.fit(
        series, segments, target="log_return", features=features, lookback=lookback, horizon=horizon
    )
    return fitted.frame(series), segments


def inputs_of(frame: Frame, origins: range) -> np.ndarray:
    return frame.windows(origins).reshape(len(origins), -1)


@pytest.mark.parametrize("features", ["close", "ohlcv"])
@pytest.mark.parametrize("origins", [range(20, 800), range(100, 125)], ids=["many", "fewer than inputs"])
@pytest.mark.parametrize("chunk", [2**21, 100], ids=["one chunk", "many chunks"])
def test_forecasts_are_those_of_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, features: Features, origins: range, chunk: int
) -> None:
    monkeypatch.setattr(module, "_CHUNK_VALUES", chunk)
    frame, segments = framed(lookback=20, horizon=3, features=features)
    frame = framed(lookback=40, horizon=3, features=features)[0] if len(origins) == 25 else frame
    ours = Ridge.fit(frame, origins)
    theirs = TheirRidge(alpha=ours.penalty).fit(inputs_of(frame, origins), frame.scaled_targets[origins])
    np.testing.assert_allclose(ours.coefficients, theirs.coef_.T, rtol=0, atol=1e-8)
    test = segments.test
    expected = theirs.predict(inputs_of(frame, test)) * frame.scale[test][:, None]
    np.testing.assert_allclose(ours.changes(frame, test), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("n", [60, 250])
def test_the_penalty_has_the_least_generalized_error(horizon: int, n: int) -> None:
    """By the hat matrix of each penalty, written out."""
    frame, _ = framed(lookback=20, horizon=horizon)
    origins = range(50, 50 + n)
    inputs, targets = inputs_of(frame, origins), frame.scaled_targets[origins]
    inputs, targets = inputs - inputs.mean(axis=0), targets - targets.mean(axis=0)
    scatter, steps, scores = inputs.T @ inputs, np.arange(1, horizon + 1), {}
    for penalty in PENALTIES * np.trace(scatter) / len(scatter):
        hat = inputs @ np.linalg.solve(scatter + penalty * np.eye(len(scatter)), inputs.T)
        left = 1.0 - steps * (1.0 + np.trace(hat)) / n
        if (left > 0).all():
            scores[penalty] = (np.square(targets - hat @ targets).sum(axis=0) / left**2).sum()
    assert Ridge.fit(frame, origins).penalty == pytest.approx(min(scores, key=lambda p: scores[p]))


def test_the_penalty_is_near_the_one_that_leaving_each_origin_out_would_choose() -> None:
    frame, segments = framed(lookback=20, horizon=1)
    inputs, targets = inputs_of(frame, segments.train), frame.scaled_targets[segments.train]
    unit = np.square(inputs - inputs.mean(axis=0)).sum() / inputs.shape[1]
    theirs = RidgeCV(alphas=unit * PENALTIES).fit(inputs, targets).alpha_
    assert abs(np.log10(Ridge.fit(frame, segments.train).penalty / theirs)) <= 0.5


def test_planted_momentum_beats_the_last_value() -> None:
    frame, segments = framed(lookback=10, horizon=1)
    actual = frame.targets[segments.test]
    error = actual - ridge_forecast(frame, segments, segments.test)
    oracle = 1.0 - np.sqrt(1.0 - 0.3**2)
    assert 1.0 - np.sqrt(np.mean(error**2) / np.mean(actual**2)) > 0.6 * oracle


def test_where_overlapping_targets_are_worth_nothing_the_mean_is_left() -> None:
    frame, _ = framed(lookback=20, horizon=12)
    origins = range(100, 111)
    changes = Ridge.fit(frame, origins).changes(frame, range(200, 210)) / frame.scale[200:210, None]
    mean = frame.scaled_targets[origins].mean(axis=0)
    np.testing.assert_allclose(changes, np.tile(mean, (10, 1)), rtol=0, atol=1e-3)
