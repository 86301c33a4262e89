from __future__ import annotations

import json
import statistics
from dataclasses import asdict, replace
from typing import Any, get_args

import pytest

from trintena.domain import Hyperparameters, Purpose, TrialResult, TrialState
from trintena.evaluation.board import figures
from trintena.evaluation.scores import Scores
from trintena.evaluation.studies import Found, counted, found_by, ranked, study_rows
from trintena.zoo import architecture

SETTING = Hyperparameters(0.01, 64, 0.3, 20, "gelu")


def trial(
    number: int,
    rmse: float | None = None,
    state: TrialState = "COMPLETE",
    *,
    model_id: int = 6,
    purpose: Purpose = "search",
    **others: Any,
) -> TrialResult:
    seed = 7 if purpose == "search" else 8 + number
    curve = () if rmse is None else (2 * rmse, rmse, rmse)
    fields: dict[str, Any] = {"validation_rmse": rmse, "validation_curve": curve, **others}
    return TrialResult(model_id, state, SETTING, seed, number, purpose, **fields)


def refit(number: int, rmse: float | None, **others: Any) -> TrialResult:
    state: TrialState = "FAIL" if rmse is None else "COMPLETE"
    reason = "diverged" if rmse is None else None
    return trial(number, rmse, state, purpose="refit", **{"reason": reason, **others})


def found(model_id: int, best: float | None, *refits: float | None) -> Found:
    """A study of two trials, or of one that failed, and its refits."""
    ends: list[tuple[float | None, TrialState]] = [(best, "COMPLETE"), (best and 2 * best, "PRUNED")]
    if best is None:
        ends = [(None, "FAIL")]
    trials = [trial(n, rmse, state, model_id=model_id) for n, (rmse, state) in enumerate(ends)]
    return Found(model_id, trials, [refit(n, rmse, model_id=model_id) for n, rmse in enumerate(refits)])


def scored(test_rmse: float) -> dict[str, Scores]:
    return {
        "validation": {"rmse": 0.5, "skill": 0.02},
        "test": {"rmse": test_rmse, "skill": 1 - test_rmse, "skill_against_drift": 0.01},
    }


# What a study has come to


def test_the_best_trial_has_the_lowest_rmse_and_of_equal_ones_the_first() -> None:
    trials = [trial(0, 0.5), trial(1, 0.3), trial(2, 0.3), trial(3, None, "FAIL", reason="diverged")]
    best = Found(6, trials).best_trial
    assert best is not None
    assert best.number == 1


def test_a_pruned_trial_is_the_best_only_where_none_is_complete() -> None:
    pruned = [trial(0, 0.1, "PRUNED"), trial(1, 0.2, "PRUNED")]
    for others, best in (([], 0.1), ([trial(2, 0.9)], 0.9)):
        chosen = Found(6, pruned + others).best_trial
        assert chosen is not None
        assert chosen.validation_rmse == best


@pytest.mark.parametrize("state", ["WAITING", "RUNNING", "FAIL"])
def test_without_a_trial_that_ended_with_a_value_there_is_no_best(state: TrialState) -> None:
    nothing = Found(6, [trial(0, 0.5 if state == "RUNNING" else None, state)])
    assert nothing.best_trial is None
    assert nothing.score is None
    assert nothing.median_fit is None


@pytest.mark.parametrize(
    ("refits", "median"),
    [((0.3, 0.1, 0.2), 0.2), ((0.1, 0.1, 0.9), 0.1), ((0.3, None, 0.1), 0.3), ((None, 0.4, None), 0.4)],
)
def test_the_fit_that_is_saved_is_the_median_one_and_of_two_the_worse(
    refits: tuple[float | None, ...], median: float
) -> None:
    fit = found(6, 0.05, *refits).median_fit
    assert fit is not None
    assert fit.validation_rmse == median


def test_the_score_is_the_mean_of_the_fits_not_the_flattered_trial() -> None:
    assert found(6, 0.05, 0.3, 0.1, 0.2).score == pytest.approx(0.2)
    assert found(6, 0.05, 0.3, None, 0.2).score == pytest.approx(0.25)
    assert found(6, 0.05).score == 0.05
    assert found(6, 0.05, None, None, None).score == 0.05


