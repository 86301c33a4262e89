from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

from trintena.domain import PriceSeries, TrialResult
from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.board import Verdict, baseline_rows, model_rows, verdict
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
    rows = baseline_rows(judge(), ("validation", "test"))
    assert {row["key"] for row in rows} == {row.key for row in BASELINES}
    assert rows == sorted(rows, key=lambda row: row["validation_rmse"])
    for row in rows:
        assert row.keys() == {"key", "name", *FIGURES}, "neither a rank nor an id: never eligible"


@pytest.mark.parametrize(("slope", "first"), [(3e-3, "drift"), (0.0, "last_value")])
def test_whichever_baseline_errs_less_comes_first(
    judge: Callable[..., Judge], slope: float, first: str
) -> None:
    # Under the second, training rises and what follows falls: drift points the wrong way.
    steps = np.random.default_rng(0).normal(0.0, 0.01, 1000)
    steps[:700] += 3e-3
    steps[700:] += slope if first == "drift" else -3e-3
    rows = baseline_rows(judge(np.exp(np.cumsum(steps))), ("validation",))
    assert rows[0]["key"] == first


def test_baselines_are_scored_by_the_judge_that_scores_the_models(
    judge: Callable[..., Judge], series: PriceSeries
) -> None:
    asked = judge(horizon=2)
    rows = {row["key"]: row for row in baseline_rows(asked, ("validation", "test"))}
    drift = asked.scores("test", asked.baseline_forecasts("test")["drift"])
    assert rows["drift"]["test_rmse"] == drift["rmse"]
    assert rows["drift"]["skill"] == drift["skill"]
    assert rows["last_value"]["skill"] == rows["last_value"]["validation_skill"] == 0.0
    assert rows["drift"]["skill_against_drift"] == 0.0


def test_the_test_segment_is_not_looked_at_before_it_is_named(judge: Callable[..., Judge]) -> None:
    for row in baseline_rows(judge(), ("validation",)):
        assert row["validation_rmse"] > 0
        assert row["test_rmse"] is row["skill"] is None


# The verdict


def winner(
    skill: float | None, against_drift: float | None, *, clone: bool | None = False, rmse: float | None = 0.5
) -> dict[str, Any]:
    return {
        "test_rmse": rmse,
        "skill": skill,
        "skill_against_drift": against_drift,
        "test_persistence_clone": clone,
    }


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (winner(0.01, 0.005), "ahead_on_test"),
        (winner(5e-324, 5e-324), "ahead_on_test"),
        (winner(0.01, 0.0), "not_distinguishable"),
        (winner(0.01, -0.002), "not_distinguishable"),
        (winner(0.01, None), "not_distinguishable"),
        (winner(0.0, 0.01), "not_distinguishable"),
        (winner(-0.01, 0.01), "not_distinguishable"),
        (winner(-0.01, -0.01), "not_distinguishable"),
        (winner(0.01, 0.005, clone=True), "not_distinguishable"),
        (winner(float("nan"), 0.01), "not_distinguishable"),
        (winner(0.01, float("nan")), "not_distinguishable"),
        (winner(None, None), "not_distinguishable"),
        (winner(None, None, rmse=None, clone=None), "not_judged"),
        (None, "not_judged"),
    ],
)
def test_the_verdict_at_its_edges(row: dict[str, Any] | None, code: str) -> None:
    assert verdict(row)["code"] == code


def test_the_verdict_repeats_the_figures_behind_it() -> None:
    assert verdict(winner(0.01, -0.002, clone=True)) == {
        "code": "not_distinguishable",
        "skill": 0.01,
        "skill_against_drift": -0.002,
        "persistence_clone": True,
    }
    nothing = {"code": "not_judged", "skill": None, "skill_against_drift": None, "persistence_clone": None}
    assert verdict(None) == nothing


def test_the_last_value_itself_is_never_ahead(judge: Callable[..., Judge], trial: Make) -> None:
    asked = judge()
    for key in ("last_value", "drift"):
        scores = {s: asked.scores(s, asked.baseline_forecasts(s)[key]) for s in ("validation", "test")}
        (row,) = model_rows([trial(1, 0.5)], {1: scores})
        assert verdict(row)["code"] == "not_distinguishable"


def test_a_forecast_that_half_knows_the_future_is_ahead(judge: Callable[..., Judge], trial: Make) -> None:
    asked = judge()
    scores = {
        s: asked.scores(s, 0.5 * asked.frame.targets[np.asarray(asked.segments[s])])
        for s in ("validation", "test")
    }
    (row,) = model_rows([trial(1, 0.5)], {1: scores})
    found = verdict(row)
    assert found["code"] == "ahead_on_test"
    assert found["skill"] == pytest.approx(0.5)


def test_no_code_and_no_row_claims_a_victory(judge: Callable[..., Judge], trial: Make) -> None:
    rows = model_rows([trial(1, 0.5), trial(2, reason="diverged")], {1: SCORES})
    answer = [rows, baseline_rows(judge(), ("validation", "test")), verdict(rows[0]), get_args(Verdict)]
    assert "beat" not in json.dumps(answer)
