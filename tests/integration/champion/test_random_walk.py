"""Control 2 of the protocol: where there is nothing to find, nothing is found.

Its verdict half ("beats" in none of the five) belongs to the significance tests.
"""

from __future__ import annotations

import pytest

from integration.champion.lab import Lab, autoregressive, prices

N_ROWS = 2_520
"""Ten years of days."""
DEVIATION = 0.023
HIGHEST_SKILL = 0.01
SEEDS = range(5)


def assert_no_skill(lab: Lab, seed: int, **request: object) -> None:
    walk = prices(f"WALK{seed}", autoregressive(N_ROWS, 0.0, DEVIATION, seed))
    answer = lab.train(walk, seed=seed, **request)
    assert all(row["state"] == "COMPLETE" for row in answer["results"])
    champion = lab.version(answer)
    assert champion.is_winner
    assert champion.model_id == answer["winner"]["model_id"]
    assert champion.metrics["test"]["skill"] == answer["winner"]["skill"]
    assert answer["winner"]["skill"] <= HIGHEST_SKILL


@pytest.mark.parametrize("seed", SEEDS)
def test_the_champion_of_a_random_walk_has_no_skill(lab: Lab, seed: int) -> None:
    assert_no_skill(lab, seed, model_ids="1,9,12,28", lookback=20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_champion_of_all_thirty_has_no_skill_on_a_random_walk(lab: Lab, seed: int) -> None:
    assert_no_skill(lab, seed, model_ids=None, lookback=60)
