from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from trintena.errors import BusyError
from trintena.jobs.locks import ExperimentLock, WorkerPlace, is_held, workers_at_work

if TYPE_CHECKING:
    from collections.abc import Iterator
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


# Places of workers

WORKER = """
import sys, time
from pathlib import Path
from trintena.jobs.locks import WorkerPlace
with WorkerPlace.wait_for_one(Path(sys.argv[1]), int(sys.argv[2])):
    print("up", flush=True)
    time.sleep(60)
"""


@contextmanager
def workers(folder: Path, n_workers: int, n_places: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that wait for a place and then keep it."""
    command = [sys.executable, "-c", WORKER, str(folder), str(n_places)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(n_workers)]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.communicate()


def at_work(folder: Path, n: int) -> list[int]:
    """The workers that have a place, as soon as there are so many."""
    deadline = time.monotonic() + 20
    while len(found := workers_at_work(folder)) != n:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("n_places", [1, 2])
def test_a_worker_without_a_place_stands_by_until_one_dies(tmp_path: Path, n_places: int) -> None:
    with workers(tmp_path, n_places + 1, n_places) as started:
        first = at_work(tmp_path, n_places)
        time.sleep(1.2)  # twice as long as the one that stands by waits between two looks
        assert workers_at_work(tmp_path) == first
        (standing_by,) = {worker.pid for worker in started} - set(first)
        next(worker for worker in started if worker.pid == first[0]).kill()
        deadline = time.monotonic() + 20
        while standing_by not in (found := at_work(tmp_path, n_places)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert set(found) == {*first[1:], standing_by}


def test_a_place_that_was_left_is_nobodys(tmp_path: Path) -> None:
    assert workers_at_work(tmp_path / "none") == []
    with WorkerPlace.wait_for_one(tmp_path, 1):
        assert workers_at_work(tmp_path) == [os.getpid()]
    assert workers_at_work(tmp_path) == []
