from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from trintena.errors import UnknownNameError, UsageError
from trintena.jobs.executors import EXECUTORS
from trintena.jobs.executors.local import LocalExecutor
from trintena.jobs.failures import TaskFailed, WorkerDied
from trintena.jobs.protocol import Event, Failed, Finished, Reported, Started, Task
from trintena.settings import Settings, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def task(key: Hashable, function: str, cost: float = 0.0, group: Hashable = None, **kwargs: Any) -> Task:
    return Task(key, f"job_tasks:{function}", kwargs, cost=cost, group=group)


def pool(workers: int = 1, **options: Any) -> LocalExecutor:
    return LocalExecutor(workers, environment={}, **options)


def outcomes(events: list[Event]) -> dict[Hashable, Finished | Failed]:
    return {event.key: event for event in events if isinstance(event, Finished | Failed)}


def is_alive(pid: int) -> bool:
    """Also of a zombie: the process has not been reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def next_of_kind(executor: LocalExecutor, kind: type) -> Any:
    while not isinstance(event := executor.next_event(timeout_s=10), kind):
        assert event is not None
    return event


def test_the_table_names_the_local_executor() -> None:
    settings = Settings.from_environment({"TRINTENA_WORKERS": "1"})
    with EXECUTORS["local"](settings, environment={}) as executor:
        assert executor.n_workers == 1
        executor.submit(task("sum", "add", left=1, right=2))
        assert list(executor.events()) == [Started("sum", 0), Finished("sum", 0, 3)]


def test_every_task_ends_once_whatever_becomes_of_it() -> None:
    with pool(2, warm="job_tasks:warm_up") as executor:
        executor.submit(task("warm", "is_warm"))
        executor.submit(task("refused", "refuse", name="gruu"))
        executor.submit(task("broken", "break_down"))
        executor.submit(task("unpicklable", "add", left=lambda: 0, right=1))
        executor.submit(task("unreadable", "return_what_only_this_side_knows"))
        executor.submit(task("last", "add", left=1, right=2))
        assert executor.n_unfinished == 6
        events = list(executor.events())
        assert executor.n_unfinished == 0
        assert executor.next_event() is None
    ends = outcomes(events)
    assert len([event for event in events if isinstance(event, Finished | Failed)]) == len(ends) == 6
    assert isinstance(ends["warm"], Finished)
    assert ends["warm"].result is True
    errors = {key: end.error for key, end in ends.items() if isinstance(end, Failed)}
    assert {key: type(error) for key, error in errors.items()} == {
        "refused": UnknownNameError,
        "broken": TaskFailed,
        "unpicklable": TaskFailed,
        "unreadable": TaskFailed,
    }
    assert "no_such_module_anywhere" in str(errors["unreadable"])
    assert isinstance(ends["last"], Finished)


def test_the_costliest_tasks_begin_first_and_equals_as_submitted() -> None:
    with pool() as executor:
        for key, cost in [("small", 1.0), ("large", 9.0), ("first", 5.0), ("second", 5.0)]:
            executor.submit(task(key, "pid", cost=cost))
        started = [event.key for event in executor.events() if isinstance(event, Started)]
    assert started == ["large", "first", "second", "small"]


def test_a_worker_goes_on_with_its_group_before_it_begins_another() -> None:
    with pool() as executor:
        for number in range(2):
            for group in ("first", "second"):
                executor.submit(task((group, number), "pid", group=group))
        started = []
        for event in executor.events():
            if isinstance(event, Started):
                started.append(event.key)
            elif isinstance(event, Finished) and event.key == ("first", 1):
                # As the next round of trials answers the end of the last one.
                executor.submit(task(("first", 2), "pid", group="first"))
    assert started == [("first", 0), ("first", 1), ("first", 2), ("second", 0), ("second", 1)]


def test_workers_begin_groups_of_their_own_and_help_where_none_is_left() -> None:
    with pool(2) as executor:
        for key in ("warm", "warm too"):  # both workers, before what counts begins
            executor.submit(task(key, "sleep", seconds=1.0))
        list(executor.events())
        for number in range(4):
            executor.submit(task(("long", number), "sleep", cost=2.0, group="long", seconds=0.3))
        executor.submit(task(("short", 0), "sleep", cost=1.0, group="short", seconds=0.3))
        started = {event.key: event.worker for event in executor.events() if isinstance(event, Started)}
    assert started["long", 0] != started["short", 0]
    assert {worker for (group, _), worker in started.items() if group == "long"} == {0, 1}


def test_reports_arrive_in_order_between_start_and_end() -> None:
    with pool() as executor:
        executor.submit(task("count", "count_to", n=3))
        events = list(executor.events())
    assert events == [
        Started("count", 0),
        *(Reported("count", 0, {"epoch": i}) for i in range(3)),
        Finished("count", 0, 3),
    ]


def test_a_report_after_the_end_is_nobodys() -> None:
    with pool() as executor:
        executor.submit(task("early", "report_after_the_end", cost=1))
        executor.submit(task("next", "sleep", seconds=0.3))
        assert not [event for event in executor.events() if isinstance(event, Reported)]


def test_waiting_for_an_event_ends_after_the_timeout() -> None:
    with pool() as executor:
        executor.submit(task("long", "sleep", seconds=60))
        next_of_kind(executor, Started)
        assert executor.next_event(timeout_s=0.05) is None
        assert executor.n_unfinished == 1


def test_a_key_may_be_used_again_only_after_its_task_has_ended() -> None:
    with pool() as executor:
        executor.submit(task(7, "pid"))
        with pytest.raises(ValueError, match="task 7 has not ended yet"):
            executor.submit(task(7, "pid"))
        list(executor.events())
        executor.submit(task(7, "pid"))
        assert 7 in outcomes(list(executor.events()))


def test_a_worker_killed_in_mid_task_is_replaced_and_the_task_tried_again(tmp_path: Path) -> None:
    with pool(2) as executor:
        executor.submit(task("bystander", "sleep", seconds=0.3, cost=2))
        executor.submit(task("victim", "die_once", marker=str(tmp_path / "died"), cost=1))
        events = list(executor.events())
    attempts = [event.attempt for event in events if isinstance(event, Started) and event.key == "victim"]
    assert attempts == [1, 2]
    assert all(isinstance(end, Finished) for end in outcomes(events).values())


def test_a_worker_killed_from_outside_costs_its_task_one_try_then_it_fails(tmp_path: Path) -> None:
    with pool() as executor:
        executor.submit(task("victim", "hold", path=str(tmp_path / "lock"), how="asleep", cost=1))
        executor.submit(task("after", "pid"))
        pids = set()
        for _ in range(2):
            pids.add(pid := next_of_kind(executor, Reported).payload["pid"])
            os.kill(pid, signal.SIGKILL)
        failed = next_of_kind(executor, Failed)
        after = next_of_kind(executor, Finished)
    assert isinstance(failed.error, WorkerDied)
    assert str(failed.error) == "the worker process was killed (signal 9), perhaps for lack of memory"
    assert len(pids | {after.result}) == 3


def test_no_retries_means_one_attempt() -> None:
    with pool(retries=0) as executor:
        executor.submit(task("victim", "kill_self", number=int(signal.SIGKILL), last_words="help"))
        started, failed = executor.events()
    assert isinstance(started, Started)
    assert isinstance(failed, Failed)
    assert str(failed.error).endswith("the last it wrote: help")


def test_an_idle_worker_that_dies_is_replaced_and_costs_no_task_a_try(
    wait_until: Callable[..., None],
) -> None:
    with pool() as executor:
        executor.submit(task("first", "pid"))
        first = next_of_kind(executor, Finished).result
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: executor.next_event(0) is None and not is_alive(first))
        executor.submit(task("second", "pid"))
        events = list(executor.events())
    assert events[0] == Started("second", 0, attempt=1)
    (second,) = outcomes(events).values()
    assert isinstance(second, Finished)
    assert second.result != first


@pytest.mark.parametrize(("limit", "n_processes"), [(1, 3), (1 << 40, 1)])
def test_a_worker_above_the_memory_limit_is_replaced_between_tasks(limit: int, n_processes: int) -> None:
    with pool(recycle_above_bytes=limit) as executor:
        for key in range(3):
            executor.submit(task(key, "grow", n_bytes=1000))
        ends = outcomes(list(executor.events())).values()
    assert len({end.result for end in ends if isinstance(end, Finished)}) == n_processes


@pytest.mark.parametrize(
    ("warm", "reason"),
    [
        ("job_tasks:fail_to_warm_up", "no worker process could be started: ImportError: no such acc"),
        (
            "job_tasks:die_warming_up",
            r"ended by itself \(exit code 3\); the last it wrote: the driver is mis",
        ),
    ],
)
def test_where_no_worker_can_start_every_task_fails_with_the_reason(warm: str, reason: str) -> None:
    with pool(2, warm=warm) as executor:
        executor.submit(task(1, "pid"))
        executor.submit(task(2, "pid"))
        events = list(executor.events())
    assert [(type(event), event.key) for event in events] == [(Failed, 1), (Failed, 2)]
    for event in events:
        assert isinstance(event, Failed)
        assert event.worker is None
        with pytest.raises(WorkerDied, match=reason):
            raise event.error


def test_cancelling_forgets_what_no_worker_has_begun() -> None:
    with pool() as executor:
        for key in range(3):
            executor.submit(task(key, "sleep", seconds=0.2, cost=-key))
        assert next_of_kind(executor, Started).key == 0
        assert executor.cancel_pending() == (1, 2)
        assert list(executor.events()) == [Finished(0, 0, None)]


def test_more_workers_than_cores_share_them() -> None:
    n_workers = len(usable_cores()) + 1
    with pool(n_workers) as executor:
        for key in range(n_workers):
            executor.submit(task(key, "surroundings", names=[]))
        ends = outcomes(list(executor.events())).values()
    cores = [end.result["cores"] for end in ends if isinstance(end, Finished)]
    assert len(cores) == n_workers
    assert all(core is None or (len(core) == 1 and core[0] in usable_cores()) for core in cores)


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1 worker process, got 0"):
        pool(0)


def test_tasks_of_a_pool_that_was_never_started_fail() -> None:
    executor = pool()
    executor.submit(task(1, "pid"))
    (failed,) = executor.events()
    assert isinstance(failed, Failed)
    assert str(failed.error) == "no worker process has been started"


@pytest.mark.parametrize("how", ["in C", "deaf"])
def test_closing_in_mid_task_ends_every_worker_soon(how: str, tmp_path: Path) -> None:
    with pool(2) as executor:
        for key in range(4):
            executor.submit(task(key, "hold", path=str(tmp_path / f"{key}"), how=how))
        n_reports = 4 if how == "deaf" else 2
        pids = [next_of_kind(executor, Reported).payload.get("pid") for _ in range(n_reports)]
        before = time.monotonic()
        executor.close(grace_s=0.2)
        assert time.monotonic() - before < 5
        assert not any(is_alive(pid) for pid in pids if pid is not None)
        assert executor.n_unfinished == 0
        executor.close()


def test_a_pool_closed_can_be_started_again() -> None:
    with pool() as executor:
        executor.close()
        executor.start()
        executor.submit(task("again", "add", left=1, right=1))
        assert list(executor.events()) == [Started("again", 0), Finished("again", 0, 2)]
