from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from trintena.errors import BusyError
from trintena.jobs.locks import ExperimentLock, is_held

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import subprocess, sys, time
from pathlib import Path
from trintena.jobs.locks import ExperimentLock
lock = ExperimentLock(Path(sys.argv[1]), 7)
lock.acquire()
program = "import sys; print('up', flush=True); sys.stdin.read()"
subprocess.Popen([sys.executable, "-c", program], close_fds=False)
time.sleep(60)
"""


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    assert not is_held(folder, 7)
    with ExperimentLock(folder, 7):
        assert is_held(folder, 7)
        assert not is_held(folder, 8)
    assert not is_held(folder, 7)
    with ExperimentLock(folder, 7), ExperimentLock(folder, 8):
        assert is_held(folder, 7)


def test_a_second_taker_is_told_who_and_what_to_do(tmp_path: Path) -> None:
    pid = os.getpid()
    with ExperimentLock(tmp_path, 7), pytest.raises(BusyError) as caught:
        ExperimentLock(tmp_path, 7).acquire()
    assert str(caught.value) == (
        f"Experiment 7 is being run by process {pid}. Wait until it ends, or stop it with "
        f"`kill -INT {pid}`, then try again: what is finished is kept."
    )


def test_the_same_lock_cannot_be_taken_twice_and_stays_held(tmp_path: Path) -> None:
    with ExperimentLock(tmp_path, 7) as lock:
        with pytest.raises(BusyError):
            lock.acquire()
        assert is_held(tmp_path, 7)


def test_the_kernel_frees_the_lock_of_a_killed_process_though_what_it_started_lives_on(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        assert is_held(tmp_path, 7)
        with pytest.raises(BusyError, match=f"by process {holder.pid}"):
            ExperimentLock(tmp_path, 7).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert not is_held(tmp_path, 7)
        with ExperimentLock(tmp_path, 7):
            pass


def test_asking_never_makes_somebody_else_fail_to_take_the_lock(tmp_path: Path) -> None:
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            is_held(tmp_path, 7)

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        for _ in range(200):
            with ExperimentLock(tmp_path, 7):
                pass
    finally:
        stop.set()
        asker.join()
