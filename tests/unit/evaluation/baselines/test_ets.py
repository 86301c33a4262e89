from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from trintena.errors import TrialError
from trintena.evaluation.baselines import ets
from trintena.evaluation.baselines.ets import ExponentialSmoothing

MODELS = [
    ExponentialSmoothing("none", (0.8, 0.5), 1.0, 0.0),
    ExponentialSmoothing("additive", (0.6, 0.1, 0.5, -0.2), 1.0, 0.0),
    ExponentialSmoothing("damped", (0.7, 0.2, 0.9, 0.5, -0.2), 0.9, 0.0),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.trend)
def test_forecasts_are_those_of_the_rows_up_to_the_origin(
    model: ExponentialSmoothing, walk: np.ndarray
) -> None:
    origins, horizon = np.array([50, 51, 400, 599]), 7
    changes = model.changes(walk, origins, horizon)
    trend = None if model.trend == "none" else "add"
    for row, origin in zip(changes, origins, strict=True):
        theirs = ETSModel(walk[: origin + 1], trend=trend, damped_trend=model.trend == "damped")
        forecast = theirs.smooth(model.parameters).forecast(horizon)
        np.testing.assert_allclose(row, forecast - walk[origin], rtol=0, atol=1e-9)


def test_a_random_walk_has_no_trend_and_hardly_any_memory(walk: np.ndarray) -> None:
    model = ExponentialSmoothing.fit(walk)
    assert model.trend == "none"
    assert model.parameters[0] > 0.9


def test_a_line_has_a_trend(climb: np.ndarray) -> None:
    model = ExponentialSmoothing.fit(climb)
    assert model.trend == "additive"
    per_step = np.diff(model.changes(climb, np.array([399]), 5)[0])
    slope = np.polyfit(np.arange(400.0), climb, 1)[0]
    np.testing.assert_allclose(per_step, slope, rtol=0.05)


def test_the_trend_has_the_lowest_aicc(climb: np.ndarray) -> None:
    fits = [
        ETSModel(climb, trend=trend, damped_trend=damped).fit(disp=False).aicc
        for trend, damped in ((None, False), ("add", False), ("add", True))
    ]
    assert ExponentialSmoothing.fit(climb).aicc == pytest.approx(min(fits), abs=1e-6)


def test_no_fit_that_converges_is_an_error(walk: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ets, "_MOST_ITERATIONS", 1)
    with pytest.raises(TrialError, match="AutoETS found no model"):
        ExponentialSmoothing.fit(walk)
