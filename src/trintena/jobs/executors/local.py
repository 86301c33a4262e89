"""Worker processes of this machine: one single-threaded process for each core."""

from __future__ import annotations

from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Self

from trintena.jobs.executors.pool import RECYCLE_ABOVE_BYTES, Pool, Slot, refuse_no_workers
from trintena.jobs.process import WorkerProcess, terminate_all
from trintena.settings import Settings, usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class LocalExecutor(Pool[WorkerProcess]):
    """A pool of `workers` processes, each pinned to a core (more workers than cores share them).

    They end with SIGTERM and, after a grace, with SIGKILL.

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
        refuse_no_workers(workers)
        cores = usable_cores()
        super().__init__(
            [WorkerProcess(index, cores[index % len(cores)], environment, warm) for index in range(workers)],
            recycle_above_bytes=recycle_above_bytes,
            retries=retries,
        )

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        workers: int | None = None,
        *,
        environment: Mapping[str, str],
        warm: str | None = None,
    ) -> Self:
        """As many workers as were asked for, else as the settings say."""
        return cls(workers or settings.workers, environment=environment, warm=warm)

    def _wait(self, timeout_s: float | None) -> Iterable[Slot[WorkerProcess]]:
        by_descriptor = {slot.worker.fileno(): slot for slot in self._slots if slot.state != "down"}
        readable = wait(by_descriptor, timeout_s) if by_descriptor else []
        return [slot for descriptor, slot in by_descriptor.items() if descriptor in readable]

    def _end_workers(self, grace_s: float) -> None:
        terminate_all((slot.worker for slot in self._slots), grace_s)
