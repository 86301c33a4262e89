"""Workers on the nodes of a Ray cluster: as many as it has processors, or shares of a GPU.

Ray itself is loaded by another process (`jobs/cluster/`). What a node takes along when it leaves is run
again elsewhere, and counts as no failure of the task.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from trintena.jobs.cluster.host import versions
from trintena.jobs.cluster.link import Link
from trintena.jobs.cluster.messages import (
    Answer,
    Call,
    Capacity,
    Connect,
    Died,
    Dismiss,
    Lost,
    Share,
    Spoken,
    Start,
)
from trintena.jobs.cluster.refusals import no_room
from trintena.jobs.executors.pool import RECYCLE_ABOVE_BYTES, Pool, Slot, refuse_no_workers
from trintena.jobs.failures import WorkerDied, WorkerLost
from trintena.jobs.messages import arguments, read_message, request
from trintena.language import language, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trintena.jobs.messages import MessageKind
    from trintena.settings import Settings

logger = logging.getLogger(__name__)

_PATIENCE_S = 15.0
"""Until it is said that no worker has come up yet: the cluster may be full of others' work."""
_OF_A_NODE = ("JAX_COMPILATION_CACHE_DIR",)
"""What is another place on each node."""
_PASSED_ON = ("KERAS_BACKEND", "XLA_FLAGS")
"""Variables of this process that decide how workers compute; those of this machine inherit them."""


class RayWorker:
    """A worker process on some node, seen from here."""

    def __init__(self, index: int, cluster: Cluster) -> None:
        self.index = index
        self.is_placed = False
        """Whether it has been heard of: until then it may wait for a processor."""
        self.inbox: deque[Answer] = deque()
        self._cluster = cluster
        self._resident_bytes = 0

    def start(self) -> None:
        """Have the cluster start it, wherever there is room."""
        self.inbox.clear()
        self._resident_bytes = 0
        self._cluster.link.order(Start(self.index))

    def send(self, function: str, kwargs: Mapping[str, Any], shared: Mapping[str, Any]) -> None:
        """Begin a call.

        Raises:
            TaskFailed: the arguments cannot be pickled; nothing was sent.
        """
        data = request(function, kwargs)
        number = self._cluster.share(shared) if shared else None
        self._cluster.link.order(Call(self.index, data, number))

    def receive(self) -> tuple[MessageKind, Any]:
        """The next of its messages that have come.

        Raises:
            TaskFailed: the message cannot be read here.
            WorkerDied: the process ended, with its node (`WorkerLost`) or without.
        """
        match self.inbox.popleft():
            case Spoken(_, message, resident_bytes):
                self.is_placed, self._resident_bytes = True, resident_bytes
                return read_message(message)
            case Died(_, reason, exit_code, log):
                raise WorkerDied(reason, exit_code=exit_code, log=log)
            case Lost(_, reason):
                self.is_placed = False
                raise WorkerLost(reason)

    def resident_bytes(self) -> int:
        """Memory that the process held when it last said something."""
        return self._resident_bytes

    def terminate(self) -> None:
        """Have the cluster end it."""
        self._cluster.link.order(Dismiss(self.index))


class Cluster:
    """The link, and what was sent over it for all workers."""

    def __init__(self, address: str) -> None:
        self.link = Link(address)
        self._shared: list[Mapping[str, Any]] = []

    def share(self, shared: Mapping[str, Any]) -> int:
        """The number of arguments that tasks share; they are sent when they are met for the first time.

        Raises:
            TaskFailed: they cannot be pickled.
        """
        for number, known in enumerate(self._shared):
            if known is shared:
                return number
        self.link.order(Share(len(self._shared), arguments(shared)))
        self._shared.append(shared)
        return len(self._shared) - 1

    def close(self, grace_s: float) -> None:
        """Disconnect; what was sent is gone with that."""
        self.link.close(grace_s)
        self._shared.clear()


