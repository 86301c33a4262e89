"""Bring a database to the schema of this version of Trintena before anybody uses it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal, TextIO

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError, OperationalError

from trintena.errors import BusyError, UsageError
from trintena.language import phrase
from trintena.registry import database, postgresql
from trintena.registry.database import make_folder, sqlite_file
from trintena.registry.trouble import is_away, shown, unavailable

VERSION_TABLE = "trintena_schema_version"
"""Alembic's own table under our name: Optuna keeps its `alembic_version` in the same database."""

HEAD = "0006"
"""The newest revision in `migrations/versions`. Known here so that the usual start, on a database
that is up to date, does not pay for importing Alembic."""

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK_TIMEOUT_S = 120.0
_ADVISORY_LOCK = 0x7472696E74  # "trint": any number that others are unlikely to take


def bring_up_to_date(engine: Engine, *, migrations: Path = MIGRATIONS, head: str = HEAD) -> None:
    """Create or migrate the schema; one process at a time, all or nothing.

    An SQLite file that is behind is first copied to `<file>.<its revision>.bak` beside it.

    Raises:
        UsageError: the database cannot be opened, belongs to something else, or was written by a
            newer Trintena.
        UnavailableError: its server does not answer.
        BusyError: another process has been migrating for too long.
    """
    with _alone(engine) as file:
        with _opening(engine):
            if file is not None:
                _use_write_ahead_log(engine)
            with engine.connect() as connection:
                revision = _revision(connection)
        if revision == head:
            return
        _refuse_foreign(engine, revision, migrations)
        _keep_copy(engine, file, revision)
        _migrate(engine, migrations, "upgrade", head)


def go_back(engine: Engine, revision: str) -> None:
    """Take the schema back to an earlier revision, or to none by `base`; nobody else may use it meanwhile.

    What the earlier one has no place for is lost, as each migration says. Of an SQLite file a copy is kept
    beside it, as before a way forward; of any other database make one first.

    Raises:
        UsageError, UnavailableError, BusyError: as `bring_up_to_date`.
    """
    with _alone(engine) as file:
        with _opening(engine), engine.connect() as connection:
            now = _revision(connection)
        _refuse_foreign(engine, now, MIGRATIONS)
        _keep_copy(engine, file, now)
        _migrate(engine, MIGRATIONS, "downgrade", revision)


def _keep_copy(engine: Engine, file: Path | None, revision: str | None) -> None:
    if file is not None and revision is not None:
        with _opening(engine):
            _copy(file, file.with_name(f"{file.name}.{revision}.bak"))


