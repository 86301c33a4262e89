"""The engine and its transactions: SQLite set up for several processes, or any SQLAlchemy address."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from trintena.errors import BusyError, UsageError
from trintena.language import phrase

BUSY_TIMEOUT_S = 30.0
"""How long a process waits for another one's write; a write of ours takes milliseconds."""

_WRITES = "trintena_writes"


def make_engine(url: str) -> Engine:
    """An engine for the address; nothing is opened yet.

    Raises:
        UsageError: the address cannot be read, or its driver is not installed.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise UsageError(
            phrase(
                en=f"The database address {url!r} cannot be read.",
                pt=f"Não é possível ler o endereço de banco de dados {url!r}.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Give an SQLAlchemy address such as sqlite:///trintena.db in TRINTENA_DATABASE_URL.",
                pt="Dê um endereço do SQLAlchemy, como sqlite:///trintena.db, em TRINTENA_DATABASE_URL.",
            ),
        ) from error
    sqlite = address.get_backend_name() == "sqlite"
    arguments: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT_S}} if sqlite else {}
    try:
        engine = create_engine(address, **arguments)
    except (NoSuchModuleError, ImportError) as error:
        raise UsageError(
            phrase(
                en=f"No driver for the database address {shown(address)}: {error}.",
                pt=f"Não há driver para o endereço de banco de dados {shown(address)}: {error}.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Install the driver's package, or use an sqlite:/// address.",
                pt="Instale o pacote do driver, ou use um endereço sqlite:///.",
            ),
        ) from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def shown(address: URL) -> str:
    """The address as it may appear in a message: without its password."""
    return address.render_as_string(hide_password=True)


def sqlite_file(engine: Engine) -> Path | None:
    """The file behind an SQLite engine; None for a database in memory and for every other kind.

    SQLite itself is asked: it knows what became of a relative path or of a `file:` address.
    """
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("PRAGMA database_list").all()
    name = next(str(row[2]) for row in rows if row[1] == "main")
    return Path(name) if name else None


def make_folder(engine: Engine) -> None:
    """Make the folder of an SQLite file that is yet to be created."""
    name = engine.url.database
    if engine.dialect.name == "sqlite" and name and not name.startswith((":memory:", "file:")):
        Path(name).parent.mkdir(parents=True, exist_ok=True)


def _set_up_sqlite(connection: sqlite3.Connection, record: object) -> None:
    """Take transactions into our own hands and hold the foreign keys.

    Python's driver opens a transaction before a writing statement only, so that a read followed by
    a write could see two states; and it never opens one for a change of the schema.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    """Begin for real. A writer takes its lock at once: upgrading a read lock later may not wait."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Transactions on an engine; the topics of the registry build on it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing_engine = engine.execution_options(**{_WRITES: True})

    @property
    def is_shared(self) -> bool:
        """Whether other processes find the same database under its address: not one in memory."""
        return self._engine.dialect.name != "sqlite" or sqlite_file(self._engine) is not None

    def close(self) -> None:
        """Close every connection; using the registry again opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """One transaction that sees one state of the database."""
        with self._transaction(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """One transaction that is committed whole at the end of the block, or not at all."""
        with self._transaction(self._writing_engine) as session:
            yield session

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine) as session, session.begin():
                yield session
        except OperationalError as error:
            if isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig):
                raise BusyError(
                    phrase(
                        en=f"Another process has held the database for over {BUSY_TIMEOUT_S:.0f} seconds.",
                        pt=f"Outro processo ocupa o banco de dados há mais de {BUSY_TIMEOUT_S:.0f} segundos.",
                    ),
                    hint=phrase(en="Try again when it is done.", pt="Tente de novo quando ele terminar."),
                ) from error
            raise
