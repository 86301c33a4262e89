"""What a worker does with an experiment that kills it, is cancelled, or whose database is locked."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest

from integration.champion.lab import environment_of, prices
from integration.training.running import PATIENCE_S, are_gone, begun, children_of, trintena, wait_for
from trintena.bootstrap import Application, application
from trintena.experiments import Observer, Request, plan
from trintena.experiments.overview import described
from trintena.experiments.run import run_locked
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock, workers_at_work
from trintena.registry import ExperimentRecord, database
from trintena.settings import Settings
from trintena.worker import Audience, run_next

RETURNS = np.random.default_rng(0).normal(0.0, 0.01, 900)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Of a home of its own; nobody waits long for a database that another holds."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.2)
    with application(Settings.from_environment(environment_of(tmp_path))) as opened:
        yield opened


def enqueue(app: Application) -> int:
    request = Request(model_ids="9", lookback=8, years=None)
    return plan(request, prices("walk", RETURNS), app.registry, enqueued=True)


def die_in(app: Application, experiment_id: int) -> None:
    """Leave what a worker leaves that is killed before its first trial has ended."""
    app.registry.set_state(experiment_id, "running")
    app.registry.add_event(experiment_id, "running")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def kinds(app: Application, experiment_id: int) -> list[str]:
    return [event.kind for event in app.registry.events(experiment_id)]


def test_an_experiment_that_kills_its_worker_is_given_up_and_the_next_one_runs(app: Application) -> None:
    deadly, harmless = enqueue(app), enqueue(app)
    for _ in range(3):
        die_in(app, deadly)
    assert run_next(app)
    given_up = app.registry.experiment(deadly)
    assert (given_up.state, given_up.message) == ("failed", "The process that ran it died 3 times in a row.")
    assert app.registry.queue() == [harmless]
    # Whoever sends it on again does so knowingly.
    app.registry.enqueue(deadly)
    app.registry.add_event(deadly, "queued")
    while run_next(app, workers=1):
        pass
    assert [app.registry.experiment(number).state for number in (deadly, harmless)] == ["succeeded"] * 2


def test_what_waits_and_what_was_cut_off_say_so(app: Application) -> None:
    cut_off, waiting = enqueue(app), enqueue(app)
    die_in(app, cut_off)
    told = [described(app.locks, app.registry.experiment(number)) for number in (cut_off, waiting)]
    assert [(row["state"], row["enqueued"], row["position"]) for row in told] == [
        ("interrupted", True, None),
        ("queued", True, 1),
    ]
    assert {row["resume"] for row in told} == {None}, "they go on by themselves"
    shown = trintena(app.settings.home, "experiments", "list").out
    assert "interrupted, goes on next" in shown
    assert "queued, position 1" in shown
    assert "No worker runs" in trintena(app.settings.home, "experiments", "show", waiting).out


def test_a_request_to_cancel_what_was_cut_off_is_not_lost_when_it_goes_on(app: Application) -> None:
    number = enqueue(app)
    die_in(app, number)
    app.registry.request_cancel(number)
    with ExperimentLock(app.locks, number), app.workplace(workers=1) as place:
        assert run_locked(place, number)["status"] == "cancelled"
    assert app.registry.experiment(number).state == "cancelled"
    assert app.registry.queue() == []


def test_one_that_somebody_runs_is_left_to_them(app: Application) -> None:
    number = enqueue(app)
    with ExperimentLock(app.locks, number):
        assert not run_next(app)
    assert app.registry.queue() == [number]


def test_one_that_was_deleted_while_it_waited_is_forgotten(app: Application) -> None:
    number = enqueue(app)
    app.registry.delete_experiment(number)
    assert not run_next(app)


class Locking(Audience):
    """Has another program hold the database from the start of a run on, for some seconds."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._release = threading.Timer(1.5, self._connection.execute, ("ROLLBACK",))

    def watching(self, record: ExperimentRecord) -> AbstractContextManager[Observer]:
        if not self._release.ident:
            self._connection.execute("BEGIN IMMEDIATE")
            self._release.start()
        return nullcontext(lambda progress: None)

    def close(self) -> None:
        self._release.join()
        self._connection.close()


def test_a_database_that_is_locked_for_long_fails_no_experiment(app: Application, tmp_path: Path) -> None:
    number = enqueue(app)
    locking = Locking(tmp_path / "trintena.db")
    assert run_next(app, audience=locking, workers=1)
    locking.close()
    assert app.registry.experiment(number).state != "failed"
    assert kinds(app, number) == ["stopped"]
    assert run_next(app, workers=1)
    assert app.registry.experiment(number).state == "succeeded"


@pytest.mark.parametrize(
    ("address", "told"), [("sqlite://", "in memory"), ("sqlite:////dev/null/none.db", "cannot be opened")]
)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_of_no_use_is_refused_before_anything_begins(
    tmp_path: Path, command: str, address: str, told: str
) -> None:
    words = ("serve", "--port", 5999) if command == "serve" else ("worker",)
    done = trintena(tmp_path / "home", *words, TRINTENA_DATABASE_URL=address)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "home" / "locks").exists()


def test_several_at_once_are_several_workers_and_none_outlives_a_kill(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with begun(home, "serve", "--port", free_port(), "--at-once", 2, "--web-processes", 2) as running:
        at_work = wait_for(
            lambda: len(found := workers_at_work(FileLocks(home / "locks"))) == 2 and found,
            "two workers",
            PATIENCE_S,
        )
        everybody = wait_for(
            lambda: len(found := children_of(running.popen.pid)) >= 4 and found, "web processes", PATIENCE_S
        )
        assert set(at_work) <= set(everybody)
        running.popen.kill()
        running.popen.wait()
        wait_for(lambda: are_gone(everybody), "end of all of them")


def test_a_worker_alone_says_what_it_does_and_what_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with begun(home, "worker") as running:
        wait_for(lambda: workers_at_work(FileLocks(home / "locks")), "worker", PATIENCE_S)
        running.popen.terminate()
        done = running.done()
    assert done.code == 0
    assert done.err == "Training what is queued, until Ctrl-C.\nEnded. The queue is empty.\n"
