"""The executor on a real cluster of one node with four logical processors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import psutil
import pytest

from integration.cluster.conftest import Nodes
from trintena.errors import ClusterError, UnknownNameError, UsageError
from trintena.jobs.cluster.messages import Share
from trintena.jobs.executors import EXECUTORS
from trintena.jobs.executors import ray as executors_ray
from trintena.jobs.executors.ray import RayExecutor
from trintena.jobs.failures import TaskFailed, WorkerDied
from trintena.jobs.protocol import Event, Failed, Finished, Reported, Started, Task
from trintena.settings import Settings

PATIENCE_S = 20.0


def task(key: Hashable, function: str, **kwargs: Any) -> Task:
    return Task(key, f"job_tasks:{function}", kwargs)


def outcomes(events: list[Event]) -> dict[Hashable, Finished | Failed]:
    return {event.key: event for event in events if isinstance(event, Finished | Failed)}


def next_of_kind(executor: RayExecutor, kind: type) -> Any:
    while not isinstance(event := executor.next_event(timeout_s=PATIENCE_S), kind):
        assert event is not None
    return event


@pytest.fixture(scope="module")
def executor(nodes: Nodes) -> Iterator[RayExecutor]:
    """Tests that leave nothing behind share two workers; two processors are for the other ones."""
    with RayExecutor(nodes.address, 2, environment={"TOLD": "yes"}, warm="job_tasks:warm_up") as started:
        yield started


def test_every_task_ends_once_whatever_becomes_of_it(executor: RayExecutor) -> None:
    executor.submit(task("warm", "is_warm"))
    executor.submit(task("refused", "refuse", name="gruu"))
    executor.submit(task("broken", "break_down"))
    executor.submit(task("unpicklable", "add", left=lambda: 0, right=1))
    executor.submit(task("unreadable", "return_what_only_this_side_knows"))
    executor.submit(task("deadly", "kill_self", number=int(signal.SIGKILL), last_words="help"))
    executor.submit(task("last", "add", left=1, right=2))
    events = list(executor.events())
    ends = outcomes(events)
    assert len([event for event in events if isinstance(event, Finished | Failed)]) == len(ends) == 7
    results = {key: end.result for key, end in ends.items() if isinstance(end, Finished)}
    assert results == {"warm": True, "last": 3}
    errors = {key: end.error for key, end in ends.items() if isinstance(end, Failed)}
    assert {key: type(error) for key, error in errors.items()} == {
        "refused": UnknownNameError,
        "broken": TaskFailed,
        "unpicklable": TaskFailed,
        "unreadable": TaskFailed,
        "deadly": WorkerDied,
    }
    assert str(errors["deadly"]) == (
        "the worker process was killed (signal 9), perhaps for lack of memory; the last it wrote: help"
    )
    attempts = [event.attempt for event in events if isinstance(event, Started) and event.key == "deadly"]
    assert attempts == [1, 2]


def test_reports_arrive_in_order_between_start_and_end(executor: RayExecutor) -> None:
    executor.submit(task("count", "count_to", n=3))
    started, *reports, finished = executor.events()
    worker = started.worker
    assert reports == [Reported("count", worker, {"epoch": i}) for i in range(3)]
    assert finished == Finished("count", worker, 3)


def test_a_worker_is_single_threaded_on_the_processor_and_speaks_our_language(executor: RayExecutor) -> None:
    names = ["NPROC", "OMP_NUM_THREADS", "JAX_PLATFORMS", "KERAS_BACKEND", "TRINTENA_LANG", "TOLD"]
    executor.submit(task("seen", "surroundings", names=names))
    end = outcomes(list(executor.events()))["seen"]
    assert isinstance(end, Finished)
    assert end.result["variables"] == {
        "NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "numpy",
        "TRINTENA_LANG": "en",
        "TOLD": "yes",
    }
    # Ray is beside the worker, not in it; nor is it in ours.
    assert "ray" not in end.result["modules"]
    assert "ray" not in sys.modules


def test_what_tasks_share_is_sent_once(executor: RayExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[object] = []
    send = executor._cluster.link.order
    monkeypatch.setattr(executor._cluster.link, "order", lambda order: (orders.append(order), send(order)))
    shared = {"right": 40}
    for key in range(4):
        executor.submit(Task(key, "job_tasks:add", {"left": key}, shared=shared))
    executor.submit(Task("own", "job_tasks:add", {"left": 1}, shared={"right": 1}))
    ends = outcomes(list(executor.events()))
    assert {key: end.result for key, end in ends.items() if isinstance(end, Finished)} == {
        0: 40,
        1: 41,
        2: 42,
        3: 43,
        "own": 2,
    }
    assert len([order for order in orders if isinstance(order, Share)]) == 2


def test_an_actor_that_is_killed_costs_its_task_no_try(nodes: Nodes, executor: RayExecutor) -> None:
    executor.submit(task("long", "sleep", seconds=2.0))
    next_of_kind(executor, Started)
    for pid in nodes.actors():
        os.kill(pid, signal.SIGKILL)
    events = list(executor.events())
    assert isinstance(outcomes(events)["long"], Finished)
    assert [event.attempt for event in events if isinstance(event, Started)] == [2]
    assert executor.n_workers == 2


def test_a_worker_above_the_memory_limit_is_replaced_between_tasks(nodes: Nodes) -> None:
    with RayExecutor(nodes.address, 1, environment={}, recycle_above_bytes=1) as executor:
        assert executor.n_workers == 1
        for key in range(3):
            executor.submit(task(key, "grow", n_bytes=1000))
        ends = outcomes(list(executor.events())).values()
    assert len({end.result for end in ends if isinstance(end, Finished)}) == 3


def test_where_no_worker_can_start_every_task_fails_with_the_reason(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors_ray, "versions", lambda: {**_VERSIONS, "jax": "0.0.1"})
    with RayExecutor(nodes.address, 2, environment={}) as executor:
        executor.submit(task("task", "pid"))
        (failed,) = executor.events()
    assert isinstance(failed, Failed)
    assert str(failed.error).startswith("no worker process could be started: the node ")
    assert "jax 0.0.1" in str(failed.error)


def test_closing_in_mid_task_ends_every_process(nodes: Nodes, wait_until: Callable[..., None]) -> None:
    before = nodes.actors()
    executor = EXECUTORS["ray"](_settings(nodes), 2, environment={})
    assert isinstance(executor, RayExecutor)
    with executor:
        assert executor.n_workers == 2
        for key in range(3):
            executor.submit(task(key, "hold", path=os.devnull, how="asleep"))
        pid = next_of_kind(executor, Reported).payload["pid"]
        driver = executor.link_pid
        executor.close()
        assert executor.n_unfinished == 0
        executor.close()
    wait_until(lambda: not psutil.pid_exists(pid) and nodes.actors() == before)
    assert driver is not None
    assert not psutil.pid_exists(driver)
    with executor:  # closed, it can be started again
        executor.submit(task("again", "add", left=1, right=1))
        assert outcomes(list(executor.events()))["again"] == Finished("again", _last_worker(executor), 2)


def test_who_speaks_ray_may_die_and_leaves_nobody(nodes: Nodes, wait_until: Callable[..., None]) -> None:
    before = nodes.actors()
    with RayExecutor(nodes.address, 2, environment={}) as executor:
        executor.submit(task("long", "sleep", seconds=60))
        next_of_kind(executor, Started)
        assert executor.link_pid is not None
        os.kill(executor.link_pid, signal.SIGKILL)
        with pytest.raises(ClusterError, match=r"The connection to the Ray cluster .* is lost"):
            list(executor.events())
    wait_until(lambda: nodes.actors() == before)


def test_nobody_is_left_when_our_own_process_is_killed(nodes: Nodes, wait_until: Callable[..., None]) -> None:
    others = nodes.actors()
    program = (
        "from trintena.jobs.executors.ray import RayExecutor\n"
        "from trintena.jobs.protocol import Task\n"
        f"with RayExecutor({nodes.address!r}, 2, environment={{}}) as executor:\n"
        "    executor.submit(Task('long', 'job_tasks:hold', {'path': '/dev/null', 'how': 'asleep'}))\n"
        "    for event in executor.events(): print(event, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        popen.stdout.readline()
        assert "Reported" in popen.stdout.readline()
        actors = [pid for pid in nodes.actors() if pid not in others]
        workers = [child for pid in actors for child in psutil.Process(pid).children(recursive=True)]
        assert len(actors) == 2
        assert workers
        popen.kill()
    before = time.monotonic()
    wait_until(lambda: nodes.actors() == others and not any(worker.is_running() for worker in workers))
    assert time.monotonic() - before < 5


def test_a_pool_of_nobody_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1 worker process, got 0"):
        RayExecutor(workers=0, environment={})


_VERSIONS = executors_ray.versions()


def _settings(nodes: Nodes) -> Settings:
    return Settings.from_environment({"TRINTENA_RAY_ADDRESS": nodes.address})


def _last_worker(executor: RayExecutor) -> int:
    """Of two that came up the one that was first; which one is not known before."""
    return next(slot.worker.index for slot in executor._slots if slot.n_done)
