"""A home with experiments of every kind, and somebody who looks at its pages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from integration.champion.lab import autoregressive, environment_of, open_lab, prices
from integration.web.serving import served
from pages import Page
from trintena.domain import Search, SearchSpace
from trintena.experiments import Request, plan
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock
from trintena.registry import Registry
from trintena.settings import Settings
from trintena.web.options import WebOptions

WALK, OTHER = "WALK", "OTHER"
N_ROWS = 900

ELSEWHERE, SEARCHED, FAST, AGAIN = 1, 2, 3, 4
"""Numbers of the experiments: on OTHER; a search on WALK, whose model is champion; WALK with two seeds."""

PROGRESS = {
    "phase": "training",
    "share": 0.4321,
    "seconds_left": 754.0,
    "elapsed_s": 500.0,
    "has_budget": False,
    "workers": 1,
    "last_value_rmse": 0.01,
    "n_models": 2,
    "n_done": 0,
    "n_trials": 600,
    "n_ended": 258,
    "running": [],
    "models": [],
}


def train_showcase(home: Path) -> None:
    """Train four experiments on two made-up series."""
    walk = prices(WALK, autoregressive(N_ROWS, seed=1))
    other = prices(OTHER, autoregressive(N_ROWS, seed=2))
    space = SearchSpace(epochs=(1,), batch_size=(32,), activation=("tanh",))
    with open_lab(home) as lab:
        lab.train(other, model_ids="9", horizon=3, target="difference")
        search = Search(n_trials=1, space=space)
        lab.train(walk, model_ids="9", mode="optimized", search=search, refit_all=True)
        lab.train(walk, model_ids="6,9")
        lab.train(walk, model_ids="9", seed=5)


WON = {
    "code": "beats_last_value",
    "skill": 0.021,
    "skill_against_drift": 0.019,
    "dm_p": 0.003,
    "spa_p": 0.012,
    "confidence_set": {"level": 0.9, "model_ids": [6, 9], "baselines": []},
    "persistence_clone": False,
    "suspect_leakage": [],
}
"""A verdict without anything that speaks against it."""
LOST = {**WON, "code": "not_distinguishable", "skill": -0.114, "skill_against_drift": -0.11, "dm_p": 0.98}
"""One of a network that is proved worse."""


@dataclass(frozen=True)
class Visitor:
    """Looks at the pages of a home, without running what is in them."""

    home: Path
    registry: Registry
    client: httpx.Client
    settings: Settings

    def sees(self, path: str, *, status: int = 200, lang: str = "en") -> Page:
        """The page at an address, as a browser that speaks a language gets it."""
        answer = self.client.get(path, headers={"Accept": "text/html", "Accept-Language": lang})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return Page(answer.text)

    def presses(self, path: str, **fields: str) -> Any:
        """What a form without scripts leads to; the answer is not followed."""
        return self.client.post(path, data=fields, headers={"Accept": "text/html"})

    def submit(self, symbol: str = WALK, **request: Any) -> int:
        """An experiment in the queue that nobody runs."""
        key = self.registry.latest_dataset(symbol)
        assert key is not None
        wanted = Request(**{"model_ids": "6,9", "lookback": 8, "years": None, **request})
        return plan(wanted, self.registry.load_dataset(key), self.registry, enqueued=True)

    def judged(self, id_: int, **verdict: Any) -> None:
        """Have an experiment, and the models that it saved, judged otherwise than they were."""
        of = {"experiments": ("id", "result"), "model_registry": ("experiment_id", "metrics")}
        database = sqlite3.connect(self.home / "trintena.db")
        with closing(database), database:
            for table, (key, column) in of.items():
                changed = f"json_patch(json_extract({column}, '$.verdict'), ?)"
                database.execute(
                    f"UPDATE {table} SET {column} = json_set({column}, '$.verdict', {changed}) "
                    f"WHERE {key} = ?",
                    (json.dumps(verdict), id_),
                )

    @contextmanager
    def running(self, **progress: Any) -> Iterator[int]:
        """An experiment that looks alive: its lock is held, its progress written."""
        id_ = self.submit()
        with ExperimentLock(FileLocks(self.settings.locks), id_):
            self.registry.set_state(id_, "running")
            self.registry.set_progress(id_, {**PROGRESS, **progress})
            yield id_


@contextmanager
def visiting(home: Path, options: WebOptions | None = None) -> Iterator[Visitor]:
    """Serve a home to somebody who looks at its pages, in English unless told otherwise."""
    settings = Settings.from_environment(environment_of(home))
    with (
        served(home, options) as address,
        Registry.open(settings.database_url) as registry,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Visitor(home, registry, client, settings)