class RayExecutor(Pool[RayWorker]):
    """A pool on the Ray cluster at an address: one worker for each processor that the cluster has.

    With `gpu_share`, one for each such share of a GPU instead, for `gpu_population` trials at a time.
    `workers` is the number to have at most, and to ask for: a cluster that grows by itself grows to it. Nodes
    may join and leave at any time.
    """

    def __init__(
        self,
        address: str = "auto",
        workers: int | None = None,
        *,
        environment: Mapping[str, str],
        warm: str | None = None,
        gpu_share: float = 0.0,
        gpu_population: int = 1,
        recycle_above_bytes: int = RECYCLE_ABOVE_BYTES,
        retries: int = 1,
    ) -> None:
        super().__init__(recycle_above_bytes=recycle_above_bytes, retries=retries)
        if workers is not None:
            refuse_no_workers(workers)
        self._address, self._wanted = address, workers
        self._population = gpu_population if gpu_share else 1
        self._told = Connect(address, gpu_share, {**_of_this_process(), **environment}, warm, versions())
        self._cluster = Cluster(address)
        self._capacity = 0
        self._n_ever = 0
        """Workers that there have been: each has a number of its own."""
        self._is_waiting_since: float | None = None
        """When it was connected; None: workers came, or it was said that none does."""

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        workers: int | None = None,
        *,
        environment: Mapping[str, str],
        warm: str | None = None,
    ) -> Self:
        """On the cluster of the settings."""
        elsewhere = {name: value for name, value in environment.items() if name not in _OF_A_NODE}
        return cls(
            settings.ray_address,
            workers,
            environment=elsewhere,
            warm=warm,
            gpu_share=settings.ray_gpu_share,
            gpu_population=settings.ray_gpu_population,
        )

    @property
    def n_workers(self) -> int:
        """Workers that the cluster has room for, of those that were asked for."""
        return max(min(len(self._slots), self._capacity), 1)

    @property
    def population(self) -> int:
        """Trials that a worker on a GPU trains side by side; on a processor it is one."""
        return self._population

    @property
    def link_pid(self) -> int | None:
        """The number of the process that speaks Ray."""
        return self._cluster.link.pid

    def start(self) -> None:
        """Connect, and have the cluster start the workers.

        Raises:
            UsageError: Ray is not installed, or the address is none.
            ClusterError: there is no cluster, or none that can be used from here.
        """
        if self._slots:
            return
        capacity = self._cluster.link.open(self._told)
        if not capacity and self._wanted is None:
            self._cluster.close(0.0)
            raise no_room(self._address, gpus=self._told.gpu_share > 0)
        self._is_waiting_since = time.monotonic()
        self._follow(capacity)

    def _follow(self, capacity: int) -> None:
        """Have as many workers as the cluster has room for now."""
        self._capacity = capacity
        for _ in range(len(self._slots), self._n_wanted):
            slot = Slot(RayWorker(self._n_ever, self._cluster))
            self._n_ever += 1
            self._slots.append(slot)
            self._renew(slot)
        waiting = [slot for slot in self._slots if slot.state == "starting" and not slot.worker.is_placed]
        while waiting and self._is_one_too_many:
            self._drop(waiting.pop())

    @property
    def _n_wanted(self) -> int:
        return self._capacity if self._wanted is None else self._wanted

    @property
    def _is_one_too_many(self) -> bool:
        return len(self._slots) > self._n_wanted

    def _drop(self, slot: Slot[RayWorker]) -> None:
        slot.state = "down"
        slot.worker.terminate()
        self._give_back(slot)
        self._slots.remove(slot)

    def _replace(self, slot: Slot[RayWorker], *, is_lost: bool) -> None:
        if is_lost and self._is_one_too_many:
            self._drop(slot)
        else:
            self._renew(slot)

    def _wait(self, timeout_s: float | None) -> Iterable[Slot[RayWorker]]:
        by_index = {slot.worker.index: slot for slot in self._slots}
        if any(slot.worker.inbox for slot in self._slots):
            timeout_s = 0.0
        for news in self._cluster.link.news(timeout_s):
            if isinstance(news, Capacity):
                self._follow(news.n_workers)
            elif isinstance(news, Spoken | Died | Lost) and news.index in by_index:
                by_index[news.index].worker.inbox.append(news)
        speaking = [slot for slot in self._slots if slot.worker.inbox]
        self._say_if_full(anybody=bool(speaking))
        return speaking

    def _say_if_full(self, *, anybody: bool) -> None:
        since = self._is_waiting_since
        if since is None or not (anybody or time.monotonic() > since + _PATIENCE_S):
            return
        self._is_waiting_since = None
        if not anybody:
            logger.warning(
                phrase(
                    en=f"The Ray cluster ({self._address}) has not started a worker yet: perhaps others use "
                    "all of it. Waiting.",
                    pt=f"O cluster Ray ({self._address}) ainda não iniciou nenhum processo: talvez outros o "
                    "ocupem por inteiro. Esperando.",
                )
            )

    def _end_workers(self, grace_s: float) -> None:
        self._slots.clear()
        self._cluster.close(grace_s)


def _of_this_process() -> dict[str, str]:
    told = {name: value for name in _PASSED_ON if (value := os.environ.get(name)) is not None}
    return {"TRINTENA_LANG": language(), **told}
