"""Who runs an experiment: a file lock that the kernel frees when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

from trintena.errors import BusyError
from trintena.language import phrase

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_STAND_BY_S = 0.5
_PATIENCE_S = 0.2
"""`is_held` takes the lock for an instant to learn whether it is free; that must refuse nobody."""


class WorkerPlace:
    """One of the places in which workers may run experiments; the kernel frees it when its holder dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def wait_for_one(cls, folder: Path, n_places: int) -> Self:
        """Take a place as soon as one is free."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [_place_file(folder, number) for number in range(n_places)]
        while True:
            for file in files:
                descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
                if _try_lock(descriptor, fcntl.LOCK_EX):
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return cls(descriptor)
                os.close(descriptor)
            time.sleep(_STAND_BY_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.ftruncate(self._descriptor, 0)
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def workers_at_work(folder: Path) -> list[int]:
    """The numbers of the processes that hold a worker's place at this moment."""
    found = []
    for file in sorted(folder.glob(_place_file(folder, "*").name)):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            if not _try_lock(descriptor, fcntl.LOCK_SH):
                found.append(int(os.pread(descriptor, 32, 0).decode().strip() or 0))
        finally:
            os.close(descriptor)
    return [pid for pid in found if pid]


class ExperimentLock:
    """Held by the one process that runs an experiment.

    The lock belongs to an open file. Python opens files so that programs started later do not inherit
    them: worker processes never keep the lock of a parent that is gone. The file itself stays, for
    removing it would let two processes hold locks on two files of the same name.
    """

    def __init__(self, folder: Path, experiment_id: int) -> None:
        self._path = _lock_file(folder, experiment_id)
        self._experiment_id = experiment_id
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            BusyError: another process has it (or this one, already).
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not _try_lock(descriptor, fcntl.LOCK_EX, patience_s=_PATIENCE_S):
                raise self._busy(os.pread(descriptor, 32, 0).decode().strip())
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            # Not by closing alone: a process that is just being started shares the open file for an instant.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _busy(self, holder: str) -> BusyError:
        who = phrase(
            en=f"process {holder}" if holder else "another process",
            pt=f"pelo processo {holder}" if holder else "por outro processo",
        )
        stop = phrase(en=" with", pt=" com") + f" `kill -INT {holder}`" if holder else ""
        return BusyError(
            phrase(
                en=f"Experiment {self._experiment_id} is being run by {who}.",
                pt=f"O experimento {self._experiment_id} está sendo executado {who}.",
            ),
            hint=phrase(
                en=f"Wait until it ends, or stop it{stop}, then try again: what is finished is kept.",
                pt=f"Espere que termine, ou pare-o{stop}, e tente de novo: o que terminou fica guardado.",
            ),
        )


def is_held(folder: Path, experiment_id: int) -> bool:
    """Whether some process, this one included, runs the experiment at this moment."""
    try:
        descriptor = os.open(_lock_file(folder, experiment_id), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _place_file(folder: Path, number: int | str) -> Path:
    return folder / f"worker-{number}.lock"


def _lock_file(folder: Path, experiment_id: int) -> Path:
    return folder / f"experiment-{experiment_id}.lock"


def _try_lock(descriptor: int, kind: int, patience_s: float = 0.0) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        else:
            return True
