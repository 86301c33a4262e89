"""Programs that are kept running, with real processes and real signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from trintena.jobs import supervision
from trintena.jobs.supervision import Supervised

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).touch()
time.sleep(60)
"""
PATIENCE_S = 20.0


def wait_for(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_as_many_as_asked_for_run_and_none_is_left() -> None:
    with Supervised(SLEEP, name="worker", n_processes=2) as kept:
        pids = kept.pids
        assert len(set(pids)) == 2
    assert all(map(is_gone, pids))
    assert kept.pids == []


def test_one_that_is_killed_is_started_again_and_the_other_stays(caplog: pytest.LogCaptureFixture) -> None:
    with Supervised(SLEEP, name="worker", n_processes=2) as kept:
        first, second = kept.pids
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(kept.pids) == 2 and first not in kept.pids)
        assert second in kept.pids
    assert caplog.messages == ["The worker ended (exit code -9); it is started again."]


def test_one_that_dies_young_again_and_again_is_started_ever_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE_S", 0.1)
    log = tmp_path / "starts"
    with Supervised(["sh", "-c", f"echo up >> {log}"], name="worker") as kept:
        starts = []
        for n in range(1, 6):
            wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= n)  # noqa: B023
            starts.append(time.monotonic())
    pauses = [after - before for before, after in pairwise(starts)]
    for pause, least in zip(pauses, (0.1, 0.2, 0.4, 0.8), strict=True):
        assert pause >= 0.9 * least - 0.02, pauses
    assert kept.pids == []


def test_a_long_life_makes_up_for_earlier_deaths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_LONG_LIFE_S", 0.0)
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE_S", 0.05)
    monkeypatch.setattr(supervision, "_LOOK_EVERY_S", 0.01)
    with Supervised(SLEEP, name="worker") as kept:
        for _ in range(6):  # doubled each time, the pauses would be of 3 seconds together
            (pid,) = kept.pids
            killed_at = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: kept.pids and kept.pids != [pid])  # noqa: B023
            pause = time.monotonic() - killed_at
        assert pause < 1.0


def test_one_that_does_not_heed_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STUBBORN, str(tmp_path / "up")]
    with Supervised(command, name="worker", grace_s=0.2) as kept:
        wait_for((tmp_path / "up").exists)
        (pid,) = kept.pids
    assert is_gone(pid)


def test_an_interrupt_at_the_end_kills_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STUBBORN, str(tmp_path / "up")]
    impatient = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    kept = Supervised(command, name="worker", grace_s=PATIENCE_S).__enter__()
    wait_for((tmp_path / "up").exists)
    (pid,) = kept.pids
    begun_at = time.monotonic()
    impatient.start()
    with pytest.raises(KeyboardInterrupt):
        kept.__exit__(None, None, None)
    assert time.monotonic() - begun_at < PATIENCE_S / 2
    assert is_gone(pid)


def test_what_cannot_be_started_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Supervised([str(tmp_path / "none")], name="worker"):
        pass


def test_what_cannot_be_started_again_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE_S", 0.05)
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    with Supervised([str(program)], name="worker") as kept:
        (pid,) = kept.pids
        program.rename(tmp_path / "elsewhere")
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: any("cannot be started" in told for told in caplog.messages))
        (tmp_path / "elsewhere").rename(program)
        wait_for(lambda: kept.pids)
    assert kept.pids == []
