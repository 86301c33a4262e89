from __future__ import annotations

import math
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import func, select

from trintena.errors import NotFoundError
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import TrialResult
    from trintena.registry import Registry

    MakeTrial = Callable[..., TrialResult]


def n_weights(registry: Registry) -> int:
    with registry._reading() as session:
        return session.scalars(select(func.count(ArchitectureTrial.weights))).one()


def test_a_trial_comes_back_as_it_was_without_weights(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    saved = trial(
        11,
        0.0234,
        n_parameters=12_345,
        fit_seconds=1.5,
        elapsed_seconds=2.25,
        train_losses=(1.0, math.nan, 0.5),
        forecasts={"validation": np.ones((3, 2), np.float32), "file": np.array([[math.nan]])},
    )
    registry.record_trial(experiment, saved, {"skill": np.float64(0.01), "worst": math.inf})

    (loaded,) = registry.trials(experiment)
    for name in ("model_id", "state", "hyperparameters", "seed", "n_parameters", "fit_seconds"):
        assert getattr(loaded, name) == getattr(saved, name)
    assert (loaded.elapsed_seconds, loaded.validation_rmse, loaded.reason) == (2.25, 0.0234, None)
    assert loaded.train_losses[::2] == (1.0, 0.5)
    assert math.isnan(loaded.train_losses[1])
    assert loaded.forecasts.keys() == saved.forecasts.keys()
    for name, forecast in saved.forecasts.items():
        assert loaded.forecasts[name].dtype == forecast.dtype
        np.testing.assert_array_equal(loaded.forecasts[name], forecast)
    assert loaded.weights is None
    assert registry.trial_metrics(experiment) == {11: {"skill": 0.01, "worst": None}}


def test_trials_are_listed_by_architecture(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    for model_id in (11, 1, 6):
        registry.record_trial(experiment, trial(model_id), {})
    assert [t.model_id for t in registry.trials(experiment)] == [1, 6, 11]


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


def test_a_second_run_replaces_a_failure(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    failed = trial(1, None, state="FAIL", weights=None, forecasts={}, reason="out of memory")
    registry.record_trial(experiment, failed, {})
    assert registry.trials(experiment)[0].reason == "out of memory"

    registry.record_trial(experiment, trial(1, 0.02), {"skill": 0.1})
    (loaded,) = registry.trials(experiment)
    assert (loaded.state, loaded.reason) == ("COMPLETE", None)
    assert registry.trial_metrics(experiment) == {1: {"skill": 0.1}}
    assert registry.best_weights(experiment) is not None


def test_what_finished_is_never_replaced(registry: Registry, experiment: int, trial: MakeTrial) -> None:
    registry.record_trial(experiment, trial(1, 0.02), {"run": 1})
    registry.record_trial(experiment, trial(1, None, state="FAIL", weights=None, reason="killed"), {})
    registry.record_trial(experiment, trial(1, 0.01), {"run": 2})
    (loaded,) = registry.trials(experiment)
    assert (loaded.state, loaded.validation_rmse) == ("COMPLETE", 0.02)
    assert registry.trial_metrics(experiment) == {1: {"run": 1}}


def test_further_trials_of_an_architecture_have_numbers(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, 0.02), {})
    registry.record_trial(experiment, trial(1, 0.01), {}, number=1, model_name="LSTM Classic (64/32)")
    assert [t.validation_rmse for t in registry.trials(experiment)] == [0.02, 0.01]
    assert n_weights(registry) == 1
    with registry._reading() as session:
        assert session.scalars(select(ArchitectureStudy.model_name)).all() == ["LSTM Classic (64/32)"]


def test_a_trial_needs_its_experiment(registry: Registry, trial: MakeTrial) -> None:
    with pytest.raises(NotFoundError):
        registry.record_trial(99, trial(1), {})


def test_nothing_is_stored_of_a_trial_that_cannot_be_stored_whole(
    registry: Registry, experiment: int, trial: MakeTrial
) -> None:
    registry.record_trial(experiment, trial(1, 0.02), {})
    unfit = trial(6, 0.01, weights=(np.array([object()]),))
    with pytest.raises(ValueError, match="only plain numbers"):
        registry.record_trial(experiment, unfit, {})
    assert [t.model_id for t in registry.trials(experiment)] == [1]
    assert n_weights(registry) == 1
