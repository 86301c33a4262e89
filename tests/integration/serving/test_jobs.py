"""The queue of a real server, through cancellations, kills and restarts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.serving import Server, serve
from integration.training.running import (
    GONE_WITHIN_S,
    MODELS,
    PATIENCE_S,
    are_gone,
    begun,
    children_of,
    experiments,
    figures,
    select,
    trials,
    trintena,
    wait_for,
    write_prices,
)
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import workers_at_work

ORDER: dict[str, Any] = {"symbol": "walk", "model_ids": list(MODELS), "lookback": 10, "years": "all"}
AT_ONCE = {"Prefer": "respond-async"}


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one series."""
    home = tmp_path_factory.mktemp("stored") / "home"
    prices = write_prices(home.parent / "walk.csv")
    assert trintena(home, "data", "import", prices, "--name", "walk").code == 0
    return home


@pytest.fixture
def home(stored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "home"))


@pytest.fixture(scope="session")
def undisturbed(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The answer to the order, where nothing happens in between."""
    home = Path(shutil.copytree(stored, tmp_path_factory.mktemp("undisturbed") / "home"))
    with serve(home) as server:
        answer = httpx.post(f"{server.address}/api/train-advanced", json=ORDER, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ask(server: Server, **changed: Any) -> int:
    """Hand an order to the queue, and give its number."""
    accepted = httpx.post(
        f"{server.address}/api/train-advanced", json=ORDER | changed, headers=AT_ONCE, timeout=PATIENCE_S
    )
    assert accepted.status_code == 202, accepted.text
    return int(accepted.json()["experiment_id"])


def look(server: Server, experiment_id: int) -> dict[str, Any]:
    return dict(httpx.get(f"{server.address}/api/experiments/{experiment_id}", timeout=PATIENCE_S).json())


def until(server: Server, experiment_id: int, state: str) -> dict[str, Any]:
    wait_for(lambda: look(server, experiment_id)["state"] == state, f"{state} experiment", PATIENCE_S)
    return look(server, experiment_id)


def worker_of(home: Path) -> int:
    (pid,) = wait_for(lambda: workers_at_work(FileLocks(home / "locks")), "worker", PATIENCE_S)
    return pid


def n_runs(home: Path, experiment_id: int) -> int:
    ((n,),) = select(
        home, f"SELECT count(*) FROM events WHERE kind = 'running' AND experiment_id = {experiment_id}"
    )
    return int(n)


@pytest.fixture
def paused(home: Path) -> Iterator[Any]:
    """Stops the training after a trial or more, so that nothing depends on time; it goes on afterwards."""
    stopped: list[int] = []

    def pause() -> int:
        worker = worker_of(home)
        wait_for(lambda: trials(home), "finished trial", PATIENCE_S)
        trainer = children_of(worker)[0]
        os.kill(trainer, signal.SIGSTOP)
        stopped.append(trainer)
        assert len(trials(home)) < len(MODELS), "the machine was too busy to stop the training in time"
        return worker

    yield pause
    for pid in stopped:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@pytest.mark.slow
def test_what_waits_is_cancelled_at_once_and_the_others_move_up(home: Path, paused: Any) -> None:
    with serve(home) as server:
        first, second, third = ask(server), ask(server, seed=1), ask(server, seed=2)
        paused()
        assert [look(server, number)["position"] for number in (first, second, third)] == [None, 1, 2]
        cancelled = httpx.post(f"{server.address}/api/experiments/{second}/cancel", timeout=PATIENCE_S)
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert look(server, third)["position"] == 1
        assert look(server, first)["state"] == "running"


@pytest.mark.slow
def test_what_runs_ends_within_seconds_of_its_cancellation_and_keeps_what_is_finished(home: Path) -> None:
    with serve(home) as server:
        number = ask(server)
        wait_for(lambda: trials(home), "finished trial", PATIENCE_S)
        httpx.post(f"{server.address}/api/experiments/{number}/cancel", timeout=PATIENCE_S)
        wait_for(lambda: experiments(home) == [(number, "cancelled")], "cancelled experiment")
        ended = look(server, number)
        assert ended["result"]["status"] == "cancelled"
        assert 1 <= len(trials(home)) < len(MODELS)
        resumed = httpx.post(f"{server.address}/api/experiments/{number}/resume", timeout=PATIENCE_S)
        assert resumed.status_code == 202
        kept = trials(home)
        until(server, number, "succeeded")
        assert {model: row for model, row in trials(home).items() if model in kept} == kept


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["worker", "web", "both"])
def test_a_kill_loses_nothing(home: Path, paused: Any, undisturbed: dict[str, Any], killed: str) -> None:
    with serve(home) as server:
        first, second = ask(server), ask(server, model_ids=[9])
        worker, web = paused(), server.running.popen.pid
        kept = trials(home)
        if killed != "web":
            os.kill(worker, signal.SIGKILL)
        if killed != "worker":
            os.kill(web, signal.SIGKILL)
            server.running.popen.wait()
            wait_for(lambda: are_gone([worker]), "end of the worker")
        else:  # its keeper lives, and starts another
            answers = [until(server, number, "succeeded")["result"] for number in (first, second)]
    if killed != "worker":
        assert dict(experiments(home)) == {first: "running", second: "queued"}
        with serve(home) as server:
            answers = [until(server, number, "succeeded")["result"] for number in (first, second)]
    assert figures(answers[0]) == figures(undisturbed)
    assert {model: row for model, row in first_trials(home, first).items() if model in kept} == kept
    assert (n_runs(home, first), n_runs(home, second)) == (2, 1)


def first_trials(home: Path, experiment_id: int) -> dict[int, tuple[str, str]]:
    query = f"""SELECT s.model_id, t.state, t.finished_at FROM architecture_trials t
                JOIN architecture_studies s ON s.id = t.study_id WHERE s.experiment_id = {experiment_id}"""
    return {model_id: (state, finished_at) for model_id, state, finished_at in select(home, query)}


@pytest.mark.slow
def test_a_server_that_is_ended_leaves_its_queue_to_the_next_one(home: Path, paused: Any) -> None:
    with serve(home) as server:
        number = ask(server)
        worker = paused()
        server.running.popen.send_signal(signal.SIGTERM)
        done = server.running.done(PATIENCE_S)
        assert done.code == 0
        assert "goes on at the next start" in done.err
        assert are_gone([worker])
    assert experiments(home) == [(number, "running")]
    with serve(home) as server:
        until(server, number, "succeeded")
        log = server.running.logs[1]
        wait_for(lambda: f"[{number}] Champion: " in log.read_text("utf-8"), "champion in the log")
    assert f"[{number}] walk, fast: architectures to train: {len(MODELS)}" in done.err


@pytest.mark.slow
def test_two_servers_of_one_database_run_nothing_twice(home: Path, tmp_path: Path) -> None:
    shared = f"sqlite:///{home / 'trintena.db'}"
    with (
        serve(home) as one,
        serve(tmp_path / "elsewhere", TRINTENA_DATABASE_URL=shared) as other,
    ):
        numbers = [ask(server, model_ids=[6, 9], seed=i) for i, server in enumerate((one, other, one))]
        for number in numbers:
            until(other, number, "succeeded")
        assert len(workers_at_work(FileLocks(home / "locks"))) == 1, "the other one stands by"
    assert [n_runs(home, number) for number in numbers] == [1, 1, 1]
    ended = select(home, "SELECT id FROM experiments ORDER BY finished_at")
    assert [number for (number,) in ended] == numbers


@pytest.mark.slow
def test_a_client_that_goes_away_stops_nothing(home: Path) -> None:
    with serve(home) as server:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.address}/api/train-advanced", json=ORDER, timeout=2.0)
        until(server, 1, "succeeded")


def test_a_port_that_is_taken_is_said_and_nothing_begins(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = trintena(home, "serve", "--port", taken.getsockname()[1])
    assert done.code == 2
    assert "is taken by another program" in done.err
    assert workers_at_work(FileLocks(home / "locks")) == []


@pytest.mark.slow
def test_a_web_process_of_several_that_dies_is_replaced(home: Path) -> None:
    with serve(home, "--web-processes", 2) as server:
        number = ask(server, model_ids=[9])
        worker = worker_of(home)
        web = [pid for pid in children_of(server.running.popen.pid) if pid != worker]
        assert len(web) >= 2
        os.kill(web[-1], signal.SIGKILL)
        wait_for(lambda: len(children_of(server.running.popen.pid)) > len(web), "new process", PATIENCE_S)
        until(server, number, "succeeded")


def test_an_interrupt_ends_all_of_it_soon(home: Path) -> None:
    with begun(home, "serve", "--port", _free_port()) as running:
        worker = worker_of(home)
        running.popen.send_signal(signal.SIGINT)
        assert running.done(GONE_WITHIN_S).code == 0
        assert are_gone([worker])


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
