"""The end of an experiment: the test segment is scored, once, the best trial saved, the board given.

The answer is worded as the specification words it, with more beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trintena.artifacts.saved_model import SavedModel
from trintena.evaluation.board import baseline_rows, model_rows, verdict
from trintena.experiments.champion import save_version, takes_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trintena.domain import ModelVersion, TrialResult
    from trintena.evaluation.scores import Scores
    from trintena.experiments.case import Case
    from trintena.experiments.workplace import Workplace

PARTIAL, WHOLE = ("validation",), ("validation", "test")


def partial_answer(case: Case, trials: Sequence[TrialResult]) -> dict[str, Any]:
    """The board of what is finished; the test segment stays untouched."""
    return {**_board(case, trials, _scores(case, trials, PARTIAL), PARTIAL), "status": "cancelled"}


def final_answer(place: Workplace, case: Case, trials: Sequence[TrialResult]) -> dict[str, Any]:
    """The whole board, with the champion that it made and its next forecast.

    Raises:
        ArtifactError: a file of the model cannot be written.
    """
    finished = [trial for trial in trials if trial.state == "COMPLETE"]
    if not finished:
        return {**_board(case, trials, {}, PARTIAL), "status": "failed"}
    registry, symbol = place.registry, case.spec.symbol
    first, last = case.target_dates("test")
    registry.record_test_pass(case.experiment_id, symbol, first, last)
    scores = _scores(case, trials, WHOLE)
    best = min(finished, key=lambda trial: (trial.validation_rmse, trial.model_id))
    version, title = _save(place, case, best, scores[best.model_id])
    return {
        **_board(case, trials, scores, WHOLE),
        "test_consulted": registry.count_test_passes(symbol, first, last),
        "champion": {
            "version": version.version,
            "is_winner": version.is_winner,
            "title": title,
            "files": [f"models/{version.stem}.{kind}" for kind in ("keras", "scaler", "json")],
        },
        "forecast": _next_forecast(place, case, version),
    }


def _scores(
    case: Case, trials: Sequence[TrialResult], segments: Sequence[str]
) -> dict[int, dict[str, Scores]]:
    """Of every finished trial, by architecture and segment."""
    return {
        trial.model_id: {name: case.judge.scores(name, trial.forecasts[name]) for name in segments}
        for trial in trials
        if trial.state == "COMPLETE"
    }


def _board(
    case: Case,
    trials: Sequence[TrialResult],
    scores: dict[int, dict[str, Scores]],
    segments: Sequence[str],
) -> dict[str, Any]:
    rows = model_rows(trials, scores)
    winner = next((row for row in rows if row["rank"] == 1), None)
    spec = case.spec
    return {
        "status": "success",
        "mode": spec.mode,
        "winner": winner,
        "total_models": len(spec.model_ids),
        "results": rows,
        "baselines": baseline_rows(case.judge, segments),
        "verdict": verdict(winner),
        "partial": len(rows) < len(spec.model_ids),
        "experiment_id": case.experiment_id,
        "symbol": spec.symbol,
        "target": spec.target,
        "lookback": spec.lookback,
        "horizon": spec.horizon,
        "seed": spec.seed,
        "dataset_hash": spec.dataset_hash,
        "segments": case.segments_described(),
    }


def _save(
    place: Workplace, case: Case, best: TrialResult, scores: dict[str, Scores]
) -> tuple[ModelVersion, dict[str, Any]]:
    """The version that was made of the best trial, and why it holds the title or not."""
    registry, folder = place.registry, place.settings.models
    # A run killed after registering, before it ended: its version is there, and is this one.
    for version in registry.versions(case.spec.symbol):
        if version.experiment_id == case.experiment_id:
            return version, {"incumbent": None, "reason": "registered_before"}
    held = registry.best_weights(case.experiment_id)
    if held is None or held[0] != best.model_id or best.validation_rmse is None:
        raise RuntimeError(f"experiment {case.experiment_id} lost the weights of model {best.model_id}")
    _, weights = held
    wins, title = takes_title(
        registry, folder, case.spec, case.series, case.judge, best.validation_rmse, place.inference.outputs
    )
    saved = save_version(
        registry, folder, case, best, weights, scores, place.inference.keras_file, is_winner=wins
    )
    return saved, title


def _next_forecast(place: Workplace, case: Case, version: ModelVersion) -> dict[str, Any]:
    saved = SavedModel.open(place.settings.models, version)
    forecast = saved.next_forecast(case.series, place.inference.outputs)
    return forecast.to_json(version, datetime.now(UTC))
