"""Who holds a lock, and the two places where locks are kept.

Beside an SQLite database they are files (`file_locks`), on a PostgreSQL server its own (`server_locks`).
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from trintena.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.registry import Registry
    from trintena.registry.session_locks import LockKind


@dataclass(frozen=True)
class Holder:
    """A process; None: it is not known which."""

    pid: int | None
    host: str

    @classmethod
    def this(cls) -> Holder:
        """The process that asks."""
        return cls(os.getpid(), this_host())

    @property
    def is_here(self) -> bool:
        """Whether it is one of this machine."""
        return self.host == this_host()


def this_host() -> str:
    """This machine's name, as far as a server lists it."""
    return socket.gethostname()[:32]


class Held(Protocol):
    """A lock that this process has."""

    def keep(self) -> None:
        """Make sure that it is held still, and take it anew where it was lost.

        Raises:
            BusyError: somebody else has it by now.
            UnavailableError: nobody can be asked.
        """

    def release(self) -> None:
        """Give it back; nothing happens a second time."""

    def writes_to(self, registry: Registry, on_return: Callable[[float], None]) -> Registry:
        """The registry through which its holder writes, for as long as it holds it.

        `on_return` is called with the seconds for which the database was away, once it answers again.
        """


class Locks(Protocol):
    """Where the locks of one database are kept. Each has a kind and a number."""

    def take(self, kind: LockKind, number: int, busy: Callable[[Holder | None], BusyError]) -> Held:
        """Take a lock.

        Raises:
            BusyError: somebody has it: what `busy` makes.
            UnavailableError: nobody can be asked.
        """

    def holder(self, kind: LockKind, number: int) -> Holder | None:
        """Who has a lock at this moment; None where nobody has."""

    def holders(self, kind: LockKind) -> dict[int, Holder]:
        """Who has which lock of a kind at this moment."""
