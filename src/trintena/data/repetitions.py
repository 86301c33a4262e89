"""How long a value may stay the same before chance no longer explains it."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Int

SHORTEST_REPETITION = 5
"""Rows with the same close. In liquid prices one step in twenty is zero at most: four of them in a row
come once in 160,000 rows. Where steps of zero are commoner the length grows."""
ENOUGH_RUNS = 20
"""With fewer, one that is stuck would weigh too much."""


def suspicious_length(same: Bool[np.ndarray, " step"]) -> int:
    """The number of equal closes in a row that chance gives to one series like this in a hundred.

    If each step is zero with probability p, a run of k zeros is expected n p^k times in n steps. The
    p is the share of zeros after steps that were not, or, where there are runs enough to tell, the
    share of runs that outlast one step: of either, a close that is stuck for years is a single case,
    and does not excuse itself.
    """
    moved = ~same[:-1]
    lengths = runs(same)[1]
    zero = float(np.mean(same[1:][moved])) if moved.any() else 0.0
    if len(lengths) >= ENOUGH_RUNS:
        zero = max(zero, float(np.mean(lengths > 1)))
    if zero <= 0:
        return SHORTEST_REPETITION
    if zero >= 1:
        return len(same) + 2  # never
    zeros = math.log(0.01 / len(same)) / math.log(zero)
    return max(SHORTEST_REPETITION, math.ceil(zeros) + 1)


def runs(
    flags: Bool[np.ndarray, " row"],
) -> tuple[Int[np.ndarray, " run"], Int[np.ndarray, " run"]]:
    """Where each run of true flags begins, and how long it is."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return edges[::2], edges[1::2] - edges[::2]
