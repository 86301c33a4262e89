from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from trintena.domain import (
    ExperimentSpec,
    Hyperparameters,
    Mode,
    Range,
    Search,
    SearchSpace,
    Split,
    Strategy,
    Target,
)
from trintena.errors import NotFoundError, UsageError
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial, Experiment, ExperimentEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import PriceSeries, TrialResult
    from trintena.registry import Registry

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ISO_DATES = st.dates().map(str)
RANGES = st.builds(Range, NUMBERS, NUMBERS, st.none() | NUMBERS, st.booleans())
SPACES = st.builds(
    SearchSpace,
    learning_rate=RANGES | st.lists(NUMBERS, min_size=1).map(tuple),
    epochs=RANGES | st.lists(st.integers(1, 99), min_size=1).map(tuple),
    activation=st.just(("relu", "mish")),
)
SEARCHES = st.builds(
    Search,
    strategy=st.sampled_from(get_args(Strategy)),
    n_trials=st.none() | st.integers(1, 500),
    space=SPACES,
    pruning=st.booleans(),
    budget_s=st.none() | NUMBERS,
)
SPECS = st.builds(
    ExperimentSpec,
    symbol=st.sampled_from(["NVDA", "^GSPC", "PETR4.SA", "ação"]),
    dataset_hash=st.just("replaced"),
    model_ids=st.lists(st.integers(1, 40), unique=True).map(tuple),
    mode=st.sampled_from(get_args(Mode)),
    target=st.sampled_from(get_args(Target)),
    lookback=st.integers(1, 500),
    horizon=st.integers(1, 30),
    start=ISO_DATES,
    end=ISO_DATES,
    split=st.builds(
        Split, st.none() | st.tuples(NUMBERS, NUMBERS, NUMBERS), st.none() | st.tuples(*[ISO_DATES] * 3)
    ),
    seed=st.integers(0, 2**40),
    hyperparameters=st.builds(Hyperparameters, learning_rate=NUMBERS, dropout_rate=NUMBERS),
    search=st.none() | SEARCHES,
    refit_all=st.booleans(),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spec=SPECS)
def test_any_specification_comes_back_equal(
    registry: Registry, series: Callable[..., PriceSeries], spec: ExperimentSpec
) -> None:
    spec = ExperimentSpec(**{**vars(spec), "dataset_hash": registry.save_dataset(series())})
    record = registry.experiment(registry.create_experiment(spec))
    assert record.spec == spec
    assert record.spec_hash == record.spec.hash == spec.hash


def test_a_life_from_queued_to_succeeded(registry: Registry, experiment: int) -> None:
    queued = registry.experiment(experiment)
    assert (queued.state, queued.started_at, queued.finished_at) == ("queued", None, None)

    registry.set_state(experiment, "running")
    running = registry.experiment(experiment)
    assert running.state == "running"
    assert running.started_at is not None
    assert running.started_at >= queued.created_at

    registry.finish(experiment, "succeeded", {"winner": {"rmse": 0.02}, "skill": math.nan})
    ended = registry.experiment(experiment)
    assert (ended.state, ended.started_at) == ("succeeded", running.started_at)
    assert ended.finished_at is not None
    assert ended.result == {"winner": {"rmse": 0.02}, "skill": None}


def test_a_failure_keeps_its_message(registry: Registry, experiment: int) -> None:
    registry.set_state(experiment, "failed", "the disk is full")
    record = registry.experiment(experiment)
    assert (record.state, record.message) == ("failed", "the disk is full")
    assert record.finished_at is not None


def test_an_experiment_only_finishes_in_an_end(registry: Registry, experiment: int) -> None:
    with pytest.raises(ValueError, match="not 'running'"):
        registry.finish(experiment, "running", {})
    with pytest.raises(ValueError, match="not 'done'"):
        registry.set_state(experiment, "done")  # type: ignore[arg-type]


def test_a_cancel_request_is_heard_until_the_end(registry: Registry, experiment: int) -> None:
    assert not registry.cancel_requested(experiment)
    assert registry.request_cancel(experiment)
    registry.set_state(experiment, "running")
    assert registry.cancel_requested(experiment)

    registry.set_state(experiment, "cancelled")
    assert not registry.request_cancel(experiment)
    assert registry.experiment(experiment).cancel_requested


def test_resuming_takes_the_cancel_request_back(registry: Registry, experiment: int) -> None:
    registry.request_cancel(experiment)
    registry.set_state(experiment, "cancelled", "asked to")
    registry.set_state(experiment, "running")
    record = registry.experiment(experiment)
    assert (record.cancel_requested, record.message, record.finished_at) == (False, None, None)


