"""Searches whose processes are killed: nothing that was finished is lost or done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from integration.champion.lab import open_lab
from integration.search.searching import (
    MODELS,
    N_REFITS,
    N_TRIALS,
    WORDS,
    board,
    searched,
    series,
    studies_of,
)
from integration.training.running import Done, begun, children_of, experiments, select, trintena
from trintena.domain import Search, SearchSpace

Key = tuple[int, str, int]
"""Of a trial: architecture, purpose, number."""
EVERY = {
    *((model_id, "search", number) for model_id in MODELS for number in range(N_TRIALS)),
    *((model_id, "refit", number) for model_id in MODELS for number in range(N_REFITS)),
}
VICTIMS = ("worker", "parent", "both", "worker", "parent")
"""A worker only once in the life of a parent: a trial that is hit twice is another test."""


def ended(home: Path) -> dict[Key, tuple[str, str]]:
    """State and time of the end of every trial that has ended."""
    query = """SELECT s.model_id, t.purpose, t.number, t.state, t.finished_at FROM architecture_trials t
               JOIN architecture_studies s ON s.id = t.study_id WHERE t.finished_at IS NOT NULL"""
    return {(model_id, *key): (state, at) for model_id, *key, state, at in select(home, query)}


def ends_told(home: Path) -> Counter[Key]:
    """How often the end of each trial was told."""
    payloads = (
        json.loads(text) for (text,) in select(home, "SELECT payload FROM events WHERE kind = 'trial'")
    )
    return Counter((each["model_id"], each["purpose"], each["number"]) for each in payloads)


def workers_of(parent: int) -> list[int]:
    """Those of its children that train: each is pinned to a processor. (-ww: never mind the columns.)"""
    found = []
    for child in children_of(parent):
        asked = ["ps", "-ww", "-o", "args=", "-p", str(child)]
        if " --core " in subprocess.run(asked, capture_output=True, text=True).stdout:
            found.append(child)
    return found


def mirrored(home: Path) -> list[list[int]]:
    """Which trials each study of Optuna's holds."""
    return [study["numbers"] for study in studies_of(home).values()]


def kill(pid: int) -> None:
    """At once, and whether or not it is there any more."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def strikes_of(seed: int) -> list[tuple[int, float, str]]:
    """When to strike (after how many ended trials, and so many seconds) and whom."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(len(EVERY) - 8), len(VICTIMS)))
    return [
        (moment, chance.uniform(0.0, 0.2), victim) for moment, victim in zip(moments, VICTIMS, strict=True)
    ]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_a_search_that_is_killed_again_and_again_ends_as_if_it_had_not_been(
    seed: int, tmp_path: Path, prices: Path, undisturbed: Done
) -> None:
    home, strikes, chance = tmp_path / "home", strikes_of(seed), random.Random(seed)
    kept: dict[Key, tuple[str, str]] = {}
    words: tuple[object, ...] = ("train", "--csv", prices, *WORDS)
    while strikes:
        with begun(home, *words, "--workers", 2) as running:
            victim = "worker"
            while victim == "worker":
                moment, delay, victim = strikes.pop(0)
                running.wait_for(
                    lambda moment=moment: experiments(home) and len(ended(home)) >= moment,
                    f"{moment} trials",
                )
                time.sleep(delay)
                if victim != "parent":
                    kill(chance.choice(running.wait_for(lambda: workers_of(running.popen.pid), "a worker")))
                if victim != "worker":
                    running.popen.kill()
                    running.popen.wait()
        now = ended(home)
        assert now.items() >= kept.items()
        kept = now
        words = ("train", "--resume", 1)
    assert kept
    assert experiments(home) == [(1, "running")]
    done = trintena(home, *words, "--workers", 2, "--json", "answer.json")
    assert done.code == 0, done.err

    after = ended(home)
    assert after.keys() == EVERY
    assert {key: after[key] for key in kept} == kept, "a finished trial was run again"
    told = ends_told(home)
    assert set(told.values()) == {1}
    assert len(told) >= len(EVERY) - len(VICTIMS)  # a kill may come between an end and its being told
    answer, expected = done.answer, undisturbed.answer
    assert board(answer) == board(expected)
    assert answer["n_trials"] == N_TRIALS
    assert answer["trial_counts"] == expected["trial_counts"]
    assert answer["forecast"]["forecast"] == expected["forecast"]["forecast"]
    assert answer["test_consulted"] == 1
    assert select(home, "SELECT version, is_winner FROM model_registry") == [(1, 1)]
    assert mirrored(home) == [list(range(N_TRIALS))] * len(MODELS)


@pytest.mark.slow
def test_optunas_studies_are_whole_also_after_a_kill_before_they_were_written(
    tmp_path: Path, prices: Path
) -> None:
    home = tmp_path / "home"
    words = [*WORDS]
    words[words.index("--models") + 1] = "9"
    with begun(home, "train", "--csv", prices, *words, "--workers", 1) as running:
        running.wait_for(lambda: len(ended(home)) == N_TRIALS, "a searched architecture")
        running.popen.kill()  # Optuna is loaded when a round has ended: that takes a second
        running.popen.wait()
    assert mirrored(home) == []
    resumed = trintena(home, "train", "--resume", 1, "--workers", 1)
    assert resumed.code == 0, resumed.err
    assert mirrored(home) == [list(range(N_TRIALS))]


@pytest.mark.slow
def test_a_worker_that_dies_twice_on_a_trial_costs_that_trial_and_no_more(tmp_path: Path) -> None:
    space = SearchSpace((0.0001, 0.0002), (16,), epochs=(20,), activation=("tanh",))
    search = Search(n_trials=4, space=space, pruning=False)
    of = series("TWICE", 2_000)  # a trial must last longer than it takes to hit it
    victim, other = (9, 2), (9, 3)
    hits: dict[Key | tuple[int, int], set[float]] = {victim: set(), other: set()}
    of_others = workers_of(os.getpid())
    with open_lab(tmp_path) as lab:
        present: list[int] = []  # looked up in advance, for `ps` takes its time

        def hit(progress: Any) -> None:
            """Kill the worker whenever it begins the victim, and the first time it begins the other."""
            present[:] = present or set(workers_of(os.getpid())).difference(of_others)
            for run in progress.running.values():
                key = (run.model_id, run.number)
                if key in hits and not run.is_refit and run.since not in hits[key]:
                    hits[key].add(run.since)
                    if key == victim or len(hits[key]) == 1:
                        kill(present.pop())

        answer = searched(lab, of, search, observe=hit, model_ids=(9,))
        trials = lab.app.registry.trials(answer["experiment_id"], purpose="search")
        assert [trial.state for trial in trials] == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
        assert {key: len(times) for key, times in hits.items()} == {victim: 2, other: 2}
        assert "the worker process was killed (signal 9)" in (trials[2].reason or "")
        (row,) = answer["all_results"]
        assert (answer["status"], row["state"], row["reason"]) == ("success", "COMPLETE", None)
        assert (row["n_trials"], row["trial_counts"]["FAIL"]) == (4, 1)

        clean = searched(lab, of, search, model_ids=(9,))
        others = lab.app.registry.trials(clean["experiment_id"], purpose="search")
        assert {trial.state for trial in others} == {"COMPLETE"}
        for trial, undisturbed in zip(trials, others, strict=True):
            if trial.state == "COMPLETE":
                assert trial.validation_curve == undisturbed.validation_curve
