"""What a pool does about workers that go away with their machine; all else is in `test_local_executor.py`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from trintena.jobs.executors.pool import MOST_LOSSES, Pool, Slot
from trintena.jobs.failures import WorkerDied, WorkerLost
from trintena.jobs.protocol import Failed, Finished, Started, Task


class Scripted:
    """A worker whose every word the test has written down."""

    def __init__(self, index: int, *words: Any) -> None:
        self.index, self.words, self.n_starts = index, deque(words), 0
        self.told: deque[Any] = deque()
        self.calls: list[dict[str, Any]] = []

    def start(self) -> None:
        self.n_starts += 1
        self._say()

    def send(self, function: str, kwargs: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
        self.calls.append({**shared, **kwargs})
        self._say()

    def receive(self) -> Any:
        word = self.told.popleft()
        if isinstance(word, Exception):
            raise word
        return word

    def resident_bytes(self) -> int:
        return 0

    def terminate(self) -> None:
        self.words.clear()

    def _say(self) -> None:
        if self.words:
            self.told.append(self.words.popleft())


class ScriptedPool(Pool[Scripted]):
    def _wait(self, timeout_s: float | None) -> Iterable[Slot[Scripted]]:
        return [slot for slot in self._slots if slot.worker.told]

    def _end_workers(self, grace_s: float) -> None:
        for slot in self._slots:
            slot.worker.terminate()


READY, RESULT = ("ready", None), ("result", "done")
LOST, DEAD = WorkerLost("its node is gone"), WorkerDied("killed")


def test_a_task_lost_with_its_machine_is_run_by_whoever_is_free() -> None:
    nobody = Scripted(0, READY, LOST)  # what comes after it never says a word: there is no room for it
    other = Scripted(1, READY, RESULT)
    with ScriptedPool([nobody, other]) as pool:
        pool.submit(Task("task", "a:b"))
        events = list(pool.events())
    assert events == [Started("task", 0, 1), Started("task", 1, 2), Finished("task", 1, "done")]
    assert nobody.n_starts == 2


def test_losses_count_as_no_failure_of_the_task() -> None:
    worker = Scripted(0, READY, *[LOST, READY] * 5, DEAD, READY, RESULT)
    with ScriptedPool([worker], retries=1) as pool:
        pool.submit(Task("task", "a:b"))
        *_, end = pool.events()
    assert end == Finished("task", 0, "done")


def test_a_task_that_takes_every_machine_down_is_given_up_in_the_end() -> None:
    worker = Scripted(0, READY, *[LOST, READY] * MOST_LOSSES, RESULT)
    with ScriptedPool([worker]) as pool:
        pool.submit(Task("deadly", "a:b"))
        pool.submit(Task("next", "a:b", cost=-1))
        ends = [event for event in pool.events() if isinstance(event, Finished | Failed)]
    assert ends == [Failed("deadly", 0, LOST), Finished("next", 0, "done")]


def test_a_worker_lost_while_it_starts_is_no_failed_start() -> None:
    worker = Scripted(0, *[LOST] * 5, READY, RESULT)
    with ScriptedPool([worker]) as pool:
        pool.submit(Task("task", "a:b"))
        assert list(pool.events()) == [Started("task", 0, 1), Finished("task", 0, "done")]


def test_starts_that_fail_are_given_up_while_losses_are_not() -> None:
    worker = Scripted(0, LOST, DEAD, LOST, DEAD)
    with ScriptedPool([worker]) as pool:
        pool.submit(Task("task", "a:b"))
        (failed,) = pool.events()
    assert isinstance(failed, Failed)
    assert str(failed.error) == "no worker process could be started: killed"


def test_shared_arguments_are_arguments_and_the_task_s_own_come_first() -> None:
    worker = Scripted(0, READY, RESULT)
    with ScriptedPool([worker]) as pool:
        pool.submit(Task("task", "a:b", {"own": 1}, shared={"own": 2, "series": 3}))
        list(pool.events())
    assert worker.calls == [{"own": 1, "series": 3}]


@pytest.mark.parametrize("word", [LOST, DEAD])
def test_an_idle_worker_that_goes_costs_no_task_anything(word: Exception) -> None:
    worker = Scripted(0, READY, READY, RESULT)
    with ScriptedPool([worker], retries=0) as pool:
        assert pool.next_event(0) is None
        worker.told.append(word)
        assert pool.next_event(0) is None
        pool.submit(Task("task", "a:b"))
        assert list(pool.events()) == [Started("task", 0, 1), Finished("task", 0, "done")]
