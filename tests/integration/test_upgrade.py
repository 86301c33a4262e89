"""Databases that earlier versions left behind open, with all that is in them: files, and on a server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import Engine, MetaData, create_engine, insert, inspect, select, text

from tables import described
from trintena.domain import Search
from trintena.registry import Registry, schema
from trintena.registry.database import make_engine
from trintena.registry.schema import HEAD, MIGRATIONS, VERSION_TABLE
from trintena.registry.tables import Base

if TYPE_CHECKING:
    from postgres import Server

FILES = sorted((Path(__file__).parents[1] / "data").glob("schema_*.db"))


@pytest.fixture(params=["sqlite", "postgresql"])
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Path], str]]:
    """Gives the address of a database in which a file of an earlier version lies, as it was then."""
    if request.param == "sqlite":
        yield lambda stored: f"sqlite:///{shutil.copy(stored, tmp_path / 'trintena.db')}"
        return
    server: Server = request.getfixturevalue("postgres")
    address = server.create_database("left_behind")

    def laid(stored: Path) -> str:
        with disposed(make_engine(address)) as engine:
            lay(stored, engine)
        return address

    yield laid
    server.drop_database("left_behind")


def lay(stored: Path, engine: Engine) -> None:
    """Migrate an empty database of a server as far as a file is, then copy every row of the file to it."""
    schema._migrate(engine, MIGRATIONS, "upgrade", stored.stem.removeprefix("schema_"))
    there, here = MetaData(), MetaData()
    there.reflect(engine)
    with (
        disposed(create_engine(f"sqlite:///{stored}")) as source,
        source.connect() as reads,
        engine.begin() as writes,
    ):
        here.reflect(source)
        writes.execute(text("SET LOCAL timezone = 'UTC'"))
        for table in there.sorted_tables:
            if table.name == VERSION_TABLE:
                continue
            rows = [dict(row) for row in reads.execute(select(here.tables[table.name])).mappings()]
            assert rows, f"{stored.name} has a row in every table"
            writes.execute(insert(table), rows)
            (key,) = table.primary_key
            if key.name != "content_hash":  # numbers go on after those that were copied
                sequence = f"pg_get_serial_sequence('{table.name}', '{key.name}')"
                writes.execute(text(f"SELECT setval({sequence}, max({key.name})) FROM {table.name}"))


def all_of(engine: Engine) -> dict[str, list[str]]:
    return {name: described(engine, name) for name in inspect(engine).get_table_names()}


@contextmanager
def disposed(engine: Engine) -> Iterator[Engine]:
    yield engine
    engine.dispose()


def test_every_schema_version_left_a_file() -> None:
    versions = [file.stem.removeprefix("schema_") for file in FILES]
    assert versions[0] == "0001"
    assert versions[-1] == HEAD, "run `python tests/data/make_database_file.py` and commit what it makes"


@pytest.mark.parametrize("stored", FILES, ids=lambda file: file.stem)
def test_a_stored_database_opens_upgraded_and_whole(
    left: Callable[[Path], str], tmp_path: Path, stored: Path
) -> None:
    version = stored.stem.removeprefix("schema_")
    with Registry.open(left(stored)) as registry:
        is_file = not registry.holds_locks
        with registry._reading() as session:
            assert session.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == HEAD
            if is_file:
                assert session.scalar(text("PRAGMA journal_mode")) == "wal"
                assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            tables = set(inspect(session.connection()).get_table_names())
            assert set(Base.metadata.tables) <= tables

        (dataset,) = registry.datasets()
        assert dataset.measures == ("value" if version >= "0004" else "price")
        series = registry.load_dataset(dataset.content_hash)
        np.testing.assert_array_equal(series.close, [10.0, 10.5, 10.25, 11.0, 10.75, 11.5])

        experiment = registry.experiment(1)
        assert (experiment.state, experiment.n_finished, experiment.n_failed) == ("succeeded", 1, 1)
        assert (experiment.spec.symbol, experiment.spec.model_ids, experiment.spec.lookback) == (
            "TOY",
            (1, 6),
            2,
        )
        assert experiment.result == {"winner": {"model_id": 1, "rmse": 0.02}}

        finished, failed = registry.trials(experiment.id)
        assert (finished.validation_rmse, finished.train_losses) == (0.02, (1.25,))
        assert (finished.number, finished.purpose) == (0, "search")
        assert (finished.validation_curve, finished.learning_rates) == ((), ())
        np.testing.assert_array_equal(
            finished.forecasts["validation"], np.array([[0.01], [-0.02]], np.float32)
        )
        assert (failed.state, failed.reason) == ("FAIL", "The loss is not finite.")
        stored_baselines = {each.key: each for each in registry.baselines(experiment.id)}
        if version >= "0004":
            ridge, arima = stored_baselines["ridge"], stored_baselines["auto_arima"]
            assert ridge.reason is None
            np.testing.assert_array_equal(
                ridge.forecasts["validation"], np.array([[0.005], [-0.01]], np.float32)
            )
            assert (arima.reason, arima.forecasts) == ("No candidate converged.", {})
        else:
            assert stored_baselines == {}
        best = registry.best_weights(experiment.id)
        assert best is not None
        assert best[0] == 1
        np.testing.assert_array_equal(best[1][0], [1.0, 2.0])

        champion = registry.newest_champion("TOY")
        assert champion is not None
        assert champion.stem == "TOY_1_20240107T120000000000Z"
        kinds = [event.kind for event in registry.events(experiment.id)]
        assert kinds == ["running", *(["trial"] * 2 if version >= "0003" else [])]
        assert registry.queue() == ([3] if version >= "0003" else [])
        day = np.datetime64("2024-01-06", "s")
        assert registry.count_test_passes("TOY", day, day) == 1

        registry.delete_version(champion.version)
        for record in registry.experiments():
            registry.delete_experiment(record.id)
        registry.delete_dataset(dataset.content_hash)
        with registry._reading() as session:  # whatever a migration remade, deleting still cascades
            assert session.scalar(text("SELECT count(*) FROM architecture_trials")) == 0

    copy = tmp_path / f"trintena.db.{version}.bak"
    assert copy.exists() == (is_file and version != HEAD)


@pytest.mark.parametrize(
    "stored", [file for file in FILES if file.stem >= "schema_0002"], ids=lambda file: file.stem
)
def test_a_stored_search_goes_on(left: Callable[[Path], str], stored: Path) -> None:
    with Registry.open(left(stored)) as registry:
        experiment = registry.experiment(2)
        assert experiment.spec.search == Search("bayesian", 5)
        assert set(experiment.trial_counts.values()) == {1}

        trials = registry.trials(2)
        assert [(t.state, t.purpose, t.number) for t in trials] == [
            ("WAITING", "search", 0),
            ("RUNNING", "search", 1),
            ("COMPLETE", "search", 2),
            ("PRUNED", "search", 3),
            ("FAIL", "search", 4),
            ("COMPLETE", "refit", 0),
        ]
        assert [t.validation_curve for t in trials[2:4]] == [(0.03, 0.02), (0.04,)]
        assert trials[2].learning_rates == (0.001, 0.0005)
        best = registry.best_weights(2)
        assert best is not None
        np.testing.assert_array_equal(best[1][0], [3.0, 4.0])
        refit = registry.refit_weights(2, 1, 0)
        assert refit is not None
        np.testing.assert_array_equal(refit[0], [5.0])

        assert registry.requeue_running(2) == 1
        assert registry.trial_counts(2)[1]["WAITING"] == 2


@pytest.mark.parametrize("stored", FILES, ids=lambda file: file.stem)
def test_a_database_goes_up_down_and_up_again(left: Callable[[Path], str], stored: Path) -> None:
    """Down to where it was it is as it was then, below that nothing of it is left."""
    address, revision = left(stored), stored.stem.removeprefix("schema_")
    with disposed(make_engine(address)) as engine:
        before = all_of(engine)
        Registry.open(address).close()
        schema.go_back(engine, revision)
        assert all_of(engine) == before
        with Registry.open(address) as registry:
            assert registry.experiment(1).state == "succeeded"
            assert [each.version for each in registry.versions()] == [1]
            again = asdict(registry.version(1)) | {"stem": "another", "is_winner": True}
            del again["version"]
            assert registry.register_version(**again).version == 2
            assert [each.version for each in registry.versions() if each.is_winner] == [2]
            assert registry.create_experiment(registry.experiment(1).spec) == len(registry.experiments())
        schema.go_back(engine, "base")
        assert set(inspect(engine).get_table_names()) - {"sqlite_sequence"} == {VERSION_TABLE}
        Registry.open(address).close()
