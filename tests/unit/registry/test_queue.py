"""The queue: who waits, in which order, and what is known of a run from outside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec
    from trintena.registry import Registry


@pytest.fixture
def wanted(registry: Registry, experiment: int) -> ExperimentSpec:
    return registry.experiment(experiment).spec


def test_only_what_was_handed_to_the_queue_waits_there_in_order(
    registry: Registry, experiment: int, wanted: ExperimentSpec
) -> None:
    first, second = (registry.create_experiment(wanted, enqueued=True) for _ in range(2))
    assert registry.queue() == [first, second]
    assert registry.n_waiting() == 2
    assert [registry.standing(number).position for number in (experiment, first, second)] == [None, 1, 2]
    assert {record.id: record.position for record in registry.experiments()} == {
        experiment: None,
        first: 1,
        second: 2,
    }


def test_one_that_was_cut_off_comes_before_those_that_wait(
    registry: Registry, wanted: ExperimentSpec
) -> None:
    first, second = (registry.create_experiment(wanted, enqueued=True) for _ in range(2))
    registry.set_state(second, "running")
    assert registry.queue() == [second, first]
    assert registry.n_waiting() == 1
    assert registry.experiment(first).position == 1
    assert registry.experiment(second).position is None


def test_an_end_takes_it_out_of_the_queue_for_good(registry: Registry, wanted: ExperimentSpec) -> None:
    number = registry.create_experiment(wanted, enqueued=True)
    registry.set_state(number, "running")
    registry.finish(number, "cancelled", {})
    registry.reopen(number)  # by hand: a worker must not take it from who resumed it
    assert registry.queue() == []
    registry.set_state(number, "running")
    assert registry.queue() == []


def test_what_is_sent_on_waits_behind_the_others_without_its_old_request_to_end(
    registry: Registry, wanted: ExperimentSpec
) -> None:
    first, second = (registry.create_experiment(wanted, enqueued=True) for _ in range(2))
    registry.request_cancel(first)
    registry.set_state(first, "cancelled")
    registry.enqueue(first)
    assert registry.queue() == [second, first]
    assert not registry.cancel_requested(first)


def test_one_submission_sent_twice_is_one_experiment(registry: Registry, wanted: ExperimentSpec) -> None:
    number = registry.create_experiment(wanted, enqueued=True, submission_key="a")
    assert registry.create_experiment(wanted, enqueued=True, submission_key="a") == number
    assert registry.create_experiment(wanted, enqueued=True, submission_key="b") != number
    assert registry.submitted("a") == number
    assert registry.submitted("c") is None


def test_progress_is_of_the_present_run_alone(registry: Registry, wanted: ExperimentSpec) -> None:
    number = registry.create_experiment(wanted, enqueued=True)
    registry.set_state(number, "running")
    registry.set_progress(number, {"share": 0.5, "seconds_left": math.inf})
    assert registry.standing(number).progress == {"share": 0.5, "seconds_left": None}
    registry.set_state(number, "running")  # again, after a kill
    assert registry.standing(number).progress is None
    registry.set_progress(number, {"share": 0.1})
    registry.set_state(number, "failed", "no more memory")
    assert registry.standing(number).progress is None
