"""What becomes of a training that is interrupted, killed, cancelled, or loses a worker.

Nothing here sleeps for a while and hopes: a test waits until a trial is in the database, stops the
worker in mid-trial, and only then interferes.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from integration.training.running import (
    CHOICE,
    GONE_WITHIN_S,
    MODELS,
    Done,
    are_gone,
    begun,
    experiments,
    figures,
    select,
    trained_since_last_start,
    trials,
    trintena,
    wait_for,
)

INTERRUPTED = 130


def assert_partial(done: Done) -> None:
    """It ended as interrupted, kept what was finished, and says so."""
    assert done.code == INTERRUPTED, done.err
    assert experiments(done.home) == [(1, "cancelled")]
    kept = trials(done.home)
    assert 0 < len(kept) < len(MODELS)
    assert {state for state, _ in kept.values()} == {"COMPLETE"}
    assert f"Partial board: {len(kept)} of {len(MODELS)} architectures finished." in done.out
    assert "Last value (baseline)" in done.out
    assert "What is finished is kept. Go on with it: trintena train --resume 1" in done.err
    assert "Traceback" not in done.err


def test_an_interrupt_keeps_what_is_finished_and_says_how_to_resume(interrupted: Done) -> None:
    assert_partial(interrupted)


def test_the_partial_answer_has_not_looked_at_the_test_segment(interrupted: Done) -> None:
    answer = interrupted.answer
    assert (answer["status"], answer["partial"], answer["total_models"]) == ("cancelled", True, len(MODELS))
    assert {row["model_id"] for row in answer["results"]} == set(trials(interrupted.home))
    assert answer["winner"] == answer["results"][0]
    assert {row["test_rmse"] for row in answer["results"] + answer["baselines"]} == {None}
    assert answer["verdict"]["code"] == "not_judged"
    assert "champion" not in answer
    assert select(interrupted.home, "SELECT id FROM test_passes") == []
    assert select(interrupted.home, "SELECT version FROM model_registry") == []


@pytest.mark.parametrize("how", ["as a terminal does", "politely"])
def test_every_kind_of_interrupt_is_heeded(how: str, tmp_path: Path, prices: Path) -> None:
    with begun(tmp_path / "home", "train", "--csv", prices, *CHOICE) as running:
        worker = running.pause_after_first_trial()
        children = running.children()
        if how == "politely":
            running.popen.send_signal(signal.SIGTERM)
        else:  # Ctrl-C reaches the whole group in the foreground
            os.killpg(running.popen.pid, signal.SIGINT)
        os.kill(worker, signal.SIGCONT)
        assert_partial(running.done(GONE_WITHIN_S))
        assert are_gone(children)


@pytest.mark.slow
def test_children_of_a_killed_training_are_gone_soon_and_it_resumes(
    tmp_path: Path, prices: Path, finished: Done
) -> None:
    home = tmp_path / "home"
    words = ("--csv", prices, "--models", "1,6", "--lookback", 10, "--workers", 1)
    with begun(home, "train", *words) as running:
        running.wait_for(lambda: trials(home), "a finished trial")
        # The worker trains the last architecture and, beside it, the process that saves models starts.
        running.wait_for(lambda: len(running.children()) == 2, "an inference process")
        children = running.children()
        running.popen.kill()
        running.popen.wait()
        wait_for(lambda: are_gone(children), "end of its children", GONE_WITHIN_S)
    assert experiments(home) == [(1, "running")]
    kept = trials(home)
    assert set(kept) >= {1}
    resumed = trintena(home, "train", "--resume", 1, "--workers", 1, "--json", "answer.json")
    assert resumed.code == 0, resumed.err
    assert {model_id: trials(home)[model_id] for model_id in kept} == kept
    assert trained_since_last_start(home) == {1, 6} - set(kept)
    undisturbed = figures(finished.answer)
    assert figures(resumed.answer) == {model_id: undisturbed[model_id] for model_id in (1, 6)}


@pytest.mark.slow
def test_a_worker_killed_in_mid_trial_costs_nothing_but_time(
    tmp_path: Path, prices: Path, finished: Done
) -> None:
    words = ("--csv", prices, *CHOICE, "--json", "answer.json")
    with begun(tmp_path / "home", "train", *words) as running:
        worker = running.pause_after_first_trial()
        os.kill(worker, signal.SIGKILL)
        done = running.done()
    assert done.code == 0, done.err
    assert figures(done.answer) == figures(finished.answer)


def test_a_running_experiment_has_a_row_at_once_and_ends_soon_after_it_is_cancelled(
    tmp_path: Path, prices: Path
) -> None:
    home = tmp_path / "home"
    started = time.monotonic()
    with begun(home, "train", "--csv", prices, *CHOICE) as running:
        ((number, state),) = running.wait_for(lambda: experiments(home), "row", GONE_WITHIN_S)
        assert time.monotonic() - started < GONE_WITHIN_S
        assert (number, state in ("queued", "running")) == (1, True)
        # The worker stays stopped: a trial that hangs must not hold up the end.
        running.pause_after_first_trial()
        children = running.children()

        refused = trintena(home, "train", "--resume", 1, "--workers", 1)
        assert refused.code == 1
        assert f"Experiment 1 is being run by process {running.popen.pid}." in refused.err
        assert "Traceback" not in refused.err
        assert experiments(home) == [(1, "running")]

        cancelled = trintena(home, "experiments", "cancel", 1)
        assert (cancelled.code, cancelled.err) == (0, "")
        assert_partial(running.done(GONE_WITHIN_S))
        assert are_gone(children)
