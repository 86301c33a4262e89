"""Two servers and two workers on one database: every experiment runs once, and none is left."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.serving import Server as Web
from browser.serving import serve
from integration.training.running import PATIENCE_S, begun, trintena, wait_for, write_prices
from postgres import Server
from trintena.jobs.holders import Locks
from trintena.jobs.locks import workers_at_work
from trintena.jobs.server_locks import ServerLocks
from trintena.registry import Registry

pytestmark = pytest.mark.slow

ORDER: dict[str, Any] = {"symbol": "walk", "model_ids": [9], "lookback": 10, "years": "all"}
DOZEN = 12
MORE_PATIENCE_S = 4 * PATIENCE_S


@pytest.fixture
def address(server: Server) -> Iterator[str]:
    yield server.create_database("shared")
    server.drop_database("shared")


@pytest.fixture
def home(address: str, tmp_path: Path) -> Path:
    """What the machines share, beside the database; a series is stored."""
    home = tmp_path / "home"
    prices = write_prices(tmp_path / "walk.csv")
    stored = trintena(home, "data", "import", prices, "--name", "walk", TRINTENA_DATABASE_URL=address)
    assert stored.code == 0, stored.err
    return home


@pytest.fixture
def registry(home: Path, address: str) -> Iterator[Registry]:
    with Registry.open(address) as opened:
        yield opened


@contextmanager
def two_of_each(home: Path, address: str, at_once: int) -> Iterator[list[Web]]:
    """Two servers, each with its workers, and two workers more."""
    options = ("--at-once", at_once)
    with ExitStack() as stack:
        for _ in range(2):
            worker = begun(home, "worker", "--workers", 1, *options, TRINTENA_DATABASE_URL=address)
            stack.enter_context(worker)
        yield [stack.enter_context(serve(home, *options, TRINTENA_DATABASE_URL=address)) for _ in range(2)]


def order(web: Web, seed: int) -> int:
    accepted = httpx.post(
        f"{web.address}/api/train-advanced",
        json=ORDER | {"seed": seed},
        headers={"Prefer": "respond-async"},
        timeout=PATIENCE_S,
    )
    assert accepted.status_code == 202, accepted.text
    return int(accepted.json()["experiment_id"])


def n_ended(registry: Registry) -> int:
    return len(registry.experiments(states=("succeeded", "failed", "cancelled")))


def wait_for_all(registry: Registry, n: int) -> None:
    wait_for(lambda: n_ended(registry) >= n, f"{n} ended experiments", MORE_PATIENCE_S)


def check(registry: Registry, numbers: list[int], locks: Locks) -> None:
    """Each of them ran once, has each trial once and one version, and is held by nobody any more."""
    states = {record.id: record.state for record in registry.experiments()}
    assert states == dict.fromkeys(numbers, "succeeded")
    for number in numbers:
        told = registry.events(number)
        assert Counter(event.kind for event in told)["running"] == 1
        assert Counter(event.kind for event in told)["succeeded"] == 1
        ended = [e.payload["model_id"] for e in told if e.kind == "trial"]
        assert ended == ORDER["model_ids"]
    versions = registry.versions()
    assert sorted(version.experiment_id or 0 for version in versions) == numbers
    assert sum(version.is_winner for version in versions) == 1
    wait_for(lambda: not locks.holders("experiment"), "free locks", PATIENCE_S)


def test_a_dozen_experiments_run_once_each(home: Path, address: str, registry: Registry) -> None:
    with two_of_each(home, address, at_once=2) as webs:
        numbers = [order(webs[i % 2], seed=i) for i in range(DOZEN)]
        wait_for_all(registry, DOZEN)
        check(registry, numbers, ServerLocks(registry))
        versions = sorted(version.version for version in registry.versions())
        assert versions == list(range(1, DOZEN + 1)), "only a crash of the server skips numbers"


def test_a_server_that_is_away_for_half_a_minute_changes_nothing_of_that(
    home: Path, address: str, registry: Registry, server: Server
) -> None:
    with two_of_each(home, address, at_once=2) as webs:
        numbers = [order(webs[i % 2], seed=i) for i in range(DOZEN)]
        wait_for_all(registry, 3)
        wait_for(lambda: ServerLocks(registry).holders("experiment"), "run", PATIENCE_S)
        server.stop()
        refused = httpx.get(f"{webs[0].address}/api/experiments", timeout=PATIENCE_S)
        assert refused.status_code == 503
        time.sleep(30)
        server.start()
        wait_for_all(registry, DOZEN)
        check(registry, numbers, ServerLocks(registry))


def test_the_experiment_of_a_worker_that_is_killed_goes_on_with_another(
    home: Path, address: str, registry: Registry
) -> None:
    locks = ServerLocks(registry)
    with two_of_each(home, address, at_once=2) as webs:
        wait_for(lambda: len(workers_at_work(locks)) == 2, "two workers", PATIENCE_S)
        number = order(webs[0], seed=0)
        wait_for(lambda: "running" in [e.kind for e in registry.events(number)], "run", PATIENCE_S)
        (holder,) = locks.holders("experiment").values()
        assert holder.pid in workers_at_work(locks)
        os.kill(holder.pid or 0, signal.SIGKILL)
        wait_for_all(registry, 1)
        kinds = Counter(event.kind for event in registry.events(number))
        assert (kinds["running"], kinds["trial"], kinds["succeeded"]) == (2, 1, 1)
        assert len(registry.versions()) == 1
