"""A registry for each test, copied from one that was migrated once: as an SQLite file, and on a server."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from trintena.domain import ExperimentSpec, Hyperparameters, PriceSeries, TrialResult
from trintena.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    """An SQLite file of its own with an empty schema."""
    return shutil.copy(migrated, tmp_path / "trintena.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str:
    """Of a database of its own with an empty schema."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("on_server"))
    return f"sqlite:///{request.getfixturevalue('database')}"


@pytest.fixture
def registry(address: str) -> Iterator[Registry]:
    with Registry.open(address) as opened:
        yield opened


@pytest.fixture
def series() -> Callable[..., PriceSeries]:
    """Makes a short daily series; other seeds, other prices."""

    def make(symbol: str = "NVDA", seed: int = 0, n_rows: int = 20, first: str = "2024-01-01") -> PriceSeries:
        dates = np.datetime64(first, "D") + np.arange(n_rows)
        close = np.random.default_rng(seed).uniform(90.0, 110.0, (n_rows, 1))
        return PriceSeries(symbol, dates.astype("datetime64[s]"), ("close",), close, "csv:prices.csv")

    return make


@pytest.fixture
def spec() -> Callable[..., ExperimentSpec]:
    """Makes a specification over three architectures for the dataset of a hash."""

    def make(dataset_hash: str) -> ExperimentSpec:
        return ExperimentSpec("NVDA", dataset_hash, (1, 6, 11), start="2024-01-01", end="2024-01-20")

    return make


@pytest.fixture
def experiment(
    registry: Registry, series: Callable[..., PriceSeries], spec: Callable[..., ExperimentSpec]
) -> int:
    """A queued experiment."""
    return registry.create_experiment(spec(registry.save_dataset(series())))


@pytest.fixture
def trial() -> Callable[..., TrialResult]:
    """Makes a trial; COMPLETE with weights unless told otherwise."""

    def make(model_id: int, rmse: float | None = 0.02, **others: Any) -> TrialResult:
        fields: dict[str, Any] = {
            "state": "COMPLETE",
            "validation_rmse": rmse,
            "forecasts": {"validation": np.full((4, 1), model_id, np.float32)},
            "weights": (np.full((2, 3), model_id, np.float32), np.zeros(3, np.float32)),
        }
        return TrialResult(model_id, hyperparameters=Hyperparameters(), seed=7, **{**fields, **others})

    return make


@pytest.fixture
def version_fields() -> Callable[..., dict[str, Any]]:
    """Makes what a model version is registered with; the stem differs each time."""
    made = 0

    def make(**others: Any) -> dict[str, Any]:
        nonlocal made
        made += 1
        return {
            "symbol": "NVDA",
            "model_id": 11,
            "model_name": "BiLSTM Classic (64/32)",
            "mode": "fast",
            "target": "log_return",
            "horizon": 1,
            "experiment_id": None,
            "dataset_hash": "ab" * 32,
            "created_at": datetime(2026, 3, 1, 12, 0, made, tzinfo=UTC),
            "stem": f"NVDA_11_20260301T1200{made:02d}000000Z",
            "checksums": {"keras": "1" * 64, "scaler": "2" * 64, "json": "3" * 64},
            "metrics": {"validation": {"rmse": 0.02}},
            "parameters": {"lookback": 60, "seed": 7},
            "versions": {"trintena": "0.1.0"},
            **others,
        }

    return make
