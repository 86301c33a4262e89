"""Control 4: a forecast that repeats the last value is called a clone of it, and one that foresees is not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from controls.planted import judge_of, oracle, planted
from trintena import metrics
from trintena.evaluation.scores import Judge

SEEDS = range(3)


@cache
def judge(seed: int) -> Judge:
    return judge_of(planted(seed))


def noise(judge: Judge, generator: np.random.Generator) -> np.ndarray:
    """The last price, times 1 plus noise of 1 %."""
    return np.log1p(generator.normal(0.0, 0.01, judge.actual("test").shape))


@pytest.mark.parametrize("seed", SEEDS)
def test_it_fires_on_the_last_value(seed: int) -> None:
    scores = judge(seed).scores("test", np.zeros_like(judge(seed).actual("test")))
    assert scores["best_shift"] == 1
    assert scores["persistence_clone"]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_fires_on_the_last_value_with_noise(seed: int) -> None:
    # One draw in twenty correlates by chance: seeded.
    noisy = noise(judge(seed), np.random.default_rng(100 + seed))
    scores = judge(seed).scores("test", noisy)
    assert scores["best_shift"] == 1
    assert scores["persistence_clone"]


def test_it_misses_noise_no_oftener_than_its_interval_allows() -> None:
    generator, of = np.random.default_rng(0), judge(0)
    levels, origins, actual = of.frame.table[:, 0], np.asarray(of.segments.test), of.actual("test")
    fired = []
    for _ in range(400):
        noisy = noise(of, generator)
        shift = metrics.best_shift(levels, origins, noisy)
        fired.append(metrics.is_persistence_clone(shift, actual, noisy))
    assert np.mean(fired) == pytest.approx(0.95, abs=0.04)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_does_not_fire_on_the_oracle(seed: int) -> None:
    scores = judge(seed).scores("test", oracle(judge(seed)))
    # Its path, too, fits the actual one best a day late: it is the correlation that clears it.
    assert scores["best_shift"] == 1
    assert scores["change_correlation"][1] > 0
    assert not scores["persistence_clone"]


def test_it_does_not_fire_on_one_who_knows_the_future() -> None:
    scores = judge(0).scores("test", judge(0).actual("test"))
    assert scores["best_shift"] == 0
    assert not scores["persistence_clone"]


@pytest.mark.slow
def test_over_many_series_it_fires_as_often_as_it_must() -> None:
    """On the last value always, on noise in 95 % of cases, on the oracle never."""
    clones = {"last value": 0, "noise": 0, "oracle": 0}
    n_series = 200
    for seed in range(n_series):
        of = judge_of(planted(seed))
        forecasts = {
            "last value": np.zeros_like(of.actual("test")),
            "noise": noise(of, np.random.default_rng(1_000 + seed)),
            "oracle": oracle(of),
        }
        for name, forecast in forecasts.items():
            clones[name] += of.scores("test", forecast)["persistence_clone"]
    assert (clones["last value"], clones["oracle"]) == (n_series, 0)
    # Three standard deviations of a share of 200.
    assert clones["noise"] / n_series == pytest.approx(0.95, abs=0.046)
