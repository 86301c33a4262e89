"""SIGTERM, as a system that shuts down sends it."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from integration.training.running import GONE_WITHIN_S, PATIENCE_S, are_gone, begun, wait_for
from reliability.drill.faults import suffers
from reliability.drill.runs import JSON, assert_ends_like, assert_no_traceback, handed_in

pytestmark = suffers("terminate")
N_CASES = 10


@pytest.mark.parametrize("number", range(N_CASES))
def test_the_command_is_told_to_end(
    number: int, tmp_path: Path, prices: Path, run_of: Any, moment: Any
) -> None:
    run = run_of(number)
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON) as running:
        time.sleep(moment(number) * run.seconds)
        children = running.children()
        running.popen.send_signal(signal.SIGTERM)
        done = running.done(GONE_WITHIN_S)
        assert are_gone(children)
    assert_no_traceback(done)
    # Before the program has begun to listen for signals, the system ends it.
    assert done.code in (0, 130, -signal.SIGTERM), done.err
    assert_ends_like(home, prices, run)


@pytest.mark.parametrize("number", range(N_CASES))
def test_the_server_is_told_to_end(
    number: int, tmp_path: Path, prices: Path, run_of: Any, moment: Any
) -> None:
    run = run_of(number)
    home = tmp_path / "home"
    with handed_in(home, prices, run) as server:
        time.sleep(moment(100 + number) * run.seconds)
        children = server.running.children()
        server.running.popen.send_signal(signal.SIGTERM)
        done = server.running.done(PATIENCE_S)
        wait_for(lambda: are_gone(children), "end of its processes", GONE_WITHIN_S)
    assert done.code == 0, done.err
    assert_no_traceback(done)
    assert_ends_like(home, prices, run)
