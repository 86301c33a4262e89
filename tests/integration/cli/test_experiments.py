from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trintena.domain import ExperimentSpec, Hyperparameters, Range, Search, SearchSpace, TrialResult
from trintena.experiments.answer import partial_answer
from trintena.experiments.case import Case
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock
from trintena.registry import Registry

Trintena = Callable[..., Any]


def finish_one(registry: Registry, experiment_id: int) -> None:
    """Record what a run leaves when it is killed after its first trial."""
    registry.set_state(experiment_id, "running")
    case = Case.load(registry, registry.experiment(experiment_id))
    forecasts = {"validation": np.zeros((len(case.segments.validation), case.spec.horizon), np.float32)}
    trial = TrialResult(6, "COMPLETE", Hyperparameters(), seed=0, validation_rmse=0.02, forecasts=forecasts)
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
    with ExperimentLock(FileLocks(home / "locks"), queued):
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
    with ExperimentLock(FileLocks(home / "locks"), queued):
        assert trintena("experiments", "cancel", queued).code == 0
    assert registry.cancel_requested(queued)
    assert registry.experiment(queued).state == "running"


def test_cancelling_one_that_nobody_runs_ends_it_at_once(
    trintena: Trintena, registry: Registry, queued: int
) -> None:
    finish_one(registry, queued)
    shown = trintena("experiments", "cancel", queued)
    assert (shown.code, shown.out) == (0, f"Experiment {queued} is cancelled.\n")
    cancelled = registry.experiment(queued)
    assert cancelled.state == "cancelled"
    assert cancelled.result is not None
    assert (cancelled.result["status"], cancelled.result["winner"]["model_id"]) == ("cancelled", 6)
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


# Optimized mode


