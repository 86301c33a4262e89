"""Whether the last step goes the way it was forecast, what luck would score, and how sure that is.

For the direction of another step give the columns up to it, or that one alone (`by_step`).
"""

from __future__ import annotations

import numpy as np

from trintena.metrics.arrays import Array


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


def pesaran_timmermann(actual: Array, forecast: Array) -> float | None:
    """The p-value of as good a direction or better, were forecast and actual signs independent.

    Unlike a comparison with one half, the test knows how often each of the two rises. Origins that did
    not move, and those whose forecast names no direction, say nothing and are left out. None when what
    remains never changes sign, in the forecast (last value, drift) or in fact.

    It takes the origins for independent. Moves over h steps overlap, and where the forecasts do too,
    small p-values come too often: then give every h-th origin.

    Reference: Pesaran & Timmermann 1992, Journal of Business & Economic Statistics 10(4).
    """
    moves, said = np.sign(actual[:, -1]), np.sign(forecast[:, -1])
    named = (moves != 0) & (said != 0)
    moves, said = moves[named], said[named]
    if len(np.unique(moves)) < 2 or len(np.unique(said)) < 2:
        return None
    from statsmodels.stats import diagnostic

    return float(diagnostic.pesaran_timmermann(moves, said, alternative="larger").pvalue)
