"""SIGKILL at random moments: of a process that trains, of the command, of a server or its worker."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.serving import serve
from integration.training.running import (
    GONE_WITHIN_S,
    PATIENCE_S,
    are_gone,
    begun,
    children_of,
    trintena,
    wait_for,
)
from reliability.drill.faults import suffers
from reliability.drill.runs import JSON, Run, assert_ends_like, assert_no_traceback, ended, sound
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import workers_at_work

MODES = ("fast", "optimized")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every third kill is of each kind, and every second one of each kind in each mode."""
    if "number" in metafunc.fixturenames:
        n_kills = metafunc.config.getoption("--kills")
        third = VICTIMS.index(metafunc.function.__name__)
        metafunc.parametrize("number", range(third, n_kills, len(VICTIMS)))


VICTIMS = (
    "test_a_training_process_is_killed",
    "test_the_command_is_killed",
    "test_a_server_or_its_worker_is_killed",
)


def kill(pid: int) -> None:
    """At once, whether or not it is there any more."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def mode_of(number: int) -> str:
    return MODES[number // len(VICTIMS) % len(MODES)]


@suffers("kill_trainer")
def test_a_training_process_is_killed(
    number: int, tmp_path: Path, prices: Path, run_of: Any, moment: Any
) -> None:
    run: Run = run_of(mode_of(number))
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON) as running:
        time.sleep(moment(number) * run.seconds)
        children = running.children()
        if children:  # at the very beginning and end there is none
            kill(random.Random(number).choice(children))
        done = running.done()
    assert_no_traceback(done)
    # The killed process may have been about to save the champion: then that is said, and can be gone on with.
    assert done.code == 0 or ended(home), done.err
    assert_ends_like(home, prices, run)


@suffers("kill_driver")
def test_the_command_is_killed(number: int, tmp_path: Path, prices: Path, run_of: Any, moment: Any) -> None:
    run: Run = run_of(mode_of(number))
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words) as running:
        time.sleep(moment(number) * run.seconds)
        children = running.children()
        running.popen.kill()
        running.popen.wait()
        wait_for(lambda: are_gone(children), "end of its children", GONE_WITHIN_S)
    assert_ends_like(home, prices, run)


@suffers("kill_server")
def test_a_server_or_its_worker_is_killed(
    number: int, tmp_path: Path, prices: Path, run_of: Any, moment: Any
) -> None:
    run: Run = run_of(mode_of(number))
    home = tmp_path / "home"
    assert trintena(home, "data", "import", prices, "--name", "walk").code == 0
    order = order_of(run)
    with serve(home) as server:
        posted = httpx.post(
            f"{server.address}/api/train-advanced",
            json=order,
            headers={"Prefer": "respond-async"},
            timeout=PATIENCE_S,
        )
        assert posted.status_code == 202, posted.text
        time.sleep(moment(number) * run.seconds)
        if number % 2:
            for pid in workers_at_work(FileLocks(home / "locks")):
                kill(pid)  # its keeper starts another
        else:
            children = children_of(server.running.popen.pid)
            server.running.popen.kill()
            server.running.popen.wait()
            wait_for(lambda: are_gone(children), "end of its processes", GONE_WITHIN_S)
        kept = ended(home)
        if number % 2:
            _until_succeeded(server.address)
    if not number % 2:
        sound(home)
        with serve(home) as server:
            _until_succeeded(server.address)
    after = ended(home)
    assert {key: after.get(key) for key in kept} == kept, "a finished trial was lost or run again"
    assert_ends_like(home, prices, run)


def order_of(run: Run) -> dict[str, Any]:
    """The same run as a request."""
    order: dict[str, Any] = {"symbol": "walk", "lookback": 10, "years": "all"}
    words = [str(word) for word in run.words]
    order["model_ids"] = [int(one) for one in words[words.index("--models") + 1].split(",")]
    if "--trials" in words:
        space = {"epochs": [2, 4], "activation": ["tanh"]}
        order |= {"mode": "optimized", "n_trials": 4, "space": space}
    return order


def _until_succeeded(address: str) -> None:
    def state() -> bool:
        found = httpx.get(f"{address}/api/experiments/1", timeout=PATIENCE_S).json()["state"]
        assert found != "failed"
        return bool(found == "succeeded")

    wait_for(state, "end of the experiment", 2 * PATIENCE_S)
