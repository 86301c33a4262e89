from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.statespace.sarimax import SARIMAX

from trintena.errors import TrialError
from trintena.evaluation.baselines import arima
from trintena.evaluation.baselines.arima import Arima, differences_needed

MODELS = [
    Arima(0, 2.0, (0.6, -0.2), (0.3,), 0.0),
    Arima(1, 0.0, (), (), 0.0),
    Arima(1, 0.1, (), (), 0.0),
    Arima(1, 0.1, (0.4,), (-0.2, 0.1), 0.0),
    Arima(1, 0.0, (), (0.5,), 0.0),
    Arima(2, 0.0, (0.2,), (-0.7,), 0.0),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.order}, mean {model.mean}")
def test_forecasts_are_those_of_a_filter_of_the_rows_up_to_the_origin(model: Arima, walk: np.ndarray) -> None:
    origins, horizon = np.array([150, 151, 400, 599]), 7
    changes = model.changes(walk, origins, horizon)
    constant = [] if model.mean == 0.0 else [model.mean * (1.0 - sum(model.ar))]
    for row, origin in zip(changes, origins, strict=True):
        # It differences within its state, and starts there from a variance of a million.
        theirs = SARIMAX(walk[: origin + 1], order=model.order, trend="c" if constant else "n")
        results = theirs.filter([*constant, *model.ar, *model.ma, 1.0])
        np.testing.assert_allclose(row, results.forecast(horizon) - walk[origin], rtol=0, atol=2e-5)


def test_a_random_walk_is_forecast_by_its_last_value(walk: np.ndarray) -> None:
    model = Arima.fit(walk)
    assert model.order == (0, 1, 0)
    assert np.array_equal(model.changes(walk, np.arange(500, 600), 3), np.zeros((100, 3)))


def test_planted_momentum_is_found_and_beats_the_last_value(momentum: np.ndarray) -> None:
    model = Arima.fit(momentum[:1000])
    assert model.order == (1, 1, 0)
    assert model.ar[0] == pytest.approx(0.3, abs=0.1)
    origins = np.arange(1000, 1499)
    actual = momentum[origins + 1] - momentum[origins]
    error = actual - model.changes(momentum, origins, 1)[:, 0]
    skill = 1.0 - np.sqrt(np.mean(error**2) / np.mean(actual**2))
    oracle = 1.0 - np.sqrt(1.0 - 0.3**2)
    assert skill > 0.6 * oracle


def test_a_level_that_is_returned_to_is_not_differenced(reverting: np.ndarray) -> None:
    model = Arima.fit(reverting)
    assert model.order[1] == 0
    far = model.changes(reverting, np.array([np.argmax(reverting)]), 50)[0, -1]
    assert far == pytest.approx(reverting.mean() - reverting.max(), abs=0.02)


def test_a_wandering_slope_is_differenced_twice(walk: np.ndarray) -> None:
    assert [differences_needed(path) for path in (np.diff(walk), walk, walk.cumsum())] == [0, 1, 2]
    path, origins = walk.cumsum(), np.arange(400, 599)
    model = Arima.fit(path[:400])
    assert model.order[1] == 2
    error = path[origins + 1] - path[origins] - model.changes(path, origins, 1)[:, 0]
    assert np.sqrt(np.mean(error**2)) < 1.05 * np.diff(path, 2)[399:].std()


@pytest.mark.parametrize("seed", [94, 102])
def test_a_random_walk_that_is_differenced_twice_comes_to_no_harm(seed: int) -> None:
    """The tests err for a few walks in a hundred; these are two of them."""
    walk = np.random.default_rng(seed).normal(size=3000).cumsum()
    path = (walk - walk[0]) / np.diff(walk[:2500]).std()
    model, origins = Arima.fit(path[:2500]), np.arange(2500, 2990)
    assert model.order[1] == 2
    actual = np.stack([path[origins + k] - path[origins] for k in range(1, 11)], axis=1)
    error = actual - model.changes(path, origins, 10)
    assert 1.0 - np.sqrt(np.mean(error**2) / np.mean(actual**2)) > -0.02


def test_a_drift_is_kept_where_it_pays(walk: np.ndarray) -> None:
    steep = walk + 0.5 * np.arange(len(walk))
    model = Arima.fit(steep)
    assert model.mean == pytest.approx(np.diff(steep).mean())
    assert Arima.fit(walk).mean == 0.0


def test_the_likelihood_is_the_exact_one_at_its_maximum(momentum: np.ndarray) -> None:
    model = Arima.fit(momentum)
    (p, d, q), z = model.order, np.diff(momentum) - model.mean
    assert d == 1
    k, n = p + q + (model.mean != 0.0) + 1, len(z)
    same = SARIMAX(z, order=(p, 0, q), concentrate_scale=True).loglike([*model.ar, *model.ma])
    theirs = ARIMA(z, order=(p, 0, q), trend="n").fit().llf
    penalty = 2 * k + 2 * k * (k + 1) / (n - k - 1)
    assert model.aicc == pytest.approx(penalty - 2 * same, abs=1e-6)
    assert model.aicc == pytest.approx(penalty - 2 * theirs, abs=1e-3)


def test_a_candidate_that_does_not_converge_is_not_taken(
    momentum: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arima, "_MOST_ITERATIONS", 0)
    assert Arima.fit(momentum).order == (0, 1, 0)


def test_too_few_rows_for_any_candidate_are_refused() -> None:
    with pytest.raises(TrialError, match="AutoARIMA found no model"):
        Arima.fit(np.array([0.0, 1.0, 0.5]))
