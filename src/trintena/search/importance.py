"""Which hyper-parameters set the best trials apart, and which do so by chance only.

Optuna's PED-ANOVA, the only one of its evaluators that needs no further library: how unlike all trials
the best ones are along each hyper-parameter. It looks at the order of the trials alone, so that those
of different architectures can be pooled, each ranked among its own.

A few trials are always unlike the others in some way. So the same is asked of shuffled ranks, and only
what goes beyond them counts.

References: Watanabe et al. 2023 (PED-ANOVA), arXiv:2304.10255; Barnard 1963 (the test by shuffling),
Journal of the Royal Statistical Society B 25, page 294.
"""

from __future__ import annotations

import sys
import warnings
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from trintena.domain import FINISHED, Range, SearchSpace, TrialResult
from trintena.search.quiet import quiet_optuna

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

BEST_SHARE = 0.25
"""With Optuna's tenth, what decides a search of a hundred trials is missed three times in ten."""
MINIMUM_TRIALS = 20
"""Optuna's own advice is at least five trials among the best."""
_SHUFFLES = 19
"""What exceeds all of them is one of twenty and the largest: chance does so once in twenty."""


def importance(space: SearchSpace, trials: Sequence[TrialResult]) -> dict[str, float]:
    """The share of each hyper-parameter, the largest first: together 1, or all 0.

    They tell what distinguishes the best quarter of the search trials from the rest. One that
    distinguishes it no more than shuffled ranks do has 0. A pruned trial ranks behind the complete ones;
    a failed one is left out, for it may be the machine that failed. Empty where there are fewer than 20
    trials, or nothing to choose, or all trials are equally good. The same trials give the same shares.
    """
    ended = [
        trial
        for trial in trials
        if trial.purpose == "search" and trial.state in FINISHED and trial.validation_rmse is not None
    ]
    chosen = {name: choice for name, choice in vars(space).items() if not _is_single(choice)}
    places = _places(ended)
    if len(ended) < MINIMUM_TRIALS or not chosen or len(np.unique(places)) < 2:
        return {}
    study = _study(ended, {name: _distribution(choice) for name, choice in chosen.items()})
    found = _divergence(study, places)
    random = np.random.default_rng(0)
    by_chance = [_divergence(study, random.permutation(places)) for _ in range(_SHUFFLES)]
    beyond = {}
    for name, divergence in found.items():
        shuffled = [other[name] for other in by_chance]
        beyond[name] = divergence - float(np.mean(shuffled)) if divergence > max(shuffled) else 0.0
    total = sum(beyond.values()) or 1.0
    return {name: beyond[name] / total for name in sorted(beyond, key=beyond.__getitem__, reverse=True)}


def _places(trials: Sequence[TrialResult]) -> Float[np.ndarray, " trial"]:
    """Where each trial stands among those of its architecture, from 0 (the best) to below 1; ties share."""
    scores = [_score(trial) for trial in trials]
    by_model: dict[int, list[tuple[int, float]]] = {}
    for score, trial in sorted(zip(scores, trials, strict=True), key=lambda pair: pair[0]):
        by_model.setdefault(trial.model_id, []).append(score)
    return np.array(
        [
            bisect_left(by_model[trial.model_id], score) / len(by_model[trial.model_id])
            for score, trial in zip(scores, trials, strict=True)
        ]
    )


def _score(trial: TrialResult) -> tuple[int, float]:
    """Lower is better: complete ones first, then the pruned ones that got further, then by their error."""
    epochs = len(trial.validation_curve)
    return (-sys.maxsize if trial.state == "COMPLETE" else -epochs), float(trial.validation_rmse or 0.0)


def _study(trials: Sequence[TrialResult], distributions: dict[str, BaseDistribution]) -> Study:
    """The trials as Optuna knows them, numbered in their order."""
    import optuna

    with quiet_optuna():
        study = optuna.create_study(storage=optuna.storages.InMemoryStorage())
    for trial in trials:
        setting = asdict(trial.hyperparameters)
        params = {name: setting[name] for name in distributions}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=0.0))
    return study


def _divergence(study: Study, places: Float[np.ndarray, " trial"]) -> dict[str, float]:
    """How unlike all trials the best ones are along each hyper-parameter."""
    from optuna.importance import PedAnovaImportanceEvaluator

    with warnings.catch_warnings():
        # That low values of a target count as good, which is what is meant.
        warnings.simplefilter("ignore")
        return PedAnovaImportanceEvaluator(target_quantile=BEST_SHARE).evaluate(
            study, target=lambda trial: float(places[trial.number])
        )


def _is_single(choice: tuple[Any, ...] | Range) -> bool:
    return choice.low == choice.high if isinstance(choice, Range) else len(set(choice)) < 2


def _distribution(choice: tuple[Any, ...] | Range) -> BaseDistribution:
    """As Optuna words a choice. What is listed is compared value by value, without an order."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(choice, Range):
        # Its steps change nothing here, and need not divide it.
        return FloatDistribution(choice.low, choice.high, log=choice.log)
    return CategoricalDistribution(choice)
