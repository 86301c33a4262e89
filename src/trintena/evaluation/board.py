"""The board: every architecture, ranked, and every baseline beside them.

It is the JSON answer of the specification, with more beside it. Rows are ranked by the validation
RMSE of the target (`rmse`), a selection score; test figures stand under their own names and exist
only once every trial has ended. Failed architectures stay on it, with their reason, after the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trintena.evaluation.baselines import ALL
from trintena.zoo.catalog import architecture

if TYPE_CHECKING:
    from trintena.domain import FittedBaseline, TrialResult
    from trintena.evaluation.scores import Judge, Scores


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
    """The figures of a row that come from judged segments; null where a segment was not judged.

    The first are those that a board shows; `metrics` holds every one of each judged segment.
    """
    validation, test = scores.get("validation", {}), scores.get("test", {})
    return {
        "validation_rmse": validation.get("rmse"),
        "validation_skill": validation.get("skill"),
        "test_rmse": test.get("rmse"),
        "skill": test.get("skill"),
        "skill_against_drift": test.get("skill_against_drift"),
        "test_directional_accuracy": test.get("directional_accuracy"),
        "test_majority_share": test.get("majority_share"),
        "test_direction_p": test.get("direction_p"),
        "test_persistence_clone": test.get("persistence_clone"),
        "metrics": dict(scores),
    }


def baseline_rows(
    judge: Judge, segments: Sequence[str], fitted: Mapping[str, FittedBaseline]
) -> list[dict[str, Any]]:
    """One row for each baseline, scored on the named stretches of origins, by rising validation RMSE.

    `fitted` are the stored ones by key: one that could not be fitted stands last, with its reason; one
    that is missing has not been fitted yet.
    """
    rows = []
    for row in ALL:
        forecasts = judge.baseline_forecasts(row, segments, fitted)
        reason = fitted[row.key].reason if row.key in fitted else None
        if forecasts or reason is not None:
            about = {"name": row.name, "key": row.key, "state": "FAIL" if reason else "COMPLETE"}
            rows.append({**about, "reason": reason, **figures(judge.board_scores(forecasts))})
    return sorted(rows, key=lambda row: (row["validation_rmse"] is None, row["validation_rmse"] or 0.0))
