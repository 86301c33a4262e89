from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError

from trintena.domain import Purpose
from trintena.errors import NotFoundError
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import TrialResult
    from trintena.registry import Registry

    MakeTrial = Callable[..., TrialResult]


def test_a_trial_comes_back_as_it_was_without_weights(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    saved = trial(
        11,
        0.0234,
        n_parameters=12_345,
        fit_seconds=1.5,
        elapsed_seconds=2.25,
        train_losses=(1.0, math.nan, 0.5),
        validation_curve=(0.03, math.nan, 0.0234),
        learning_rates=(0.001, 0.001, 0.0005),
        number=4,
        forecasts={"validation": np.ones((3, 2), np.float32), "file": np.array([[math.nan]])},
    )
    registry.record_trial(experiment, saved, {})

    (loaded,) = registry.trials(experiment)
    for name in ("model_id", "state", "hyperparameters", "seed", "number", "purpose", "n_parameters"):
        assert getattr(loaded, name) == getattr(saved, name)
    assert (loaded.fit_seconds, loaded.elapsed_seconds) == (1.5, 2.25)
    assert (loaded.validation_rmse, loaded.reason) == (0.0234, None)
    np.testing.assert_equal(loaded.train_losses, saved.train_losses)
    np.testing.assert_equal(loaded.validation_curve, saved.validation_curve)
    assert loaded.learning_rates == saved.learning_rates
    assert loaded.best_epoch == 3
    assert loaded.forecasts.keys() == saved.forecasts.keys()
    for name, forecast in saved.forecasts.items():
        assert loaded.forecasts[name].dtype == forecast.dtype
        np.testing.assert_array_equal(loaded.forecasts[name], forecast)
    assert loaded.weights is None


def test_metrics_are_those_of_the_first_search_trial(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(11, number=1), {"of": "another"})
    registry.record_trial(experiment, trial(11, purpose="refit"), {"of": "a refit"})
    registry.record_trial(experiment, trial(11), {"skill": np.float64(0.01), "worst": math.inf})
    assert registry.trial_metrics(experiment) == {11: {"skill": 0.01, "worst": None}}


def test_trials_are_listed_by_architecture_purpose_and_number(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    listed: list[tuple[int, Purpose, int]] = [
        (model_id, purpose, number)
        for model_id in (1, 6)
        for purpose in ("search", "refit")
        for number in (2, 10)
    ]
    for model_id, purpose, number in reversed(listed):
        registry.record_trial(experiment, trial(model_id, purpose=purpose, number=number), {})

    def identity(t: TrialResult) -> tuple[int, Purpose, int]:
        return t.model_id, t.purpose, t.number

    assert [identity(t) for t in registry.trials(experiment)] == listed
    for only in get_args(Purpose):
        expected = [key for key in listed if key[1] == only]
        assert [identity(t) for t in registry.trials(experiment, purpose=only)] == expected


def test_forecasts_and_weights_are_not_loaded_unless_asked_for(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, validation_curve=(0.02,)), {})
    statements: list[str] = []

    @event.listens_for(registry._engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        statements.append(statement)

    (light,) = registry.trials(experiment, forecasts=False)
    assert (light.forecasts, light.validation_curve) == ({}, (0.02,))
    assert not any("forecasts" in statement or "weights" in statement for statement in statements)
    (whole,) = registry.trials(experiment)
    assert whole.forecasts.keys() == {"validation"}
    assert "forecasts" in statements[-1]


def test_a_second_run_replaces_a_failure(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    failed = trial(1, None, state="FAIL", weights=None, forecasts={}, reason="out of memory")
    registry.record_trial(experiment, failed, {})
    assert registry.trials(experiment)[0].reason == "out of memory"

    registry.record_trial(experiment, trial(1, 0.02), {"skill": 0.1})
    (loaded,) = registry.trials(experiment)
    assert (loaded.state, loaded.reason) == ("COMPLETE", None)
    assert registry.trial_metrics(experiment) == {1: {"skill": 0.1}}
    assert registry.best_weights(experiment) is not None


def test_what_finished_is_never_replaced(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    registry.record_trial(experiment, trial(1, 0.02), {"run": 1})
    registry.record_trial(experiment, trial(1, None, state="FAIL", weights=None, reason="killed"), {})
    registry.record_trial(experiment, trial(1, 0.01), {"run": 2})
    (loaded,) = registry.trials(experiment)
    assert (loaded.state, loaded.validation_rmse) == ("COMPLETE", 0.02)
    assert registry.trial_metrics(experiment) == {1: {"run": 1}}


def test_trials_of_one_architecture_differ_by_purpose_and_number(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, 0.02), {})
    registry.record_trial(experiment, trial(1, 0.01, number=1), {}, model_name="LSTM Classic (64/32)")
    registry.record_trial(experiment, trial(1, 0.03, purpose="refit"), {})
    assert [t.validation_rmse for t in registry.trials(experiment)] == [0.02, 0.01, 0.03]
    with registry._reading() as session:
        assert session.scalars(select(ArchitectureStudy.model_name)).all() == ["LSTM Classic (64/32)"]


def test_the_database_itself_refuses_a_number_twice(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, number=0), {})
    registry.record_trial(experiment, trial(1, number=1), {})
    with pytest.raises(IntegrityError), registry._writing() as session:
        session.execute(update(ArchitectureTrial).values(number=0))
    with pytest.raises(IntegrityError), registry._writing() as session:
        session.execute(text("UPDATE architecture_trials SET purpose = 'practice' WHERE number = 0"))


def test_a_trial_needs_its_experiment(registry: Registry, trial: MakeTrial) -> None:
    with pytest.raises(NotFoundError):
        registry.record_trial(99, trial(1), {})


def test_nothing_is_stored_of_a_trial_that_cannot_be_stored_whole(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, 0.02), {})
    unfit = trial(6, 0.01, weights=(np.array([object()]),))
    with pytest.raises(ValueError, match="only plain numbers"):
        registry.record_trial(experiment, unfit, {})
    assert [t.model_id for t in registry.trials(experiment)] == [1]
    assert registry.best_weights(experiment) is not None


def test_a_reason_may_hold_what_a_database_does_not_keep(
    registry: Registry, experiment: int, trial: Callable[..., TrialResult]
) -> None:
    registry.record_trial(experiment, trial(1, None, state="FAIL", weights=None, reason="it wrote \0\0"), {})
    (failed,) = registry.trials(experiment)
    assert failed.reason == "it wrote \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
