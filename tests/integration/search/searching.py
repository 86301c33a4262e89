"""What the searches of these tests look for, in which series, and what can be seen of them from outside.

All of it is small: 480 rows, one activation (each costs a compilation), few epochs.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from integration.champion.lab import Lab, autoregressive, prices
from integration.training.running import select
from trintena.domain import PriceSeries, Search, SearchSpace, Split

MODELS = (6, 9)
N_TRIALS, N_REFITS = 7, 3
"""Of each architecture."""
SPACE: dict[str, Any] = {"epochs": (2, 4), "activation": ("tanh",)}
FRACTIONS = (0.4, 0.25, 0.12)
REQUEST: dict[str, Any] = {"model_ids": MODELS, "lookback": 8, "split": Split(fractions=FRACTIONS)}
ALIKE = ("--models", "6,9", "--lookback", 8, "--split", "0.4,0.25,0.12")
"""`REQUEST` as words of the command."""
WORDS = (*ALIKE, "--mode", "optimized", "--trials", N_TRIALS, "--epochs", "2,4", "--activation", "tanh")


def series(symbol: str = "walk", n_rows: int = 480, *, seed: int = 0) -> PriceSeries:
    """Closes whose returns half follow the last one: there is something to find."""
    return prices(symbol, autoregressive(n_rows, 0.5, seed=seed))


def searched(
    lab: Lab, of: PriceSeries, search: Search | None = None, *, space: dict[str, Any] = SPACE, **request: Any
) -> dict[str, Any]:
    """The answer of optimized mode on a series."""
    search = search or Search(n_trials=N_TRIALS, space=SearchSpace(**space))
    return lab.train(of, **{**REQUEST, "mode": "optimized", "search": search, **request})


def board(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of an answer without times: what another run must repeat to the last bit."""
    times = ("fit_seconds", "elapsed_time")
    return [{key: value for key, value in row.items() if key not in times} for row in answer["all_results"]]


def same_floats(first: Any, second: Any) -> bool:
    """Whether two curves or forecasts are bit for bit the same."""
    return np.array_equal(np.asarray(first), np.asarray(second), equal_nan=True)


def studies_of(home: Path) -> dict[str, dict[str, Any]]:
    """What Optuna itself reads of each study in the project's database, by its name."""
    import optuna

    if not select(home, "SELECT study_id FROM studies"):
        return {}
    storage = optuna.storages.RDBStorage(f"sqlite:///{home}/trintena.db")
    try:
        return {
            name: _read(optuna.load_study(study_name=name, storage=storage))
            for name in optuna.study.get_all_study_names(storage)
        }
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _read(study: Any) -> dict[str, Any]:
    best = study.best_trial
    return {
        "numbers": [trial.user_attrs["number"] for trial in study.trials],
        "states": dict(Counter(trial.state.name for trial in study.trials)),
        "best_value": best.value,
        "best_params": best.params,
        "attributes": study.user_attrs,
    }


def states(home: Path) -> Counter[str]:
    """How many search trials are in each state, by the database."""
    query = "SELECT state FROM architecture_trials WHERE purpose = 'search'"
    return Counter(state for (state,) in select(home, query))
