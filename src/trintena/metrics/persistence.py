"""Whether a forecast merely repeats the last value, which looks like a good fit on a plot of prices.

All of it is about the last step. Step k is judged by giving the first k columns of each array.
"""

from __future__ import annotations

from math import atanh, isfinite, sqrt, tanh

import numpy as np
from jaxtyping import Float, Int

from trintena.metrics.arrays import Array

_NORMAL_97_5 = 1.959963984540054


def change_correlation(actual: Array, forecast: Array) -> tuple[float, float, float] | None:
    """Correlation of forecast and actual changes at the last step, with its 95 % interval (Fisher's z).

    None when either never varies, or is infinite somewhere.

    The interval takes the origins for independent. Moves over h steps overlap, and where the forecasts
    do too, it is too narrow: then give every h-th origin.
    """
    x, y = actual[:, -1], forecast[:, -1]
    if len(x) < 4 or any((each == each[0]).all() or not np.isfinite(each).all() for each in (x, y)):
        return None
    # In units of the largest: the square of an exploded forecast may be too large for any number.
    r = float(np.clip(np.corrcoef(x / np.abs(x).max(), y / np.abs(y).max())[0, 1], -1.0, 1.0))
    if abs(r) == 1.0:
        return (r, r, r)
    z, margin = atanh(r), _NORMAL_97_5 / sqrt(len(x) - 3)
    return (r, tanh(z - margin), tanh(z + margin))


def best_shift(
    levels: Float[np.ndarray, " row"], origins: Int[np.ndarray, " origin"], forecast: Array
) -> int | None:
    """The lag, in steps, at which the path of the last step's forecasts fits the actual path best.

    `levels` is the whole series in units of the target's x. A forecast of the future fits best at 0;
    one that repeats the last value, at the horizon. None for a forecast that is infinitely far from
    the path at every lag.
    """
    horizon = forecast.shape[1]
    path = levels[origins] + forecast[:, -1]
    lags = range(horizon + 3)
    usable = origins + horizon - max(lags) >= 0
    with np.errstate(over="ignore"):
        errors = [np.mean(np.square(path - levels[origins + horizon - lag])[usable]) for lag in lags]
    best = int(np.argmin(errors))
    return best if isfinite(errors[best]) else None


def is_persistence_clone(
    levels: Float[np.ndarray, " row"], origins: Int[np.ndarray, " origin"], actual: Array, forecast: Array
) -> bool:
    """Whether a forecast in practice repeats the last value.

    It does when its path fits best one horizon late and its changes are uncorrelated with the
    actual ones: the 95 % interval holds 0, or there is no correlation to speak of.
    """
    if best_shift(levels, origins, forecast) != forecast.shape[1]:
        return False
    correlation = change_correlation(actual, forecast)
    return correlation is None or correlation[1] <= 0.0 <= correlation[2]
