"""A small series, its segments and a judge of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trintena.domain import Hyperparameters, PriceSeries, Split, Target, TrialResult
from trintena.evaluation.scores import Judge
from trintena.windows import Transformation, segments_of

LOOKBACK = 8


def series_of(close: np.ndarray) -> PriceSeries:
    dates = np.datetime64("2018-01-01", "s") + np.arange(len(close)) * np.timedelta64(1, "D")
    return PriceSeries("WALK", dates, ("close",), close[:, None].copy(), "test")


@pytest.fixture
def series() -> PriceSeries:
    """A thousand rows that wander upwards."""
    steps = np.random.default_rng(3).normal(5e-4, 0.01, 1000)
    return series_of(50.0 * np.exp(np.cumsum(steps)))


@pytest.fixture
def judge(series: PriceSeries) -> Callable[..., Judge]:
    """Makes a judge, of that series unless another is given."""

    def make(
        of: PriceSeries | np.ndarray | None = None, horizon: int = 1, target: Target = "log_return"
    ) -> Judge:
        prices = series if of is None else series_of(of) if isinstance(of, np.ndarray) else of
        segments = segments_of(prices, Split(), LOOKBACK, horizon)
        transformation = Transformation.fit(
            prices, segments, target=target, features="close", lookback=LOOKBACK, horizon=horizon
        )
        return Judge(prices, transformation, segments)

    return make


@pytest.fixture
def trial() -> Callable[..., TrialResult]:
    """Makes a finished trial, or, given a reason, a failed one."""

    def make(model_id: int, rmse: float | None = None, reason: str | None = None) -> TrialResult:
        fields: dict[str, Any] = {"state": "FAIL", "reason": reason}
        if reason is None:
            fields = {
                "state": "COMPLETE",
                "validation_rmse": rmse,
                "n_parameters": 1000 + model_id,
                "fit_seconds": 1.5,
                "elapsed_seconds": 2.5,
            }
        return TrialResult(model_id, hyperparameters=Hyperparameters(), seed=0, **fields)

    return make
