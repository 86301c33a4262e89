"""The arrays that figures of merit are made of, and the walk over their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from jaxtyping import Float

Array = Float[np.ndarray, "origin horizon"]

Figure = TypeVar("Figure")


def by_step(metric: Callable[..., Figure], *arrays: np.ndarray, **fixed: object) -> list[Figure]:
    """A figure for each step of the horizon alone: `by_step(winkler, actual, lower, upper, level=0.9)`.

    The horizon is the second axis of each array, or the only one of a vector such as the train mean;
    `metric` gets one step of each, that axis kept. `fixed` is handed on as it is.

    `best_shift` and `is_persistence_clone` count the steps since the origin, which one step alone does
    not tell: for step k give them the first k.
    """
    steps = arrays[0].shape[-1] if arrays[0].ndim == 1 else arrays[0].shape[1]
    return [
        metric(*(each[k : k + 1] if each.ndim == 1 else each[:, k : k + 1] for each in arrays), **fixed)
        for k in range(steps)
    ]
