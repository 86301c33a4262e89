from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update

from integration.champion.lab import autoregressive, prices
from trintena.domain import ExperimentSpec, Range, Search, SearchSpace
from trintena.experiments.estimate import (
    TEN_YEARS,
    Estimate,
    Workload,
    estimate,
    expected,
    rows_of,
    slowness,
    workload_of,
)
from trintena.registry import Registry
from trintena.registry.tables import Experiment
from trintena.zoo import ARCHITECTURES

ALL = tuple(row.id for row in ARCHITECTURES)
FAST = Workload(ALL, lookback=60, horizon=1, n_rows=TEN_YEARS)


@pytest.mark.parametrize(
    ("search", "seconds"),
    [
        (None, 38),
        (Search(), 14.5 * 60),
        (Search(pruning=False), 45 * 60),
    ],
)
def test_on_two_cores_it_says_what_was_measured(search: Search | None, seconds: float) -> None:
    assert expected(replace(FAST, search=search), workers=2) == pytest.approx(seconds, rel=0.05)


@pytest.mark.parametrize(
    ("search", "n_trainings"),
    [
        (None, 30),
        (Search(n_trials=7), 30 * (7 + 3)),
        (Search(strategy="grid"), 30 * (3_360 + 3)),
        (Search(n_trials=5_000), 30 * (3_360 + 3)),
        (Search(budget_s=600.0), None),
        (Search(budget_s=600.0, n_trials=5), 30 * (5 + 3)),
    ],
)
def test_trainings_are_trials_and_refits(search: Search | None, n_trainings: int | None) -> None:
    assert replace(FAST, search=search).n_trainings == n_trainings


def test_a_budget_is_what_it_takes(registry: Registry) -> None:
    load = replace(FAST, search=Search(budget_s=90.0))
    assert estimate(load, registry, workers=2) == Estimate(None, 90.0)


@pytest.mark.parametrize(
    "more",
    [
        replace(FAST, n_rows=4 * TEN_YEARS),
        replace(FAST, lookback=240),
        replace(FAST, search=Search(n_trials=1)),
    ],
)
def test_more_work_takes_longer(more: Workload) -> None:
    assert expected(more, 2) > expected(FAST, 2)
    assert expected(more, 8) < expected(more, 2)


def test_costly_architectures_and_long_epochs_take_longer() -> None:
    assert expected(replace(FAST, model_ids=(5,)), 1) > expected(replace(FAST, model_ids=(4,)), 1)
    short = Search(space=SearchSpace(epochs=(2,)))
    long = Search(space=SearchSpace(epochs=Range(50, 100)))
    assert expected(replace(FAST, search=short), 2) < expected(replace(FAST, search=Search()), 2)
    assert expected(replace(FAST, search=long), 2) > expected(replace(FAST, search=Search()), 2)


def test_it_learns_from_what_experiments_took_here(registry: Registry) -> None:
    series = prices("walk", autoregressive(900))
    dataset = registry.save_dataset(series)
    spec = ExperimentSpec("walk", dataset, (6, 9), str(series.dates[0]), str(series.dates[-1]), lookback=8)
    load = workload_of(spec, registry.find_dataset(dataset))
    assert load == Workload((6, 9), 8, 1, 900, n_features=1)
    assert slowness(registry, "fast", workers=1) == 1.0
    usual = expected(load, 1)
    for factor in (2.0, 3.0, 40.0):  # one was resumed after a night
        number = registry.create_experiment(replace(spec, seed=int(factor)))
        registry.set_state(number, "running")
        registry.finish(number, "succeeded", {})
        record = registry.experiment(number)
        assert record.started_at is not None
        with registry._writing() as session:
            ended = record.started_at + timedelta(seconds=factor * usual)
            session.execute(update(Experiment).where(Experiment.id == number).values(finished_at=ended))
    assert estimate(load, registry, workers=1).seconds == pytest.approx(3 * usual, rel=1e-4)
    assert slowness(registry, "optimized", workers=1) == 1.0


def test_rows_are_those_of_the_last_years(registry: Registry) -> None:
    dataset = registry.find_dataset(registry.save_dataset(prices("walk", np.zeros(2_000))))
    assert rows_of(dataset, None) == 2_000
    assert rows_of(dataset, 1) == pytest.approx(261, abs=2)
    assert rows_of(dataset, 100) == 2_000
