"""Applications and servers over a home of their own, and the worker's code that empties their queue.

def test_something(client): client.get("/healthz")      # an empty home, nothing trains
def test_results(trained): trained.http.get(...)        # a real server, with finished experiments
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn

from integration.champion.lab import autoregressive, environment_of, prices
from trintena import worker
from trintena.bootstrap import application
from trintena.registry import Registry
from trintena.settings import Settings
from trintena.web.app import create_app
from trintena.web.options import WebOptions

SYMBOL = "walk"
FAST: dict[str, Any] = {"symbol": SYMBOL, "mode": "fast", "model_ids": [6, 9], "lookback": 8, "years": "all"}
OPTIMIZED: dict[str, Any] = {
    **FAST,
    "mode": "optimized",
    "model_ids": [9],
    "n_trials": 2,
    "space": {"epochs": [2, 3], "activation": ["tanh"]},
}
GIVEN_S = 60.0


def store_walk(settings: Settings, symbol: str = SYMBOL) -> str:
    """Store a made-up series, as an upload does; gives its hash."""
    series = prices(symbol, autoregressive(900, 0.3))
    series = type(series)(symbol, series.dates, series.columns, np.array(series.values), "csv:walk.csv")
    with Registry.open(settings.database_url) as registry:
        return registry.save_dataset(series)


@pytest.fixture
def settings(migrated: Path, tmp_path: Path) -> Settings:
    """Of a home with an empty database."""
    shutil.copy(migrated, tmp_path / "trintena.db")
    return Settings.from_environment(environment_of(tmp_path))


@pytest.fixture
def walk(settings: Settings) -> str:
    """A stored series of the name `SYMBOL`: its hash."""
    return store_walk(settings)


@dataclass
class Serving:
    """A real server, in a thread of this process."""

    settings: Settings
    base: str
    http: httpx.Client
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of `trained`: the answers of its two experiments, by mode."""

    @contextmanager
    def working(self) -> Iterator[None]:
        """Run what waits in the queue with the worker's own code, for as long as the context lasts."""
        stop = threading.Event()

        def run() -> None:
            with application(self.settings) as app:
                while not stop.is_set():
                    if not worker.run_next(app):
                        time.sleep(0.05)

        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(run)
            try:
                yield
            finally:
                stop.set()
                running.result()

    def until(self, experiment_id: int, *states: str) -> dict[str, Any]:
        """How an experiment stands, once it is in one of these states."""
        deadline = time.monotonic() + GIVEN_S
        while True:
            standing = self.http.get("/api/train-progress", params={"experiment": experiment_id}).json()
            if standing["state"] in states:
                return dict(standing)
            assert time.monotonic() < deadline, standing
            time.sleep(0.05)


@contextmanager
def serving(settings: Settings, **options: Any) -> Iterator[Serving]:
    """Serve a home on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            create_app(WebOptions(**options), settings), log_level="error", timeout_graceful_shutdown=3
        )
        server = uvicorn.Server(config)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            with httpx.Client(base_url=base, timeout=GIVEN_S) as http:
                yield Serving(settings, base, http)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def client_of(settings: Settings) -> Iterator[Callable[..., httpx.Client]]:
    """Makes a client of a server with options; nothing trains."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(serving(settings, **options)).http


@pytest.fixture
def client(client_of: Callable[..., httpx.Client]) -> httpx.Client:
    """A client of a server with the usual options."""
    return client_of()


@pytest.fixture
def served(settings: Settings, walk: str) -> Iterator[Serving]:
    """A server over a home with one series; nothing trains but in `served.working()`."""
    with serving(settings) as server:
        yield server


@pytest.fixture(scope="session")
def trained(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server over a home in which one experiment of each mode was asked for and waited for."""
    home = tmp_path_factory.mktemp("trained")
    shutil.copy(migrated, home / "trintena.db")
    settings = Settings.from_environment(environment_of(home))
    store_walk(settings)
    with serving(settings) as server:
        with server.working():
            for request in (FAST, OPTIMIZED):
                answer = server.http.post("/api/train-advanced", json=request)
                assert answer.status_code == 200, answer.text
                server.answers[request["mode"]] = answer.json()
        yield server