# The ranking


def test_architectures_are_ranked_by_the_mean_of_their_fits() -> None:
    lucky = found(9, 0.01, 0.30, 0.29, 0.31)
    steady = found(11, 0.19, 0.20, 0.21, 0.19)
    assert [each.model_id for each in ranked([lucky, steady])] == [11, 9]


def test_who_was_fitted_less_often_stands_behind_whoever_was_fitted_more() -> None:
    all_three, two, none = found(1, 0.5, 0.5, 0.5, 0.5), found(2, 0.1, 0.1, 0.1, None), found(3, 0.01)
    assert [each.model_id for each in ranked([none, two, all_three])] == [1, 2, 3]


def test_a_tie_goes_to_the_lower_id_and_who_has_no_result_has_no_rank() -> None:
    tied = [found(10, 0.1), found(9, 0.1), found(2, None), Found(3, [])]
    assert [each.model_id for each in ranked(tied)] == [9, 10]


# The trials of an experiment


def test_trials_are_told_apart_by_architecture_and_purpose() -> None:
    trials = [trial(0, 0.5, model_id=9), refit(0, 0.4, model_id=6), trial(0, 0.3), trial(1, 0.2)]
    by_model = {each.model_id: each for each in found_by(trials, (6, 26))}
    assert set(by_model) == {6, 9, 26}
    assert [t.validation_rmse for t in by_model[6].trials] == [0.3, 0.2]
    assert [t.validation_rmse for t in by_model[6].refits] == [0.4]
    assert (by_model[26].trials, by_model[26].refits) == ([], []), "one that has none yet"


def test_every_state_is_counted_also_where_there_are_none() -> None:
    trials = [trial(0, 0.5), trial(1, 0.5), trial(2, 0.6, "PRUNED"), trial(3, None, "FAIL")]
    assert counted(trials) == {"WAITING": 0, "RUNNING": 0, "COMPLETE": 2, "PRUNED": 1, "FAIL": 1}
    assert list(counted([])) == list(get_args(TrialState))


# Rows


def test_a_row_tells_the_specification_s_fields_and_the_figures_of_the_saved_fit() -> None:
    study = Found(
        6,
        [
            trial(0, 0.5, elapsed_seconds=2.0),
            trial(1, 0.1, elapsed_seconds=3.0, fit_seconds=1.0, n_parameters=5),
        ],
        [
            refit(n, rmse, elapsed_seconds=10.0, fit_seconds=4.0 + n, n_parameters=1234)
            for n, rmse in enumerate((0.3, 0.1, 0.2))
        ],
    )
    scores = {(6, n): scored(0.9 + n / 100) for n in range(3)}
    (row,) = study_rows([study], scores)
    recipe = architecture(6)
    assert row == {
        "rank": 1,
        "model_id": 6,
        "model_name": recipe.name,
        "category": recipe.category,
        "state": "COMPLETE",
        "reason": None,
        "best_rmse": 0.2,
        "best_params": {
            "learning_rate": 0.01,
            "batch_size": 64,
            "dropout_rate": 0.3,
            "epochs": 20,
            "activation": "gelu",
        },
        "n_trials": 2,
        "trial_counts": {"WAITING": 0, "RUNNING": 0, "COMPLETE": 2, "PRUNED": 0, "FAIL": 0},
        "trial_rmse": 0.1,
        "seeds": {
            "seeds": [8, 9, 10],
            "rmse": [0.3, 0.1, 0.2],
            "mean": statistics.fmean([0.3, 0.1, 0.2]),
            "std": pytest.approx(0.1),
            "min": 0.1,
            "max": 0.3,
            "skill": [pytest.approx(skill) for skill in (0.10, 0.09, 0.08)],
            "saved_seed": 10,
            "failed": [],
        },
        "epochs_trained": 2,
        "parameters": 1234,
        "fit_seconds": 6.0,
        "elapsed_time": 35.0,
        **figures(scored(0.92)),
    }
    json.dumps(row, allow_nan=False)


