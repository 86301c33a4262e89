"""The board of optimized mode: the same whoever trains it, and pruning takes nothing from it that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from integration.champion.lab import Lab, open_lab
from integration.search.searching import N_TRIALS, SPACE, board, same_floats, searched, series
from trintena.domain import Search, SearchSpace

WORKERS = (1, 2, 3)
ROUNDS = {"random": 14, "bayesian": 12}
"""Trials of each architecture: two rounds of a random search, three of a bayesian one."""


@pytest.fixture(scope="module")
def lab_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Lab]]:
    """Labs by their number of workers."""
    labs: dict[int, Lab] = {}
    with ExitStack() as stack:

        def lab_of(workers: int) -> Lab:
            if workers not in labs:
                home = tmp_path_factory.mktemp(f"workers{workers}")
                labs[workers] = stack.enter_context(open_lab(home, workers))
            return labs[workers]

        yield lab_of


def search(strategy: Any = "random", n_trials: int = N_TRIALS, **others: Any) -> Search:
    return Search(strategy=strategy, n_trials=n_trials, space=SearchSpace(**SPACE), **others)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ROUNDS)
def test_the_number_of_workers_changes_nothing(lab_of: Callable[[int], Lab], strategy: str) -> None:
    asked = search(strategy, ROUNDS[strategy])
    answers = [searched(lab_of(workers), series(f"BY-{strategy}"), asked) for workers in WORKERS]
    first = answers[0]
    assert first["trial_counts"]["PRUNED"] > 0
    assert first["trial_counts"]["COMPLETE"] > 0
    assert [row["n_trials"] for row in first["all_results"]] == [ROUNDS[strategy]] * 2
    for other in answers[1:]:
        assert board(other) == board(first)
        for same in ("baselines", "verdict", "segments", "trial_counts"):
            assert other[same] == first[same], same
        assert other["forecast"]["forecast"] == first["forecast"]["forecast"]


def test_the_same_seed_gives_the_same_board_and_another_seed_another(lab_of: Callable[[int], Lab]) -> None:
    lab = lab_of(2)
    first, again, other = (searched(lab, series("SEEDS"), search(), seed=seed) for seed in (1, 1, 2))
    assert board(again) == board(first)
    assert [row["seeds"]["seeds"] for row in first["all_results"]] == [[2, 3, 4]] * 2
    for row in other["all_results"]:
        (same,) = (each for each in first["all_results"] if each["model_id"] == row["model_id"])
        assert row["seeds"]["seeds"] == [3, 4, 5]
        assert row["trial_rmse"] != same["trial_rmse"]


def test_pruning_changes_no_finished_trial(lab_of: Callable[[int], Lab]) -> None:
    lab = lab_of(2)
    asked = search(n_trials=14)
    answers = [searched(lab, series("PRUNED"), each) for each in (asked, search(n_trials=14, pruning=False))]
    pruned, whole = (
        {
            (t.model_id, t.number): t
            for t in lab.app.registry.trials(answer["experiment_id"], purpose="search")
        }
        for answer in answers
    )
    assert pruned.keys() == whole.keys()
    assert {trial.state for trial in whole.values()} == {"COMPLETE"}
    assert [answer["pruning"] for answer in answers] == [True, False]
    finished = [key for key, trial in pruned.items() if trial.state == "COMPLETE"]
    assert 0 < len(finished) < len(pruned)
    for key, trial in pruned.items():
        other = whole[key]
        assert (trial.hyperparameters, trial.seed) == (other.hyperparameters, other.seed)
        n_epochs = len(trial.validation_curve)
        for curve in ("validation_curve", "train_losses", "learning_rates"):
            assert same_floats(getattr(trial, curve), getattr(other, curve)[:n_epochs]), (key, curve)
        if key in finished:
            assert n_epochs == len(other.validation_curve)
            assert trial.validation_rmse == other.validation_rmse
            assert same_floats(trial.forecasts["validation"], other.forecasts["validation"])
        else:
            assert trial.state == "PRUNED"
            assert n_epochs in (1, 3, 9)
            assert n_epochs < trial.hyperparameters.epochs
    # What was pruned costs less, and without pruning nothing is lost: the best can only be better.
    for row in answers[1]["all_results"]:
        (other_row,) = (r for r in answers[0]["all_results"] if r["model_id"] == row["model_id"])
        assert row["trial_rmse"] <= other_row["trial_rmse"]


def test_trials_share_the_seed_and_differ_in_their_settings(lab_of: Callable[[int], Lab]) -> None:
    lab = lab_of(2)
    answer = searched(lab, series("ALIKE"), search(n_trials=14), seed=4)
    trials = lab.app.registry.trials(answer["experiment_id"])
    for model_id in (6, 9):
        own = [trial for trial in trials if trial.model_id == model_id]
        found = [trial for trial in own if trial.purpose == "search"]
        assert [trial.number for trial in found] == list(range(14))
        assert {trial.seed for trial in found} == {4}
        assert len({trial.hyperparameters for trial in found}) == 14
        refits = [trial for trial in own if trial.purpose == "refit"]
        assert [(trial.number, trial.seed) for trial in refits] == [(0, 5), (1, 6), (2, 7)]
        best = min(
            (trial for trial in found if trial.state == "COMPLETE"),
            key=lambda trial: (trial.validation_rmse, trial.number),
        )
        assert {trial.hyperparameters for trial in refits} == {best.hyperparameters}