def test_reopening_one_that_was_killed_while_running(registry: Registry, experiment: int) -> None:
    registry.set_state(experiment, "running")
    registry.request_cancel(experiment)
    registry.reopen(experiment)
    record = registry.experiment(experiment)
    assert (record.state, record.cancel_requested) == ("queued", False)


def test_listing_counts_trials_and_puts_the_newest_first(
    registry: Registry, experiment: int, trial: Callable[..., TrialResult]
) -> None:
    other = registry.create_experiment(registry.experiment(experiment).spec)
    registry.record_trial(experiment, trial(1), {})
    registry.record_trial(experiment, trial(6, state="PRUNED"), {})
    registry.record_trial(experiment, trial(11, None, state="FAIL", weights=None, reason="diverged"), {})

    newest, oldest = registry.experiments()
    assert (newest.id, newest.n_models, newest.n_finished, newest.n_failed) == (other, 3, 0, 0)
    assert (oldest.id, oldest.n_models, oldest.n_finished, oldest.n_failed) == (experiment, 3, 2, 1)
    assert set(newest.trial_counts.values()) == {0}


def test_search_trials_are_counted_by_state_and_refits_are_not(
    registry: Registry, experiment: int, trial: Callable[..., TrialResult]
) -> None:
    registry.create_experiment(registry.experiment(experiment).spec)
    for number, state in enumerate(("COMPLETE", "COMPLETE", "PRUNED", "FAIL")):
        registry.record_trial(experiment, trial(1 + 5 * (number % 2), state=state, number=number), {})
    proposed = trial(11, None, state="WAITING", forecasts={}, weights=None)
    registry.add_trials(experiment, [proposed, replace(proposed, number=1)], model_name="BiLSTM")
    registry.start_trial(experiment, 11, 1, "search")
    for number in range(3):
        registry.record_trial(experiment, trial(1, purpose="refit", number=number), {})

    for record in (registry.experiment(experiment), registry.experiments()[1]):
        assert record.trial_counts == {"WAITING": 1, "RUNNING": 1, "COMPLETE": 2, "PRUNED": 1, "FAIL": 1}
        assert (record.n_finished, record.n_failed) == (3, 1)


def test_deleting_takes_all_of_it_and_never_reuses_the_number(
    registry: Registry, experiment: int, trial: Callable[..., TrialResult]
) -> None:
    spec = registry.experiment(experiment).spec
    other = registry.create_experiment(spec)
    for number in (experiment, other):
        registry.record_trial(number, trial(1), {})
        registry.record_trial(number, trial(1, purpose="refit"), {})
        waiting = trial(6, None, state="WAITING", forecasts={}, weights=None)
        registry.add_trials(number, [waiting], model_name="GRU")
        registry.add_event(number, "started")
    registry.delete_experiment(experiment)

    assert [record.id for record in registry.experiments()] == [other]
    assert [t.purpose for t in registry.trials(other)] == ["search", "refit", "search"]
    with registry._reading() as session:
        left = [
            session.scalar(select(func.count()).select_from(table))
            for table in (ArchitectureStudy, ArchitectureTrial, ExperimentEvent)
        ]
    assert left == [2, 3, 3]  # of two trials that ended, and the one added
    assert registry.create_experiment(spec) > other
    with pytest.raises(NotFoundError):
        registry.trials(experiment)


def test_unknown_experiments_say_where_to_look(registry: Registry) -> None:
    for ask in (
        registry.experiment,
        registry.cancel_requested,
        registry.request_cancel,
        registry.delete_experiment,
        registry.reopen,
        registry.trials,
        registry.trial_counts,
        registry.trial_metrics,
        registry.requeue_running,
        registry.best_weights,
        registry.drop_weights,
        registry.events,
    ):
        with pytest.raises(NotFoundError, match=r"No experiment 99\. See `trintena experiments list`\."):
            ask(99)


def test_an_experiment_needs_its_dataset(registry: Registry, spec: Callable[..., ExperimentSpec]) -> None:
    with pytest.raises(NotFoundError, match="trintena data list"):
        registry.create_experiment(spec("no such hash"))


def test_a_specification_of_a_later_version_is_refused_by_name(registry: Registry, experiment: int) -> None:
    spec = {**registry.experiment(experiment).spec.to_json(), "cost_model": "flat"}
    with registry._writing() as session:
        session.execute(update(Experiment).values(spec=spec))
    with pytest.raises(UsageError, match=f"experiment {experiment} cannot be read: .*cost_model"):
        registry.experiment(experiment)


def test_the_number_of_an_experiment_that_is_gone_is_not_given_again(
    registry: Registry, experiment: int
) -> None:
    again = registry.create_experiment(registry.experiment(experiment).spec)
    registry.delete_experiment(again)
    assert registry.create_experiment(registry.experiment(experiment).spec) == again + 1