def test_a_row_that_was_not_fitted_again_shows_its_best_trial_and_no_test_figures() -> None:
    (row,) = study_rows([found(6, 0.1)], {})
    assert (row["rank"], row["best_rmse"], row["trial_rmse"], row["seeds"]) == (1, 0.1, 0.1, None)
    assert row["best_params"] == asdict(SETTING)
    assert row["test_rmse"] is row["skill"] is row["elapsed_time"] is None


def test_a_refit_that_failed_is_told_beside_those_that_did_not() -> None:
    (row,) = study_rows([found(6, 0.1, 0.2, None, 0.4)], {})
    assert row["seeds"]["rmse"] == [0.2, 0.4]
    assert row["seeds"]["seeds"] == [8, 10]
    assert row["seeds"]["saved_seed"] == 10
    assert row["seeds"]["mean"] == pytest.approx(0.3)
    assert row["seeds"]["std"] == pytest.approx(statistics.stdev([0.2, 0.4]))
    assert row["seeds"]["failed"] == ["diverged"]
    assert row["reason"] is None, "the row has a result"


def test_one_fit_has_no_spread_and_none_has_no_mean() -> None:
    one, none = study_rows([found(6, 0.1, 0.2, None, None), found(9, 0.1, None, None, None)], {})
    assert (one["seeds"]["mean"], one["seeds"]["std"]) == (0.2, None)
    assert (none["seeds"]["mean"], none["seeds"]["std"], none["seeds"]["min"]) == (None, None, None)
    assert none["seeds"]["saved_seed"] is None
    assert none["best_rmse"] == 0.1


def test_who_has_no_result_stands_at_the_end_by_id_with_the_reason_if_there_is_one() -> None:
    rows = study_rows([Found(20, []), found(7, None), found(30, 0.2), found(3, None)], {})
    assert [(row["rank"], row["model_id"], row["state"]) for row in rows] == [
        (1, 30, "COMPLETE"),
        (None, 3, "FAIL"),
        (None, 7, "FAIL"),
        (None, 20, "WAITING"),
    ]
    for row in rows[1:]:
        assert row["best_rmse"] is row["best_params"] is row["trial_rmse"] is row["seeds"] is None


def test_the_reason_of_a_failure_is_told_where_nothing_else_is() -> None:
    failed = Found(6, [trial(0, None, "FAIL", reason="diverged: in epoch 3")])
    (row,) = study_rows([failed], {})
    assert row["reason"] == "diverged: in epoch 3"


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ((), "WAITING"),
        (("WAITING", "WAITING"), "WAITING"),
        (("RUNNING", "WAITING"), "RUNNING"),
        (("FAIL", "WAITING"), "RUNNING"),
        (("FAIL", "FAIL"), "FAIL"),
    ],
)
def test_a_study_without_a_result_waits_runs_or_failed(
    states: tuple[TrialState, ...], state: TrialState
) -> None:
    trials = [trial(n, None, each) for n, each in enumerate(states)]
    assert study_rows([Found(6, trials)], {})[0]["state"] == state


def test_the_figures_of_another_fit_have_no_say_in_the_ranking() -> None:
    worse_on_test = {(1, n): scored(9.0) for n in range(3)} | {(2, n): scored(0.1) for n in range(3)}
    rows = study_rows([found(2, 0.2, 0.2, 0.2, 0.2), found(1, 0.1, 0.1, 0.1, 0.1)], worse_on_test)
    assert [row["model_id"] for row in rows] == [1, 2]


def test_the_order_in_which_trials_come_decides_nothing() -> None:
    study = found(6, 0.1, 0.3, 0.1, 0.2)
    turned = replace(study, trials=study.trials[::-1], refits=study.refits[::-1])
    scores = {(6, n): scored(0.9 + n / 100) for n in range(3)}
    assert study_rows([turned], scores) == study_rows([study], scores)
