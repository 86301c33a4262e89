from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex

from tables import described
from trintena.errors import BusyError, UsageError
from trintena.registry import Registry, schema
from trintena.registry.database import make_engine
from trintena.registry.schema import HEAD, MIGRATIONS, VERSION_TABLE, bring_up_to_date
from trintena.registry.tables import Base, RegisteredModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{database}")
    yield engine
    engine.dispose()


@pytest.fixture
def newer(tmp_path: Path) -> Callable[[str], Path]:
    """Makes migrations that go one step further than ours, by the given statements."""

    def make(body: str) -> Path:
        folder = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "v9999_later.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = '9999'\ndown_revision = {HEAD!r}\n\ndef upgrade():\n    {body}\n"
        )
        return folder

    return make


def test_migrations_and_models_agree(registry: Registry) -> None:
    with registry._engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrated_tables_are_what_the_models_would_make(tmp_path: Path, database: Path) -> None:
    """Down to checks, defaults and what deleting takes along, which Alembic's comparison leaves out."""
    made = make_engine(f"sqlite:///{tmp_path / 'made.db'}")
    Base.metadata.create_all(made)
    migrated = make_engine(f"sqlite:///{database}")
    for table in Base.metadata.tables:
        assert described(migrated, table) == described(made, table)
    made.dispose()
    migrated.dispose()


def test_numbers_that_are_given_once_are_counted(database: Path) -> None:
    """SQLite counts only where it is told to, and no comparison of tables shows whether it was."""
    counted = [
        table.name for table in Base.metadata.sorted_tables if table.kwargs.get("sqlite_autoincrement")
    ]
    assert {"experiments", "model_registry", "events"} == set(counted)
    with closing(sqlite3.connect(database)) as connection:
        for name in counted:
            ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,))
            assert "AUTOINCREMENT" in sql, name


def test_the_step_to_searches_is_plain_sql_on_postgresql() -> None:
    script = ScriptDirectory(str(MIGRATIONS)).get_revision("0002")
    buffer = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer}
    )
    with Operations.context(context):
        script.module.upgrade()
    statements = [" ".join(part.split()) for part in buffer.getvalue().split(";") if part.strip()]
    table = "ALTER TABLE architecture_trials"
    assert statements == [
        f"{table} ADD COLUMN purpose VARCHAR(16) DEFAULT 'search' NOT NULL",
        f"{table} ADD COLUMN validation_curve JSON DEFAULT '[]' NOT NULL",
        f"{table} ADD COLUMN learning_rates JSON DEFAULT '[]' NOT NULL",
        f"{table} ALTER COLUMN finished_at DROP NOT NULL",
        f"{table} DROP CONSTRAINT uq_architecture_trials_study_id_number",
        f"{table} ADD CONSTRAINT uq_architecture_trials_study_id_purpose_number"
        " UNIQUE (study_id, purpose, number)",
        f"{table} ADD CONSTRAINT ck_architecture_trials_purpose CHECK (purpose IN ('search', 'refit'))",
    ]


def test_the_constant_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_our_tables_are_there(registry: Registry) -> None:
    tables = set(inspect(registry._engine).get_table_names())
    assert tables - {"sqlite_sequence"} == {
        "datasets",
        "experiments",
        "architecture_studies",
        "architecture_trials",
        "experiment_baselines",
        "model_registry",
        "events",
        "test_passes",
        "trintena_schema_version",
    }


def test_the_winner_index_is_partial_on_sqlite_and_postgresql(engine: Engine) -> None:
    index = next(i for i in RegisteredModel.metadata.tables["model_registry"].indexes if "winner" in i.name)
    on_server = str(CreateIndex(index).compile(dialect=postgresql.dialect()))
    assert on_server.startswith("CREATE UNIQUE INDEX")
    assert on_server.endswith("WHERE is_winner")
    with engine.connect() as connection:
        here = connection.scalar(
            text("SELECT sql FROM sqlite_master WHERE name = 'uq_model_registry_winner'")
        )
    assert here.startswith("CREATE UNIQUE INDEX")
    assert here.endswith("WHERE is_winner")


def test_a_newer_database_is_refused_and_left_alone(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(UsageError, match=rf"has schema version 9999; this Trintena knows none after {HEAD}"):
        Registry.open(f"sqlite:///{database}")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute(f"SELECT * FROM {VERSION_TABLE}").fetchall() == [("9999",)]


def test_tables_of_other_software_are_not_taken_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER)")
    with pytest.raises(UsageError, match="tables of other software named events"):
        Registry.open(f"sqlite:///{tmp_path / 'other.db'}")


def test_a_database_that_is_behind_is_copied_then_migrated(
    engine: Engine, database: Path, newer: Callable[[str], Path]
) -> None:
    with Registry.open(f"sqlite:///{database}") as registry, registry._writing() as session:
        # Open while it is copied: the row is in the write-ahead log, not yet in the file.
        session.execute(text("INSERT INTO test_passes VALUES (1, NULL, 'NVDA', '2024', '2024', '2024')"))
        session.commit()
        bring_up_to_date(
            engine, migrations=newer("op.create_table('later', sa.Column('x', sa.Integer()))"), head="9999"
        )
    assert inspect(engine).has_table("later")

    copy = database.with_name(f"{database.name}.{HEAD}.bak")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT symbol FROM test_passes").fetchall() == [("NVDA",)]
        assert connection.execute(f"SELECT * FROM {VERSION_TABLE}").fetchall() == [(HEAD,)]


def test_a_migration_that_fails_changes_nothing(
    engine: Engine, database: Path, newer: Callable[[str], Path]
) -> None:
    folder = newer(
        "op.create_table('half', sa.Column('x', sa.Integer())); op.execute('INSERT INTO nowhere VALUES (1)')"
    )
    with pytest.raises(OperationalError, match="nowhere"):
        bring_up_to_date(engine, migrations=folder, head="9999")
    assert not inspect(engine).has_table("half")
    with Registry.open(f"sqlite:///{database}") as registry:
        assert registry.experiments() == []


def test_remaking_a_table_does_not_cascade(
    engine: Engine, registry: Registry, experiment: int, newer: Callable[[str], Path]
) -> None:
    if registry._engine.dialect.name != "sqlite":
        pytest.skip("only SQLite remakes tables")
    number = registry.add_event(experiment, "started")
    remake = (
        "with op.batch_alter_table('experiments') as table:\n"
        "        table.alter_column('spec_hash', type_=sa.Text())"
    )
    bring_up_to_date(engine, migrations=newer(remake), head="9999")
    assert [e.id for e in registry.events(experiment)] == [number]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_waiting_for_another_migration_has_an_end(
    database: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    monkeypatch.setattr(schema, "_LOCK_TIMEOUT_S", 0.05)
    with schema._alone(engine), pytest.raises(BusyError, match="has been migrating"):
        Registry.open(f"sqlite:///{database}")
