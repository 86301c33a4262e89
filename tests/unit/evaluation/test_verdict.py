"""The verdict: said of what it was planted in, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.scores import Judge
from trintena.evaluation.verdict import Contest, not_judged, verdict

Judges = Callable[..., Judge]


@pytest.fixture
def long_judge(judge: Judges) -> Judge:
    """Of a random walk of 5,000 rows: 504 days of test."""
    return judge(np.exp(np.cumsum(np.random.default_rng(11).normal(0.0, 0.02, 5000))))


def noise(judge: Judge, seed: int, size: float = 0.1) -> np.ndarray:
    """Forecasts of the test segment that know nothing, a tenth as large as the changes are."""
    actual = judge.actual("test")
    return size * actual.std() * np.random.default_rng(seed).normal(size=actual.shape)


def said(
    judge: Judge,
    architectures: Mapping[int, np.ndarray],
    winner: int,
    *,
    validation: np.ndarray | None = None,
    is_price: bool = True,
) -> dict[str, Any]:
    """The verdict on one of some architectures, by what each forecast of the test segment."""
    scores = judge.scores("test", architectures[winner])
    forecast = np.zeros_like(judge.actual("validation")) if validation is None else validation
    row = {
        "model_id": winner,
        "skill": scores["skill"],
        "skill_against_drift": scores["skill_against_drift"],
        "validation_skill": judge.scores("validation", forecast)["skill"],
        "test_persistence_clone": scores["persistence_clone"],
    }
    baselines = {row.key: row.forecast(judge.frame, judge.segments, judge.segments.test) for row in BASELINES}
    return verdict(row, judge, Contest(architectures, baselines, [forecast]), is_price=is_price)


def test_who_half_knows_the_future_beats_the_last_value(long_judge: Judge) -> None:
    told = said(long_judge, {1: 0.5 * long_judge.actual("test"), 6: noise(long_judge, 0)}, 1)
    assert told["code"] == "beats_last_value"
    assert told["skill"] == pytest.approx(0.5)
    assert max(told["dm_p"], told["dm_p_against_drift"], told["spa_p"]) < 0.01
    assert told["confidence_set"] == {"level": 0.9, "model_ids": [1], "baselines": []}
    assert told["suspect_leakage"] == ["skill", "r2", "direction"]


def test_of_a_series_that_is_no_price_the_same_raises_no_alarm(long_judge: Judge) -> None:
    told = said(long_judge, {1: 0.5 * long_judge.actual("test")}, 1, is_price=False)
    assert (told["code"], told["suspect_leakage"]) == ("beats_last_value", [])


def test_the_last_value_and_drift_themselves_beat_nobody(long_judge: Judge) -> None:
    for row in BASELINES:
        own = row.forecast(long_judge.frame, long_judge.segments, long_judge.segments.test)
        told = said(long_judge, {1: own}, 1)
        assert told["code"] == "not_distinguishable"
        assert told["persistence_clone"] is True


def test_the_luckiest_of_many_is_not_taken_for_the_best(long_judge: Judge) -> None:
    # Alone, its lead would be significant; as the best of a hundred it is not.
    crowd = {model_id: noise(long_judge, model_id) for model_id in range(100)}
    actual = long_judge.actual("test")
    luckiest = min(crowd, key=lambda each: float(np.square(actual - crowd[each]).mean()))
    told = said(long_judge, crowd, luckiest)
    assert min(told["skill"], told["skill_against_drift"]) > 0
    assert told["dm_p"] < 0.05 < told["spa_p"]
    assert told["code"] == "not_distinguishable"
    assert "last_value" in told["confidence_set"]["baselines"]


def test_who_is_behind_drift_beats_nobody(judge: Judges) -> None:
    # A walk that climbs steadily: a little of the climb is ahead of the last value, and behind drift.
    climbing = judge(np.exp(np.cumsum(np.random.default_rng(3).normal(5e-3, 5e-3, 5000))))
    actual = climbing.actual("test")
    told = said(climbing, {1: 1e-3 + 0.05 * actual}, 1)
    assert told["skill"] > 0 > told["skill_against_drift"]
    assert told["dm_p"] < 0.05
    assert told["code"] == "not_distinguishable"


def test_what_was_lost_of_the_validation_skill(long_judge: Judge) -> None:
    validation = 0.2 * long_judge.actual("validation")
    told = said(long_judge, {1: noise(long_judge, 1)}, 1, validation=validation)
    assert told["validation_skill"] == pytest.approx(0.2)
    assert told["shrinkage"] == pytest.approx(0.2 - told["skill"])
    assert told["n_trials"] == 1
    # One trial, moved away from its own targets: luck gives it next to nothing.
    assert told["luck_level"] < 0.05


def test_a_network_that_exploded_is_not_in_the_confidence_set(long_judge: Judge) -> None:
    exploded = noise(long_judge, 2)
    exploded[7] = np.inf
    told = said(long_judge, {1: noise(long_judge, 1), 6: exploded}, 1)
    assert told["code"] == "not_distinguishable"
    assert 6 not in told["confidence_set"]["model_ids"]
    assert "last_value" in told["confidence_set"]["baselines"]


def test_of_longer_horizons_the_loss_of_an_origin_is_the_mean_of_its_steps(judge: Judges) -> None:
    asked = judge(np.exp(np.cumsum(np.random.default_rng(1).normal(0.0, 0.02, 5000))), horizon=3)
    told = said(asked, {1: 0.3 * asked.actual("test")}, 1)
    assert told["code"] == "beats_last_value"
    assert told["suspect_leakage"] == [], "the alarm is for one step"


def test_nothing_is_said_before_the_test_is_consulted() -> None:
    assert not_judged()["code"] == "not_judged"
