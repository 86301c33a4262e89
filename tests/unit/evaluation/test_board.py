from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from trintena.domain import FittedBaseline, PriceSeries, TrialResult
from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.baselines.simple import drift as drift_of
from trintena.evaluation.board import baseline_rows, model_rows
from trintena.evaluation.scores import Judge, Scores
from trintena.zoo import architecture

Make = Callable[..., TrialResult]

SCORES: dict[str, Scores] = {
    "validation": {"rmse": 0.5, "skill": 0.02},
    "test": {
        "rmse": 0.6,
        "skill": 0.01,
        "skill_against_drift": 0.005,
        "directional_accuracy": 0.55,
        "majority_share": 0.54,
        "direction_p": 0.2,
        "persistence_clone": False,
    },
}
FIGURES = {
    "validation_rmse": 0.5,
    "validation_skill": 0.02,
    "test_rmse": 0.6,
    "skill": 0.01,
    "skill_against_drift": 0.005,
    "test_directional_accuracy": 0.55,
    "test_majority_share": 0.54,
    "test_direction_p": 0.2,
    "test_persistence_clone": False,
}


# Rows of models


def test_finished_trials_are_ranked_by_rising_validation_rmse(trial: Make) -> None:
    rows = model_rows([trial(4, 0.3), trial(30, 0.1), trial(11, 0.2)], {})
    assert [(row["rank"], row["model_id"], row["rmse"]) for row in rows] == [
        (1, 30, 0.1),
        (2, 11, 0.2),
        (3, 4, 0.3),
    ]


def test_a_tie_goes_to_the_lower_id(trial: Make) -> None:
    rows = model_rows([trial(10, 0.1), trial(9, 0.1), trial(2, 0.1), trial(30, 0.0)], {})
    assert [row["model_id"] for row in rows] == [30, 2, 9, 10]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]


def test_the_test_segment_has_no_say_in_the_ranking(trial: Make) -> None:
    scores = {
        1: {**SCORES, "test": {**SCORES["test"], "rmse": 0.9, "skill": -1.0}},
        2: {**SCORES, "test": {**SCORES["test"], "rmse": 0.1, "skill": 0.9}},
    }
    assert [row["model_id"] for row in model_rows([trial(2, 0.11), trial(1, 0.10)], scores)] == [1, 2]


def test_failed_trials_stand_after_finished_ones_by_id_with_their_reasons(trial: Make) -> None:
    trials = [trial(20, reason="out of memory"), trial(7, 0.4), trial(3, reason="diverged"), trial(1, 0.5)]
    rows = model_rows(trials, {7: SCORES, 1: SCORES, 3: SCORES})
    assert [(row["rank"], row["model_id"], row["state"], row["reason"]) for row in rows] == [
        (1, 7, "COMPLETE", None),
        (2, 1, "COMPLETE", None),
        (None, 3, "FAIL", "diverged"),
        (None, 20, "FAIL", "out of memory"),
    ]
    for row in rows[2:]:
        assert row["rmse"] is None
        assert all(row[name] is None for name in FIGURES), "a failed trial has no figures"


def test_a_row_carries_the_recipe_the_costs_and_the_figures_of_each_segment(trial: Make) -> None:
    (row,) = model_rows([trial(24, 0.5)], {24: SCORES})
    recipe = architecture(24)
    assert row == {
        "rank": 1,
        "model_id": 24,
        "model_name": recipe.name,
        "category": recipe.category,
        "state": "COMPLETE",
        "reason": None,
        "rmse": 0.5,
        "parameters": 1024,
        "fit_seconds": 1.5,
        "elapsed_time": 2.5,
        **FIGURES,
        "metrics": SCORES,
    }


def test_what_was_not_judged_is_null_under_the_same_names(trial: Make) -> None:
    partly, unjudged = model_rows([trial(1, 0.5), trial(2, 0.6)], {1: {"validation": SCORES["validation"]}})
    assert (partly["validation_rmse"], partly["validation_skill"]) == (0.5, 0.02)
    assert partly["test_rmse"] is partly["skill"] is partly["test_persistence_clone"] is None
    assert all(unjudged[name] is None for name in FIGURES)
    assert partly.keys() == unjudged.keys()


