"""Control 2: where there is nothing to find, nothing is found, and nobody is told to beat the last value."""

from __future__ import annotations

from typing import Any

import pytest

from controls.experiments import train_fast, train_optimized
from integration.champion.lab import Lab, autoregressive, prices
from trintena.domain import PriceSeries
from trintena.report import judgment

N_ROWS = 2_520
"""Ten years of days."""
DEVIATION = 0.023
HIGHEST_SKILL = 0.01
SEEDS = range(5)


def walk(seed: int, kind: str = "") -> PriceSeries:
    return prices(f"WALK{kind}{seed}", autoregressive(N_ROWS, 0.0, DEVIATION, seed))


def assert_no_skill(lab: Lab, answer: dict[str, Any]) -> None:
    rows = answer.get("all_results") or answer["results"]
    assert all(row["state"] == "COMPLETE" for row in rows)
    champion, winner, told = lab.version(answer), answer["winner"], answer["verdict"]
    assert champion.is_winner
    assert champion.model_id == winner["model_id"]
    assert champion.metrics["test"]["skill"] == winner["skill"] == told["skill"]
    assert winner["skill"] <= HIGHEST_SKILL
    assert champion.metrics["verdict"] == told
    assert told["code"] == "not_distinguishable"
    said = ("Not distinguishable from repeating the last value", "Worse than repeating the last value")
    assert judgment.sentence(told).startswith(said)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_champion_of_a_random_walk_has_no_skill(lab: Lab, seed: int) -> None:
    assert_no_skill(lab, lab.train(walk(seed), seed=seed, model_ids="1,9,12,28", lookback=20))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_champion_of_all_thirty_has_no_skill_on_a_random_walk(at_home: Lab, seed: int) -> None:
    answer = train_fast(at_home, walk(seed, "ALL"), seed=seed)
    assert answer["total_models"] == 30
    assert_no_skill(at_home, answer)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_champion_of_a_search_has_no_skill_on_a_random_walk(at_home: Lab, seed: int) -> None:
    """The best of many trials leads on validation; that is all that it does."""
    answer = train_optimized(
        at_home,
        walk(seed, "SEARCHED"),
        n_trials=8,
        space={"epochs": [5, 10], "activation": ["tanh", "relu", "elu"]},
        model_ids="1,6,9,12,26,28",
        lookback=20,
        seed=seed,
    )
    assert answer["verdict"]["n_trials"] >= 6
    assert_no_skill(at_home, answer)
