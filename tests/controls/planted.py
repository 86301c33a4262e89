"""A series with a planted signal, r[t] = 0.3 r[t-1] + e[t], and the oracle, who knows the rule."""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np

from integration.champion.lab import autoregressive, prices
from trintena.domain import PriceSeries, Split
from trintena.evaluation.scores import Judge
from trintena.windows import Transformation, segments_of

PERSISTENCE = 0.3
"""What yesterday's return says of today's."""
EXPECTED_SKILL = 1 - sqrt(1 - PERSISTENCE**2)
"""Of the oracle, who forecasts 0.3 r[t]: 4.6 %."""
N_ROWS = 5_000
"""Twenty years of days. On ten, five epochs are some 270 steps of Adam: about as many seeds stay
below 60 % as above, for want of steps and not of signal (ten epochs suffice)."""


@cache
def planted(seed: int) -> PriceSeries:
    """Steps of 2.3 % a day."""
    return prices(f"PLANTED{seed}", autoregressive(N_ROWS, PERSISTENCE, 0.023, seed))


def judge_of(series: PriceSeries, lookback: int = 60) -> Judge:
    """Who scores forecasts of a series one step ahead, as an experiment with the usual split does."""
    segments = segments_of(series, Split(), lookback, 1)
    transformation = Transformation.fit(
        series, segments, target="log_return", features="close", lookback=lookback, horizon=1
    )
    return Judge(series, transformation, segments)


def oracle(judge: Judge) -> np.ndarray:
    """The best possible forecast of the test segment, (origin, 1)."""
    levels, origins = judge.frame.table[:, 0], np.asarray(judge.segments.test)
    forecast: np.ndarray = PERSISTENCE * (levels[origins] - levels[origins - 1])[:, None]
    return forecast
