"""From an SQLite file to a server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from trintena.errors import UsageError
from trintena.registry import Registry, move_to_server
from trintena.registry.schema import HEAD
from trintena.registry.tables import Base

FILLED = Path(__file__).parents[2] / "data" / f"schema_{HEAD}.db"


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with rows in every table, of which the last experiment and version are gone again."""
    address = f"sqlite:///{shutil.copy(FILLED, tmp_path / 'trintena.db')}"
    with Registry.open(address) as registry:
        registry.delete_experiment(max(record.id for record in registry.experiments()))
    return address


def rows(registry: Registry) -> dict[str, list[tuple[object, ...]]]:
    with registry._reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def test_every_row_arrives_as_it_was_and_numbers_go_on(file: str, on_server: str) -> None:
    with Registry.open(file) as before:
        expected = rows(before)
        assert all(expected.values()), "rows in every table"
        next_number = before.create_experiment(before.experiment(1).spec)
        before.delete_experiment(next_number)
    moved = move_to_server(file, on_server)
    assert moved == {name: len(of_table) for name, of_table in expected.items()}
    with Registry.open(on_server) as after:
        assert rows(after) == expected
        assert after.create_experiment(after.experiment(1).spec) == next_number + 1
        assert after.add_event(1, "told") > max(row[0] for row in expected["events"])
        assert set(inspect(after._engine).get_table_names()) >= set(expected)


def test_a_database_with_rows_is_refused_and_left_alone(file: str, on_server: str) -> None:
    move_to_server(file, on_server)
    with Registry.open(on_server) as after:
        expected = rows(after)
        with pytest.raises(UsageError, match="There are rows already in datasets, experiments"):
            move_to_server(file, on_server)
        assert rows(after) == expected


def test_only_a_file_is_moved_and_only_to_a_server(file: str, on_server: str, tmp_path: Path) -> None:
    for source, target in ((on_server, file), (file, f"sqlite:///{tmp_path / 'other.db'}")):
        with pytest.raises(UsageError, match="from an SQLite file to a PostgreSQL server"):
            move_to_server(source, target)