@contextmanager
def _opening(engine: Engine) -> Iterator[None]:
    """Say which database it was that could not be opened, and what to check."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        if isinstance(error, DBAPIError) and is_away(engine, error):
            raise unavailable(engine.url, error) from error
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().rstrip(".")
        raise UsageError(
            phrase(
                en=f"The database {shown(engine.url)} cannot be opened: {reason}.",
                pt=f"Não é possível abrir o banco de dados {shown(engine.url)}: {reason}.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Check the address, that its folder can be written and that the disk is not full.",
                pt="Confira o endereço, se é possível escrever na pasta e se o disco não está cheio.",
            ),
        ) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()


def _refuse_foreign(engine: Engine, revision: str | None, migrations: Path) -> None:
    """Refuse what no migration of ours leads on from."""
    from alembic.script import ScriptDirectory

    from trintena.registry.tables import Base

    address = shown(engine.url)
    known = {script.revision for script in ScriptDirectory(migrations).walk_revisions()}
    if revision is not None and revision not in known:
        raise UsageError(
            phrase(
                en=f"The database {address} has schema version {revision}; this Trintena knows none after "
                f"{max(known)}: a newer one wrote it.",
                pt=f"O banco de dados {address} tem a versão de esquema {revision}; esta Trintena não "
                f"conhece nenhuma depois de {max(known)}: uma mais nova o escreveu.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Install that newer version, or give another address in TRINTENA_DATABASE_URL.",
                pt="Instale aquela versão mais nova, ou dê outro endereço em TRINTENA_DATABASE_URL.",
            ),
        )
    if revision is None and (taken := set(Base.metadata.tables) & set(inspect(engine).get_table_names())):
        raise UsageError(
            phrase(
                en=f"The database {address} has tables of other software named {', '.join(sorted(taken))}.",
                pt=f"O banco de dados {address} tem tabelas de outro programa: {', '.join(sorted(taken))}.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Give the address of another database.", pt="Dê o endereço de outro banco de dados."
            ),
        )


def _migrate(engine: Engine, migrations: Path, way: Literal["upgrade", "downgrade"], revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(trintena_writes=True).connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            # SQLite changes a table by making it anew; dropping the old one must not cascade.
            _pragma(connection, "foreign_keys = OFF")
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                getattr(command, way)(config, revision)
                if sqlite:
                    _refuse_broken_references(connection)
        except DBAPIError as error:
            if postgresql.is_forbidden(error):
                raise _forbidden(engine, error) from error
            if is_away(engine, error):
                raise unavailable(engine.url, error) from error
            raise
        finally:
            if sqlite:
                _pragma(connection, "foreign_keys = ON")


def _forbidden(engine: Engine, error: DBAPIError) -> UsageError:
    return UsageError(
        phrase(
            en=f"The tables of the database {shown(engine.url)} cannot be made: {error.orig}.",
            pt=f"Não é possível criar as tabelas do banco de dados {shown(engine.url)}: {error.orig}.",
        ),
        field="TRINTENA_DATABASE_URL",
        hint=phrase(
            en="Have its user own it: CREATE DATABASE … OWNER ….",
            pt="O usuário deve ser dono dele: CREATE DATABASE … OWNER ….",
        ),
    )


def _refuse_broken_references(connection: Connection) -> None:
    """Look for rows of ours that refer to nothing; those of Optuna, beside them, are its own affair."""
    from trintena.registry.tables import Base

    found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken := [row for row in found if row[0] in Base.metadata.tables]:
        raise RuntimeError(f"the migration left references to nothing: {broken}")


def _pragma(connection: Connection, statement: str) -> None:
    """Run a pragma outside any transaction, where alone SQLite heeds it."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA {statement}")
    cursor.close()


def _use_write_ahead_log(engine: Engine) -> None:
    """Readers and the writer no longer wait for each other. The file remembers it."""
    with engine.connect() as connection:
        _pragma(connection, "journal_mode = WAL")


def _copy(file: Path, copy: Path) -> None:
    """Copy a database with whatever its write-ahead log still holds; the name appears when it is whole."""
    staging = copy.with_name(f"{copy.name}.staging")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(staging)) as target:
        source.backup(target)
    with staging.open("rb") as stream:
        os.fsync(stream.fileno())
    staging.replace(copy)


@contextmanager
def _alone(engine: Engine) -> Iterator[Path | None]:
    """Be the only process that migrates this database; gives the file of an SQLite one.

    The locks end with the process that holds them, however it ends.
    """
    with _opening(engine):
        make_folder(engine)
        file = sqlite_file(engine)
    if file is not None:
        with _opening(engine):
            lock = file.with_name(f"{file.name}.lock").open("a")
        with lock:
            _wait_for(lock, file)
            yield file
    elif engine.dialect.name == "postgresql":
        with _opening(engine):
            connection = engine.connect()
        with connection.execution_options(isolation_level="AUTOCOMMIT"):
            postgresql.wait_at_most(connection, _LOCK_TIMEOUT_S)
            try:
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ADVISORY_LOCK})")
            except OperationalError as error:
                if postgresql.is_lock_timeout(error):
                    raise _too_long(shown(engine.url)) from error
                raise
            try:
                yield None
            finally:
                with suppress(DBAPIError):  # a session that is no more holds no lock
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ADVISORY_LOCK})")
                    postgresql.wait_at_most(connection, database.BUSY_TIMEOUT_S)
    else:
        yield None


def _wait_for(lock: TextIO, file: Path) -> None:
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise _too_long(file) from error
            time.sleep(0.02)


def _too_long(database: Path | str) -> BusyError:
    return BusyError(
        phrase(
            en=f"Another process has been migrating {database} for over {_LOCK_TIMEOUT_S:.0f} seconds.",
            pt=f"Outro processo migra {database} há mais de {_LOCK_TIMEOUT_S:.0f} segundos.",
        ),
        hint=phrase(en="Wait for it to end, then try again.", pt="Espere que termine e tente de novo."),
    )
