"""Whether a forecast merely repeats the last value, which looks like a good fit on a plot of prices.

All of it is about the last step. Step k is judged by giving the first k columns of each array.
"""

from __future__ import annotations

from math import atanh, isfinite, sqrt, tanh

import numpy as np
from jaxtyping import Float, Int

from trintena.metrics.arrays import Array

_NORMAL_97_5 = 1.959963984540054
_ROUNDING = 1e-12


def change_correlation(actual: Array, forecast: Array) -> tuple[float, float, float] | None:
    """Correlation of forecast and actual changes at the last step, with its 95 % interval.

    The margin is that of Fisher's z, or of the delta method where that is wider: Fisher's holds for normal
    changes, but forecasts in units of the volatility are large where the actual changes are, and the
    product of two such sizes varies far more than of two normal ones.

    None when either never varies, or is infinite somewhere, and of fewer than four origins.

    The interval takes the origins for independent. Moves over h steps overlap, and where the forecasts
    do too, it is too narrow: then give every h-th origin.

    Reference: van der Vaart 1998, Asymptotic Statistics, example 3.6.
    """
    x, y = actual[:, -1], forecast[:, -1]
    n = len(x)
    if n < 4 or any((each == each[0]).all() or not np.isfinite(each).all() for each in (x, y)):
        return None
    # In units of the largest: the square of an exploded forecast may be too large for any number.
    x, y = (each / np.abs(each).max() for each in (x, y))
    a, b = ((each - each.mean()) / each.std() for each in (x, y))
    r = float(np.clip(np.mean(a * b), -1.0, 1.0))
    if 1.0 - abs(r) < _ROUNDING:
        return (r, r, r)
    # What one origin adds to r (its influence), in units of z = atanh r, whose slope is 1 / (1 - r²).
    influence = (a * b - r * (np.square(a) + np.square(b)) / 2.0) / (1.0 - r * r)
    margin = _NORMAL_97_5 * max(1.0 / sqrt(n - 3), float(influence.std()) / sqrt(n))
    z = atanh(r)
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
    """Whether what a forecast adds to the last value cannot be told from nothing.

    So it is when its path fits best one horizon late, and its changes are the same at every origin or
    uncorrelated with the actual ones: the 95 % interval holds 0. That is of origins a horizon apart,
    whose changes do not overlap. Fewer than four of them say nothing, and nobody is called a clone.
    """
    horizon, said = forecast.shape[1], forecast[:, -1]
    if best_shift(levels, origins, forecast) != horizon:
        return False
    if (said == said[0]).all():
        return True
    correlation = change_correlation(actual[::horizon], forecast[::horizon])
    return correlation is not None and correlation[1] <= 0.0 <= correlation[2]
