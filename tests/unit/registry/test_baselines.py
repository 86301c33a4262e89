"""Fitted baselines: stored once for an experiment, replaced as a whole, gone with it."""

from __future__ import annotations

import numpy as np
import pytest

from trintena.domain import FittedBaseline
from trintena.errors import NotFoundError
from trintena.registry import Registry

RIDGE = FittedBaseline(
    "ridge", 1.5, {"validation": np.array([[0.1, 0.2]], np.float32), "test": np.zeros((0, 2), np.float32)}
)
ARIMA = FittedBaseline("auto_arima", 0.25, reason="No candidate converged.")


def test_what_was_stored_comes_back_in_order(registry: Registry, experiment: int) -> None:
    assert registry.baselines(experiment) == []
    registry.record_baselines(experiment, [RIDGE, ARIMA])
    ridge, arima = registry.baselines(experiment)
    assert (ridge.key, ridge.fit_seconds, ridge.reason) == ("ridge", 1.5, None)
    assert ridge.forecasts.keys() == RIDGE.forecasts.keys()
    for name, array in RIDGE.forecasts.items():
        np.testing.assert_array_equal(ridge.forecasts[name], array)
    assert (arima.key, arima.fit_seconds, arima.reason, arima.forecasts) == (
        "auto_arima",
        0.25,
        "No candidate converged.",
        {},
    )


def test_a_second_fit_replaces_the_first(registry: Registry, experiment: int) -> None:
    registry.record_baselines(experiment, [RIDGE, ARIMA])
    registry.record_baselines(experiment, [FittedBaseline("auto_arima", 2.0, RIDGE.forecasts)])
    ridge, arima = registry.baselines(experiment)
    assert (ridge.key, arima.reason, arima.fit_seconds) == ("ridge", None, 2.0)
    np.testing.assert_array_equal(arima.forecasts["validation"], RIDGE.forecasts["validation"])


def test_they_go_with_their_experiment(registry: Registry, experiment: int) -> None:
    registry.record_baselines(experiment, [RIDGE])
    registry.delete_experiment(experiment)
    assert registry.baselines(experiment) == []


def test_an_unknown_experiment_is_refused(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="experiment 7"):
        registry.record_baselines(7, [RIDGE])
