"""Experiments as MLflow itself reads them back, from a tracking database that the test made."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integration.champion.lab import autoregressive, environment_of, open_lab, prices, write_csv
from integration.training.running import Done, trintena
from trintena import train_all_models_with_optimization
from trintena.bootstrap import application
from trintena.experiments import Progress, plan, run_experiment, tracking
from trintena.experiments.plan import Request
from trintena.settings import Settings


@dataclass(frozen=True)
class Logged:
    """A search by the Python function, an experiment that was interrupted and resumed by the command."""

    home: Path
    answer: dict[str, Any]
    messages: list[str]
    uri: str
    resumed: Done
    runs: list[dict[str, Any]]
    files: Path

    def of(self, symbol: str, *, is_deleted: bool = False) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The one run of the experiment on a symbol, and those nested below it, best first."""
        shown = [run for run in self.runs if run["is_deleted"] is is_deleted]
        (parent,) = (run for run in shown if run["params"].get("symbol") == symbol)
        nested = [run for run in shown if run["tags"].get("mlflow.parentRunId") == parent["id"]]
        return parent, sorted(nested, key=lambda run: run["metrics"].get("rank", 99))


class _Messages(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Logged:
    home, files = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("files")
    uri = f"sqlite:///{home}/mlflow.db"
    told, logger = _Messages(), logging.getLogger("trintena")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment_of(home), "MLFLOW_TRACKING_URI": uri}.items():
            patch.setenv(name, value)
        patch.chdir(home)  # beside which MLflow keeps the files of a database's runs
        patch.setattr(logger, "level", logging.INFO)
        logger.addHandler(told)
        answer = train_all_models_with_optimization(
            csv=write_csv(home / "walk.csv", prices("walk", autoregressive(900, 0.5))),
            model_ids="6,9",
            lookback=8,
            years=None,
            n_trials=2,
            space={"epochs": [1, 2], "activation": ["tanh"]},
            seed=5,
        )
        logger.removeHandler(told)
        stopped = _stopped(home)
        resumed = trintena(
            home, "train", "--resume", stopped, "--json", "resumed.json", MLFLOW_TRACKING_URI=uri
        )
        reading = [sys.executable, str(Path(__file__).with_name("read_runs.py")), str(files)]
        environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
        runs = json.loads(subprocess.run(reading, env=environment, stdout=subprocess.PIPE, check=True).stdout)
    return Logged(home, answer, told.seen, uri, resumed, runs, files)


def _stopped(home: Path) -> int:
    """An experiment that failed before anything had ended, was logged so, then interrupted."""

    def fail(progress: Progress) -> None:
        raise OSError("No space left on device")

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    settings = Settings.from_environment()
    with open_lab(home) as lab:
        series = lab.store(prices("stopped", autoregressive(900, seed=1)))
        wanted = Request(model_ids="6,9", lookback=8, years=None)
        experiment_id = plan(wanted, series, lab.app.registry)
        with pytest.raises(OSError, match="No space left"):
            run_experiment(lab.place, experiment_id, fail)
        assert tracking.track(settings, lab.app.registry, experiment_id) is not None
    with open_lab(home) as lab:
        assert run_experiment(lab.place, experiment_id, interrupt)["status"] == "cancelled"
        assert tracking.track(settings, lab.app.registry, experiment_id) is None, "it will be resumed"
    return experiment_id


def test_an_experiment_is_logged_with_its_parameters(logged: Logged) -> None:
    run, _ = logged.of("walk")
    answer, params = logged.answer, run["params"]
    assert f"Experiment {answer['experiment_id']} was logged to MLflow ({logged.uri})." in logged.messages
    assert run["name"] == f"walk optimized {answer['experiment_id']}"
    assert run["status"] == "FINISHED"
    assert {key: params[key] for key in ("lookback", "horizon", "target", "seed", "dataset_hash")} == {
        "lookback": "8",
        "horizon": "1",
        "target": "log_return",
        "seed": "5",
        "dataset_hash": answer["dataset_hash"],
    }
    assert params["search/strategy"] == "random"
    assert params["search/n_trials"] == "2"
    span = answer["segments"]["validation"]
    assert params["segments/validation"] == f"{span['first']}/{span['last']}"
    assert "hyperparameters/epochs" not in params, "those of fast mode"


