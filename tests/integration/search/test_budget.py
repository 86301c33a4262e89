"""`--budget`: the run ends on time, with a champion, and its time went where it promised most."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from integration.champion import plain
from integration.search.searching import ALIKE, REQUEST, series
from integration.training.running import Done, are_gone, begun, experiments, trintena, wait_for
from trintena.windows import segments_of

BUDGET_S = 60.0
LATE_S, EARLY_S = 4.0, 30.0
MODELS = (2, 5, 6, 9, 22, 26)
WORDS = ("--mode", "optimized", "--models", ",".join(map(str, MODELS)), "--trials", 200, "--budget", "60s")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Done:
    home = tmp_path_factory.mktemp("budget") / "home"
    words = ("--csv", prices, *ALIKE, *WORDS, "--activation", "tanh,relu", "--json", "answer.json")
    with begun(home, "train", *words, "--workers", 2) as running:
        ended = running.done(BUDGET_S + 60.0)
    assert ended.code == 0, ended.err
    return ended


def test_it_ends_on_time(done: Done) -> None:
    assert BUDGET_S - EARLY_S < done.answer["total_time"] < BUDGET_S + LATE_S
    assert done.answer["budget_s"] == BUDGET_S
    assert experiments(done.home) == [(1, "succeeded")]


def test_there_is_a_champion_that_its_files_bear_out(done: Done, prices: Path) -> None:
    answer, of = done.answer, series()
    winner = answer["winner"]
    assert (winner["rank"], winner["model_id"]) == (1, answer["all_results"][0]["model_id"])
    assert len(winner["seeds"]["rmse"]) == 3
    (file,) = (file for file in answer["champion"]["files"] if file.endswith(".keras"))
    origins = segments_of(of, REQUEST["split"], REQUEST["lookback"], 1).validation
    forecast = plain.forecasts(done.home / file, of, origins)
    again = plain.rmse(plain.targets(of, "log_return", origins, 1) - forecast)
    assert winner["best_rmse"] == pytest.approx(again, rel=1e-5)


def test_the_time_went_where_it_promised_most(done: Done) -> None:
    rows = {row["model_id"]: row for row in done.answer["all_results"]}
    assert set(rows) == set(MODELS)
    tried = {model_id: row["n_trials"] for model_id, row in rows.items()}
    assert min(tried.values()) > 0, "everybody has had a turn"
    assert max(tried.values()) >= 2 * min(tried.values())
    # Those that raced to the end are those whose settings were fitted again, the winner among them.
    assert tried[done.answer["winner"]["model_id"]] > min(tried.values())
    ended = ("COMPLETE", "PRUNED", "FAIL", "WAITING")
    assert all(sum(row["trial_counts"][state] for state in ended) == row["n_trials"] for row in rows.values())


def test_a_race_that_is_killed_goes_on_with_the_time_that_is_left(tmp_path: Path, prices: Path) -> None:
    home = tmp_path / "home"
    words = ("--csv", prices, *ALIKE, *WORDS, "--activation", "tanh,relu")
    with begun(home, "train", *words, "--workers", 2) as running:
        running.wait_for(lambda: experiments(home) == [(1, "running")], "a running experiment")
        began = time.monotonic()
        time.sleep(25.0)
        children = running.children()
        running.popen.kill()
        running.popen.wait()
    used_s = time.monotonic() - began
    wait_for(lambda: are_gone(children), "end of its children")
    resumed = trintena(home, "train", "--resume", 1, "--workers", 2, "--json", "answer.json")
    assert resumed.code == 0, resumed.err
    assert resumed.answer["total_time"] < BUDGET_S - used_s + LATE_S
    for row in resumed.answer["all_results"]:
        if row["seeds"] is not None:
            # What was fitted again is the best of all trials, those before the kill included.
            assert row["seeds"]["seeds"] == [1, 2, 3]
            assert row["rank"] is not None
    assert resumed.answer["winner"]["seeds"] is not None
