"""Locks that a PostgreSQL server holds for a session, and frees when the session ends, however it ends.

They hold across machines that share nothing but the database. Who holds one writes through that very session
(`SessionLock.engine`): a write that arrives is one of the holder. When the session breaks, as by a restart of
the server, the next one takes the lock anew before anything is written, or nothing is written any more.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import URL, Dialect, event, text
from sqlalchemy.exc import DBAPIError

from trintena.errors import BusyError
from trintena.registry.database import Database, make_engine
from trintena.registry.trouble import unavailable

LockKind = Literal["experiment", "worker"]

_CLASSES: dict[LockKind, int] = {"experiment": 0x74720001, "worker": 0x74720002}
"""The first half of a lock's key: any number that others are unlikely to take. The second is the number."""

_GHOST_S = 5.0
"""How long to wait for the end of a session of ours that we lost and the server has not yet."""


def _new_name() -> str:
    """How a server lists a session, in at most 63 bytes: our process, its machine, and which lock of it."""
    return f"trintena {os.getpid()} {secrets.token_hex(4)} {socket.gethostname()[:32]}"


class SessionLock:
    """One lock, and the one session that holds it.

    `busy` makes the error that says who has it: of the name of that session, empty where it is not known.
    """

    def __init__(self, url: URL, kind: LockKind, number: int, busy: Callable[[str], BusyError]) -> None:
        self._key, self._busy, self._is_over = (_CLASSES[kind], number), busy, False
        self._name = _new_name()
        self.engine = make_engine(url, name=self._name, pool_size=1, max_overflow=0, pool_pre_ping=False)
        event.listen(self.engine, "do_connect", self._connect)

    def take(self) -> None:
        """Take the lock, or find that it is held still; a session that broke is made anew.

        Raises:
            BusyError: somebody else has it.
            UnavailableError: the server does not answer.
        """
        try:
            try:
                self._ask()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                self._ask()  # the session had broken: this one is new
        except DBAPIError as error:
            raise unavailable(self.engine.url, error) from error

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        self._is_over = True
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT pg_advisory_unlock(:kind, :number)"), self._parameters)
        except (DBAPIError, _OverError):
            pass  # a session that is no more holds nothing
        finally:
            self.engine.dispose()

    @property
    def _parameters(self) -> dict[str, int]:
        return {"kind": self._key[0], "number": self._key[1]}

    def _ask(self) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")

    def _connect(self, dialect: Dialect, record: object, args: Any, parameters: Any) -> Any:
        """Make a session that has the lock; there is no other way to one."""
        if self._is_over:
            raise _OverError("the lock was given back")
        session = dialect.connect(*args, **parameters)
        try:
            session.autocommit = True
            self._take(session)
            session.autocommit = False
        except BaseException:
            session.close()
            raise
        return session

    def _take(self, session: Any) -> None:
        deadline = time.monotonic() + _GHOST_S
        while not session.execute("SELECT pg_try_advisory_lock(%s, %s)", self._key).fetchone()[0]:
            holder = session.execute(f"{_HOLDERS} AND objid = %s", self._key).fetchone()
            if holder is not None and holder[1] == self._name:
                session.execute("SELECT pg_terminate_backend(%s)", (holder[2],))
            elif holder is not None:
                raise self._busy(holder[1])
            if time.monotonic() > deadline:
                raise self._busy("")
            time.sleep(0.05)


class _OverError(RuntimeError):
    """A lock that was given back takes no further session."""


_HOLDERS = """
    SELECT objid, application_name, pid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid = %s
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class SessionLocks(Database):
    """The part of the registry that knows the locks of sessions; an SQLite database has none."""

    @property
    def holds_locks(self) -> bool:
        """Whether its server holds locks for sessions."""
        return self._is_server

    def session_lock(self, kind: LockKind, number: int, busy: Callable[[str], BusyError]) -> SessionLock:
        """A lock that is yet to be taken; see `SessionLock`."""
        return SessionLock(self._engine.url, kind, number, busy)

    def lock_holders(self, kind: LockKind) -> dict[int, str]:
        """The locks of a kind that are held: the number of each, and the name of its session."""
        with self._reading() as session:
            rows = session.connection().exec_driver_sql(_HOLDERS, (_CLASSES[kind],))
            return {int(number): name for number, name, _ in rows}
