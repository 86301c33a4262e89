"""A home in which real experiments run one after the other on the same warm workers, and series for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trintena.bootstrap import Application, application
from trintena.data import read_csv
from trintena.domain import ModelVersion, PriceSeries
from trintena.experiments import Observer, Request, Workplace, plan, run_experiment
from trintena.settings import Settings

PROGRAMS = Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
"""Kept between test runs; workers find it in a folder of this name, in `TRINTENA_CACHE`."""
assert PROGRAMS.name == "programs"


def environment_of(home: Path) -> dict[str, str]:
    """The variables that make a folder the home of Trintena, with one worker."""
    return {"TRINTENA_HOME": str(home), "TRINTENA_CACHE": str(PROGRAMS.parent), "TRINTENA_WORKERS": "1"}


@dataclass(frozen=True)
class Lab:
    """One home, its use cases, its workers."""

    home: Path
    app: Application
    place: Workplace

    @property
    def models(self) -> Path:
        return self.app.settings.models

    def store(self, series: PriceSeries) -> PriceSeries:
        """Import a series from a CSV file of the same content; the name stays."""
        return self.stored(write_csv(self.home / "prices.csv", series), series.symbol)

    def stored(self, path: Path, name: str | None = None) -> PriceSeries:
        """The series of a CSV file, stored."""
        series = read_csv(path, name=name).series
        self.app.registry.save_dataset(series)
        return series

    def train(self, series: PriceSeries, **request: Any) -> dict[str, Any]:
        """Fast mode on a series, by default with one small architecture on all rows: the answer."""
        return self.train_stored(self.store(series), **request)

    def train_stored(
        self, series: PriceSeries, *, observe: Observer = lambda progress: None, **request: Any
    ) -> dict[str, Any]:
        """The same on a series that was imported."""
        wanted = Request(**{"model_ids": "9", "lookback": 8, "years": None, **request})
        experiment_id = plan(wanted, series, self.app.registry)
        answer = run_experiment(self.place, experiment_id, observe)
        assert answer["status"] == "success", answer
        return answer

    def version(self, answer: dict[str, Any]) -> ModelVersion:
        """The model that an experiment saved."""
        return self.app.registry.version(answer["champion"]["version"])

    def file(self, version: ModelVersion, kind: str) -> Path:
        return self.models / f"{version.stem}.{kind}"

    def predict(self, symbol: str) -> dict[str, Any]:
        return self.app.services.predict(symbol)

    def winners(self, symbol: str) -> list[int]:
        """The numbers of the versions that hold a title."""
        return sorted(v.version for v in self.app.registry.versions(symbol) if v.is_winner)


@contextmanager
def open_lab(home: Path, workers: int = 1, **variables: str) -> Iterator[Lab]:
    """Start it, and end it."""
    with (
        application(Settings.from_environment(environment_of(home) | variables)) as app,
        app.workplace(workers=workers) as place,
    ):
        yield Lab(home, app, place)


def autoregressive(
    n_rows: int, coefficient: float = 0.0, deviation: float = 0.01, seed: int = 0
) -> np.ndarray:
    """Steps r[t] = coefficient · r[t-1] + e[t]; with coefficient 0, those of a random walk."""
    surprises = np.random.default_rng(seed).normal(0.0, deviation, n_rows)
    steps = np.zeros(n_rows)
    for t in range(n_rows):
        steps[t] = (coefficient * steps[t - 1] if t else 0.0) + surprises[t]
    return steps


def series_of(
    symbol: str, close: np.ndarray, dates: np.ndarray | None = None, **others: np.ndarray
) -> PriceSeries:
    """A series of its closes, and of further columns; on weekdays from 2008 on unless dated."""
    if dates is None:
        dates = np.busday_offset("2008-01-01", np.arange(len(close)), roll="forward")
    columns = {**others, "close": close}
    order = [name for name in ("open", "high", "low", "close", "volume") if name in columns]
    values = np.stack([columns[name] for name in order], axis=1)
    return PriceSeries(symbol, dates.astype("datetime64[s]"), tuple(order), values, "test")


def prices(symbol: str, returns: np.ndarray) -> PriceSeries:
    """A series of closes from their log returns, beginning near 100."""
    return series_of(symbol, 100.0 * np.exp(np.cumsum(returns)))


def write_csv(path: Path, series: PriceSeries) -> Path:
    """A file of dates, with their time where there is one, and columns, to the last digit."""
    days = series.dates.astype("datetime64[D]")
    daily = bool((days == series.dates).all())
    stamps = days if daily else np.datetime_as_string(series.dates, unit="s")
    rows = [
        ",".join([str(stamp).replace("T", " "), *(repr(float(value)) for value in row)])
        for stamp, row in zip(stamps, series.values, strict=True)
    ]
    path.write_text("\n".join([",".join(["date", *series.columns]), *rows]) + "\n", "utf-8")
    return path
