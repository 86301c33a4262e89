"""What the test segment says of the winner: one code, and every figure that it rests on.

"Beats the last value" is said only where four things hold on the test segment: skill above 0 against the
last value and against drift, a Diebold-Mariano test against the last value, and Hansen's test of superior
predictive ability over all architectures, for the winner was the best of many. A forecast that in practice
repeats the last value does not beat it, whatever else holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float

from trintena.evaluation.luck import luck_level
from trintena.evaluation.significance import (
    confidence_set,
    diebold_mariano,
    losses,
    superior_predictive_ability,
    suspect_leakage,
)

if TYPE_CHECKING:
    from trintena.evaluation.scores import Judge

Verdict = Literal["beats_last_value", "not_distinguishable", "not_judged"]
SIGNIFICANCE = 0.05
CONFIDENCE = 0.90
Forecasts = Float[np.ndarray, "origin horizon"]
Validated = Float[np.ndarray, "validated horizon"]


@dataclass(frozen=True, eq=False)
class Contest:
    """Everybody who was judged on the test segment, with what each forecast of it."""

    architectures: Mapping[int, Forecasts]
    """Of each ranked architecture, the fit whose figures the board shows."""
    baselines: Mapping[str, Forecasts]
    validation: Iterable[Validated]
    """What every finished trial forecast of the validation segment."""


def not_judged() -> dict[str, Any]:
    """The verdict while the test segment is untouched."""
    return {"code": "not_judged"}


def verdict(winner: Mapping[str, Any], judge: Judge, contest: Contest, *, is_price: bool) -> dict[str, Any]:
    """The verdict on the first of the board.

    Args:
        winner: its row, with its figures.
        judge: of the series.
        contest: who took part.
        is_price: whether the series is one of prices, of which no honest forecast is far ahead.

    Returns:
        `code`; `skill` and `skill_against_drift` on the test segment; `dm_p` and `dm_p_against_drift`,
        one-sided p-values of Diebold and Mariano's test; `spa_p`, Hansen's; `confidence_set`, who cannot
        be told from the best with 90 % confidence; `n_trials` and `luck_level`, the validation skill that
        the luckiest of as many trials without skill reaches once in twenty; `validation_skill` and
        `shrinkage`, what was lost of it on the test; `persistence_clone`; `suspect_leakage`, why the
        figures are too good to be true. What cannot be computed is None.
    """
    actual, horizon = judge.actual("test"), judge.frame.targets.shape[1]
    own = {model_id: losses(actual, each) for model_id, each in contest.architectures.items()}
    of_baselines = {key: losses(actual, each) for key, each in contest.baselines.items()}
    of_winner, of_last = own[winner["model_id"]], of_baselines["last_value"]
    skill, against_drift = winner["skill"], winner["skill_against_drift"]
    dm_p = diebold_mariano(of_winner, of_last, horizon)
    spa_p = superior_predictive_ability(of_last, own, horizon)
    is_clone = winner["test_persistence_clone"]
    is_ahead = not is_clone and all(each is not None and each > 0 for each in (skill, against_drift))
    is_proved = all(p is not None and p < SIGNIFICANCE for p in (dm_p, spa_p))
    code: Verdict = "beats_last_value" if is_ahead and is_proved else "not_distinguishable"
    validation = list(contest.validation)
    leaks = suspect_leakage(actual, contest.architectures[winner["model_id"]], judge.train_mean)
    validation_skill = winner["validation_skill"]
    return {
        "code": code,
        "skill": skill,
        "skill_against_drift": against_drift,
        "dm_p": dm_p,
        "dm_p_against_drift": diebold_mariano(of_winner, of_baselines["drift"], horizon),
        "spa_p": spa_p,
        "confidence_set": _set(own, of_baselines, horizon),
        "n_trials": len(validation),
        "luck_level": luck_level(judge.actual("validation"), validation, judge.frame.lookback + horizon),
        "validation_skill": validation_skill,
        "shrinkage": None if skill is None or validation_skill is None else validation_skill - skill,
        "persistence_clone": is_clone,
        "suspect_leakage": leaks if is_price else [],
    }


def _set(
    own: Mapping[int, np.ndarray], of_baselines: Mapping[str, np.ndarray], horizon: int
) -> dict[str, Any]:
    """The Model Confidence Set over architectures and baselines."""
    named = {**{f"{model_id}": loss for model_id, loss in own.items()}, **of_baselines}
    inside = set(confidence_set(named, horizon, level=CONFIDENCE))
    return {
        "level": CONFIDENCE,
        "model_ids": [model_id for model_id in own if f"{model_id}" in inside],
        "baselines": [key for key in of_baselines if key in inside],
    }
