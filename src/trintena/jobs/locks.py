"""Who runs an experiment and who may: locks that are free again when their holder dies, however it dies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from trintena.errors import BusyError, UnavailableError
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.holders import Held, Holder, Locks
from trintena.jobs.server_locks import ServerLocks
from trintena.language import phrase, span

if TYPE_CHECKING:
    from types import TracebackType

    from trintena.registry import Registry
    from trintena.settings import Settings

_STAND_BY_S = 0.5


def locks_of(settings: Settings, registry: Registry) -> Locks:
    """Where the locks of a database are kept: on its server, or beside its file."""
    return ServerLocks(registry) if registry.holds_locks else FileLocks(settings.locks)


class WorkerPlace:
    """One of the places in which workers may run experiments; it is free again when its holder dies."""

    def __init__(self, held: Held) -> None:
        self._held = held

    @classmethod
    def wait_for_one(cls, locks: Locks, n_places: int) -> Self:
        """Take a place as soon as one is free."""
        while True:
            try:
                taken = locks.holders("worker")
                for number in range(n_places):
                    if number not in taken:
                        return cls(locks.take("worker", number, _taken))
            except (BusyError, UnavailableError):  # somebody was faster; a server may come back
                pass
            time.sleep(_STAND_BY_S)

    def is_kept(self) -> bool:
        """Whether it is still this process's, taken anew if need be; False where somebody else has it.

        Raises:
            UnavailableError: the database's server does not answer.
        """
        try:
            self._held.keep()
        except BusyError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.release()


def workers_at_work(locks: Locks) -> list[int]:
    """The numbers of the processes of this machine that hold a worker's place at this moment."""
    held = locks.holders("worker").values()
    return [holder.pid for holder in held if holder.is_here and holder.pid is not None]


def has_workers(locks: Locks) -> bool:
    """Whether somebody holds a worker's place at this moment, on whatever machine."""
    return bool(locks.holders("worker"))


class ExperimentLock:
    """Held by the one process that runs an experiment."""

    def __init__(self, locks: Locks, experiment_id: int) -> None:
        self._locks, self._experiment_id = locks, experiment_id
        self._held: Held | None = None
        self.is_lost = False
        """Whether somebody else took it over, while the server of the database was away."""

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            BusyError: another process has it (or this one, already).
            UnavailableError: the database's server does not answer.
        """
        self._held = self._locks.take("experiment", self._experiment_id, self._busy)

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._held is not None:
            self._held.release()
            self._held = None

    def registry(self, registry: Registry) -> Registry:
        """The registry through which the holder runs the experiment.

        On a server it writes only while the lock is held: it raises BusyError once somebody else has it. It
        waits while the server is away, and notes in the experiment that it did.
        """
        assert self._held is not None, "only its holder runs an experiment"
        number = self._experiment_id

        def note(seconds: float) -> None:
            told = phrase(
                en=f"The database could not be used for {span(seconds)}; the run waited and went on.",
                pt=f"O banco de dados ficou indisponível por {span(seconds)}; a execução esperou e seguiu.",
            )
            writer.note_absence(number, told, seconds)

        writer = self._held.writes_to(registry, note)
        return writer

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _busy(self, holder: Holder | None) -> BusyError:
        self.is_lost = self._held is not None
        stop = _stop(holder)
        return BusyError(
            phrase(
                en=f"Experiment {self._experiment_id} is being run by {_named(holder)[0]}.",
                pt=f"O experimento {self._experiment_id} está sendo executado {_named(holder)[1]}.",
            ),
            hint=phrase(
                en=f"Wait until it ends, or stop it{stop}, then try again: what is finished is kept.",
                pt=f"Espere que termine, ou pare-o{stop}, e tente de novo: o que terminou fica guardado.",
            ),
        )


def _named(holder: Holder | None) -> tuple[str, str]:
    """A process, in English and in Portuguese."""
    if holder is None or holder.pid is None:
        return "another process", "por outro processo"
    if holder.is_here:
        return f"process {holder.pid}", f"pelo processo {holder.pid}"
    return f"process {holder.pid} of {holder.host}", f"pelo processo {holder.pid} de {holder.host}"


def _stop(holder: Holder | None) -> str:
    """How to stop a process, if it is one of this machine."""
    if holder is None or holder.pid is None or not holder.is_here:
        return ""
    return phrase(en=" with", pt=" com") + f" `kill -INT {holder.pid}`"


def _taken(holder: Holder | None) -> BusyError:
    return BusyError(phrase(en="The place is taken.", pt="O lugar está ocupado."))


def is_held(locks: Locks, experiment_id: int) -> bool:
    """Whether some process, this one included, runs the experiment at this moment."""
    return locks.holder("experiment", experiment_id) is not None
