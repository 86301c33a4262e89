"""AutoTheta: simple exponential smoothing with a share of the trend of a line, the share chosen in sample.

References: Assimakopoulos & Nikolopoulos 2000, "The theta model", International Journal of Forecasting
16(4); Hyndman & Billah 2003, "Unmasking the theta method", ibid. 19(2), whose equation 5 is used here;
Fioruci et al. 2015, arXiv:1503.03529, for values of theta other than 2.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trintena.evaluation.baselines.refusals import not_converged

THETAS = (1.0, 1.5, 2.0, 3.0, 5.0)
"""1 is simple exponential smoothing; the classic method is 2."""


@dataclass(frozen=True)
class Theta:
    """The theta method with its parameters."""

    theta: float
    slope: float
    """Of the line through the rows of the fit, a row."""
    alpha: float
    """Of the exponential smoothing."""

    @classmethod
    def fit(cls, path: Float[np.ndarray, " row"]) -> Theta:
        """The theta whose one-step forecasts had the least squared error on the rows of the fit.

        Raises:
            TrialError: the exponential smoothing did not converge.
        """
        from statsmodels.tools.sm_exceptions import ConvergenceWarning
        from statsmodels.tsa.forecasting.theta import ThetaModel

        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                slope, alpha = ThetaModel(path, deseasonalize=False).fit().params
            except ConvergenceWarning as warning:
                raise not_converged("AutoTheta") from warning
        origins = np.arange(len(path) - 1)
        actual = np.diff(path)[:, None]

        def squared_error(model: Theta) -> float:
            return float(np.square(actual - model.changes(path, origins, 1)).sum())

        return min((cls(theta, float(slope), float(alpha)) for theta in THETAS), key=squared_error)

    def changes(
        self, path: Float[np.ndarray, " row"], origins: np.ndarray, horizon: int
    ) -> Float[np.ndarray, "origin horizon"]:
        """The expected change from each origin, which reads no row after itself."""
        from scipy.signal import lfilter

        keep = 1.0 - self.alpha
        smoothed, _ = lfilter([self.alpha], [1.0, -keep], path, zi=[keep * path[0]])
        n_read = origins + 1.0
        # What the smoothing of the line lags behind it: (1 - (1 - α)ⁿ) / α, whose limit is n.
        lag = n_read if self.alpha == 0.0 else (1.0 - keep**n_read) / self.alpha
        line = self.slope * (np.arange(horizon) + lag[:, None])
        changes: np.ndarray = (smoothed[origins] - path[origins])[:, None] + (1.0 - 1.0 / self.theta) * line
        return changes
