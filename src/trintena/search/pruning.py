"""Which trials of a round go on: synchronous successive halving.

Every unfinished trial of a round trains to a rung; there the better third goes on and the others are
pruned. All wait for the last one, so that what is pruned does not depend on how many workers train.

References: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
optimization", AISTATS; Li et al. 2018, "Hyperband", JMLR 18(185).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TypeVar

RUNGS = (1, 3, 9)
"""The epochs after which trials are compared."""
REDUCTION = 3
"""One trial in so many goes on."""

Name = TypeVar("Name", int, tuple[int, int])
"""Of a trial: its number or, among several studies, its architecture and number."""


def next_rung(after_epoch: int) -> int | None:
    """The first rung after so many epochs (0 before the first one); None: there is no more."""
    return next((rung for rung in RUNGS if rung > after_epoch), None)


def survivors(reached: Mapping[Name, float], candidates: Collection[Name]) -> set[Name]:
    """The candidates that go on from a rung.

    `reached` has the value at this rung (lower is better) of every trial of the study that trained to
    it, by name: those of earlier rounds, and the candidates. The lowest third of all of them, rounded
    up, goes on; of two equal values the lower name is the better. NaN never goes on.
    """
    n_survivors = math.ceil(len(reached) / REDUCTION)
    ranked = sorted((value, trial) for trial, value in reached.items() if not math.isnan(value))
    return {trial for _, trial in ranked[:n_survivors]} & set(candidates)
