from __future__ import annotations

import math
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import func, select

from trintena.errors import NotFoundError
from trintena.registry.tables import ArchitectureTrial

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import TrialResult
    from trintena.registry import Registry

    MakeTrial = Callable[..., TrialResult]


def n_weights(registry: Registry) -> int:
    with registry._reading() as session:
        return session.scalars(select(func.count(ArchitectureTrial.weights))).one()


@pytest.mark.parametrize("order", list(permutations((1, 6, 11))))
def test_only_the_best_keeps_its_weights_whatever_the_order(
    registry: Registry, experiment: int, trial: MakeTrial, order: tuple[int, ...]
) -> None:
    rmse = {1: 0.03, 6: 0.01, 11: 0.02}
    for n_done, model_id in enumerate(order, 1):
        registry.record_trial(experiment, trial(model_id, rmse[model_id]), {})
        leader = min(order[:n_done], key=rmse.__getitem__)
        best = registry.best_weights(experiment)
        assert best is not None
        assert best[0] == leader
        np.testing.assert_array_equal(best[1][0], np.full((2, 3), leader, np.float32))
        assert [w.shape for w in best[1]] == [(2, 3), (3,)]
        assert n_weights(registry) == 1


@pytest.mark.parametrize("order", [(1, 6), (6, 1)])
def test_of_equal_scores_the_lowest_architecture_leads(
    registry: Registry, experiment: int, trial: MakeTrial, order: tuple[int, ...]
) -> None:
    for model_id in order:
        registry.record_trial(experiment, trial(model_id, 0.02), {})
    best = registry.best_weights(experiment)
    assert best is not None
    assert best[0] == 1


@pytest.mark.parametrize(
    ("state", "rmse"),
    [("FAIL", 0.001), ("PRUNED", 0.001), ("COMPLETE", math.nan), ("COMPLETE", math.inf), ("COMPLETE", None)],
)
def test_what_did_not_finish_with_a_number_never_leads(
    registry: Registry, experiment: int, trial: MakeTrial, state: str, rmse: float | None
) -> None:
    registry.record_trial(experiment, trial(1, rmse, state=state), {})
    assert registry.best_weights(experiment) is None
    assert n_weights(registry) == 0
    registry.record_trial(experiment, trial(6, 0.5), {})
    best = registry.best_weights(experiment)
    assert best is not None
    assert best[0] == 6


def test_other_experiments_keep_their_weights(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    other = registry.create_experiment(registry.experiment(experiment).spec)
    registry.record_trial(experiment, trial(1, 0.5), {})
    registry.record_trial(other, trial(6, 0.1), {})
    registry.drop_weights(other)
    assert registry.best_weights(other) is None
    assert registry.best_weights(experiment) is not None


def test_of_equal_trials_of_an_architecture_the_first_number_leads(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    for number in (2, 1):
        weights = (np.full(3, number, np.float32),)
        registry.record_trial(experiment, trial(1, 0.02, number=number, weights=weights), {})
    best = registry.best_weights(experiment)
    assert best is not None
    np.testing.assert_array_equal(best[1][0], np.full(3, 1, np.float32))


def test_every_refit_keeps_its_weights_and_none_takes_the_lead(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(6, 0.03), {})
    for model_id in (1, 6):
        for number in range(3):
            weights = (np.full(2, 10 * model_id + number, np.float32),)
            refit = trial(model_id, 0.001, purpose="refit", number=number, weights=weights)
            registry.record_trial(experiment, refit, {})
    registry.record_trial(experiment, trial(11, 0.02), {})  # a search trial that takes the lead

    best = registry.best_weights(experiment)
    assert best is not None
    assert best[0] == 11
    assert n_weights(registry) == 7
    for model_id in (1, 6):
        for number in range(3):
            kept = registry.refit_weights(experiment, model_id, number)
            assert kept is not None
            np.testing.assert_array_equal(kept[0], np.full(2, 10 * model_id + number, np.float32))


def test_a_refit_without_a_model_has_no_weights(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, None, purpose="refit", state="FAIL", reason="diverged"), {})
    registry.record_trial(experiment, trial(1, 0.02), {})  # the search trial of the same number
    assert registry.refit_weights(experiment, 1, 0) is None
    assert registry.refit_weights(experiment, 1, 1) is None
    assert registry.refit_weights(experiment, 6, 0) is None
    with pytest.raises(NotFoundError, match="No experiment 99"):
        registry.refit_weights(99, 1, 0)


def test_dropping_forgets_every_weight_of_one_experiment(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    other = registry.create_experiment(registry.experiment(experiment).spec)
    for number in (experiment, other):
        registry.record_trial(number, trial(6, 0.02), {})
        registry.record_trial(number, trial(6, 0.02, purpose="refit"), {})

    registry.drop_weights(experiment)
    assert registry.best_weights(experiment) is None
    assert registry.refit_weights(experiment, 6, 0) is None
    assert registry.best_weights(other) is not None
    assert registry.refit_weights(other, 6, 0) is not None
