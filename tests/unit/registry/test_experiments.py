from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from trintena.domain import ExperimentSpec, Hyperparameters, Mode, Split, Target
from trintena.errors import NotFoundError, UsageError
from trintena.registry.tables import Experiment

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import PriceSeries, TrialResult
    from trintena.registry import Registry

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ISO_DATES = st.dates().map(str)
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
    assert (newest.id, newest.n_finished, newest.n_failed) == (other, 0, 0)
    assert (oldest.id, oldest.n_finished, oldest.n_failed) == (experiment, 2, 1)


def test_deleting_takes_trials_and_events_and_never_reuses_the_number(
    registry: Registry, experiment: int, trial: Callable[..., TrialResult]
) -> None:
    spec = registry.experiment(experiment).spec
    registry.record_trial(experiment, trial(1), {})
    registry.add_event(experiment, "started")
    registry.delete_experiment(experiment)

    assert registry.experiments() == []
    assert registry.create_experiment(spec) > experiment
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
        registry.best_weights,
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