def test_a_board_without_trials_is_empty() -> None:
    assert model_rows([], {}) == []


# Rows of baselines


def test_baselines_are_ordered_by_validation_rmse_and_have_no_rank(judge: Callable[..., Judge]) -> None:
    rows = baseline_rows(judge(), ("validation", "test"), {})
    assert {row["key"] for row in rows} == {row.key for row in BASELINES}
    assert rows == sorted(rows, key=lambda row: row["validation_rmse"])
    for row in rows:
        assert row.keys() == {"key", "name", "state", "reason", "metrics", *FIGURES}, (
            "neither a rank nor an id: never eligible"
        )


@pytest.mark.parametrize(("slope", "first"), [(3e-3, "drift"), (0.0, "last_value")])
def test_whichever_baseline_errs_less_comes_first(
    judge: Callable[..., Judge], slope: float, first: str
) -> None:
    # Under the second, training rises and what follows falls: drift points the wrong way.
    steps = np.random.default_rng(0).normal(0.0, 0.01, 1000)
    steps[:700] += 3e-3
    steps[700:] += slope if first == "drift" else -3e-3
    rows = baseline_rows(judge(np.exp(np.cumsum(steps))), ("validation",), {})
    assert rows[0]["key"] == first


def test_baselines_are_scored_by_the_judge_that_scores_the_models(
    judge: Callable[..., Judge], series: PriceSeries
) -> None:
    asked = judge(horizon=2)
    rows = {row["key"]: row for row in baseline_rows(asked, ("validation", "test"), {})}
    drift = asked.scores("test", drift_of(asked.frame, asked.segments, asked.segments.test))
    assert rows["drift"]["test_rmse"] == drift["rmse"]
    assert rows["drift"]["skill"] == drift["skill"]
    assert rows["last_value"]["skill"] == rows["last_value"]["validation_skill"] == 0.0
    assert rows["drift"]["skill_against_drift"] == 0.0


def test_the_test_segment_is_not_looked_at_before_it_is_named(judge: Callable[..., Judge]) -> None:
    for row in baseline_rows(judge(), ("validation",), {}):
        assert row["validation_rmse"] > 0
        assert row["test_rmse"] is row["skill"] is None


def test_a_fitted_baseline_is_scored_from_what_was_stored(judge: Callable[..., Judge]) -> None:
    asked = judge(horizon=2)
    truth = {name: asked.actual(name) for name in ("validation", "test")}
    fitted = {
        "ridge": FittedBaseline("ridge", 0.1, {name: each / 2 for name, each in truth.items()}),
        "auto_arima": FittedBaseline("auto_arima", 0.2, reason="No candidate converged."),
    }
    rows = baseline_rows(asked, ("validation", "test"), fitted)
    by_key = {row["key"]: row for row in rows}
    assert by_key.keys() == {"last_value", "drift", "ridge", "auto_arima"}, (
        "what is not fitted yet is not there"
    )
    assert by_key["ridge"]["skill"] == pytest.approx(0.5)
    assert by_key["ridge"]["metrics"]["test"]["by_step"]["skill"] == pytest.approx([0.5, 0.5])
    assert rows[0]["key"] == "ridge"
    failed = rows[-1]
    assert (failed["key"], failed["state"], failed["reason"]) == (
        "auto_arima",
        "FAIL",
        "No candidate converged.",
    )
    assert failed["validation_rmse"] is failed["skill"] is None


def test_no_row_claims_a_victory(judge: Callable[..., Judge], trial: Make) -> None:
    rows = model_rows([trial(1, 0.5), trial(2, reason="diverged")], {1: SCORES})
    answer = [rows, baseline_rows(judge(), ("validation", "test"), {})]
    assert "beat" not in json.dumps(answer)
