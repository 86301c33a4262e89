"""Worker processes of this machine: one single-threaded process for each core, longest task first.

All in the caller's thread: `next_event` hands out tasks, waits and reads, so there is no lock, no
background thread and nothing to shut down but processes. A worker whose task ended gets its next one
when the caller, who has read of that end, comes back: the answer to it may be a task of the same
group. A caller that stays away for long leaves finished workers idle.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Literal, Self

from trintena.errors import UsageError
from trintena.jobs.failures import TaskFailed, WorkerDied
from trintena.jobs.process import GRACE_S, WorkerProcess, terminate_all
from trintena.jobs.protocol import Event, Failed, Finished, Reported, Started, Task
from trintena.language import phrase
from trintena.settings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from types import TracebackType

logger = logging.getLogger(__name__)

RECYCLE_ABOVE_BYTES = 1 << 30
_STARTS_BEFORE_GIVING_UP = 2


@dataclass(eq=False)
class _Queued:
    """A task with its place in the order."""

    task: Task
    number: int
    n_attempts: int = 0


@dataclass(eq=False)
class _Slot:
    """A place for a worker; the processes in it come and go."""

    worker: WorkerProcess
    state: Literal["down", "starting", "idle", "busy"] = "down"
    current: _Queued | None = None
    """What it works on or, while it starts, what its predecessor died of."""
    n_done: int = 0
    """Tasks that the present process has ended."""
    n_failed_starts: int = 0
    """In a row."""
    group: Hashable = None
    """Of the task that it was given last."""


class LocalExecutor:
    """A pool of `workers` processes, each pinned to a core (more workers than cores share them).

    A worker that dies costs its task one of `retries` further attempts, in a fresh process; the pool
    goes on. Between tasks, a worker that holds more than `recycle_above_bytes` is replaced. Where no
    worker can be started at all, every task ends as `Failed` with that reason.

    After an exception out of `next_event` (an interrupt), only `close` is of use.

    Raises:
        UsageError: fewer than one worker.
    """

    def __init__(
        self,
        workers: int,
        *,
        environment: Mapping[str, str],
        warm: str | None = None,
        recycle_above_bytes: int = RECYCLE_ABOVE_BYTES,
        retries: int = 1,
    ) -> None:
        if workers < 1:
            raise UsageError(
                phrase(
                    en=f"Expected at least 1 worker process, got {workers}.",
                    pt=f"Esperava pelo menos 1 processo de trabalho, recebeu {workers}.",
                ),
                field="workers",
            )
        cores = usable_cores()
        self._slots = [
            _Slot(WorkerProcess(index, cores[index % len(cores)], environment, warm))
            for index in range(workers)
        ]
        self._recycle_above_bytes = recycle_above_bytes
        self._retries = retries
        self._queue: list[_Queued] = []
        self._events: deque[Event] = deque()
        self._n_submitted = 0
        self._open_keys: set[Hashable] = set()
        self._start_error: Exception | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start all processes and return at once; they warm up while the caller does something else."""
        for slot in self._slots:
            if slot.state == "down":
                slot.n_failed_starts = 0
                self._renew(slot)

    def submit(self, task: Task) -> None:
        """Add a task; it begins in `next_event`.

        Raises:
            ValueError: a task of the same key has not ended yet.
        """
        if task.key in self._open_keys:
            raise ValueError(f"Expected a new key, but task {task.key!r} has not ended yet.")
        self._open_keys.add(task.key)
        self._n_submitted += 1
        self._queue.append(_Queued(task, self._n_submitted))

    @property
    def n_unfinished(self) -> int:
        """Tasks submitted that have neither ended nor been cancelled."""
        return len(self._open_keys)

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """Give the next event; where none waits, hand out what can be handed out first.

        None when `timeout_s` passes without one, and when no task is left (`n_unfinished` tells which).
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        if not self._events:
            self._advance(0.0)  # also where no task is left: an idle worker may have died
        while not self._events and self._open_keys:
            remaining_s = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._advance(remaining_s):
                return None
        return self._events.popleft() if self._events else None

    def events(self) -> Iterator[Event]:
        """Everything that happens until no task is left."""
        while (event := self.next_event()) is not None:
            yield event

    def cancel_pending(self) -> tuple[Hashable, ...]:
        """Forget the tasks that wait for a worker, and give their keys. Those begun go on."""
        keys = tuple(queued.task.key for queued in sorted(self._queue, key=_longest_first))
        self._queue.clear()
        self._open_keys.difference_update(keys)
        return keys

    def close(self, grace_s: float = GRACE_S) -> None:
        """End every worker, idle or not, with SIGTERM and after `grace_s` with SIGKILL.

        Tasks that had not ended are forgotten. Closing twice does no harm.
        """
        self._queue.clear()
        self._open_keys.clear()
        for slot in self._slots:
            slot.state, slot.current = "down", None
        self._start_error = None
        terminate_all((slot.worker for slot in self._slots), grace_s)

    def _advance(self, timeout_s: float | None) -> bool:
        """Hand out, then read a message of each worker that has one; False: nothing happened."""
        self._hand_out()
        if self._events:  # there is something to read already: do not wait for more
            timeout_s = 0.0
        by_descriptor = {slot.worker.fileno(): slot for slot in self._slots if slot.state != "down"}
        readable = wait(by_descriptor, timeout_s) if by_descriptor else []
        for descriptor, slot in by_descriptor.items():
            if descriptor in readable:
                self._receive(slot)
        return bool(readable or self._events)

    def _hand_out(self) -> None:
        for slot in self._slots:
            if self._queue and slot.state == "idle":
                if slot.n_done and slot.worker.resident_bytes() > self._recycle_above_bytes:
                    logger.info("worker %d has grown too large and is replaced", slot.worker.index)
                    self._renew(slot)
                else:
                    self._give(slot, self._next_for(slot))
        if self._queue and all(slot.state == "down" for slot in self._slots):
            why = f"could be started: {self._start_error}" if self._start_error else "has been started"
            error = WorkerDied(f"no worker process {why}")
            for key in self.cancel_pending():
                self._events.append(Failed(key, None, error))

    def _next_for(self, slot: _Slot) -> _Queued:
        """Of the group that this worker is at; else of one that no other is at; else any."""
        elsewhere = {other.group for other in self._slots if other is not slot and other.state == "busy"}

        def order(queued: _Queued) -> tuple[bool, bool, float, int]:
            group = queued.task.group
            is_own = group is not None and group == slot.group
            return (not is_own, group is not None and group in elsewhere, *_longest_first(queued))

        chosen = min(self._queue, key=order)
        self._queue.remove(chosen)
        return chosen

    def _give(self, slot: _Slot, queued: _Queued) -> None:
        queued.n_attempts += 1
        slot.state, slot.current, slot.group = "busy", queued, queued.task.group
        self._events.append(Started(queued.task.key, slot.worker.index, queued.n_attempts))
        try:
            slot.worker.send(queued.task.function, queued.task.kwargs)
        except TaskFailed as error:
            self._end(slot, Failed(queued.task.key, slot.worker.index, error))
        except WorkerDied as death:
            self._mourn(slot, death)

    def _receive(self, slot: _Slot) -> None:
        try:
            kind, value = slot.worker.receive()
        except WorkerDied as death:
            self._mourn(slot, death)
            return
        except TaskFailed as error:  # an answer that cannot be read: the worker's state is unknown
            if slot.current is not None:
                self._end(slot, Failed(slot.current.task.key, slot.worker.index, error))
            self._renew(slot)
            return
        if kind == "ready":
            slot.state, slot.n_failed_starts = "idle", 0
            if slot.current is not None:
                self._give(slot, slot.current)
        elif slot.state == "starting":  # an error of the warm-up
            self._start_failed(slot, value)
        else:
            assert slot.current is not None
            key = slot.current.task.key
            if kind == "report":
                self._events.append(Reported(key, slot.worker.index, value))
            elif kind == "result":
                self._end(slot, Finished(key, slot.worker.index, value))
            else:
                self._end(slot, Failed(key, slot.worker.index, value))

    def _end(self, slot: _Slot, event: Finished | Failed) -> None:
        slot.state, slot.current = "idle", None
        slot.n_done += 1
        self._open_keys.discard(event.key)
        self._events.append(event)

    def _mourn(self, slot: _Slot, death: WorkerDied) -> None:
        if slot.state == "starting":
            self._start_failed(slot, death)
            return
        if (lost := slot.current) is not None:
            logger.info("%s: %s", lost.task.label or lost.task.key, death)
            if lost.n_attempts > self._retries:
                self._end(slot, Failed(lost.task.key, slot.worker.index, death))
        self._renew(slot)

    def _renew(self, slot: _Slot) -> None:
        slot.state, slot.n_done = "starting", 0
        try:
            slot.worker.start()
        except WorkerDied as error:
            self._start_failed(slot, error)

    def _start_failed(self, slot: _Slot, error: Exception) -> None:
        self._start_error = error
        slot.n_failed_starts += 1
        if slot.n_failed_starts < _STARTS_BEFORE_GIVING_UP:
            self._renew(slot)
        else:
            slot.state = "down"
            slot.worker.terminate()
            if slot.current is not None:  # for the others
                self._queue.append(slot.current)
                slot.current = None


def _longest_first(queued: _Queued) -> tuple[float, int]:
    """The order of the queue: costliest first, equals as submitted."""
    return -queued.task.cost, queued.number
