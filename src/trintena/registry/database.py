"""The engine and its transactions: SQLite set up for several processes, PostgreSQL, or any other address."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from trintena.errors import UnavailableError, UsageError
from trintena.language import phrase
from trintena.registry import postgresql
from trintena.registry.trouble import shown, told

BUSY_TIMEOUT_S = 30.0
"""How long a process waits for another one's write; a write of ours takes milliseconds."""

_WRITES = "trintena_writes"


def make_engine(url: str | URL, *, name: str | None = None, **pool: Any) -> Engine:
    """An engine for the address; nothing is opened yet.

    Args:
        url: the address.
        name: under which a server lists its connections.
        pool: what `create_engine` is to be told of them beside.

    Raises:
        UsageError: the address cannot be read, or its driver is not installed.
    """
    address = _read(url)
    if address.drivername.startswith("postgres") and address.drivername not in postgresql.DRIVERS:
        raise _other_driver(address)
    kind = address.drivername.partition("+")[0]
    arguments: dict[str, Any] = {}
    if kind == "sqlite":
        arguments["connect_args"] = {"timeout": BUSY_TIMEOUT_S}
    elif kind == postgresql.DIALECT:
        arguments["connect_args"] = postgresql.connect_args(address, name)
        arguments["pool_pre_ping"] = True  # connections that a restart of the server broke are made anew
    try:
        engine = create_engine(address, **(arguments | pool))
    except (NoSuchModuleError, ImportError) as error:
        raise _no_driver(address, error) from error
    if kind == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif kind == postgresql.DIALECT:
        event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _read(url: str | URL) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        hidden = re.sub(r"(:)[^:@/]*(?=@)", r"\1***", str(url))
        raise UsageError(
            phrase(
                en=f"The database address {hidden!r} cannot be read.",
                pt=f"Não é possível ler o endereço de banco de dados {hidden!r}.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Give an SQLAlchemy address such as sqlite:///trintena.db in TRINTENA_DATABASE_URL.",
                pt="Dê um endereço do SQLAlchemy, como sqlite:///trintena.db, em TRINTENA_DATABASE_URL.",
            ),
        ) from error


def _other_driver(address: URL) -> UsageError:
    return UsageError(
        phrase(
            en=f"The database address {shown(address)} begins with {address.drivername}://.",
            pt=f"O endereço de banco de dados {shown(address)} começa com {address.drivername}://.",
        ),
        field="TRINTENA_DATABASE_URL",
        hint=phrase(
            en="PostgreSQL is reached by psycopg 3: write postgresql+psycopg://… or postgresql://….",
            pt="O PostgreSQL é acessado pelo psycopg 3: escreva postgresql+psycopg://… ou postgresql://….",
        ),
    )


def _no_driver(address: URL, error: Exception) -> UsageError:
    if address.drivername in postgresql.DRIVERS:
        hint = phrase(
            en="Install the extra `postgres`: `pip install 'trintena[postgres]'`.",
            pt="Instale o extra `postgres`: `pip install 'trintena[postgres]'`.",
        )
    else:
        hint = phrase(
            en="Install the driver's package, or use an sqlite:/// address.",
            pt="Instale o pacote do driver, ou use um endereço sqlite:///.",
        )
    return UsageError(
        phrase(
            en=f"No driver for the database address {shown(address)}: {error}.",
            pt=f"Não há driver para o endereço de banco de dados {shown(address)}: {error}.",
        ),
        field="TRINTENA_DATABASE_URL",
        hint=hint,
    )


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


def _set_up_postgresql(connection: Any, record: object) -> None:
    postgresql.set_up(connection, BUSY_TIMEOUT_S)


class Database:
    """Transactions on an engine; the topics of the registry build on it."""

    def __init__(self, engine: Engine) -> None:
        self._given = engine
        self._is_server = engine.dialect.name == postgresql.DIALECT
        # On a server, a transaction that reads sees one state only if asked to.
        reads = {"isolation_level": "REPEATABLE READ"} if self._is_server else {}
        self._engine = engine.execution_options(**reads)
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
        with told(self._engine, BUSY_TIMEOUT_S), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """One transaction that is committed whole at the end of the block, or not at all.

        Writers follow one another. Whether a commit took effect whose answer was lost is found out.
        """
        transaction, is_whole = None, False
        try:
            with (
                told(self._engine, BUSY_TIMEOUT_S),
                Session(self._writing_engine) as session,
                session.begin(),
            ):
                if self._is_server:
                    transaction = postgresql.take_turn(session.connection())
                yield session
                is_whole = True
        except UnavailableError:
            if not (is_whole and transaction is not None and self._was_committed(transaction)):
                raise

    def _was_committed(self, transaction: str) -> bool:
        """Whether a transaction took effect, of which the connection broke while it was being committed."""
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        while True:
            with self._reading() as session:
                status = postgresql.status_of(session.connection(), transaction)
            # The server may have yet to notice that nobody waits for its answer any more.
            if status != "in progress" or time.monotonic() > deadline:
                return status == "committed"
            time.sleep(0.05)
