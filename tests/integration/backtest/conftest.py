"""One home with a trained version, on whose warm workers backtests run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integration.champion.lab import Lab, autoregressive, open_lab, prices
from trintena.artifacts.saved_model import SavedModel
from trintena.domain import ModelVersion, PriceSeries
from trintena.experiments import Observer, run_experiment
from trintena.experiments.backtest import BacktestCase, BacktestRequest, plan_backtest

SYMBOL = "walk"


@dataclass(frozen=True)
class Bench:
    """A series and a version that was trained on it."""

    lab: Lab
    series: PriceSeries
    trained: dict[str, Any]
    version: ModelVersion

    def plan(self, *, series: PriceSeries | None = None, version: int | None = None, **request: Any) -> int:
        registry = self.lab.app.registry
        saved = SavedModel.open(self.lab.models, registry.version(version or self.version.version))
        experiment_id = plan_backtest(BacktestRequest(**request), saved, series or self.series, registry)
        registry.save_dataset(self.series)  # it stays the newest of its symbol
        return experiment_id

    def run(self, experiment_id: int, observe: Observer = lambda progress: None) -> dict[str, Any]:
        return run_experiment(self.lab.place, experiment_id, observe)

    def forget_tasks(self) -> None:
        """After a run that ended before its tasks, make the workers as good as new ones."""
        self.lab.place.executor.cancel_pending()
        for _ in self.lab.place.executor.events():
            pass

    def case(self, experiment_id: int) -> BacktestCase:
        registry = self.lab.app.registry
        return BacktestCase.load(registry, registry.experiment(experiment_id))

    def date(self, row: int) -> str:
        """Of a row of the series."""
        return str(self.series.dates[row])[:10]


@contextmanager
def benched(home: Path, series: PriceSeries, **request: Any) -> Iterator[Bench]:
    """A bench in a home of its own, whose version is trained as asked."""
    with open_lab(home) as lab:
        trained = lab.train_stored(lab.store(series), **request)
        yield Bench(lab, series, trained, lab.version(trained))


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    series = prices(SYMBOL, autoregressive(960, 0.3))
    with benched(tmp_path_factory.mktemp("home"), series, model_ids="6", horizon=2) as made:
        yield made
