"""A search space as numbers see it: how many combinations it holds, the n-th of them, one at random."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import fields
from decimal import Decimal
from typing import Any

import numpy as np

from trintena.domain import Hyperparameters, Range, SearchSpace

FIELDS = tuple(f.name for f in fields(SearchSpace))
"""The hyper-parameters that a search chooses, in the order of `SearchSpace`."""
WHOLE_FIELDS = ("batch_size", "epochs")
"""Those of them that are whole numbers: a range of theirs without a step holds every whole number."""

_DRAWS = 100


def n_choices(name: str, choice: tuple[Any, ...] | Range) -> int | None:
    """How many values a field's choice holds; None for a continuous range."""
    if not isinstance(choice, Range):
        return len(choice)
    step = choice.step if choice.step is not None or name not in WHOLE_FIELDS else 1
    return None if step is None else int((_exact(choice.high) - _exact(choice.low)) / _exact(step)) + 1


def nth_choice(choice: tuple[Any, ...] | Range, index: int) -> Any:
    """The value at an index of a choice that can be counted.

    Steps are added in decimals, so that 0.1, 0.2, 0.3 are the numbers that a person would write.
    """
    if not isinstance(choice, Range):
        return choice[index]
    step = 1 if choice.step is None else choice.step
    value = _exact(choice.low) + index * _exact(step)
    return int(value) if isinstance(choice.low, int) else float(value)


def n_combinations(space: SearchSpace) -> int | None:
    """How many different settings the space holds; None where one of its ranges is continuous."""
    counts = [n_choices(name, getattr(space, name)) for name in FIELDS]
    return None if None in counts else math.prod(count for count in counts if count is not None)


def nth_combination(space: SearchSpace, index: int) -> Hyperparameters:
    """The setting at an index from 0 to `n_combinations` - 1; the last field changes fastest."""
    chosen: dict[str, Any] = {}
    for name in reversed(FIELDS):
        choice = getattr(space, name)
        index, at = divmod(index, n_choices(name, choice) or 1)
        chosen[name] = nth_choice(choice, at)
    return Hyperparameters(**chosen)


def draw_untried(
    space: SearchSpace, tried: Collection[Hyperparameters], rng: np.random.Generator
) -> Hyperparameters:
    """A setting at random that was not tried yet; there must be one.

    Each field is drawn by itself, evenly, or evenly over orders of magnitude where its range says
    so. Where nearly everything was tried, what is left is counted instead, and drawn evenly.
    """
    for _ in range(_DRAWS):
        drawn = Hyperparameters(**{name: _draw(name, getattr(space, name), rng) for name in FIELDS})
        if drawn not in tried:
            return drawn
    every = (nth_combination(space, index) for index in range(n_combinations(space) or 0))
    untried = [setting for setting in every if setting not in tried]
    return untried[rng.integers(len(untried))]


def _draw(name: str, choice: tuple[Any, ...] | Range, rng: np.random.Generator) -> Any:
    count = n_choices(name, choice)
    if count is not None and not (isinstance(choice, Range) and choice.log):
        return nth_choice(choice, int(rng.integers(count)))
    assert isinstance(choice, Range)
    if not choice.log:
        return float(rng.uniform(choice.low, choice.high))
    # Whole numbers from half a step beyond either end, so that the ends are as likely as their neighbours.
    margin = 0.5 if name in WHOLE_FIELDS else 0.0
    drawn = math.exp(rng.uniform(math.log(choice.low - margin), math.log(choice.high + margin)))
    drawn = min(max(drawn, choice.low), choice.high)
    return round(drawn) if name in WHOLE_FIELDS else drawn


def _exact(value: float) -> Decimal:
    """The number as it is written, not as binary digits hold it."""
    return Decimal(repr(value))
