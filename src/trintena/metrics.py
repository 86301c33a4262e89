"""Figures of merit, each a plain function of arrays; undefined is None, never NaN.

Targets and forecasts are (origin, horizon), in units of the target (log return, or difference);
both are changes from the last known value, so the last-value forecast is zero.
"""

from __future__ import annotations

from math import atanh, sqrt, tanh

import numpy as np
from jaxtyping import Float

Array = Float[np.ndarray, "origin horizon"]
_NORMAL_97_5 = 1.959963984540054


def rmse(actual: Array, forecast: Array) -> float:
    """Root mean squared error, pooled over the horizon."""
    return float(np.sqrt(np.mean(np.square(actual - forecast))))


def mae(actual: Array, forecast: Array) -> float:
    """Mean absolute error, pooled over the horizon."""
    return float(np.mean(np.abs(actual - forecast)))


def skill(actual: Array, forecast: Array, reference: Array | None = None) -> float | None:
    """1 - RMSE / RMSE of the reference on the same origins; the reference is the last value by default.

    Above 0 the forecast is better than the reference, at 1 it is perfect. None when the reference
    makes no error at all.
    """
    against = rmse(actual, np.zeros_like(actual) if reference is None else reference)
    return None if against == 0.0 else 1.0 - rmse(actual, forecast) / against


def directional_accuracy(actual: Array, forecast: Array) -> float | None:
    """The share of origins whose last step moves the way it was forecast; flat days are left out.

    None for a forecast that names no direction. Compare with `majority_share`, not with a half.
    """
    up, said = actual[:, -1], forecast[:, -1]
    if not said.any() or not up.any():
        return None
    moved = up != 0
    return float(np.mean(np.sign(up[moved]) == np.sign(said[moved])))


def majority_share(actual: Array) -> float | None:
    """max(up, 1 - up): what always naming the commoner direction scores."""
    moves = actual[:, -1][actual[:, -1] != 0]
    if not len(moves):
        return None
    up = float(np.mean(moves > 0))
    return max(up, 1.0 - up)


def change_correlation(actual: Array, forecast: Array) -> tuple[float, float, float] | None:
    """Correlation of forecast and actual changes at the last step, with its 95 % interval (Fisher's z).

    None when either never varies.
    """
    x, y = actual[:, -1], forecast[:, -1]
    if len(x) < 4 or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return None
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))
    if abs(r) == 1.0:
        return (r, r, r)
    z, margin = atanh(r), _NORMAL_97_5 / sqrt(len(x) - 3)
    return (r, tanh(z - margin), tanh(z + margin))


def best_shift(levels: Float[np.ndarray, " row"], origins: np.ndarray, forecast: Array) -> int:
    """The lag, in steps, at which the path of the last step's forecasts fits the actual path best.

    `levels` is the whole series in units of the target's x. A forecast of the future fits best at 0;
    one that repeats the last value, at the horizon.
    """
    horizon = forecast.shape[1]
    path = levels[origins] + forecast[:, -1]
    lags = range(horizon + 3)
    usable = origins + horizon - max(lags) >= 0
    errors = [np.mean(np.square(path - levels[origins + horizon - lag])[usable]) for lag in lags]
    return int(np.argmin(errors))


def is_persistence_clone(
    levels: Float[np.ndarray, " row"], origins: np.ndarray, actual: Array, forecast: Array
) -> bool:
    """Whether a forecast in practice repeats the last value.

    It does when its path fits best one horizon late and its changes are uncorrelated with the
    actual ones: the 95 % interval holds 0, or there is no correlation to speak of.
    """
    if best_shift(levels, origins, forecast) != forecast.shape[1]:
        return False
    correlation = change_correlation(actual, forecast)
    return correlation is None or correlation[1] <= 0.0 <= correlation[2]
