"""SIGKILL at random moments: of a process that trains, of the command, of a server or its worker."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from browser.serving import serve
from integration.training.running import (
    GONE_WITHIN_S,
    are_gone,
    begun,
    children_of,
    wait_for,
)
from reliability.drill.faults import suffers
from reliability.drill.runs import (
    JSON,
    assert_ends_like,
    assert_no_traceback,
    ended,
    handed_in,
    sound,
    until_succeeded,
)
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import workers_at_work


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


@suffers("kill_trainer")
def test_a_training_process_is_killed(
    number: int, tmp_path: Path, prices: Path, run_of: Any, moment: Any
) -> None:
    run = run_of(number // len(VICTIMS))
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
    run = run_of(number // len(VICTIMS))
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
    run = run_of(number // len(VICTIMS))
    home = tmp_path / "home"
    with handed_in(home, prices, run) as server:
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
            until_succeeded(server.address)
    if not number % 2:
        sound(home)
        with serve(home) as server:
            until_succeeded(server.address)
    after = ended(home)
    assert {key: after.get(key) for key in kept} == kept, "a finished trial was lost or run again"
    assert_ends_like(home, prices, run)