def optuna_studies(home: Path) -> list[str]:
    """The studies in the database, as Optuna's own tables name them; none where it has no tables."""
    with closing(sqlite3.connect(home / "trintena.db")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if "studies" not in tables:
            return []
        return sorted(name for (name,) in database.execute("SELECT study_name FROM studies"))


def begin_search(registry: Registry, search: Search | None = None) -> int:
    """A search over two architectures that was killed: one has three trials and a fit, the other failed."""
    spec: ExperimentSpec = replace(
        registry.experiment(1).spec, model_ids=(1, 6), mode="optimized", search=search or Search(n_trials=5)
    )
    experiment_id = registry.create_experiment(spec)
    registry.set_state(experiment_id, "running")
    (done,) = registry.trials(1)
    forecasts = {"validation": done.forecasts["validation"]}
    for number, (state, rmse) in enumerate((("COMPLETE", 0.02), ("PRUNED", 0.03), ("COMPLETE", 0.01))):
        trial = TrialResult(6, state, Hyperparameters(), 0, number, validation_rmse=rmse, forecasts=forecasts)
        registry.record_trial(experiment_id, trial, {})
    fit = TrialResult(
        6, "COMPLETE", Hyperparameters(), 1, 0, "refit", validation_rmse=0.015, forecasts=forecasts
    )
    registry.record_trial(experiment_id, fit, {})
    reason = "diverged in epoch 1"
    registry.record_trial(experiment_id, TrialResult(1, "FAIL", Hyperparameters(), 0, reason=reason), {})
    cut_off = TrialResult(6, "WAITING", Hyperparameters(), 0, 3)
    registry.add_trials(experiment_id, [cut_off], model_name="GRU Classic (64/32)")
    registry.start_trial(experiment_id, 6, 3, "search")
    return experiment_id


def test_a_search_is_listed_with_its_trials_and_its_winner(trintena: Trintena, searched_home: Path) -> None:
    (row,) = trintena("experiments", "list", "--json").json
    counts = row["trial_counts"]
    assert counts["COMPLETE"] + counts["PRUNED"] == sum(counts.values()) == 8
    assert row["winner"].keys() == {"model_id", "model_name", "best_rmse"}
    listed = trintena("experiments", "list").out
    assert f"8 of 8 trials, {counts['PRUNED']} pruned" in listed
    assert row["winner"]["model_name"] in listed


def test_a_search_is_shown_with_what_it_chose_from(trintena: Trintena, searched_home: Path) -> None:
    shown = trintena("experiments", "show", 1)
    lines = {line[:12].strip(): line[12:].strip() for line in shown.out.splitlines()[:13]}
    assert lines["search"] == "Random search among 240 combinations, 4 trials for each architecture", (
        "5 learning rates, 4 batch sizes, 6 dropout rates, 2 numbers of epochs, 1 activation"
    )
    assert lines["space"] == "epochs 1, 2; activation tanh"
    assert lines["pruning"] == "on"
    assert lines["saved as"] == "version 1; version 2 (champion), trained on all rows"
    answer = trintena("experiments", "show", 1, "--json").json
    assert answer["results"] == answer["result"]["all_results"]
    assert answer["trial_counts_by_model"] == {
        str(row["model_id"]): row["trial_counts"] for row in answer["results"]
    }
    first = answer["results"][0]
    mean = f"{first['seeds']['mean']:#.6g}"
    (row,) = [line for line in shown.out.splitlines() if line.startswith("🥇")]
    assert mean in row, "what ranks a row, not the median fit's own value"
    assert "Selection is the mean of the fits" in shown.out
    assert f"the median fit has {first['best_rmse']:.6g}" in shown.out


def test_a_killed_search_is_shown_as_far_as_it_got(
    trintena: Trintena, registry: Registry, home: Path
) -> None:
    killed = begin_search(registry)
    shown = trintena("experiments", "show", killed, "--json").json
    assert shown["state"] == "interrupted"
    assert shown["trial_counts"] == {"WAITING": 0, "RUNNING": 1, "COMPLETE": 2, "PRUNED": 1, "FAIL": 1}
    assert [(row["model_id"], row["rank"], row["state"]) for row in shown["results"]] == [
        (6, 1, "COMPLETE"),
        (1, None, "FAIL"),
    ]
    assert shown["results"][0]["best_rmse"] == 0.015, "of the fit"
    assert shown["results"][0]["trial_rmse"] == 0.01
    assert shown["failures"] == {"diverged in epoch 1": 1}
    people = trintena("experiments", "show", killed).out
    assert "Failed, 1: diverged in epoch 1\n" in people
    assert "4 of 10 trials, 1 pruned, 1 failed" in people
    table = [re.split(r" {2,}", line.strip()) for line in people.splitlines()]
    assert ["Architecture", "cut off", "complete", "pruned", "failed", "fits"] in table
    assert ["6 GRU Classic (64/32)", "1", "2", "1", "0", "1"] in table
    assert ["1 LSTM Classic (64/32)", "0", "0", "0", "1", "0"] in table
    assert "Failed (1)\n  1 LSTM Classic (64/32): diverged in epoch 1\n" in people
    assert f"Go on with it: `trintena train --resume {killed}`" in people


def test_of_many_reasons_the_commonest_are_shown(trintena: Trintena, registry: Registry, home: Path) -> None:
    killed = begin_search(registry)
    for number, reason in enumerate(["b", "b", "b", "c", "c", "d", "e"], 1):
        failed = TrialResult(1, "FAIL", Hyperparameters(), 0, number, reason=f"because of {reason}")
        registry.record_trial(killed, failed, {})
    told = [line for line in trintena("experiments", "show", killed).out.splitlines() if "Failed, " in line]
    assert told == [
        "Failed, 3: because of b",
        "Failed, 2: because of c",
        "Failed, 1: because of d",
        "Failed, 2: for other reasons",
    ]


def test_the_answer_of_a_search_that_was_stopped_is_shown(
    trintena: Trintena, registry: Registry, home: Path
) -> None:
    stopped = begin_search(registry, Search(n_trials=5, budget_s=600.0))
    answer = partial_answer(Case.load(registry, registry.experiment(stopped)), registry.trials(stopped), [])
    registry.finish(stopped, "cancelled", {**answer, "total_time": 9.0})
    row = trintena("experiments", "list", "--json").json[0]
    assert row["winner"] == {"model_id": 6, "model_name": "GRU Classic (64/32)", "best_rmse": 0.015}
    assert "4 of at most 10 trials" in trintena("experiments", "list").out
    people = trintena("experiments", "show", stopped).out
    assert "budget      10 min" in people
    assert "Partial board: 1 of 2 architectures finished." in people
    assert "trials: 5 (1 cut off, 2 complete, 1 pruned, 1 failed)" in people


@pytest.mark.parametrize(
    ("search", "told"),
    [
        (Search("grid", space=SearchSpace(epochs=(1,))), "Grid search through all 840 combinations, 840 tri"),
        (Search("grid", 7), "Grid search through 7 of 3,360 combinations, shuffled, 7 trials for each"),
        (
            Search("bayesian", exploration=0.25),
            "20 trials for each architecture, 25% at random after the first ones",
        ),
        (
            Search(space=SearchSpace(learning_rate=Range(0.0001, 0.01, log=True))),
            "Random search in continuous ranges, 20 trials for each architecture",
        ),
        (
            Search(space=SearchSpace(Range(0.0001, 0.01, log=True), Range(16, 64, 16))),
            "learning_rate 0.0001..0.01:log; batch_size 16..64:16",
        ),
        (Search(), "as the specification has it"),
        (Search(pruning=False), "pruning     off"),
    ],
)
def test_every_search_is_told(
    trintena: Trintena, registry: Registry, home: Path, search: Search, told: str
) -> None:
    spec = replace(registry.experiment(1).spec, mode="optimized", search=search)
    assert told in trintena("experiments", "show", registry.create_experiment(spec)).out


def test_deleting_a_search_deletes_its_optuna_studies(trintena: Trintena, searched_home: Path) -> None:
    assert optuna_studies(searched_home) == [
        "experiment 1 / 6 GRU Classic (64/32)",
        "experiment 1 / 9 GRU Residual Dense",
    ]
    assert trintena("experiments", "delete", 1, answer="n\n").code == 1
    assert len(optuna_studies(searched_home)) == 2
    assert trintena("experiments", "delete", 1, "--yes").code == 0
    assert optuna_studies(searched_home) == []
    assert trintena("experiments", "list", "--json").json == []
    assert len(trintena("models", "list", "--json").json) == 2


def test_deleting_the_dataset_of_a_search_deletes_its_optuna_studies(
    trintena: Trintena, searched_home: Path
) -> None:
    assert trintena("data", "delete", "walk", "--force", "--yes").code == 0
    assert optuna_studies(searched_home) == []


def test_what_was_never_mirrored_is_deleted_without_optuna(
    trintena: Trintena, registry: Registry, home: Path
) -> None:
    spec = replace(registry.experiment(1).spec, mode="optimized", search=Search())
    assert trintena("experiments", "delete", registry.create_experiment(spec), "--yes").code == 0
    assert trintena("experiments", "delete", 1, "--yes").code == 0
    with closing(sqlite3.connect(home / "trintena.db")) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert "studies" not in tables


def test_portuguese(trintena: Trintena, searched_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert "8 de 8 tentativas" in trintena("experiments", "list").out
    shown = trintena("experiments", "show", 1).out
    for told in ("concluído", "Busca aleatória entre 240 combinações", "versão 2 (campeã)", "± sementes"):
        assert told in shown
    assert "já terminou: concluído" in trintena("experiments", "cancel", 1).err
    assert "Experimento 1 apagado." in trintena("experiments", "delete", 1, answer="s\n").out
    assert "Nenhum experimento" in trintena("experiments", "list").out
