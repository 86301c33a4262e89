"""A search on a cluster of three nodes, one of which is killed, joined by another; the driver is killed.

Whatever happens, the board is that of a search on one machine that nobody disturbed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration.champion.lab import write_csv
from integration.cluster.conftest import Nodes, cluster
from integration.search.searching import ALIKE, board, series
from integration.training.running import Done, Running, begun, select, trintena

pytestmark = pytest.mark.slow

SEARCH = ("--mode", "optimized", "--trials", 16, "--epochs", "40,60", "--activation", "tanh", "--no-pruning")
WORDS = (*ALIKE, *SEARCH)
N_EACH = 16 + 3
"""Trials and refits of each of the two architectures."""

Key = tuple[int, str, int]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("prices") / "walk.csv", series(n_rows=1_500))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Done:
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    done = trintena(home, "train", "--csv", file, *WORDS, "--json", "answer.json")
    assert done.code == 0, done.err
    return done


def ended(home: Path) -> dict[Key, tuple[str, str]]:
    """State and time of the end of every trial that has ended."""
    query = """SELECT s.model_id, t.purpose, t.number, t.state, t.finished_at FROM architecture_trials t
               JOIN architecture_studies s ON s.id = t.study_id WHERE t.finished_at IS NOT NULL"""
    return {(model_id, *key): (state, at) for model_id, *key, state, at in select(home, query)}


def progress(home: Path) -> dict[str, Any]:
    """How far the run is, as it told about a second ago."""
    told = [text for (text,) in select(home, "SELECT progress FROM experiments") if text]
    read: dict[str, Any] = json.loads(told[0]) if told else {"running": [], "workers": 0}
    return read


def wait_for_running(running: Running, n_trials: int) -> None:
    running.wait_for(lambda: len(progress(running.home)["running"]) >= n_trials, f"{n_trials} trials at once")


def is_as_if_undisturbed(done: Done, undisturbed: Done, kept: dict[Key, tuple[str, str]]) -> None:
    assert done.code == 0, done.err
    after = ended(done.home)
    assert len(after) == 2 * N_EACH
    assert {key: after[key] for key in kept} == kept, "a finished trial was run again"
    assert {state for state, _ in after.values()} == {"COMPLETE"}
    payloads = [
        json.loads(text) for (text,) in select(done.home, "SELECT payload FROM events WHERE kind = 'trial'")
    ]
    assert set(Counter((p["model_id"], p["purpose"], p["number"]) for p in payloads).values()) == {1}
    assert board(done.answer) == board(undisturbed.answer)
    assert done.answer["verdict"] == undisturbed.answer["verdict"]


def on(nodes: Nodes) -> tuple[str, ...]:
    return ("--executor", "ray", "--address", nodes.address)


def test_a_node_is_killed_and_another_joins(
    file: Path, tmp_path: Path, undisturbed: Done, wait_until: Callable[..., None]
) -> None:
    home = tmp_path / "home"
    with cluster(1) as nodes:
        victim = [nodes.add(num_cpus=1), nodes.add(num_cpus=1)][1]
        words = ("train", "--csv", file, *WORDS, *on(nodes), "--json", "answer.json")
        with begun(home, *words) as running:
            wait_for_running(running, 3)
            running.wait_for(lambda: len(ended(home)) >= 2, "2 trials")
            kept = ended(home)
            nodes.kill(victim)
            running.wait_for(lambda: progress(home)["workers"] == 2, "2 workers")
            nodes.add(num_cpus=2)
            running.wait_for(lambda: progress(home)["workers"] == 4, "4 workers")
            wait_for_running(running, 3)  # more than those who were left
            is_as_if_undisturbed(running.done(120), undisturbed, kept)
        wait_until(lambda: not nodes.actors())


def test_the_driver_is_killed_and_the_experiment_resumed(
    file: Path, tmp_path: Path, undisturbed: Done, wait_until: Callable[..., None]
) -> None:
    home = tmp_path / "home"
    with cluster(1) as nodes:
        nodes.add(num_cpus=1)
        nodes.add(num_cpus=1)
        with begun(home, "train", "--csv", file, *WORDS, *on(nodes)) as running:
            wait_for_running(running, 3)
            running.wait_for(lambda: len(ended(home)) >= 2, "2 trials")
            running.popen.kill()
            running.popen.wait()
        wait_until(lambda: not nodes.actors())
        kept = ended(home)
        # That it ran on a cluster is remembered, its address is not.
        words = ("train", "--resume", 1, "--address", nodes.address, "--json", "answer.json")
        is_as_if_undisturbed(trintena(home, *words), undisturbed, kept)


def test_an_interrupt_keeps_what_is_finished_and_leaves_nobody(
    file: Path, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    home = tmp_path / "home"
    with cluster(2) as nodes, begun(home, "train", "--csv", file, *WORDS, *on(nodes)) as running:
        running.wait_for(lambda: len(ended(home)) >= 2, "2 trials")
        running.popen.send_signal(2)
        done = running.done()
        assert done.code == 130
        assert "train --resume 1" in done.out + done.err
        assert len(ended(home)) >= 2
        wait_until(lambda: not nodes.actors())


def test_a_cluster_that_is_gone_is_said_and_the_experiment_can_be_resumed(
    file: Path, tmp_path: Path, undisturbed: Done
) -> None:
    home = tmp_path / "home"
    with cluster(2) as nodes, begun(home, "train", "--csv", file, *WORDS, *on(nodes)) as running:
        running.wait_for(lambda: len(ended(home)) >= 2, "2 trials")
        nodes.kill_head()
        done = running.done()
    assert done.code == 1
    assert "The connection to the Ray cluster" in done.err
    assert "Traceback" not in done.err
    kept = ended(home)
    words = ("train", "--resume", 1, "--executor", "local", "--json", "answer.json")
    is_as_if_undisturbed(trintena(home, *words), undisturbed, kept)
