"""Whether a forecast merely repeats the last value, which looks like a good fit on a plot of prices.

The lag is that of the last step: of step k give the first k columns of each array.
"""

from __future__ import annotations

from math import atanh, isfinite, sqrt, tanh

import numpy as np
from jaxtyping import Float, Int

from trintena.metrics.arrays import Array

_NORMAL_97_5 = 1.959963984540054
_ROUNDING = 1e-12


def change_correlation(
    actual: Array, forecast: Array, horizon: int | None = None
) -> tuple[float, float, float] | None:
    """Correlation of forecast and actual changes, pooled over the steps, with its 95 % interval.

    Of every step the mean change is taken out before: that changes grow with the step is no foresight.

    The margin is the wider one of two. Fisher's z, for which n origins whose changes over `horizon` steps
    overlap count as n / horizon; each counts once, however many steps it has. And the delta method's, with
    the autocovariances that overlapping gives (Bartlett's weights): Fisher's holds for normal changes, but
    forecasts in units of the volatility are large where the actual changes are, and the product of two
    such sizes varies far more than of two normal ones.

    Args:
        horizon: over how many steps the changes are; None: as many as there are columns.

    Returns:
        None when either never varies within a step, or is infinite somewhere, and of fewer than four
        horizons of origins.

    References: van der Vaart 1998, Asymptotic Statistics, example 3.6; Newey & West 1987, Econometrica 55(3).
    """
    n, steps = len(actual), horizon or actual.shape[1]
    independent = n / steps
    if independent < 4 or any(
        _is_constant(each) or not np.isfinite(each).all() for each in (actual, forecast)
    ):
        return None
    # In units of the largest: the square of an exploded forecast may be too large for any number.
    changes = (each / np.abs(each).max() for each in (actual, forecast))
    centred = (each - each.mean(axis=0) for each in changes)
    a, b = (each / np.sqrt(np.square(each).mean()) for each in centred)
    r = float(np.clip(np.mean(a * b), -1.0, 1.0))
    if 1.0 - abs(r) < _ROUNDING:
        return (r, r, r)
    # What an origin adds to r (its influence), in units of z = atanh r, whose slope is 1 / (1 - r²).
    adds = (a * b - r * (np.square(a) + np.square(b)) / 2.0).mean(axis=1) / (1.0 - r * r)
    variance = adds @ adds + 2.0 * sum((1.0 - k / steps) * (adds[k:] @ adds[:-k]) for k in range(1, steps))
    margin = _NORMAL_97_5 * max(1.0 / sqrt(independent - 3.0), sqrt(max(variance, 0.0)) / n)
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


def is_persistence_clone(shift: int | None, actual: Array, forecast: Array) -> bool:
    """Whether what a forecast adds to the last value cannot be told from nothing.

    So it is when the path of its last step fits best one horizon late, and its changes are the same at
    every origin or uncorrelated with the actual ones: the 95 % interval holds 0. Fewer than four horizons
    of origins say nothing, and nobody is called a clone.

    Args:
        shift: `best_shift` of the forecast.
    """
    if shift != forecast.shape[1]:
        return False
    if _is_constant(forecast):
        return True
    correlation = change_correlation(actual, forecast)
    return correlation is not None and correlation[1] <= 0.0 <= correlation[2]


def _is_constant(changes: Array) -> bool:
    """Whether every step has the same change at all origins."""
    return bool((changes == changes[0]).all())
