"""Ctrl-C in a search: it ends soon, with a board of what is finished, and goes on where it was."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from integration.search.searching import MODELS, N_TRIALS, WORDS, board, states
from integration.training.running import GONE_WITHIN_S, Done, are_gone, begun, experiments, select, trintena

INTERRUPTED = 130


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Done:
    """A search that gets SIGINT, as its whole process group does from a terminal, in mid-trial."""
    home = tmp_path_factory.mktemp("interrupted") / "home"
    with begun(home, "train", "--csv", prices, *WORDS, "--workers", 1, "--json", "answer.json") as running:
        (worker,) = running.wait_for(running.children, "a worker")
        running.wait_for(lambda: "COMPLETE" in states(home), "a finished trial")
        os.kill(worker, signal.SIGSTOP)
        children = running.children()
        began = time.monotonic()
        os.killpg(running.popen.pid, signal.SIGINT)
        os.kill(worker, signal.SIGCONT)
        done = running.done(GONE_WITHIN_S)
        assert time.monotonic() - began < GONE_WITHIN_S
        assert are_gone(children)
    return done


def test_it_ends_as_interrupted_and_says_how_to_resume(interrupted: Done) -> None:
    assert interrupted.code == INTERRUPTED, interrupted.err
    assert experiments(interrupted.home) == [(1, "cancelled")]
    assert "Go on with it: trintena train --resume 1" in interrupted.err
    assert "Traceback" not in interrupted.err
    assert f"of {len(MODELS)} architectures finished" in interrupted.out
    assert "Failed" not in interrupted.out, "what has not begun has not failed"


def test_the_partial_board_counts_the_states_and_ranks_what_there_is(interrupted: Done) -> None:
    answer, found = interrupted.answer, states(interrupted.home)
    assert (answer["status"], answer["partial"], answer["mode"]) == ("cancelled", True, "optimized")
    counts = answer["trial_counts"]
    assert counts == {state: found[state] for state in ("WAITING", "RUNNING", "COMPLETE", "PRUNED", "FAIL")}
    assert counts["COMPLETE"] > 0
    assert counts["WAITING"] + counts["RUNNING"] > 0
    rows = answer["all_results"]
    assert sorted(row["model_id"] for row in rows) == list(MODELS)
    for state, n_trials in counts.items():
        assert sum(row["trial_counts"][state] for row in rows) == n_trials
    assert all(row["n_trials"] == sum(row["trial_counts"].values()) <= N_TRIALS for row in rows)
    scored = [row for row in rows if row["best_rmse"] is not None]
    assert [row["rank"] for row in rows] == [*range(1, len(scored) + 1), *[None] * (len(rows) - len(scored))]
    assert answer["winner"] == rows[0]
    assert rows[0]["best_params"]["activation"] == "tanh"


def test_the_partial_board_has_not_looked_at_the_test_segment(interrupted: Done) -> None:
    answer = interrupted.answer
    assert {row["test_rmse"] for row in answer["all_results"] + answer["baselines"]} == {None}
    assert answer["verdict"]["code"] == "not_judged"
    assert not answer.keys() & {"champion", "forecast", "serving"}
    assert select(interrupted.home, "SELECT id FROM test_passes") == []
    assert select(interrupted.home, "SELECT version FROM model_registry") == []


@pytest.mark.slow
def test_it_is_resumed_to_the_board_of_one_go(interrupted: Done, undisturbed: Done, tmp_path: Path) -> None:
    home = Path(shutil.copytree(interrupted.home, tmp_path / "home"))
    resumed = trintena(home, "train", "--resume", 1, "--workers", 1, "--json", "answer.json")
    assert resumed.code == 0, resumed.err
    assert board(resumed.answer) == board(undisturbed.answer)
    assert resumed.answer["trial_counts"] == undisturbed.answer["trial_counts"]
    assert not resumed.answer["partial"]
    assert experiments(home) == [(1, "succeeded")]
