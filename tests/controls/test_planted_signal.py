"""Control 3: a signal that is there is found, and told to beat the last value; and, being on prices, doubted.

GRU Classic with tanh, after five epochs, has most of the skill that the oracle has on the same rows. Since
it is good, "beats the last value" is said; since no honest forecast of prices has ever been so good, the
alarm is raised beside it. Both are right: here the series was made to be forecast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controls.experiments import Found, train_optimized
from controls.planted import EXPECTED_SKILL, judge_of, oracle, planted
from integration.champion.lab import Lab
from trintena import metrics
from trintena.domain import Search, SearchSpace
from trintena.report import judgment
from trintena.report.alarm import alarm

GRU_CLASSIC = 6
ENOUGH = 0.6
"""Of the oracle's skill."""
SETTING: dict[str, Any] = {
    "learning_rate": (0.001,),
    "batch_size": (32,),
    "dropout_rate": (0.2,),
    "epochs": (5,),
    "activation": ("tanh",),
}


def test_the_oracle_of_the_planted_signal_has_the_skill_that_it_must_have() -> None:
    judges = [judge_of(planted(seed)) for seed in range(40)]
    skills = [metrics.skill(judge.actual("test"), oracle(judge)) for judge in judges]
    # The spread of 40 means of 504 rows: 0.012 / sqrt(40).
    assert np.mean(skills) == pytest.approx(EXPECTED_SKILL, abs=0.006)


def assert_found(found: Found) -> None:
    judge, (row,) = found.case.judge, found.answer["all_results"]
    actual = judge.actual("test")
    possible = metrics.skill(actual, oracle(judge))
    assert possible is not None
    assert 0.02 < possible < 0.08
    told = found.answer["verdict"]
    assert told["skill"] == row["skill"] >= ENOUGH * possible
    fits = [trial for trial in found.trials if trial.purpose == "refit"]
    assert len(fits) == 3
    for trial in fits:
        reached = metrics.skill(actual, trial.forecasts["test"])
        assert reached is not None
        assert reached >= ENOUGH * possible
    assert told["code"] == "beats_last_value"
    assert told["skill_against_drift"] > 0.01
    assert max(told["dm_p"], told["spa_p"]) < 0.05
    assert told["validation_skill"] > told["luck_level"]
    assert GRU_CLASSIC in told["confidence_set"]["model_ids"]
    assert not told["persistence_clone"]
    assert {"r2"} <= set(told["suspect_leakage"]) <= {"skill", "r2", "direction"}
    # Both statements, as a person reads them.
    assert judgment.sentence(told).startswith("Beats repeating the last value")
    warning = alarm(told)
    assert warning is not None
    assert warning.startswith("Suspect leakage")
    # The last value, on the same board, is what it is.
    last = next(each for each in found.answer["baselines"] if each["key"] == "last_value")
    assert last["skill"] == 0.0
    assert last["test_persistence_clone"]


def test_a_planted_signal_is_found_and_doubted(lab: Lab) -> None:
    search = Search(n_trials=1, space=SearchSpace(**SETTING))
    answer = lab.train(
        planted(0), mode="optimized", search=search, model_ids=(GRU_CLASSIC,), lookback=20, seed=0
    )
    assert_found(Found.by(lab, answer))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_planted_signal_is_found_and_doubted_with_any_seed(at_home: Lab, seed: int) -> None:
    space = {name: list(values) for name, values in SETTING.items()}
    answer = train_optimized(
        at_home, planted(seed), model_ids=[GRU_CLASSIC], n_trials=1, space=space, seed=seed
    )
    assert_found(Found.by(at_home, answer))
