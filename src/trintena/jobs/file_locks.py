"""Locks as files, of which the kernel frees those whose holder dies, however it dies. For one machine."""

from __future__ import annotations

import fcntl
import os
import re
import time
from typing import TYPE_CHECKING

from trintena.jobs.holders import Holder, this_host
from trintena.registry.patience import PatientRegistry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trintena.errors import BusyError
    from trintena.registry import Registry
    from trintena.registry.session_locks import LockKind

_PATIENCE_S = 0.2
"""`holder` takes a lock for an instant to learn whether it is free; that must refuse nobody."""


class FileLocks:
    """The locks in a folder.

    A lock belongs to an open file. Python opens files so that programs started later do not inherit
    them: worker processes never keep the lock of a parent that is gone. The file itself stays, for
    removing it would let two processes hold locks on two files of the same name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, kind: LockKind, number: int, busy: Callable[[Holder | None], BusyError]) -> HeldFile:
        """See `Locks`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file(kind, number), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not _try_lock(descriptor, fcntl.LOCK_EX, patience_s=_PATIENCE_S):
                raise busy(_written_in(descriptor))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        return HeldFile(descriptor)

    def holder(self, kind: LockKind, number: int) -> Holder | None:
        """See `Locks`."""
        try:
            descriptor = os.open(self._file(kind, number), os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            return None if _try_lock(descriptor, fcntl.LOCK_SH) else _written_in(descriptor)
        finally:
            os.close(descriptor)

    def holders(self, kind: LockKind) -> dict[int, Holder]:
        """See `Locks`."""
        names = sorted(file.name for file in self._folder.glob(f"{kind}-*.lock"))
        numbers = [int(found[1]) for name in names if (found := re.fullmatch(rf"{kind}-(\d+)\.lock", name))]
        asked = {number: self.holder(kind, number) for number in sorted(numbers)}
        return {number: holder for number, holder in asked.items() if holder is not None}

    def _file(self, kind: LockKind, number: int) -> Path:
        return self._folder / f"{kind}-{number}.lock"


class HeldFile:
    """A lock that this process has; nothing but its end or `release` can take it away."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def keep(self) -> None:
        """See `Held`."""

    def release(self) -> None:
        """See `Held`."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            # Not by closing alone: a process that is just being started shares the open file for an instant.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def writes_to(self, registry: Registry, on_return: Callable[[float], None]) -> Registry:
        """See `Held`: one that waits while the disk is full."""
        return PatientRegistry.of(registry, on_return=on_return)


def _written_in(descriptor: int) -> Holder:
    written = os.pread(descriptor, 32, 0).decode().strip()
    return Holder(int(written) if written else None, this_host())


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
