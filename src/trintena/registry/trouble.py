"""What the errors of a database's driver mean, in our own words and without its password."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DataError, DBAPIError

from trintena.errors import BusyError, UnavailableError, UsageError
from trintena.language import phrase
from trintena.registry import postgresql


def shown(address: URL) -> str:
    """The address as it may appear in a message: without its password."""
    return address.render_as_string(hide_password=True)


def unavailable(address: URL, error: DBAPIError) -> UnavailableError:
    """A server that does not answer, with what its driver says of it in one line."""
    reason = _in_one_line(error)
    return UnavailableError(
        phrase(
            en=f"The database {shown(address)} does not answer: {reason}.",
            pt=f"O banco de dados {shown(address)} não responde: {reason}.",
        ),
        hint=phrase(
            en="Check that its server runs and can be reached; what is finished is kept.",
            pt="Confira se o servidor dele está no ar e acessível; o que terminou fica guardado.",
        ),
    )


def is_away(engine: Engine, error: DBAPIError) -> bool:
    """Whether an error says that the database's server does not answer; a file always does."""
    return engine.dialect.name == postgresql.DIALECT and postgresql.is_away(error)


def _has_no_disk(error: DBAPIError) -> bool:
    """Whether the disk under a database file is full, fails or may only be read."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the rest says what SQLite was about to do
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def _unwritable(address: URL, error: DBAPIError) -> UnavailableError:
    reason = _in_one_line(error)
    return UnavailableError(
        phrase(
            en=f"The database {address.database} cannot be written: {reason}.",
            pt=f"Não é possível gravar no banco de dados {address.database}: {reason}.",
        ),
        hint=phrase(
            en="Make room on its disk, or let it be written; what is finished is kept.",
            pt="Libere espaço no disco dele, ou permita a gravação; o que terminou fica guardado.",
        ),
    )


@contextmanager
def told(engine: Engine, busy_timeout_s: float) -> Iterator[None]:
    """Say what an error of the database means to who asked for something.

    Raises:
        BusyError: somebody else has held it for as long as one waits.
        UnavailableError: its server is away, or its disk is full or may not be written.
        UsageError: it cannot keep a value.
    """
    try:
        yield
    except DBAPIError as error:
        locked = isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
        if locked or (engine.dialect.name == postgresql.DIALECT and postgresql.is_lock_timeout(error)):
            raise BusyError(
                phrase(
                    en=f"Another process has held the database for over {busy_timeout_s:.0f} seconds.",
                    pt=f"Outro processo ocupa o banco de dados há mais de {busy_timeout_s:.0f} segundos.",
                ),
                hint=phrase(en="Try again when it is done.", pt="Tente de novo quando ele terminar."),
            ) from error
        if is_away(engine, error):
            raise unavailable(engine.url, error) from error
        if _has_no_disk(error):
            raise _unwritable(engine.url, error) from error
        if engine.dialect.name == postgresql.DIALECT and isinstance(error, DataError):
            raise UsageError(
                phrase(
                    en=f"The database cannot keep such a value: {_in_one_line(error)}.",
                    pt=f"O banco de dados não pode guardar um valor assim: {_in_one_line(error)}.",
                )
            ) from error
        raise


def _in_one_line(error: DBAPIError) -> str:
    """The first line of what a driver says."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error.orig).__name__
