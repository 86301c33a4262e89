"""A race that was killed when its settings were being fitted again."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from integration.search.searching import N_REFITS, WORDS, studies_of
from integration.training.running import begun, select, trintena

REFITS = "SELECT state FROM architecture_trials WHERE purpose = 'refit'"


@pytest.mark.slow
@pytest.mark.parametrize("left_s", [3, 12, 40])
def test_a_race_that_is_killed_when_it_fits_again_ends_with_a_champion_whatever_time_is_left(
    tmp_path: Path, prices: Path, left_s: int
) -> None:
    home = tmp_path / "home"
    words = ("--csv", prices, *WORDS, "--models", "9", "--budget", "60s")
    with begun(home, "train", *words, "--workers", 1) as running:
        running.wait_for(lambda: select(home, REFITS), "a refit")
        os.kill(running.popen.pid, signal.SIGSTOP)
        assert [state for (state,) in select(home, REFITS)].count("COMPLETE") < N_REFITS
        running.popen.kill()
        running.popen.wait()
    with closing(sqlite3.connect(home / "trintena.db")) as connection, connection:
        connection.execute(
            "UPDATE events SET at = strftime('%Y-%m-%d %H:%M:%f', at, ?) WHERE kind = 'running'",
            (f"-{60 - left_s} seconds",),
        )
    resumed = trintena(home, "train", "--resume", 1, "--workers", 1, "--json", "answer.json")
    assert resumed.code == 0, resumed.err
    assert [state for (state,) in select(home, REFITS)] == ["COMPLETE"] * N_REFITS
    winner = resumed.answer["winner"]
    assert len(winner["seeds"]["rmse"]) == N_REFITS
    # No trial was added that would have won over the one whose setting was fitted again.
    (study,) = studies_of(home).values()
    assert winner["best_params"] == study["best_params"]
    assert winner["trial_rmse"] == study["best_value"]
