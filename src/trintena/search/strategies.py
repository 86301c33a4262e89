"""How the next settings are chosen: the table of strategies, and the rounds in which they propose.

A round's proposals are a pure function of the search, of the trials of earlier rounds and of a seed: a
search that was interrupted goes on as if it had not been, and no proposal depends on which trial of a
round ended first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from trintena.domain import Hyperparameters, Search, TrialResult
from trintena.errors import UnknownNameError, UsageError
from trintena.language import phrase
from trintena.search.combinations import FIELDS, draw_untried, n_choices, n_combinations, nth_combination
from trintena.search.tpe import Model

Proposer = Callable[[Search, Sequence[TrialResult], int, Sequence[int]], list[Hyperparameters]]
"""From a search, its trials so far, a number of proposals and a seed to the proposals."""


@dataclass(frozen=True)
class Strategy:
    """A row of the table."""

    proposer: Proposer
    first_round: int
    """How many trials the first round has, and each later one (below)."""
    later_rounds: int
    n_trials: int | None
    """For each architecture, where a search names no number; None: all that the space holds."""


def _grid(search: Search, past: Sequence[TrialResult], n: int, seed: Sequence[int]) -> list[Hyperparameters]:
    """Every combination in the order of the space; of some of them only, a shuffle."""
    if total_trials(search) != n_combinations(search.space):
        return _random(search, past, n, seed)
    return [nth_combination(search.space, index) for index in range(len(past), len(past) + n)]


def _random(
    search: Search, past: Sequence[TrialResult], n: int, seed: Sequence[int]
) -> list[Hyperparameters]:
    """Each at random, none twice."""
    tried = {trial.hyperparameters for trial in past}
    proposals: list[Hyperparameters] = []
    for number in range(len(past), len(past) + n):
        rng = np.random.default_rng([*seed, number])
        proposals.append(draw_untried(search.space, tried.union(proposals), rng))
    return proposals


def _bayesian(
    search: Search, past: Sequence[TrialResult], n: int, seed: Sequence[int]
) -> list[Hyperparameters]:
    """The first round at random; then mostly a model's suggestions, none twice.

    What is drawn at random is what `_random` would draw: the two differ by the model alone.
    """
    if len(past) < STARTUP:
        return _random(search, past, n, seed)
    (model_seed,) = np.random.SeedSequence([*seed, len(past)]).generate_state(1)
    model = Model(search.space, past, int(model_seed))
    tried = {trial.hyperparameters for trial in past}
    proposals: list[Hyperparameters] = []
    for number in range(len(past), len(past) + n):
        rng = np.random.default_rng([*seed, number])
        drawn = draw_untried(search.space, tried, rng)
        explores = rng.random() < search.exploration
        suggested = None if explores else model.suggest(tried)
        if suggested is None:
            model.expect(drawn)
        proposals.append(suggested or drawn)
        tried.add(proposals[-1])
    return proposals


MOST_TRIALS = 10_000
"""Of an architecture, where nothing else bounds them."""
STARTUP = 6
"""Trials at random before a model of the results suggests any."""

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "grid": Strategy(_grid, first_round=12, later_rounds=12, n_trials=None),
        "random": Strategy(_random, first_round=12, later_rounds=12, n_trials=20),
        "bayesian": Strategy(_bayesian, first_round=STARTUP, later_rounds=4, n_trials=20),
    }
)
"""Every strategy by its name. Those that learn have small rounds, so that they learn often."""


def total_trials(search: Search) -> int:
    """How many trials each architecture has: those asked for, at most what the space holds.

    With a budget, time is the limit: where no number is asked for, all that the space holds.

    Raises:
        UsageError: no such strategy, fewer trials than one, or a grid over a continuous range.
    """
    strategy = _strategy(search.strategy)
    held = n_combinations(search.space)
    if search.strategy == "grid" and held is None:
        raise _continuous(search)
    usual = strategy.n_trials if search.budget_s is None else MOST_TRIALS
    asked = usual if search.n_trials is None else search.n_trials
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int) or asked < 1):
        raise UsageError(
            phrase(
                en=f"The number of trials must be a whole number of at least 1, not {asked!r}.",
                pt=f"O número de tentativas deve ser um inteiro de no mínimo 1, e não {asked!r}.",
            ),
            field="n_trials",
        )
    counts = [count for count in (asked, held) if count is not None]
    return min(counts)


def propose(
    search: Search, past: Sequence[TrialResult], seed: Sequence[int], *, size: int | None = None
) -> list[Hyperparameters]:
    """The next round's settings; none when the search has all its trials.

    `past` has every trial of the earlier rounds, all of them ended, in the order of their numbers: the
    first setting is for trial `len(past)`. `seed` is of non-negative whole numbers. `size` is how many to
    propose, in place of the strategy's own number.

    Raises:
        UsageError: as `total_trials`.
    """
    strategy = _strategy(search.strategy)
    if size is None:
        size = strategy.later_rounds if past else strategy.first_round
    n = min(size, total_trials(search) - len(past))
    return strategy.proposer(search, past, n, seed) if n > 0 else []


def _strategy(name: str) -> Strategy:
    if name not in STRATEGIES:
        raise UnknownNameError(
            phrase(en="strategy", pt="estratégia"),
            name,
            STRATEGIES,
            field="strategy",
            hint=phrase(en=f"They are {', '.join(STRATEGIES)}.", pt=f"Elas são {', '.join(STRATEGIES)}."),
        )
    return STRATEGIES[name]


def _continuous(search: Search) -> UsageError:
    name = next(name for name in FIELDS if n_choices(name, getattr(search.space, name)) is None)
    return UsageError(
        phrase(
            en=f"{name}: grid tries every value, and this range has no step.",
            pt=f"{name}: grid testa todos os valores, e este intervalo não tem step.",
        ),
        field=name,
        hint=phrase(
            en="Give a step or a list of values, or choose random or bayesian.",
            pt="Informe um step ou uma lista de valores, ou escolha random ou bayesian.",
        ),
    )
