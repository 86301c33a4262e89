"""What every executor does with its workers, wherever they are: longest task first, retries, recycling.

All in the caller's thread: `next_event` hands out tasks, waits and reads, so there is no lock, no
background thread and nothing to shut down but workers. A worker whose task ended gets its next one
when the caller, who has read of that end, comes back: the answer to it may be a task of the same
group. A caller that stays away for long leaves finished workers idle.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, Self, TypeVar

from trintena.errors import UsageError
from trintena.jobs.failures import TaskFailed, WorkerDied, WorkerLost
from trintena.jobs.process import GRACE_S
from trintena.jobs.protocol import Event, Failed, Finished, Reported, Started, Task
from trintena.language import phrase

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from types import TracebackType

    from trintena.jobs.messages import MessageKind

logger = logging.getLogger(__name__)

RECYCLE_ABOVE_BYTES = 1 << 30
MOST_LOSSES = 10
"""A task that was lost so often, each time with its whole machine, may be what takes the machines down."""
_STARTS_BEFORE_GIVING_UP = 2


class Worker(Protocol):
    """A process somewhere that answers one call after the other; it may be started again whenever it died."""

    index: int

    def start(self) -> None:
        """Begin to start it, in place of one that still runs.

        Raises:
            WorkerDied: there can be none.
        """

    def send(self, function: str, kwargs: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
        """Begin a call, on a worker that is idle.

        Raises:
            TaskFailed: the arguments cannot be pickled; nothing was sent.
            WorkerDied: it is gone.
        """

    def receive(self) -> tuple[MessageKind, Any]:
        """Its next message.

        Raises:
            TaskFailed: the message cannot be read here.
            WorkerDied: it is gone.
        """

    def resident_bytes(self) -> int:
        """Memory that it holds."""

    def terminate(self) -> None:
        """End it."""


W = TypeVar("W", bound=Worker)


@dataclass(eq=False)
class _Queued:
    """A task with its place in the order."""

    task: Task
    number: int
    n_attempts: int = 0
    n_deaths: int = 0
    """Workers that died of it."""
    n_losses: int = 0
    """Workers that went away while they had it."""


@dataclass(eq=False)
class Slot(Generic[W]):
    """A place for a worker; the processes in it come and go."""

    worker: W
    state: Literal["down", "starting", "idle", "busy"] = "down"
    current: _Queued | None = None
    """What it works on or, while it starts, what its predecessor died of."""
    n_done: int = 0
    """Tasks that the present process has ended."""
    n_failed_starts: int = 0
    """In a row."""
    group: Hashable = None
    """Of the task that it was given last."""


class Pool(ABC, Generic[W]):
    """Tasks on their way through workers.

    A worker that dies costs its task one of `retries` further attempts; the pool goes on. Between tasks, a
    worker that holds more than `recycle_above_bytes` is replaced. Where no worker can be started at all,
    every task ends as `Failed` with that reason.

    After an exception out of `next_event` (an interrupt), only `close` is of use.
    """

    def __init__(
        self, workers: Iterable[W] = (), *, recycle_above_bytes: int = RECYCLE_ABOVE_BYTES, retries: int = 1
    ) -> None:
        self._slots = [Slot(worker) for worker in workers]
        self._recycle_above_bytes = recycle_above_bytes
        self._retries = retries
        self._queue: list[_Queued] = []
        self._events: deque[Event] = deque()
        self._n_submitted = 0
        self._open_keys: set[Hashable] = set()
        self._start_error: Exception | None = None

    @abstractmethod
    def _wait(self, timeout_s: float | None) -> Iterable[Slot[W]]:
        """The workers that have said something, as soon as there is one; nobody where none can."""

    @abstractmethod
    def _end_workers(self, grace_s: float) -> None:
        """End every worker, idle or not."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start all workers and return at once; they warm up while the caller does something else."""
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
    def n_workers(self) -> int:
        """Workers that there are to hand tasks to, or are about to be."""
        return len(self._slots)

    @property
    def population(self) -> int:
        """A processor gains nothing by computing pieces of work side by side."""
        return 1

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
            if not self._advance(remaining_s) and deadline is not None and time.monotonic() >= deadline:
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
        """End every worker, idle or not; those that do not go within `grace_s` are killed.

        Tasks that had not ended are forgotten. Closing twice does no harm.
        """
        self._queue.clear()
        self._open_keys.clear()
        for slot in self._slots:
            slot.state, slot.current = "down", None
        self._start_error = None
        self._end_workers(grace_s)

    def _advance(self, timeout_s: float | None) -> bool:
        """Hand out, then read a message of each worker that has one; False: nothing happened."""
        self._hand_out()
        if self._events:  # there is something to read already: do not wait for more
            timeout_s = 0.0
        speaking = list(self._wait(timeout_s))
        for slot in speaking:
            self._receive(slot)
        return bool(speaking or self._events)

    def _hand_out(self) -> None:
        for slot in list(self._slots):  # giving may find one gone
            if self._queue and slot.state == "idle":
                if slot.n_done and slot.worker.resident_bytes() > self._recycle_above_bytes:
                    logger.info("worker %d has grown too large and is replaced", slot.worker.index)
                    self._renew(slot)
                else:
                    self._give(slot, self._next_for(slot))
        if self._queue and self._slots and all(slot.state == "down" for slot in self._slots):
            why = f"could be started: {self._start_error}" if self._start_error else "has been started"
            error = WorkerDied(f"no worker process {why}")
            for key in self.cancel_pending():
                self._events.append(Failed(key, None, error))

    def _next_for(self, slot: Slot[W]) -> _Queued:
        """Of the group that this worker is at; else of one that no other is at; else any."""
        elsewhere = {other.group for other in self._slots if other is not slot and other.state == "busy"}

        def order(queued: _Queued) -> tuple[bool, bool, float, int]:
            group = queued.task.group
            is_own = group is not None and group == slot.group
            return (not is_own, group is not None and group in elsewhere, *_longest_first(queued))

        chosen = min(self._queue, key=order)
        self._queue.remove(chosen)
        return chosen

    def _give(self, slot: Slot[W], queued: _Queued) -> None:
        queued.n_attempts += 1
        slot.state, slot.current, slot.group = "busy", queued, queued.task.group
        self._events.append(Started(queued.task.key, slot.worker.index, queued.n_attempts))
        try:
            slot.worker.send(queued.task.function, queued.task.kwargs, queued.task.shared)
        except TaskFailed as error:
            self._end(slot, Failed(queued.task.key, slot.worker.index, error))
        except WorkerDied as death:
            self._mourn(slot, death)

    def _receive(self, slot: Slot[W]) -> None:
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

    def _end(self, slot: Slot[W], event: Finished | Failed) -> None:
        slot.state, slot.current = "idle", None
        slot.n_done += 1
        self._open_keys.discard(event.key)
        self._events.append(event)

    def _mourn(self, slot: Slot[W], death: WorkerDied) -> None:
        is_lost = isinstance(death, WorkerLost)
        if slot.state == "starting" and not is_lost:
            self._start_failed(slot, death)
            return
        if (queued := slot.current) is not None:
            logger.info("%s: %s", queued.task.label or queued.task.key, death)
            if slot.state == "busy":
                queued.n_losses += is_lost
                queued.n_deaths += not is_lost
            if queued.n_deaths > self._retries or queued.n_losses >= MOST_LOSSES:
                self._end(slot, Failed(queued.task.key, slot.worker.index, death))
            elif is_lost:  # for the others: when there will be one here again is unknown
                self._give_back(slot)
        self._replace(slot, is_lost=is_lost)

    def _replace(self, slot: Slot[W], *, is_lost: bool) -> None:
        """Have another worker in the place of one that is gone."""
        self._renew(slot)

    def _give_back(self, slot: Slot[W]) -> None:
        if slot.current is not None:
            self._queue.append(slot.current)
            slot.current = None

    def _renew(self, slot: Slot[W]) -> None:
        slot.state, slot.n_done = "starting", 0
        try:
            slot.worker.start()
        except WorkerDied as error:
            self._start_failed(slot, error)

    def _start_failed(self, slot: Slot[W], error: Exception) -> None:
        self._start_error = error
        slot.n_failed_starts += 1
        if slot.n_failed_starts < _STARTS_BEFORE_GIVING_UP:
            self._renew(slot)
        else:
            slot.state = "down"
            slot.worker.terminate()
            self._give_back(slot)  # for the others


def _longest_first(queued: _Queued) -> tuple[float, int]:
    """The order of the queue: costliest first, equals as submitted."""
    return -queued.task.cost, queued.number


def refuse_no_workers(workers: int) -> None:
    """Refuse a pool of nobody.

    Raises:
        UsageError: fewer than one worker.
    """
    if workers < 1:
        raise UsageError(
            phrase(
                en=f"Expected at least 1 worker process, got {workers}.",
                pt=f"Esperava pelo menos 1 processo de trabalho, recebeu {workers}.",
            ),
            field="workers",
        )
