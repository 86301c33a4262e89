"""Locks of a PostgreSQL server, which hold on every machine that uses its database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trintena.jobs.holders import Holder
from trintena.registry.patience import PatientRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.errors import BusyError
    from trintena.registry import Registry
    from trintena.registry.session_locks import LockKind, SessionLock


class ServerLocks:
    """The locks of the server of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def take(self, kind: LockKind, number: int, busy: Callable[[Holder | None], BusyError]) -> HeldSession:
        """See `Locks`."""
        lock = self._registry.session_lock(kind, number, lambda name: busy(_holder(name)))
        try:
            lock.take()
        except BaseException:
            lock.release()
            raise
        return HeldSession(lock)

    def holder(self, kind: LockKind, number: int) -> Holder | None:
        """See `Locks`."""
        return self.holders(kind).get(number)

    def holders(self, kind: LockKind) -> dict[int, Holder]:
        """See `Locks`."""
        held = self._registry.lock_holders(kind)
        return {number: _holder(name) or Holder(None, "") for number, name in sorted(held.items())}


class HeldSession:
    """A lock that a session of this process has, for as long as the session lives."""

    def __init__(self, lock: SessionLock) -> None:
        self._lock = lock

    def keep(self) -> None:
        """See `Held`."""
        self._lock.take()

    def release(self) -> None:
        """See `Held`."""
        self._lock.release()

    def writes_to(self, registry: Registry, on_return: Callable[[float], None]) -> Registry:
        """See `Held`: one that waits while the server is away, and writes through the lock's own session."""
        return PatientRegistry(self._lock.engine, on_return=on_return)


def _holder(name: str) -> Holder | None:
    """The process that a session's name tells of; None where it is of somebody else."""
    words = name.split(" ")
    if len(words) != 4 or words[0] != "trintena" or not words[1].isdecimal():
        return None
    return Holder(int(words[1]), words[3])
