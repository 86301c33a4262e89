"""Optuna keeps its tables in the same database: neither disturbs the other, whoever comes first."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.storages import RDBStorage

from trintena.registry import Registry
from trintena.registry.schema import HEAD
from trintena.registry.tables import Base

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import ExperimentSpec, PriceSeries, TrialResult

FIRST = Path(__file__).parents[2] / "data" / "schema_0001.db"


def study_in(file: Path) -> None:
    """Add an Optuna study with one trial, as its library does, making its tables if need be."""
    storage = RDBStorage(f"sqlite:///{file}")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=storage, study_name="toy")
    distribution = optuna.distributions.FloatDistribution(0.0, 1.0)
    study.add_trial(
        optuna.trial.create_trial(
            params={"dropout_rate": 0.2},
            distributions={"dropout_rate": distribution},
            value=0.02,
            intermediate_values={0: 0.03},
        )
    )
    storage.engine.dispose()


def others(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that is not ours."""
    with closing(sqlite3.connect(file)) as connection:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        ours = {*Base.metadata.tables, "trintena_schema_version", "sqlite_sequence"}
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names - ours}


def test_optuna_first_then_we(tmp_path: Path) -> None:
    file = tmp_path / "shared.db"
    study_in(file)
    before = others(file)
    assert before["trials"]
    assert before["alembic_version"]
    with Registry.open(f"sqlite:///{file}") as registry:
        assert registry.experiments() == []
    assert others(file) == before


def test_we_first_then_optuna(
    database: Path,
    series: Callable[..., PriceSeries],
    spec: Callable[..., ExperimentSpec],
    trial: Callable[..., TrialResult],
) -> None:
    url = f"sqlite:///{database}"
    with Registry.open(url) as registry:
        experiment = registry.create_experiment(spec(registry.save_dataset(series())))
        registry.record_trial(experiment, trial(1), {})
        assert others(database) == {}
        study_in(database)
        registry.record_trial(experiment, trial(6), {})
    with Registry.open(url) as again:
        assert [t.model_id for t in again.trials(experiment)] == [1, 6]
    assert len(others(database)["trials"]) == 1


def test_a_migration_leaves_optunas_rows_alone(tmp_path: Path) -> None:
    file = Path(shutil.copy(FIRST, tmp_path / "trintena.db"))
    study_in(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        # Optuna does not have SQLite hold its references: what it left behind is not ours to judge.
        connection.execute(
            "INSERT INTO trial_values (trial_id, objective, value_type) VALUES (99, 0, 'FINITE')"
        )
    before = others(file)
    with Registry.open(f"sqlite:///{file}") as registry:
        assert [t.state for t in registry.trials(1)] == ["COMPLETE", "FAIL"]
    assert others(file) == before
    with closing(sqlite3.connect(file)) as connection:
        version = connection.execute("SELECT version_num FROM trintena_schema_version").fetchall()
    assert version == [(HEAD,)]


def test_a_migration_that_leaves_our_references_broken_is_refused(tmp_path: Path) -> None:
    file = Path(shutil.copy(FIRST, tmp_path / "trintena.db"))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE architecture_trials SET study_id = 99 WHERE id = 1")
    with pytest.raises(RuntimeError, match=r"references to nothing: .*architecture_trials"):
        Registry.open(f"sqlite:///{file}")
