from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trintena.errors import BusyError
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.holders import Locks
from trintena.jobs.locks import ExperimentLock, WorkerPlace, has_workers, is_held, workers_at_work
from trintena.jobs.server_locks import ServerLocks
from trintena.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = """
import subprocess, sys, time
from pathlib import Path
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock, WorkerPlace
from trintena.jobs.server_locks import ServerLocks
from trintena.registry import Registry
where = sys.argv[1]
locks = ServerLocks(Registry.open(where)) if "://" in where else FileLocks(Path(where))
"""
HOLDER = f"""{OPEN}
lock = ExperimentLock(locks, 7)
lock.acquire()
program = "import sys; print('up', flush=True); sys.stdin.read()"
subprocess.Popen([sys.executable, "-c", program], close_fds=False)
time.sleep(60)
"""


@pytest.fixture(params=["files", "server"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder, or the address of a database on a server."""
    return str(request.getfixturevalue("on_server") if request.param == "server" else tmp_path / "locks")


@pytest.fixture
def locks(where: str) -> Iterator[Locks]:
    if "://" not in where:
        yield FileLocks(Path(where))
        return
    with Registry.open(where) as registry:
        yield ServerLocks(registry)


def test_a_lock_is_held_until_it_is_released(locks: Locks) -> None:
    assert not is_held(locks, 7)
    with ExperimentLock(locks, 7):
        assert is_held(locks, 7)
        assert not is_held(locks, 8)
    assert not is_held(locks, 7)
    with ExperimentLock(locks, 7), ExperimentLock(locks, 8):
        assert is_held(locks, 7)


def test_a_second_taker_is_told_who_and_what_to_do(locks: Locks) -> None:
    pid = os.getpid()
    with ExperimentLock(locks, 7), pytest.raises(BusyError) as caught:
        ExperimentLock(locks, 7).acquire()
    assert str(caught.value) == (
        f"Experiment 7 is being run by process {pid}. Wait until it ends, or stop it with "
        f"`kill -INT {pid}`, then try again: what is finished is kept."
    )


def test_the_same_lock_cannot_be_taken_twice_and_stays_held(locks: Locks) -> None:
    with ExperimentLock(locks, 7) as lock:
        with pytest.raises(BusyError):
            lock.acquire()
        assert is_held(locks, 7)


def test_the_lock_of_a_killed_process_is_free_though_what_it_started_lives_on(
    locks: Locks, where: str
) -> None:
    command = [sys.executable, "-c", HOLDER, where]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        assert is_held(locks, 7)
        with pytest.raises(BusyError, match=f"by process {holder.pid}"):
            ExperimentLock(locks, 7).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        deadline = time.monotonic() + 20
        while is_held(locks, 7):  # a server learns of it a moment later
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with ExperimentLock(locks, 7):
            pass


def test_asking_never_makes_somebody_else_fail_to_take_the_lock(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path)
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            is_held(locks, 7)

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        for _ in range(200):
            with ExperimentLock(locks, 7):
                pass
    finally:
        stop.set()
        asker.join()


# Places of workers

WORKER = f"""{OPEN}
with WorkerPlace.wait_for_one(locks, int(sys.argv[2])):
    print("up", flush=True)
    time.sleep(60)
"""


@contextmanager
def workers(where: str, n_workers: int, n_places: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that wait for a place and then keep it."""
    command = [sys.executable, "-c", WORKER, where, str(n_places)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(n_workers)]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.communicate()


def at_work(locks: Locks, n: int) -> list[int]:
    """The workers that have a place, as soon as there are so many."""
    deadline = time.monotonic() + 20
    while len(found := workers_at_work(locks)) != n:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.mark.parametrize(
    ("where", "n_places"),
    [("files", 1), ("files", 2), ("server", 1), pytest.param("server", 2, marks=pytest.mark.slow)],
    indirect=["where"],
)
def test_a_worker_without_a_place_stands_by_until_one_dies(locks: Locks, where: str, n_places: int) -> None:
    with workers(where, n_places + 1, n_places) as started:
        first = at_work(locks, n_places)
        time.sleep(1.2)  # twice as long as the one that stands by waits between two looks
        assert workers_at_work(locks) == first
        (standing_by,) = {worker.pid for worker in started} - set(first)
        next(worker for worker in started if worker.pid == first[0]).kill()
        deadline = time.monotonic() + 20
        while standing_by not in (found := at_work(locks, n_places)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert set(found) == {*first[1:], standing_by}


def test_a_place_that_was_left_is_nobodys(locks: Locks) -> None:
    assert (workers_at_work(locks), has_workers(locks)) == ([], False)
    with WorkerPlace.wait_for_one(locks, 1) as place:
        assert (workers_at_work(locks), has_workers(locks)) == ([os.getpid()], True)
        assert place.is_kept()
    assert (workers_at_work(locks), has_workers(locks)) == ([], False)
