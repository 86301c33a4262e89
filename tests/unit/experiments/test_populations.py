from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trintena.domain import Hyperparameters, TrialResult
from trintena.experiments.populations import populations
from trintena.experiments.study import Work
from trintena.training.course import Course, Paused


def work(number: int, *, until: int | None = None, paused: bool = False, **setting: Any) -> Work:
    trial = TrialResult(6, "WAITING", Hyperparameters(**setting), 0, number)
    state = Paused(trial, Course(0.1), (np.zeros(1),)) if paused else None
    return Work(trial, until, state)


def numbers(portions: list[list[Work]]) -> list[list[int]]:
    return [[each.trial.number for each in portion] for portion in portions]


def test_on_a_processor_each_trial_goes_alone_in_the_order_given() -> None:
    works = [work(2), work(0, epochs=4), work(1)]
    assert numbers(populations(works, 1)) == [[2], [0], [1]]


def test_trials_that_differ_in_rates_and_seed_alone_go_together() -> None:
    works = [work(i, learning_rate=0.001 * (i + 1), dropout_rate=0.1 * i) for i in range(5)]
    works[1] = replace(works[1], trial=replace(works[1].trial, seed=9))
    assert numbers(populations(works, 8)) == [[0, 1, 2, 3, 4]]
    assert numbers(populations(works, 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    "other", [{"batch_size": 64}, {"epochs": 9}, {"activation": "tanh"}, {"until": 3}, {"paused": True}]
)
def test_what_one_program_cannot_train_side_by_side_goes_apart(other: dict[str, Any]) -> None:
    works = [work(0), work(1, **other), work(2)]
    assert numbers(populations(works, 8)) == [[0, 2], [1]]


def test_a_fit_does_not_go_with_the_trials_of_the_search() -> None:
    fit = work(1)
    works = [work(0), replace(fit, trial=replace(fit.trial, purpose="refit"))]
    assert numbers(populations(works, 8)) == [[0], [1]]
