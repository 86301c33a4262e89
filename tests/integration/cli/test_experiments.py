from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trintena.domain import Hyperparameters, TrialResult
from trintena.jobs.locks import ExperimentLock
from trintena.registry import Registry

Trintena = Callable[..., Any]


def finish_one(registry: Registry, experiment_id: int) -> None:
    """Record what a run leaves when it is killed after its first trial."""
    registry.set_state(experiment_id, "running")
    trial = TrialResult(6, "COMPLETE", Hyperparameters(), seed=0, validation_rmse=0.02)
    registry.record_trial(experiment_id, trial, {"validation": {"rmse": 0.02, "skill": -0.5}})
    failed = TrialResult(1, "FAIL", Hyperparameters(), seed=0, reason="diverged in epoch 1")
    registry.record_trial(experiment_id, failed, {})


def test_a_finished_experiment_is_listed_with_its_winner(trintena: Trintena, home: Path) -> None:
    (row,) = trintena("experiments", "list", "--json").json
    assert (row["id"], row["state"], row["symbol"]) == (1, "succeeded", "walk")
    assert (row["n_models"], row["n_finished"], row["n_failed"]) == (1, 1, 0)
    assert (row["winner"]["model_id"], row["winner"]["model_name"]) == (9, "GRU Residual Dense")
    assert row["resume"] is None
    assert "GRU Residual Dense" in trintena("experiments", "list").out


def test_showing_gives_the_specification_and_the_answer(trintena: Trintena, home: Path) -> None:
    shown = trintena("experiments", "show", 1, "--json").json
    assert shown["spec"]["lookback"] == 8
    assert shown["result"]["status"] == "success"
    assert shown["results"] == shown["result"]["results"]
    table = trintena("experiments", "show", 1).out
    assert "GRU Residual Dense" in table
    assert "Last value" in table


def test_one_whose_process_is_gone_is_shown_as_interrupted_with_what_it_finished(
    trintena: Trintena, registry: Registry, queued: int
) -> None:
    finish_one(registry, queued)
    shown = trintena("experiments", "show", queued, "--json").json
    assert shown["state"] == "interrupted"
    assert shown["resume"] == f"trintena train --resume {queued}"
    assert [row["model_id"] for row in shown["results"]] == [6, 1]
    assert shown["results"][1]["reason"] == "diverged in epoch 1"
    people = trintena("experiments", "show", queued).out
    assert f"trintena train --resume {queued}" in people
    assert "diverged in epoch 1" in people
    assert trintena("experiments", "list", "--json").json[0]["state"] == "interrupted"


def test_one_that_is_alive_is_running_and_cannot_be_deleted(
    trintena: Trintena, registry: Registry, queued: int, home: Path
) -> None:
    registry.set_state(queued, "running")
    with ExperimentLock(home / "locks", queued):
        shown = trintena("experiments", "show", queued, "--json").json
        assert (shown["state"], shown["resume"]) == ("running", None)
        refused = trintena("experiments", "delete", queued, "--yes")
        assert refused.code == 1
        assert "is being run" in refused.err
    assert registry.experiment(queued).state == "running"


def test_cancelling_one_that_runs_asks_its_process(
    trintena: Trintena, registry: Registry, queued: int, home: Path
) -> None:
    registry.set_state(queued, "running")
    with ExperimentLock(home / "locks", queued):
        assert trintena("experiments", "cancel", queued).code == 0
    assert registry.cancel_requested(queued)
    assert registry.experiment(queued).state == "running"


def test_cancelling_one_that_nobody_runs_ends_it_at_once(
    trintena: Trintena, registry: Registry, queued: int
) -> None:
    finish_one(registry, queued)
    shown = trintena("experiments", "cancel", queued)
    assert (shown.code, shown.out) == (0, f"Experiment {queued} is cancelled.\n")
    assert registry.experiment(queued).state == "cancelled"
    again = trintena("experiments", "cancel", queued)
    assert again.code == 2
    assert "ended already" in again.err


def test_deleting_asks_first_and_keeps_the_models(trintena: Trintena, home: Path) -> None:
    assert trintena("experiments", "delete", 1, answer="n\n").code == 1
    assert trintena("experiments", "show", 1).code == 0
    assert trintena("experiments", "delete", 1, answer="y\n").code == 0
    assert trintena("experiments", "show", 1).code == 2
    (model,) = trintena("models", "list", "--json").json
    assert model["experiment_id"] is None
    assert "a deleted experiment" in trintena("models", "show", 1).out


def test_one_that_has_finished_is_not_resumed(trintena: Trintena, home: Path) -> None:
    shown = trintena("experiments", "resume", 1)
    assert shown.code == 2
    assert "has finished" in shown.err


@pytest.mark.parametrize("command", ["show", "cancel", "resume", "delete"])
@pytest.mark.parametrize("number", ["99", "0", str(10**30), "seven"])
def test_one_that_does_not_exist_is_refused(
    trintena: Trintena, home: Path, command: str, number: str
) -> None:
    shown = trintena("experiments", command, number)
    assert (shown.code, shown.out) == (2, "")
    assert number in shown.err
    assert "Traceback" not in shown.err


def test_listing_nothing_says_what_to_do(trintena: Trintena) -> None:
    assert "trintena train" in trintena("experiments", "list").out
    assert trintena("experiments", "list", "--json").json == []
