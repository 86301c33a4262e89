"""AutoARIMA: orders chosen by tests and AICc, no season.

Reference: Hyndman & Khandakar 2008, "Automatic time series forecasting: the forecast package for R",
Journal of Statistical Software 27(3), section 3. The exact Gaussian likelihood comes from the innovations
algorithm (Brockwell & Davis 2016, section 5.2), which is several times faster than a Kalman filter; the
forecasts come from a Kalman filter, whose one pass over the series has the state at every origin.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from trintena.evaluation.baselines.refusals import not_converged

MOST_DIFFERENCES = 2
MOST_TERMS = 5
"""The highest p, and the highest q."""
_LEAST_ROOT = 1.01
_MOST_ITERATIONS = 200


class Shape(NamedTuple):
    """What a candidate estimates, for a given number of differences."""

    p: int
    q: int
    constant: bool


@dataclass(frozen=True)
class Arima:
    """ARIMA(p, d, q) of a path: z = Δᵈx less its mean is ARMA(p, q).

    z[t] = Σ ar[i] z[t-i] + e[t] + Σ ma[j] e[t-j]
    """

    d: int
    mean: float
    """Of Δᵈx: the drift for d = 1, zero without one."""
    ar: tuple[float, ...]
    ma: tuple[float, ...]
    aicc: float

    @property
    def order(self) -> tuple[int, int, int]:
        """(p, d, q)."""
        return (len(self.ar), self.d, len(self.ma))

    @classmethod
    def fit(cls, path: Float[np.ndarray, " row"]) -> Arima:
        """The best model on the stepwise path.

        There is a constant always for d = 0 (the path's zero means nothing), never for d = 2, and for
        d = 1 where AICc wants it.

        Raises:
            TrialError: no candidate converged.
        """
        d = differences_needed(path)
        z = np.diff(path, d)
        constants = {0: (True,), 1: (True, False), 2: (False,)}[d]

        @functools.cache
        def candidate(shape: Shape) -> Arima | None:
            return _estimate(z, d, shape)

        starts = [Shape(p, q, constants[0]) for p, q in ((2, 2), (0, 0), (1, 0), (0, 1))]
        starts.append(Shape(0, 0, constants[-1]))
        fitted = {shape: model for shape in starts if (model := candidate(shape))}
        if not fitted:
            raise not_converged("AutoARIMA")
        shape, best = min(fitted.items(), key=lambda item: item[1].aicc)
        while better := next(
            (
                (near, model)
                for near in _neighbours(shape, constants)
                if (model := candidate(near)) and model.aicc < best.aicc
            ),
            None,
        ):
            shape, best = better
        return best

    def changes(
        self, path: Float[np.ndarray, " row"], origins: np.ndarray, horizon: int
    ) -> Float[np.ndarray, "origin horizon"]:
        """The expected change from each origin, which reads no row after itself."""
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        z = np.diff(path, self.d) - self.mean
        model = SARIMAX(z, order=(len(self.ar), 0, len(self.ma)))
        states = model.filter([*self.ar, *self.ma, 1.0], cov_type="none").filter_results.filtered_state
        read = model["design"]
        reads = []  # the k-th row forecasts step k from a filtered state: design · transitionᵏ
        for _ in range(horizon):
            read = read @ model["transition"]
            reads.append(read[0])
        forecasts: np.ndarray = self.mean + (np.array(reads) @ states[:, origins - self.d]).T
        for order in range(self.d - 1, 0, -1):
            forecasts = np.diff(path, order)[origins - order, None] + forecasts.cumsum(axis=1)
        return forecasts.cumsum(axis=1) if self.d else forecasts - path[origins, None]


def differences_needed(path: Float[np.ndarray, " row"]) -> int:
    """How often to difference until a KPSS test no longer finds a wandering level at 5 %, twice at most.

    Reference: Kwiatkowski, Phillips, Schmidt & Shin 1992; the lags of its variance as in the R package.
    """
    from statsmodels.tools.sm_exceptions import InterpolationWarning
    from statsmodels.tsa.stattools import kpss

    for d in range(MOST_DIFFERENCES):
        z = np.diff(path, d)
        with warnings.catch_warnings():
            # It says that the p-value lies outside its table; here the critical value alone is used.
            warnings.simplefilter("ignore", InterpolationWarning)
            test = kpss(z, regression="c", nlags=int(3 * np.sqrt(len(z)) / 13), result_object=True)
        if test.statistic <= test.critical_values["5%"]:
            return d
    return MOST_DIFFERENCES


def _neighbours(shape: Shape, constants: tuple[bool, ...]) -> Iterator[Shape]:
    """What is tried next to a model: p or q or both differ by one, or the constant by its presence."""
    for step_p, step_q in ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)):
        p, q = shape.p + step_p, shape.q + step_q
        if 0 <= p <= MOST_TERMS and 0 <= q <= MOST_TERMS:
            yield Shape(p, q, shape.constant)
    if len(constants) > 1:
        yield shape._replace(constant=not shape.constant)


def _estimate(z: Float[np.ndarray, " row"], d: int, shape: Shape) -> Arima | None:
    """The model of that shape by maximum likelihood, its mean the sample's.

    None where the search for the maximum does not converge, where rows are too few, and where a root of
    one of the polynomials is nearer than 1.01 to the origin, which is mostly an artefact. One exception to
    the paper: after two differences an MA root at 1 itself is what one difference too many leaves, and
    undoes it. Without it the three random walks in 100 that the tests difference twice get poor models.
    """
    from scipy.optimize import minimize
    from statsmodels.tsa.statespace.tools import constrain_stationary_univariate as stationary

    p, q, constant = shape
    n, n_estimated = len(z), p + q + constant + 1  # 1 for the variance
    if n <= n_estimated + 1:
        return None
    mean = float(z.mean()) if constant else 0.0
    centred = z - mean

    def split(free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Any p + q numbers as the coefficients of a stationary and invertible model."""
        return (stationary(free[:p]) if p else free[:p], -stationary(free[p:]) if q else free[p:])

    found = _start(centred, p, q)
    if p + q:
        search = minimize(
            lambda free: _negative_log_likelihood(centred, *split(free)),
            found,
            method="L-BFGS-B",
            options={"maxiter": _MOST_ITERATIONS},
        )
        if not search.success:
            return None
        found = search.x
    ar, ma = split(found)
    least = n * _negative_log_likelihood(centred, ar, ma)
    ar_roots, ma_roots = np.roots([*-ar[::-1], 1.0]), np.roots([*ma[::-1], 1.0])
    if d == MOST_DIFFERENCES:
        ma_roots = ma_roots[np.abs(ma_roots - 1.0) >= _LEAST_ROOT - 1.0]
    roots = np.concatenate([ar_roots, ma_roots])
    if not np.isfinite(least) or (np.abs(roots) < _LEAST_ROOT).any():
        return None
    aicc = 2.0 * least + 2.0 * n_estimated * n / (n - n_estimated - 1)
    return Arima(d, mean, tuple(map(float, ar)), tuple(map(float, ma)), float(aicc))


def _start(z: Float[np.ndarray, " row"], p: int, q: int) -> Float[np.ndarray, " coefficient"]:
    """Where the search begins, in its own coordinates: at Hannan's and Rissanen's estimates, else at 0."""
    from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen
    from statsmodels.tsa.statespace.tools import unconstrain_stationary_univariate as free

    start = np.zeros(p + q)
    if p + q:
        guess, _ = hannan_rissanen(z, ar_order=p, ma_order=q, demean=False)
        if p and guess.is_stationary:
            start[:p] = free(guess.ar_params)
        if q and guess.is_invertible:
            start[p:] = free(-guess.ma_params)
    return start


def _negative_log_likelihood(
    z: Float[np.ndarray, " row"],
    ar: Float[np.ndarray, " ar_lag"],
    ma: Float[np.ndarray, " ma_lag"],
) -> float:
    """Less the Gaussian log-likelihood a row, with the variance that maximizes it.

    Infinite at the very edge of the stationary region, where the innovations cannot be computed.
    """
    from statsmodels.tsa.innovations.arma_innovations import arma_innovations

    try:
        errors, variances = arma_innovations(z, ar, ma)
    except (ValueError, np.linalg.LinAlgError):
        return np.inf
    variance = np.mean(np.square(errors) / variances)
    return float(np.log(2.0 * np.pi * variance) + 1.0 + np.log(variances).mean()) / 2.0
