"""From an SQLite file to a PostgreSQL server: every row, under the number that it has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from trintena.errors import UsageError
from trintena.language import phrase
from trintena.registry.store import Registry
from trintena.registry.tables import Base

_ROWS_AT_ONCE = 50


def move_to_server(source: str, target: str) -> dict[str, int]:
    """Copy all rows of an SQLite database to an empty one of a server, all or nothing; gives how many.

    Both are brought up to date first. The file stays as it is; nothing may run on it meanwhile. Optuna's
    tables are left behind: they are a mirror, made anew of searches that go on.

    Args:
        source: the address of the file, such as `sqlite:///trintena.db`.
        target: the address of the database on the server.

    Raises:
        UsageError: one of the addresses is not of that kind, or there are rows in the target.
        UnavailableError: the server does not answer.
    """
    with Registry.open(source) as before, Registry.open(target) as after:
        if before.holds_locks or not after.holds_locks:
            raise UsageError(
                phrase(
                    en="Rows are moved from an SQLite file to a PostgreSQL server.",
                    pt="As linhas são levadas de um arquivo SQLite a um servidor PostgreSQL.",
                )
            )
        with before._reading() as reads, after._writing() as writes:
            tables = Base.metadata.sorted_tables
            if taken := [table.name for table in tables if _count(writes, table)]:
                raise UsageError(
                    phrase(
                        en=f"There are rows already in {', '.join(taken)} on the server.",
                        pt=f"Já há linhas em {', '.join(taken)} no servidor.",
                    ),
                    hint=phrase(
                        en="Give the address of an empty database.",
                        pt="Dê o endereço de um banco de dados vazio.",
                    ),
                )
            for table in tables:
                _copy(reads, writes, table)
            return {table.name: _count(writes, table) for table in tables}


def _count(session: Session, table: Table) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def _copy(reads: Session, writes: Session, table: Table) -> None:
    found = reads.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE})
    for rows in found.mappings().partitions():
        writes.execute(insert(table), [dict(row) for row in rows])
    (key,) = table.primary_key
    if key.type.python_type is int:
        _go_on_after(writes, table, _last_number(reads, table, key.name))


def _last_number(session: Session, table: Table, key: str) -> int:
    """The last number that was given in a table: also of a row that is gone, where it is kept."""
    kept: Any = session.scalar(
        text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table.name}
    )
    return kept or session.scalar(select(func.max(table.c[key]))) or 0


def _go_on_after(session: Session, table: Table, number: int) -> None:
    """Have the server go on counting from there."""
    sequence = func.pg_get_serial_sequence(table.name, next(iter(table.primary_key)).name)
    session.execute(select(func.setval(sequence, max(number, 1), number > 0)))
