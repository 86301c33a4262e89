"""The board of optimized mode: one row for each architecture, ranked by its best setting fitted again.

A search finds the setting that did best by one seed, which flatters it: of many trials the luckiest leads.
So that setting is fitted with other seeds, and the mean of those fits ranks the architecture. The figures
of a row are those of one fit, the median one, whose weights can be saved.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, get_args

from trintena.domain import FINISHED, TrialState
from trintena.evaluation.board import figures
from trintena.zoo.catalog import architecture

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.evaluation.scores import Scores

FitScores = Mapping[tuple[int, int], Mapping[str, "Scores"]]
"""The scores of each judged segment, by architecture and number of the fit."""


@dataclass(frozen=True)
class Found:
    """What the study of one architecture has come to: its search trials, and the fits of the best setting."""

    model_id: int
    trials: Sequence[TrialResult]
    refits: Sequence[TrialResult] = ()

    @property
    def fits(self) -> list[TrialResult]:
        """The fits that ended with a model, by rising validation RMSE; of equal ones the earlier first."""
        complete = [trial for trial in self.refits if trial.state == "COMPLETE"]
        return sorted(complete, key=lambda trial: (trial.validation_rmse, trial.number))

    @property
    def median_fit(self) -> TrialResult | None:
        """The fit in the middle; of two the worse one."""
        return self.fits[len(self.fits) // 2] if self.fits else None

    @property
    def best_trial(self) -> TrialResult | None:
        """The search trial with the lowest validation RMSE: whose setting was fitted again."""
        scored = [t for t in self.trials if t.state in FINISHED and t.validation_rmse is not None]
        complete = [trial for trial in scored if trial.state == "COMPLETE"]
        return min(complete or scored, key=lambda t: (t.validation_rmse, t.number), default=None)

    @property
    def score(self) -> float | None:
        """The mean validation RMSE of its fits; before there are any, that of its best trial."""
        if self.fits:
            return statistics.fmean(trial.validation_rmse or 0.0 for trial in self.fits)
        return None if self.best_trial is None else self.best_trial.validation_rmse


def found_by(trials: Sequence[TrialResult], model_ids: Sequence[int] = ()) -> list[Found]:
    """The trials of an experiment by architecture, also of those that have none yet."""
    own: dict[int, list[TrialResult]] = {model_id: [] for model_id in model_ids}
    for trial in trials:
        own.setdefault(trial.model_id, []).append(trial)
    return [
        Found(
            model_id,
            [trial for trial in each if trial.purpose == "search"],
            [trial for trial in each if trial.purpose == "refit"],
        )
        for model_id, each in own.items()
    ]


def ranked(found: Sequence[Found]) -> list[Found]:
    """Those with a score, best first: whoever has more fits goes before those who have fewer or none."""
    scored = [each for each in found if each.score is not None]
    return sorted(scored, key=lambda each: (-len(each.fits), each.score, each.model_id))


def study_rows(found: Sequence[Found], scores: FitScores) -> list[dict[str, Any]]:
    """One row for each architecture: ranked ones first, then those without a result by id."""
    order = ranked(found)
    rest = sorted((each for each in found if each.score is None), key=lambda each: each.model_id)
    rows = [_row(each, scores, rank) for rank, each in enumerate(order, 1)]
    return rows + [_row(each, scores, None) for each in rest]


def counted(trials: Sequence[TrialResult]) -> dict[TrialState, int]:
    """How many trials are in each state, 0 where there are none."""
    counts = Counter(trial.state for trial in trials)
    return {state: counts[state] for state in get_args(TrialState)}


def _row(each: Found, scores: FitScores, rank: int | None) -> dict[str, Any]:
    recipe = architecture(each.model_id)
    trial, fit = each.best_trial, each.median_fit
    shown = fit or trial
    failed = next((t for t in (*each.refits, *each.trials) if t.reason is not None), None)
    own = scores.get((fit.model_id, fit.number), {}) if fit is not None else {}
    spent = [t.elapsed_seconds for t in (*each.trials, *each.refits) if t.elapsed_seconds is not None]
    return {
        "rank": rank,
        "model_id": recipe.id,
        "model_name": recipe.name,
        "category": recipe.category,
        "state": _state(each),
        "reason": failed.reason if failed is not None and shown is None else None,
        "best_rmse": None if shown is None else shown.validation_rmse,
        "best_params": None if shown is None else asdict(shown.hyperparameters),
        "n_trials": len(each.trials),
        "trial_counts": counted(each.trials),
        "trial_rmse": None if trial is None else trial.validation_rmse,
        "seeds": _seeds(each, scores),
        "epochs_trained": None if shown is None else shown.best_epoch,
        "parameters": None if shown is None else shown.n_parameters,
        "fit_seconds": None if shown is None else shown.fit_seconds,
        "elapsed_time": sum(spent) if spent else None,
        **figures(own),
    }


def _state(each: Found) -> TrialState:
    """That of the study as a whole."""
    if each.score is not None:
        return "COMPLETE"
    states = {trial.state for trial in each.trials}
    return "FAIL" if states == {"FAIL"} else "RUNNING" if states - {"WAITING"} else "WAITING"


def _seeds(each: Found, scores: FitScores) -> dict[str, Any] | None:
    """The fits of the best setting beside each other; null before there are any."""
    if not each.refits:
        return None
    fits = sorted(each.fits, key=lambda trial: trial.number)
    values = [trial.validation_rmse or 0.0 for trial in fits]
    fit = each.median_fit
    return {
        "seeds": [trial.seed for trial in fits],
        "rmse": values,
        "mean": statistics.fmean(values) if values else None,
        "std": statistics.stdev(values) if len(values) > 1 else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
        "skill": [scores.get((t.model_id, t.number), {}).get("test", {}).get("skill") for t in fits],
        "saved_seed": None if fit is None else fit.seed,
        "failed": [trial.reason for trial in each.refits if trial.state == "FAIL"],
    }
