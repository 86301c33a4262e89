"""Shares over made trials in which it is known what decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from trintena.domain import Hyperparameters, Range, SearchSpace, TrialResult
from trintena.search.importance import MINIMUM_TRIALS, importance

SPACE = SearchSpace()
NAMES = set(vars(SPACE))


def trials(
    n: int, error: Any, *, models: tuple[int, ...] = (1,), space: SearchSpace = SPACE, seed: int = 0
) -> list[TrialResult]:
    """Random settings, with the RMSE that `error` names for each."""
    random = np.random.default_rng(seed)

    def drawn(choice: Any) -> Any:
        if isinstance(choice, Range):
            return float(random.uniform(choice.low, choice.high))
        return random.choice(choice).item()

    found = []
    for model_id in models:
        for number in range(n):
            setting = Hyperparameters(**{name: drawn(choice) for name, choice in vars(space).items()})
            rmse = float(error(setting, random)) * model_id
            found.append(TrialResult(model_id, "COMPLETE", setting, 0, number, validation_rmse=rmse))
    return found


def by_rate(setting: Hyperparameters, random: np.random.Generator) -> float:
    return float(abs(np.log10(setting.learning_rate / 0.001)) + random.uniform(0, 0.1) + 1)


def by_chance(setting: Hyperparameters, random: np.random.Generator) -> float:
    return float(random.uniform(1, 2))


def test_what_decides_has_the_largest_share_and_the_shares_add_up() -> None:
    shares = importance(SPACE, trials(60, by_rate))
    assert shares.keys() == NAMES
    assert next(iter(shares)) == "learning_rate"
    assert shares["learning_rate"] > 0.8
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert np.isclose(sum(shares.values()), 1)


def test_a_range_is_judged_as_a_list_is() -> None:
    space = replace(SPACE, dropout_rate=Range(0.0, 0.5))
    shares = importance(space, trials(60, lambda setting, _: setting.dropout_rate, space=space))
    assert next(iter(shares)) == "dropout_rate"


def test_where_nothing_matters_almost_nothing_is_named() -> None:
    named = sum(
        share > 0
        for seed in range(8)
        for share in importance(SPACE, trials(40, by_chance, seed=seed)).values()
    )
    assert named <= 6  # of 40: once in twenty is two


def test_architectures_are_compared_within_themselves() -> None:
    # Model 30 errs thirty times as much, whatever its setting; that says nothing of settings.
    pooled = importance(SPACE, trials(20, by_rate, models=(1, 30)))
    assert next(iter(pooled)) == "learning_rate"


def test_the_same_trials_give_the_same_shares() -> None:
    found = trials(40, by_rate)
    assert importance(SPACE, found) == importance(SPACE, found)


def test_too_few_trials_say_nothing() -> None:
    found = trials(MINIMUM_TRIALS, by_rate)
    assert importance(SPACE, found)
    assert importance(SPACE, found[1:]) == {}
    assert importance(SPACE, []) == {}


def test_pruned_trials_are_behind_the_complete_ones_whatever_their_error() -> None:
    # Those with a bad rate were pruned after one epoch, at an error that says nothing.
    found = [
        replace(trial, state="PRUNED", validation_curve=(0.5,), validation_rmse=0.5 + trial.number / 1000)
        if trial.hyperparameters.learning_rate != 0.001
        else replace(trial, validation_rmse=2.0)
        for trial in trials(60, by_rate)
    ]
    shares = importance(SPACE, found)
    assert next(iter(shares)) == "learning_rate"
    assert shares["learning_rate"] > 0.8


def test_only_search_trials_that_did_not_fail_count() -> None:
    found = trials(MINIMUM_TRIALS, by_rate)
    assert importance(SPACE, [replace(found[0], purpose="refit"), *found[1:]]) == {}
    assert importance(SPACE, [replace(found[0], state="FAIL", validation_rmse=None), *found[1:]]) == {}


def test_what_has_one_choice_is_not_judged() -> None:
    space = replace(SPACE, batch_size=(32,), dropout_rate=Range(0.2, 0.2))
    assert importance(space, trials(60, by_rate, space=space)).keys() == NAMES - {
        "batch_size",
        "dropout_rate",
    }
    fixed = SearchSpace((0.001,), (32,), (0.2,), (10,), ("relu",))
    assert importance(fixed, trials(60, by_chance, space=fixed)) == {}


def test_equally_good_trials_say_nothing() -> None:
    assert importance(SPACE, trials(60, lambda setting, random: 1.0)) == {}
