"""The answer of optimized mode: the specification's fields, the same from the command and from Python."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest

import trintena
from integration.champion.lab import Lab, environment_of
from integration.search.searching import (
    MODELS,
    N_REFITS,
    N_TRIALS,
    REQUEST,
    SPACE,
    WORDS,
    board,
    searched,
    series,
    studies_of,
)
from integration.training.running import Done
from integration.training.running import trintena as command
from trintena.domain import Search, SearchSpace
from trintena.experiments import Progress
from trintena.search import study_name
from trintena.zoo import architecture

PARAMETERS = {"learning_rate", "batch_size", "dropout_rate", "epochs", "activation"}
OF_FOUR: dict[str, Any] = {
    "learning_rate": (0.001, 0.01),
    "batch_size": (16, 32),
    "dropout_rate": (0.1,),
    "epochs": (2,),
    "activation": ("tanh",),
}


def keys_of(value: Any) -> Any:
    """The names in an answer, at every depth; of a list, those of its first item."""
    if isinstance(value, dict):
        return {key: keys_of(item) for key, item in value.items()}
    return [keys_of(value[0])] if isinstance(value, list) and value else None


def test_the_command_answers_with_the_fields_of_the_specification(undisturbed: Done) -> None:
    answer = undisturbed.answer  # read strictly: finite numbers only
    assert (answer["status"], answer["mode"]) == ("success", "optimized")
    assert answer["optimization_strategy"] == "random"
    assert answer["total_models_tested"] == len(MODELS) == len(answer["all_results"])
    assert answer["avg_time_per_model"] == pytest.approx(answer["total_time"] / len(MODELS))
    for row in (answer["winner"], *answer["all_results"]):
        assert row["model_name"] == architecture(row["model_id"]).name
        assert row["best_params"].keys() == PARAMETERS
        assert row["best_rmse"] > 0
        assert row["n_trials"] == N_TRIALS
        assert row["elapsed_time"] > 0
    assert answer["winner"] == answer["all_results"][0]


def test_test_figures_skill_and_spread_stand_beside_them(undisturbed: Done) -> None:
    for row in undisturbed.answer["all_results"]:
        for figure in ("test_rmse", "skill", "skill_against_drift", "validation_skill", "trial_rmse"):
            assert isinstance(row[figure], float), figure
        seeds = row["seeds"]
        assert len(seeds["seeds"]) == len(seeds["rmse"]) == len(seeds["skill"]) == N_REFITS
        assert seeds["min"] <= row["best_rmse"] <= seeds["max"]
        assert seeds["min"] <= seeds["mean"] <= seeds["max"]
        assert row["skill"] in seeds["skill"]


def test_counts_of_states_are_those_of_the_rows(undisturbed: Done) -> None:
    answer = undisturbed.answer
    counts = answer["trial_counts"]
    assert counts == {
        state: sum(row["trial_counts"][state] for row in answer["all_results"]) for state in counts
    }
    assert counts["COMPLETE"] + counts["PRUNED"] == N_TRIALS * len(MODELS)
    assert counts["WAITING"] == counts["RUNNING"] == counts["FAIL"] == 0


@pytest.mark.slow
def test_python_gives_the_same_answer(undisturbed: Done, prices: Path, lab: Lab, monkeypatch: Any) -> None:
    for name in [name for name in os.environ if name.startswith("TRINTENA_")]:
        monkeypatch.delenv(name)
    for name, value in environment_of(lab.home).items():
        monkeypatch.setenv(name, value)
    phases = set()
    answer = trintena.train_all_models_with_optimization(
        csv=prices,
        model_ids=list(MODELS),
        optimization_strategy="random",
        n_trials=N_TRIALS,
        space=SPACE,
        lookback=REQUEST["lookback"],
        split=REQUEST["split"],
        observe=lambda progress: phases.add(progress.phase),
    )
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert keys_of(answer) == keys_of(undisturbed.answer)
    assert board(answer) == board(undisturbed.answer)
    assert phases == {"training", "judging"}


def test_the_keywords_of_python_are_the_fields_of_the_json_body() -> None:
    keywords = inspect.signature(trintena.train_all_models_with_optimization).parameters
    body = {"model_ids": None, "optimization_strategy": "random", "lookback": 60, "horizon": 1}
    assert {name: keywords[name].default for name in body} == body
    assert keywords["n_trials"].default is None
    assert Search().n_trials is None
    assert all(keyword.kind is keyword.KEYWORD_ONLY for keyword in keywords.values())


def test_whoever_watches_is_told_what_the_trials_of_each_architecture_took(lab: Lab) -> None:
    seen: list[Progress] = []
    answer = searched(lab, lab.store(series("WATCHED")), observe=seen.append)
    assert answer["trial_counts"]["PRUNED"], "of which some waited at a rung"
    trials = lab.app.registry.trials(answer["experiment_id"], forecasts=False)
    for model_id, study in seen[-1].studies.items():
        own = [t.elapsed_seconds or 0.0 for t in trials if (t.model_id, t.purpose) == (model_id, "search")]
        assert study.n_timed == len(own) == N_TRIALS
        assert study.seconds == pytest.approx(sum(own))


# Grid


@pytest.mark.parametrize(
    ("asked", "n_tried", "said"),
    [((), 4, "through all 4 combinations"), (("--trials", 3), 3, "through 3 of 4 combinations, shuffled")],
)
def test_a_grid_tries_every_combination_unless_told_and_says_so(
    asked: tuple[object, ...], n_tried: int, said: str, tmp_path: Path, prices: Path
) -> None:
    (tmp_path / "space.json").write_text(json.dumps(OF_FOUR))
    words = [word for word in WORDS if word not in ("--trials", N_TRIALS, "--epochs", "2,4")]
    words += ["--models", "9", "--strategy", "grid", "--space", tmp_path / "space.json", *asked]
    done = command(
        tmp_path / "home", "train", "--csv", prices, *words, "--workers", 1, "--json", "answer.json"
    )
    assert done.code == 0, done.err
    answer = done.answer
    assert (answer["n_trials"], answer["n_combinations"]) == (n_tried, 4)
    assert answer["optimization_strategy"] == "grid"
    assert [row["n_trials"] for row in answer["all_results"]] == [n_tried]
    assert said in done.out


def test_a_grid_has_every_combination_once(lab: Lab) -> None:
    space = SearchSpace(**OF_FOUR)
    for n_trials in (None, 3, 400):
        search = Search(strategy="grid", n_trials=n_trials, space=space)
        answer = searched(lab, series("GRID"), search, model_ids=(9,))
        trials = lab.app.registry.trials(answer["experiment_id"], purpose="search")
        tried = [(t.hyperparameters.learning_rate, t.hyperparameters.batch_size) for t in trials]
        every = [(rate, size) for rate in space.learning_rate for size in space.batch_size]
        assert len(set(tried)) == len(tried) == min(n_trials or 4, 4)
        assert set(tried) <= set(every)
        if n_trials != 3:
            assert tried == every, "in the order of the space"


# Optuna


def test_optuna_shows_every_study_with_our_best_value(undisturbed: Done) -> None:
    answer = undisturbed.answer
    found = studies_of(undisturbed.home)
    assert set(found) == {study_name(1, architecture(model_id)) for model_id in MODELS}
    for row in answer["all_results"]:
        study = found[study_name(1, architecture(row["model_id"]))]
        assert study["best_value"] == row["trial_rmse"]
        assert study["best_params"] == row["best_params"]
        assert study["states"] == {state: n for state, n in row["trial_counts"].items() if n}
        assert study["numbers"] == list(range(N_TRIALS))
        assert study["attributes"]["model_id"] == row["model_id"]
        assert study["attributes"]["experiment_id"] == 1
        assert study["attributes"]["strategy"] == "random"