def test_an_experiment_is_logged_with_its_metrics(logged: Logged) -> None:
    run, _ = logged.of("walk")
    answer, metrics = logged.answer, run["metrics"]
    for name in ("best_rmse", "test_rmse", "skill", "test_directional_accuracy"):
        assert metrics[name] == answer["winner"][name]
    assert metrics["total_time"] == answer["total_time"]
    assert metrics["trial_counts/COMPLETE"] == answer["trial_counts"]["COMPLETE"]
    last_value = next(row for row in answer["baselines"] if row["key"] == "last_value")
    assert metrics["baselines/last_value/test_rmse"] == last_value["test_rmse"]
    assert run["tags"]["winner"] == answer["winner"]["model_name"]


def test_each_architecture_is_a_nested_run(logged: Logged) -> None:
    _, nested = logged.of("walk")
    rows = logged.answer["all_results"]
    assert [run["name"] for run in nested] == [row["model_name"] for row in rows]
    for run, row in zip(nested, rows, strict=True):
        assert run["status"] == "FINISHED"
        assert run["metrics"]["best_rmse"] == row["best_rmse"]
        assert run["metrics"]["test_rmse"] == row["test_rmse"]
        assert run["metrics"]["seeds/mean"] == row["seeds"]["mean"]
        assert run["metrics"]["seeds/std"] == row["seeds"]["std"]
        for name, value in row["best_params"].items():
            assert run["params"][name] == str(value)


def test_the_files_are_attached(logged: Logged) -> None:
    run, nested = logged.of("walk")
    folder = logged.files / run["id"]
    models = {
        Path(path).name: (logged.home / path).read_bytes() for path in logged.answer["champion"]["files"]
    }
    assert {file.name for file in folder.iterdir()} == {*models, "answer.json", "report.html"}
    assert {name: (folder / name).read_bytes() for name in models} == models
    assert json.loads((folder / "answer.json").read_text("utf-8"))["winner"] == logged.answer["winner"]
    assert (folder / "report.html").read_bytes()[:15].lower() == b"<!doctype html>"
    assert not any(list((logged.files / each["id"]).iterdir()) for each in nested)


def test_a_failed_experiment_is_logged_without_test_figures(logged: Logged) -> None:
    run, nested = logged.of("stopped", is_deleted=True)
    assert run["status"] == "FAILED"
    assert [each["status"] for each in nested] == ["KILLED"] * len(nested)
    assert not any("test_rmse" in each["metrics"] for each in (run, *nested))


def test_a_resumed_experiment_replaces_what_its_failure_left(logged: Logged) -> None:
    run, nested = logged.of("stopped")
    assert logged.resumed.code == 0, logged.resumed.err
    answer = logged.resumed.answer
    assert run["status"] == "FINISHED"
    assert run["metrics"]["rmse"] == answer["winner"]["rmse"]
    assert [each["params"]["epochs"] for each in nested] == ["1", "1"], "the fixed parameters of fast mode"
    assert f"Experiment {answer['experiment_id']} was logged to MLflow ({logged.uri})." in logged.resumed.err


def trouble(logged: Logged, uri: str) -> str:
    """The warning when the first experiment is to be logged elsewhere."""
    environment = {**environment_of(logged.home), "MLFLOW_TRACKING_URI": uri}
    with application(Settings.from_environment(environment)) as app:
        remark = tracking.track(app.settings, app.registry, logged.answer["experiment_id"])
    assert remark is not None
    assert remark.is_warning
    return remark.sentence


def test_a_server_that_is_down_is_told_at_once_without_the_password(logged: Logged) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sentence = trouble(logged, f"http://me:secret@127.0.0.1:{port}")
    assert f"could not be logged to MLflow (http://127.0.0.1:{port}); its result is kept" in sentence
    assert "Connection refused" in sentence
    assert "secret" not in sentence


def test_a_server_that_never_answers_is_not_waited_for(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "CONNECT_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started_at = time.monotonic()
        sentence = trouble(logged, f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert sentence.endswith("It was not ready within 2 seconds.")
    assert time.monotonic() - started_at < 30, "what MLflow's own two attempts would take"


def test_what_mlflow_refuses_is_told_in_its_words(
    logged: Logged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "false")
    assert "MLFLOW_ALLOW_FILE_STORE=true" in trouble(logged, f"file:{tmp_path}")
