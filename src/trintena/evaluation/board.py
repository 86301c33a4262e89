"""The board: every architecture and every baseline, ranked, with one plain verdict.

It is the JSON answer of the specification, with more beside it. Rows are ranked by the validation
RMSE of the target (`rmse`), a selection score; test figures stand under their own names and exist
only once every trial has ended. Failed architectures stay on it, with their reason, after the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from trintena.evaluation.baselines import BASELINES
from trintena.zoo.catalog import architecture

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.evaluation.scores import Judge, Scores

Verdict = Literal["ahead_on_test", "not_distinguishable", "not_judged"]
"""`ahead_on_test`: skill above 0 on the test segment against last value and drift, by forecasts that do
more than repeat the last value. Whether that is more than luck is not tested."""


def model_rows(
    trials: Sequence[TrialResult], scores: Mapping[int, Mapping[str, Scores]]
) -> list[dict[str, Any]]:
    """One row for each trial: finished ones by rising validation RMSE, then failed ones by id.

    `scores[model_id]` has the scores of each judged segment.
    """
    finished = sorted(
        (trial for trial in trials if trial.state == "COMPLETE"),
        key=lambda trial: (trial.validation_rmse, trial.model_id),
    )
    failed = sorted(
        (trial for trial in trials if trial.state != "COMPLETE"), key=lambda trial: trial.model_id
    )
    rows = [_model_row(trial, scores.get(trial.model_id, {}), rank) for rank, trial in enumerate(finished, 1)]
    return rows + [_model_row(trial, {}, None) for trial in failed]


def _model_row(trial: TrialResult, scores: Mapping[str, Scores], rank: int | None) -> dict[str, Any]:
    recipe = architecture(trial.model_id)
    return {
        "rank": rank,
        "model_id": trial.model_id,
        "model_name": recipe.name,
        "category": recipe.category,
        "state": trial.state,
        "reason": trial.reason,
        "rmse": trial.validation_rmse,
        "parameters": trial.n_parameters,
        "fit_seconds": trial.fit_seconds,
        "elapsed_time": trial.elapsed_seconds,
        **figures(scores),
    }


def figures(scores: Mapping[str, Scores]) -> dict[str, Any]:
    """The figures of a row that come from judged segments; null where a segment was not judged."""
    validation, test = scores.get("validation", {}), scores.get("test", {})
    return {
        "validation_rmse": validation.get("rmse"),
        "validation_skill": validation.get("skill"),
        "test_rmse": test.get("rmse"),
        "skill": test.get("skill"),
        "skill_against_drift": test.get("skill_against_drift"),
        "test_directional_accuracy": test.get("directional_accuracy"),
        "test_majority_share": test.get("majority_share"),
        "test_persistence_clone": test.get("persistence_clone"),
    }


def baseline_rows(judge: Judge, segments: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each baseline, scored on the named segments, by rising validation RMSE."""
    forecasts = {segment: judge.baseline_forecasts(segment) for segment in segments}
    rows = [
        {
            "name": row.name,
            "key": row.key,
            **figures({s: judge.scores(s, forecasts[s][row.key]) for s in segments}),
        }
        for row in BASELINES
    ]
    return sorted(rows, key=lambda row: row["validation_rmse"])


def verdict(winner: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the test segment says of the winner, as a code and the figures behind it.

    It claims no more than that the winner was ahead of both baselines on the test segment. Where a
    test segment never changes, there is no skill: nothing distinguishes the winner.
    """
    if winner is None or winner["test_rmse"] is None:
        code: Verdict = "not_judged"
        return {"code": code, "skill": None, "skill_against_drift": None, "persistence_clone": None}
    skills = (winner["skill"], winner["skill_against_drift"])
    better = all(skill is not None and skill > 0 for skill in skills)
    ahead = better and not winner["test_persistence_clone"]
    return {
        "code": "ahead_on_test" if ahead else "not_distinguishable",
        "skill": winner["skill"],
        "skill_against_drift": winner["skill_against_drift"],
        "persistence_clone": winner["test_persistence_clone"],
    }
