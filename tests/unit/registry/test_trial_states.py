"""Trials that are stored before they run, and what may become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from trintena.domain import Hyperparameters, TrialResult, TrialState
from trintena.errors import NotFoundError
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import Purpose
    from trintena.registry import Registry

    MakeTrial = Callable[..., TrialResult]

ENDS = ("COMPLETE", "PRUNED", "FAIL")


def proposed(
    model_id: int, *numbers: int, purpose: Purpose = "search", learning_rate: float = 0.005
) -> list[TrialResult]:
    settings = Hyperparameters(learning_rate=learning_rate)
    return [TrialResult(model_id, "WAITING", settings, 7, number, purpose) for number in numbers]


def states(registry: Registry, experiment: int) -> list[TrialState]:
    return [t.state for t in registry.trials(experiment)]


def test_a_life_from_waiting_to_complete(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    registry.add_trials(experiment, proposed(6, 0, 1), model_name="GRU Classic (64/32)")
    waiting = registry.trials(experiment)
    assert [(t.model_id, t.number, t.state) for t in waiting] == [(6, 0, "WAITING"), (6, 1, "WAITING")]
    assert waiting[0].hyperparameters == Hyperparameters(learning_rate=0.005)
    assert (waiting[0].forecasts, waiting[0].validation_rmse, waiting[0].seed) == ({}, None, 7)
    with registry._reading() as session:
        assert session.scalars(select(ArchitectureTrial.finished_at)).all() == [None, None]
        assert session.scalars(select(ArchitectureStudy.model_name)).all() == ["GRU Classic (64/32)"]

    registry.start_trial(experiment, 6, 1, "search")
    assert states(registry, experiment) == ["WAITING", "RUNNING"]

    registry.record_trial(experiment, trial(6, 0.02, number=1), {})
    assert states(registry, experiment) == ["WAITING", "COMPLETE"]
    with registry._reading() as session:
        ended = select(ArchitectureTrial.finished_at).order_by(ArchitectureTrial.number)
        assert [at is None for at in session.scalars(ended)] == [True, False]


def test_proposing_again_adds_only_what_is_new(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    registry.add_trials(experiment, proposed(6, 0, 1, 2), model_name="GRU")
    registry.start_trial(experiment, 6, 1, "search")
    registry.record_trial(experiment, trial(6, 0.02, number=2), {})
    before = [(t.number, t.state, t.hyperparameters) for t in registry.trials(experiment)]

    registry.add_trials(experiment, proposed(6, 0, 1, 2, 3, learning_rate=0.9), model_name="GRU")
    after = [(t.number, t.state, t.hyperparameters) for t in registry.trials(experiment)]
    assert after == [*before, (3, "WAITING", Hyperparameters(learning_rate=0.9))]


def test_a_refit_and_a_search_trial_of_the_same_number_are_two(registry: Registry, experiment: int) -> None:
    registry.add_trials(experiment, proposed(6, 0), model_name="GRU")
    registry.add_trials(experiment, proposed(6, 0, purpose="refit"), model_name="GRU")
    registry.start_trial(experiment, 6, 0, "refit")
    assert [(t.purpose, t.state) for t in registry.trials(experiment)] == [
        ("search", "WAITING"),
        ("refit", "RUNNING"),
    ]


def test_proposals_are_stored_all_or_none(registry: Registry, experiment: int) -> None:
    unfit = TrialResult(6, "WAITING", Hyperparameters(epochs={1, 2}), 7, number=1)  # type: ignore[arg-type]
    with pytest.raises(StatementError, match="no form in JSON"):
        registry.add_trials(experiment, [*proposed(6, 0), unfit], model_name="GRU")
    assert registry.trials(experiment) == []


def test_what_is_proposed_waits_and_is_of_one_architecture(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    with pytest.raises(ValueError, match=r"are WAITING, not \['COMPLETE'\]"):
        registry.add_trials(experiment, [trial(6)], model_name="GRU")
    with pytest.raises(ValueError, match=r"not of \[1, 6\]"):
        registry.add_trials(experiment, proposed(6, 0) + proposed(1, 0), model_name="GRU")
    with pytest.raises(NotFoundError, match="No experiment 99"):
        registry.add_trials(99, proposed(6, 0), model_name="GRU")
    registry.add_trials(experiment, [], model_name="GRU")
    assert registry.trials(experiment) == []


@pytest.mark.parametrize("end", ENDS)
def test_a_trial_that_has_ended_never_goes_back(
    registry: Registry, experiment: int, trial: MakeTrial, end: TrialState
) -> None:
    registry.record_trial(experiment, trial(6, state=end, reason="told"), {})
    registry.start_trial(experiment, 6, 0, "search")
    assert registry.requeue_running(experiment) == 0
    registry.add_trials(experiment, proposed(6, 0), model_name="GRU")
    (ended,) = registry.trials(experiment)
    assert (ended.state, ended.reason, ended.validation_rmse) == (end, "told", 0.02)


@pytest.mark.parametrize("state", ["WAITING", "RUNNING"])
def test_only_what_ended_is_recorded(
    registry: Registry, experiment: int, trial: MakeTrial, state: TrialState
) -> None:
    with pytest.raises(ValueError, match=f"not as {state}"):
        registry.record_trial(experiment, trial(6, state=state), {})
    assert registry.trials(experiment) == []


def test_starting_needs_a_trial(registry: Registry, experiment: int) -> None:
    registry.add_trials(experiment, proposed(6, 0), model_name="GRU")
    for model_id, number, purpose in ((6, 1, "search"), (6, 0, "refit"), (1, 0, "search")):
        with pytest.raises(NotFoundError, match=f"has no {purpose} trial {number} of model {model_id}"):
            registry.start_trial(experiment, model_id, number, purpose)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="No experiment 99"):
        registry.start_trial(99, 6, 0, "search")
    assert states(registry, experiment) == ["WAITING"]


def test_what_a_killed_run_left_running_waits_again(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    other = registry.create_experiment(registry.experiment(experiment).spec)
    for number in (experiment, other):
        registry.add_trials(number, proposed(1, 0, 1), model_name="LSTM")
        registry.add_trials(number, proposed(6, 0, purpose="refit"), model_name="GRU")
        registry.start_trial(number, 1, 0, "search")
        registry.start_trial(number, 1, 1, "search")
        registry.start_trial(number, 6, 0, "refit")
    registry.record_trial(experiment, trial(1, 0.02, number=0), {})

    assert registry.requeue_running(experiment) == 2
    assert states(registry, experiment) == ["COMPLETE", "WAITING", "WAITING"]
    assert states(registry, other) == ["RUNNING"] * 3


def test_search_trials_are_counted_by_architecture_and_state(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    for number, end in enumerate((*ENDS, "COMPLETE")):
        registry.record_trial(experiment, trial(6, number=number, state=end), {})
    registry.add_trials(experiment, proposed(6, 3, 4, 5, 6), model_name="GRU")
    registry.start_trial(experiment, 6, 4, "search")
    registry.record_trial(experiment, trial(6, purpose="refit"), {})
    registry.add_trials(experiment, proposed(1, 0), model_name="LSTM")

    none = dict.fromkeys(get_args(TrialState), 0)
    assert registry.trial_counts(experiment) == {
        1: {**none, "WAITING": 1},
        6: {"WAITING": 2, "RUNNING": 1, "COMPLETE": 2, "PRUNED": 1, "FAIL": 1},
        11: none,
    }
    with pytest.raises(NotFoundError, match="No experiment 99"):
        registry.trial_counts(99)
