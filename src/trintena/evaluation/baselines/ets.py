"""AutoETS: exponential smoothing with additive errors, its trend chosen by AICc, no season.

References: Hyndman, Koehler, Snyder & Grose 2002, "A state space framework for automatic forecasting
using exponential smoothing methods", International Journal of Forecasting 18(3); the damped trend of
Gardner & McKenzie 1985. Errors are additive because x, a logarithm less its first value, has either sign.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from trintena.evaluation.baselines.refusals import not_converged

Trend = Literal["none", "additive", "damped"]
TRENDS: tuple[Trend, ...] = ("none", "additive", "damped")
_MOST_ITERATIONS = 1000


@dataclass(frozen=True)
class ExponentialSmoothing:
    """ETS(A, N | A | Ad, N) with its parameters, in the order that statsmodels gives them."""

    trend: Trend
    parameters: tuple[float, ...]
    damping: float
    """By which the slope is multiplied at each step; 1 without damping."""
    aicc: float

    @classmethod
    def fit(cls, path: Float[np.ndarray, " row"]) -> ExponentialSmoothing:
        """The trend with the lowest AICc.

        Raises:
            TrialError: no candidate converged.
        """
        fitted = [model for trend in TRENDS if (model := _estimate(path, trend))]
        if not fitted:
            raise not_converged("AutoETS")
        return min(fitted, key=lambda model: model.aicc)

    def changes(
        self, path: Float[np.ndarray, " row"], origins: np.ndarray, horizon: int
    ) -> Float[np.ndarray, "origin horizon"]:
        """The expected change from each origin, which reads no row after itself."""
        _, states = _model(path, self.trend).smooth(self.parameters, return_raw=True)
        gap = (states[origins, 0] - path[origins])[:, None]
        slope = states[origins, 1:2] if self.trend != "none" else 0.0
        changes: np.ndarray = gap + slope * np.cumsum(self.damping ** np.arange(1, horizon + 1))
        return changes


def _model(path: Float[np.ndarray, " row"], trend: Trend) -> Any:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    return ETSModel(
        path, error="add", trend=None if trend == "none" else "add", damped_trend=trend == "damped"
    )


def _estimate(path: Float[np.ndarray, " row"], trend: Trend) -> ExponentialSmoothing | None:
    """The model with that trend by maximum likelihood; None where the search does not converge."""
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    model = _model(path, trend)
    with warnings.catch_warnings():
        # Whether it converged is asked for below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        results = model.fit(maxiter=_MOST_ITERATIONS, disp=False)
    if not (results.mle_retvals["converged"] and np.isfinite(results.aicc)):
        return None
    damping = float(results.damping_trend) if trend == "damped" else 1.0
    return ExponentialSmoothing(trend, tuple(map(float, results.params)), damping, float(results.aicc))
