"""A home with one real model, trained once; each test works on a copy of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from commands import Shown, commands_in
from trintena.bootstrap import application
from trintena.data import read_csv
from trintena.domain import ExperimentSpec, Search, SearchSpace
from trintena.experiments import Request, plan, run_experiment
from trintena.registry import Registry
from trintena.settings import Settings


def write_prices(path: Path, n_rows: int = 1_200, seed: int = 0) -> Path:
    """A random walk over business days, under `date,close`."""
    steps = np.random.default_rng(seed).normal(0.0, 0.01, n_rows)
    close = 100.0 * np.exp(np.cumsum(steps))
    days = np.busday_offset("2018-01-01", np.arange(n_rows), roll="forward")
    lines = [f"{day},{price:.4f}\n" for day, price in zip(days, close, strict=True)]
    path.write_text("date,close\n" + "".join(lines), "utf-8")
    return path


def settings_of(home: Path) -> Settings:
    return Settings.from_environment({"TRINTENA_HOME": str(home), "TRINTENA_WORKERS": "1"})


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the dataset `walk`, one finished experiment (1) and its champion (version 1)."""
    home = tmp_path_factory.mktemp("trained")
    with application(settings_of(home)) as trintena:
        series = read_csv(write_prices(home / "walk.csv")).series
        experiment_id = plan(Request(model_ids="9", lookback=8), series, trintena.registry)
        with trintena.workplace(workers=1) as place:
            assert run_experiment(place, experiment_id)["status"] == "success"
    return home


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the dataset `walk`, an optimized experiment (1), its model and that of all rows (1, 2)."""
    home = tmp_path_factory.mktemp("searched")
    space = SearchSpace(epochs=(1, 2), activation=("tanh",))
    request = Request(
        mode="optimized",
        search=Search(n_trials=4, space=space),
        model_ids="6,9",
        lookback=8,
        refit_all=True,
    )
    with application(settings_of(home)) as trintena:
        series = read_csv(write_prices(home / "walk.csv")).series
        experiment_id = plan(request, series, trintena.registry)
        with trintena.workplace(workers=1) as place:
            assert run_experiment(place, experiment_id)["status"] == "success"
    return home


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where nothing was ever done, and the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("TRINTENA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRINTENA_LANG", "en")
    monkeypatch.setenv("TRINTENA_HOME", str(home))
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def home(trained: Path, empty: Path) -> Path:
    """A copy of the trained home, and the working directory."""
    shutil.copytree(trained, empty, dirs_exist_ok=True)
    return empty


@pytest.fixture
def searched_home(searched: Path, empty: Path) -> Path:
    """A copy of the home that was searched, and the working directory."""
    shutil.copytree(searched, empty, dirs_exist_ok=True)
    return empty


@pytest.fixture
def prices(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of prices outside the home."""

    def write(name: str = "walk.csv", **what: int) -> Path:
        return write_prices(tmp_path / name, **what)

    return write


@pytest.fixture
def registry(home: Path) -> Iterator[Registry]:
    with Registry.open(settings_of(home).database_url) as opened:
        yield opened


@pytest.fixture
def queued(registry: Registry) -> int:
    """A second experiment over three architectures, not begun."""
    (dataset,) = registry.datasets()
    dates = {"start": str(dataset.first_date), "end": str(dataset.last_date)}
    return registry.create_experiment(
        ExperimentSpec("walk", dataset.content_hash, (1, 6, 9), lookback=8, **dates)
    )


@pytest.fixture
def trintena(
    empty: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shown]]:
    """Runs a command; `answer` is typed where it asks."""
    with commands_in(empty, capsys, monkeypatch) as run:
        yield run
