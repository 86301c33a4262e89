"""The end of an experiment: the test segment is scored, once, the best model saved, the board given.

The answer is worded as the specification words it, with more beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.artifacts.bands import SavedBands
from trintena.artifacts.files import KINDS
from trintena.artifacts.saved_model import SavedModel
from trintena.domain import ENDED
from trintena.errors import TrialError
from trintena.evaluation.baselines import ALL
from trintena.evaluation.board import baseline_rows, model_rows
from trintena.evaluation.studies import counted, found_by, ranked, study_rows
from trintena.evaluation.verdict import Contest, not_judged, verdict
from trintena.experiments.champion import save_version, takes_title
from trintena.experiments.serving import refit_on_all
from trintena.search import n_combinations
from trintena.windows.segments import JUDGED, UNTRAINED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trintena.domain import FittedBaseline, ModelVersion, TrialResult
    from trintena.evaluation.scores import Scores
    from trintena.experiments.case import Case
    from trintena.experiments.workplace import Workplace

PARTIAL, WHOLE = ("validation",), UNTRAINED


def partial_answer(
    case: Case, trials: Sequence[TrialResult], baselines: Sequence[FittedBaseline]
) -> dict[str, Any]:
    """The board of what is finished; the test segment stays untouched."""
    board = _board(case, trials, baselines, PARTIAL)
    return {**board, "status": "cancelled", "partial": True, "verdict": not_judged()}


def times(seconds: float, n_models: int) -> dict[str, float]:
    """How long a run took, as an answer words it."""
    return {"total_time": seconds, "avg_time_per_model": seconds / n_models}


def final_answer(place: Workplace, case: Case) -> dict[str, Any]:
    """The whole board, with the champion that it made and its next forecast.

    Raises:
        ArtifactError: a file of the model cannot be written.
    """
    registry, symbol = place.registry, case.spec.symbol
    trials, baselines = registry.trials(case.experiment_id), registry.baselines(case.experiment_id)
    best = _best(case, trials)
    if best is None:
        return {**_board(case, trials, baselines, PARTIAL), "status": "failed", "verdict": not_judged()}
    first, last = case.target_dates("test")
    registry.record_test_pass(case.experiment_id, symbol, first, last)
    board = _board(case, trials, baselines, WHOLE)
    board["verdict"] = _verdict(case, board["winner"], trials, baselines)
    board["intervals"] = _intervals(board)
    board["test_consulted"] = registry.count_test_passes(symbol, first, last)
    saved = SavedBands(case.series.dates[-1], case.judge.bands(best.forecasts).calibration())
    version, title = _save(place, case, best, board, saved)
    serving, failure = version, None
    if case.spec.refit_all:
        try:
            serving = refit_on_all(place, case, best, version, board, saved)
        except TrialError as error:  # what was judged is whole without it
            failure = error.message
    answer = {
        **board,
        "champion": {
            "version": version.version,
            "is_winner": version.is_winner or serving.is_winner,  # which then holds the title in its place
            "title": title,
            "files": _files(version),
        },
        "forecast": _next_forecast(place, case, serving),
    }
    if serving is not version:
        answer["serving"] = {
            "version": serving.version,
            "is_winner": serving.is_winner,
            "frozen_twin": version.version,
            "files": _files(serving),
        }
    if failure is not None:
        answer["serving_failure"] = failure
    return answer


def _files(version: ModelVersion) -> list[str]:
    return [f"models/{version.stem}.{kind}" for kind in KINDS if kind in version.checksums]


def _best(case: Case, trials: Sequence[TrialResult]) -> TrialResult | None:
    """The trial whose weights are saved: the first of the board, of its fits the median one."""
    if case.spec.search is not None:
        return next((each.median_fit for each in ranked(found_by(trials))), None)
    complete = [trial for trial in trials if trial.state == "COMPLETE"]
    return min(complete, key=lambda trial: (trial.validation_rmse, trial.model_id), default=None)


def shown_trials(case: Case, trials: Sequence[TrialResult]) -> list[TrialResult]:
    """Of each ranked architecture the trial whose figures the board shows: of several fits the median one."""
    if case.spec.search is not None:
        return [fit for each in found_by(trials) if (fit := each.median_fit) is not None]
    return [trial for trial in trials if trial.state == "COMPLETE"]


def _scores(case: Case, trial: TrialResult, segments: Sequence[str]) -> dict[str, Scores]:
    judged = [name for name in JUDGED if name in segments]
    return {name: case.judge.scores(name, trial.forecasts[name]) for name in judged}


def _board_scores(case: Case, trial: TrialResult, segments: Sequence[str]) -> dict[str, Scores]:
    return case.judge.board_scores({name: trial.forecasts[name] for name in segments})


def _verdict(
    case: Case, winner: dict[str, Any], trials: Sequence[TrialResult], baselines: Sequence[FittedBaseline]
) -> dict[str, Any]:
    fitted, judge = {each.key: each for each in baselines}, case.judge
    of_baselines = {row.key: judge.baseline_forecasts(row, ("test",), fitted).get("test") for row in ALL}
    contest = Contest(
        architectures={trial.model_id: trial.forecasts["test"] for trial in shown_trials(case, trials)},
        baselines={key: each for key, each in of_baselines.items() if each is not None},
        validation=[t.forecasts["validation"] for t in trials if "validation" in t.forecasts],
    )
    return verdict(winner, judge, contest, is_price=case.spec.measures == "price")


def _board(
    case: Case,
    trials: Sequence[TrialResult],
    baselines: Sequence[FittedBaseline],
    segments: Sequence[str],
) -> dict[str, Any]:
    spec, search = case.spec, case.spec.search
    shown = {trial.model_id: _board_scores(case, trial, segments) for trial in shown_trials(case, trials)}
    if search is None:
        rows = model_rows([trial for trial in trials if trial.state in ENDED], shown)
        about = {"total_models": len(spec.model_ids), "results": rows}
    else:
        found = found_by(trials, spec.model_ids)
        fits = {(t.model_id, t.number): _scores(case, t, segments) for each in found for t in each.fits}
        fits |= {(t.model_id, t.number): shown[t.model_id] for t in shown_trials(case, trials)}
        rows = study_rows(found, fits)
        about = {
            "total_models_tested": sum(row["rank"] is not None for row in rows),
            "all_results": rows,
            "optimization_strategy": search.strategy,
            "n_trials": search.n_trials,
            "n_combinations": n_combinations(search.space),
            "trial_counts": counted([trial for each in found for trial in each.trials]),
            "pruning": search.pruning,
            "budget_s": search.budget_s,
        }
    winner = next((row for row in rows if row["rank"] == 1), None)
    return {
        "status": "success",
        "mode": spec.mode,
        "winner": winner,
        **about,
        "baselines": baseline_rows(case.judge, segments, {each.key: each for each in baselines}),
        "partial": False,
        "experiment_id": case.experiment_id,
        "symbol": spec.symbol,
        "target": spec.target,
        "measures": spec.measures,
        "lookback": spec.lookback,
        "horizon": spec.horizon,
        "seed": spec.seed,
        "dataset_hash": spec.dataset_hash,
        "segments": case.segments_described(),
    }


def _intervals(board: dict[str, Any]) -> dict[str, Any]:
    """What the bands around the winner and around the last value held, from their rows."""
    last_value = next(row for row in board["baselines"] if row["key"] == "last_value")
    rows = {"model": board["winner"], "last_value": last_value}
    return {name: row["metrics"]["test"]["intervals"] for name, row in rows.items()}


def _save(
    place: Workplace, case: Case, best: TrialResult, board: dict[str, Any], bands: SavedBands
) -> tuple[ModelVersion, dict[str, Any]]:
    """The version that was made of the best trial, and why it holds the title or not."""
    registry = place.registry
    # A run killed after registering, before it ended: its version is there, and is this one.
    for version in registry.versions(case.spec.symbol):
        if version.experiment_id == case.experiment_id and "frozen_twin" not in version.parameters:
            return version, {"incumbent": None, "reason": "registered_before"}
    weights = _weights(place, case, best)
    if weights is None or best.validation_rmse is None:
        raise RuntimeError(f"experiment {case.experiment_id} lost the weights of model {best.model_id}")
    wins, title = takes_title(place, case, best.validation_rmse)
    row = board["winner"]
    metrics: dict[str, Any] = {
        **row["metrics"],
        "test": {name: value for name, value in row["metrics"]["test"].items() if name != "intervals"},
        "verdict": board["verdict"],
        "intervals": board["intervals"]["model"],
    }
    if case.spec.search is not None:
        metrics |= {key: row[key] for key in ("best_rmse", "trial_rmse", "seeds", "n_trials")}
    version = save_version(place, case, best, weights, metrics, answer=board, bands=bands, is_winner=wins)
    return version, title


def _weights(place: Workplace, case: Case, best: TrialResult) -> tuple[np.ndarray, ...] | None:
    if best.purpose == "refit":
        return place.registry.refit_weights(case.experiment_id, best.model_id, best.number)
    held = place.registry.best_weights(case.experiment_id)
    return held[1] if held is not None and held[0] == best.model_id else None


def _next_forecast(place: Workplace, case: Case, version: ModelVersion) -> dict[str, Any]:
    saved = SavedModel.open(place.settings.models, version)
    forecast = saved.next_forecast(case.series, place.inference.outputs)
    return forecast.to_json(version, datetime.now(UTC))
