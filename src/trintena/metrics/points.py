"""How far point forecasts are off: in units of the target, against a reference, in percent of a price.

Definitions are those of Hyndman & Athanasopoulos, *Forecasting: Principles and Practice* (3rd edition),
section 5.8, where no other source is named.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from trintena.metrics.arrays import Array


class OneStepScales(NamedTuple):
    """How far a series moves in one step over its training part, in units of the target's x."""

    mean_absolute: float
    root_mean_square: float


def rmse(actual: Array, forecast: Array) -> float:
    """Root mean squared error, pooled over the horizon."""
    with np.errstate(over="ignore"):  # a square that no number holds is infinite, as it should be
        return float(np.sqrt(np.mean(np.square(actual - forecast))))


def mae(actual: Array, forecast: Array) -> float:
    """Mean absolute error, pooled over the horizon."""
    with np.errstate(over="ignore"):
        return float(np.mean(np.abs(actual - forecast)))


def skill(actual: Array, forecast: Array, reference: Array | None = None) -> float | None:
    """1 - RMSE / RMSE of the reference on the same origins; the reference is the last value by default.

    Above 0 the forecast is better than the reference, at 1 it is perfect. None when the reference
    makes no error at all, or an infinite one.
    """
    left = _error_left(actual, forecast, np.zeros_like(actual) if reference is None else reference)
    return None if left is None else 1.0 - left


def out_of_sample_r2(
    actual: Array, forecast: Array, train_mean: Float[np.ndarray, " horizon"]
) -> float | None:
    """1 - squared error / squared error of always forecasting the train mean of each step, both pooled.

    `train_mean` holds the mean of the training targets, in their units. The mean of the judged segment
    itself, against which R² is usually taken, is not known when the forecast is made. None as in `skill`.

    Reference: Campbell & Thompson 2008, Review of Financial Studies 21(4), equation 1.
    """
    left = _error_left(actual, forecast, np.broadcast_to(train_mean, actual.shape))
    return None if left is None else 1.0 - left * left


def one_step_scales(levels: Float[np.ndarray, " row"]) -> OneStepScales:
    """Both scales of a training part, from its levels x: ln p for log returns, p for differences.

    Raises:
        ValueError: fewer than two levels, which make no step.
    """
    if len(levels) < 2:
        raise ValueError(f"the one-step scale needs two levels at least, not {len(levels)}")
    steps = np.diff(levels)
    return OneStepScales(float(np.mean(np.abs(steps))), float(np.sqrt(np.mean(np.square(steps)))))


def mase(actual: Array, forecast: Array, scales: OneStepScales) -> float | None:
    """Mean absolute scaled error: MAE in mean absolute one-step changes of the training part.

    One for every horizon: errors of later steps are larger and so is their MASE, for the last value
    too. None where the training part never changes.

    Reference: Hyndman & Koehler 2006, International Journal of Forecasting 22(4).
    """
    return None if scales.mean_absolute == 0.0 else mae(actual, forecast) / scales.mean_absolute


def rmsse(actual: Array, forecast: Array, scales: OneStepScales) -> float | None:
    """Root mean squared scaled error: RMSE in root mean squared one-step changes of the training part.

    None where the training part never changes.
    """
    return None if scales.root_mean_square == 0.0 else rmse(actual, forecast) / scales.root_mean_square


def mape(actual: Array, forecast: Array) -> float | None:
    """Mean absolute percentage error of prices, from 0 to any height.

    None where a price is 0, of which nothing is a percentage: leaving such origins out would flatter.
    On prices this says next to nothing, for repeating the last one scores a few percent.
    """
    if (actual == 0.0).any():
        return None
    with np.errstate(over="ignore"):
        return 100.0 * float(np.mean(np.abs((actual - forecast) / actual)))


def smape(actual: Array, forecast: Array) -> float:
    """Symmetric mean absolute percentage error of prices: the mean of 200 |y - f| / (|y| + |f|), 0 to 200.

    A forecast of 0 for a price of 0 is right, 0 %; one that is infinite is off by 200 %.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        size = np.abs(actual) + np.abs(forecast)
        shares = np.abs(actual - forecast) / size
    shares = np.where(size == 0.0, 0.0, np.where(np.isinf(size), 1.0, shares))
    return 200.0 * float(np.mean(shares))


def _error_left(actual: Array, forecast: Array, reference: Array) -> float | None:
    """RMSE / RMSE of the reference: the part of its error that is left."""
    against = rmse(actual, reference)
    return None if against in (0.0, np.inf) else rmse(actual, forecast) / against
