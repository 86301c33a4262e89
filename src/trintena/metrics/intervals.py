"""How good intervals, quantiles and whole predictive distributions are; each pooled over the horizon.

Winkler, pinball and CRPS are in units of what is forecast, the lower the better, and proper: no
forecaster does better by stating something else than what they believe.

Reference: Gneiting & Raftery 2007, Journal of the American Statistical Association 102(477).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from trintena.metrics.arrays import Array


def coverage(actual: Array, lower: Array, upper: Array) -> float:
    """The share of actual values inside their interval, its bounds included."""
    return float(np.mean((lower <= actual) & (actual <= upper)))


def mean_width(lower: Array, upper: Array) -> float | None:
    """How far apart the bounds are; None where both are infinite on the same side."""
    with np.errstate(over="ignore", invalid="ignore"):
        width = float(np.mean(upper - lower))
    return None if np.isnan(width) else width


def winkler(actual: Array, lower: Array, upper: Array, level: float) -> float:
    """Interval score: the width, and for a miss 2/(1 - level) times the distance to the nearer bound.

    The bounds of a central interval, `level` 0.9 say, are its 5 % and 95 % quantiles, and its score is
    2/(1 - level) times the sum of their pinball losses (section 6.2).

    Raises:
        ValueError: a level outside (0, 1).

    Reference: Winkler 1972, Journal of the American Statistical Association 67(337).
    """
    tail = (1.0 - _share(level)) / 2.0
    return (pinball(actual, lower, tail) + pinball(actual, upper, 1.0 - tail)) / tail


def pinball(actual: Array, quantile: Array, probability: float) -> float:
    """Mean loss of a forecast quantile, below which the actual value falls with `probability`.

    A value above it costs `probability` times the distance, one below 1 - `probability` times. At the
    median this is half the MAE.

    Raises:
        ValueError: a probability outside (0, 1).
    """
    return _mean_pinball(actual, quantile, _share(probability))


def crps(actual: Array, samples: Float[np.ndarray, "origin horizon sample"]) -> float:
    """Continuous ranked probability score of the empirical distribution of n equally likely samples.

    It is exact: the i-th smallest sample is the (i - ½)/n quantile, and the score is twice the mean
    pinball loss of all n. With one sample it is the absolute error. Arrays with many steps are large:
    give one step after the other and take the mean, which is the same.

    Reference: Jordan, Krüger & Lerch 2019, Journal of Statistical Software 90(12).
    """
    n_samples = samples.shape[2]
    probabilities = (np.arange(n_samples) + 0.5) / n_samples
    # One step at a time: sorting and losses of all at once would take three times their memory.
    steps = [
        _mean_pinball(actual[:, k, None], np.sort(samples[:, k]), probabilities)
        for k in range(actual.shape[1])
    ]
    return 2.0 * float(np.mean(steps))


def _mean_pinball(actual: np.ndarray, quantile: np.ndarray, probability: float | np.ndarray) -> float:
    with np.errstate(over="ignore"):  # as in the error of a point
        above = actual - quantile
        return float(np.mean(np.maximum(probability * above, (probability - 1.0) * above)))


def _share(value: float) -> float:
    if not 0.0 < value < 1.0:
        raise ValueError(f"expected a share between 0 and 1, such as 0.9, not {value}")
    return value
