"""Make the small database file that a later version must be able to upgrade.

Each schema version leaves one: before the first migration after it is written, run

    python tests/data/make_database_file.py

which makes `tests/data/schema_<version>.db`, and commit the file. It is never made again.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from trintena.domain import ExperimentSpec, FittedBaseline, Hyperparameters, PriceSeries, Search, TrialResult
from trintena.registry import Registry
from trintena.registry.schema import HEAD


def fill(registry: Registry) -> None:
    """One row or more in every table."""
    dates = (np.datetime64("2024-01-01") + np.arange(6)).astype("datetime64[s]")
    close = np.array([[10.0], [10.5], [10.25], [11.0], [10.75], [11.5]])
    dataset = registry.save_dataset(PriceSeries("TOY", dates, ("close",), close, "csv:toy.csv", "value"))
    spec = ExperimentSpec("TOY", dataset, (1, 6), start="2024-01-01", end="2024-01-06", lookback=2)
    number = registry.create_experiment(spec)
    registry.set_state(number, "running")
    registry.add_event(number, "running")
    finished = TrialResult(
        1,
        "COMPLETE",
        Hyperparameters(),
        seed=7,
        n_parameters=2,
        fit_seconds=0.5,
        elapsed_seconds=0.75,
        train_losses=(1.25,),
        validation_rmse=0.02,
        forecasts={"validation": np.array([[0.01], [-0.02]], np.float32)},
        weights=(np.array([1.0, 2.0], np.float32),),
    )
    failed = TrialResult(6, "FAIL", Hyperparameters(), seed=8, reason="The loss is not finite.")
    registry.record_trial(number, finished, {"validation": {"rmse": 0.02}}, model_name="LSTM Classic (64/32)")
    registry.record_trial(number, failed, {})
    ridge = FittedBaseline("ridge", 0.25, {"validation": np.array([[0.005], [-0.01]], np.float32)})
    unfitted = FittedBaseline("auto_arima", 0.5, reason="No candidate converged.")
    registry.record_baselines(number, [ridge, unfitted])
    registry.record_test_pass(number, "TOY", dates[4], dates[5])
    registry.register_version(
        symbol="TOY",
        model_id=1,
        model_name="LSTM Classic (64/32)",
        mode="fast",
        target="log_return",
        horizon=1,
        experiment_id=number,
        dataset_hash=dataset,
        created_at=datetime(2024, 1, 7, 12, 0, tzinfo=UTC),
        stem="TOY_1_20240107T120000000000Z",
        checksums={"keras": "1" * 64, "scaler": "2" * 64, "json": "3" * 64},
        metrics={"validation": {"rmse": 0.02}},
        parameters={"lookback": 2, "seed": 7},
        versions={"trintena": "0.1.0"},
        is_winner=True,
    )
    registry.finish(number, "succeeded", {"winner": {"model_id": 1, "rmse": 0.02}})
    fill_search(registry, replace(spec, mode="optimized", search=Search("bayesian", 5)))
    waiting = registry.create_experiment(spec, enqueued=True, submission_key="toy", executor="ray")
    registry.add_event(waiting, "queued")


def fill_search(registry: Registry, spec: ExperimentSpec) -> None:
    """A search that was killed: a trial in every state, and a refit."""
    number = registry.create_experiment(spec)
    registry.set_state(number, "running")
    proposed = [TrialResult(1, "WAITING", Hyperparameters(epochs=10), 7, i) for i in range(5)]
    registry.add_trials(number, proposed, model_name="LSTM Classic (64/32)")
    registry.start_trial(number, 1, 1, "search")
    complete = replace(
        proposed[2],
        state="COMPLETE",
        train_losses=(1.5, 1.25),
        validation_curve=(0.03, 0.02),
        learning_rates=(0.001, 0.0005),
        validation_rmse=0.02,
        weights=(np.array([3.0, 4.0], np.float32),),
    )
    pruned = replace(proposed[3], state="PRUNED", validation_curve=(0.04,), validation_rmse=0.04)
    failed = replace(proposed[4], state="FAIL", reason="The loss is not finite.")
    refit = replace(complete, purpose="refit", number=0, weights=(np.array([5.0], np.float32),))
    for trial in (complete, pruned, failed, refit):
        registry.record_trial(number, trial, {})


def main(file: Path) -> None:
    if file.exists():
        sys.exit(f"{file} exists already; the file of a schema version is never made again.")
    with Registry.open(f"sqlite:///{file}") as registry:
        fill(registry)
    with closing(sqlite3.connect(file)) as connection:  # smaller pages, no files beside it
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM")
    file.with_name(f"{file.name}.lock").unlink()


if __name__ == "__main__":
    main(Path(__file__).with_name(f"schema_{HEAD}.db"))
