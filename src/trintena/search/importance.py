"""Which hyper-parameters set the best trials apart.

Optuna's PED-ANOVA, the only one of its evaluators that needs no library beyond its own: how unlike
all trials the best ones are along each hyper-parameter. It looks at the order of the trials alone,
so that those of different architectures can be pooled, each ranked among its own.

Reference: Watanabe et al. 2023, arXiv:2304.10255.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.domain import Range, SearchSpace, TrialResult
from trintena.search.quiet import quiet_optuna

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

MINIMUM_TRIALS = 20
BEST_SHARE = 0.1
_FEWEST_BEST = 5
"""Optuna's own advice: at least this many trials among the best."""


def importance(space: SearchSpace, trials: Sequence[TrialResult]) -> dict[str, float]:
    """The share of each hyper-parameter, the largest first; together they are 1.

    They tell what distinguishes the best tenth of the complete search trials, at least five, from the
    rest. Pruned and failed trials are left out: their errors are those of fewer epochs. Empty where
    there are fewer than 20 trials, or nothing to choose, or all trials are equally good.

    The shares add up to 1 even where nothing matters.
    """
    import optuna

    complete = [
        trial
        for trial in trials
        if trial.purpose == "search" and trial.state == "COMPLETE" and trial.validation_rmse is not None
    ]
    chosen = {name: choice for name, choice in vars(space).items() if not _is_single(choice)}
    places = _places(complete)
    if len(complete) < MINIMUM_TRIALS or not chosen or len(set(places)) < 2:
        return {}
    with quiet_optuna():
        study = optuna.create_study(storage=optuna.storages.InMemoryStorage())
    distributions = {name: _distribution(choice) for name, choice in chosen.items()}
    for trial, place in zip(complete, places, strict=True):
        setting = asdict(trial.hyperparameters)
        study.add_trial(
            optuna.trial.create_trial(
                params={name: setting[name] for name in chosen}, distributions=distributions, value=place
            )
        )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(
        target_quantile=max(BEST_SHARE, _FEWEST_BEST / len(complete))
    )
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def _places(trials: Sequence[TrialResult]) -> list[float]:
    """Where each trial stands among those of its architecture, from 0 (the best) up to 1; ties share."""
    by_model: dict[int, list[float]] = {}
    for trial in trials:
        by_model.setdefault(trial.model_id, []).append(float(trial.validation_rmse or 0.0))
    ordered = {model_id: np.sort(errors) for model_id, errors in by_model.items()}
    return [
        float(np.searchsorted(ordered[trial.model_id], trial.validation_rmse) / len(ordered[trial.model_id]))
        for trial in trials
    ]


def _is_single(choice: tuple[Any, ...] | Range) -> bool:
    return choice.low == choice.high if isinstance(choice, Range) else len(set(choice)) < 2


def _distribution(choice: tuple[Any, ...] | Range) -> BaseDistribution:
    """As Optuna words a choice. What is listed is compared value by value, without an order."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(choice, Range):
        # Its steps change nothing here, and need not divide it.
        return FloatDistribution(choice.low, choice.high, log=choice.log)
    return CategoricalDistribution(choice)
