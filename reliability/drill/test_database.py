"""Another program holds the database: an editor of databases, a backup."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from integration.training.running import PATIENCE_S, begun, wait_for
from reliability.drill.faults import suffers
from reliability.drill.runs import (
    JSON,
    Run,
    assert_ends_like,
    assert_no_traceback,
    ended,
    handed_in,
    until_succeeded,
)

pytestmark = suffers("database_locked")
LONGER_THAN_PATIENCE_S = 45.0


@contextmanager
def held(home: Path, seconds: float) -> Iterator[None]:
    """Another program's lock on the database for so long, from now on."""
    release = threading.Event()
    taken = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(home / "trintena.db", isolation_level=None, timeout=30)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            taken.set()
            release.wait(seconds)
            connection.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(PATIENCE_S)
    try:
        yield
    finally:
        release.set()
        thread.join()


@pytest.mark.parametrize("seconds", [1, 10, 20])
def test_a_run_waits(seconds: float, run: Run, tmp_path: Path, prices: Path) -> None:
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON) as running:
        running.wait_for(lambda: ended(home), "a finished trial")
        with held(home, seconds):
            done = running.done(PATIENCE_S + seconds)
    assert done.code == 0, done.err
    assert_ends_like(home, prices, run)


def test_a_command_stops_after_half_a_minute(run: Run, tmp_path: Path, prices: Path) -> None:
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON) as running:
        running.wait_for(lambda: ended(home), "a finished trial")
        with held(home, 10 * LONGER_THAN_PATIENCE_S):
            done = running.done(4 * LONGER_THAN_PATIENCE_S)
    assert done.code == 1, done.err
    assert "held the database for over 30 seconds" in done.err
    assert "--resume 1" in done.err, done.err
    assert_no_traceback(done)
    assert_ends_like(home, prices, run)


def test_a_server_goes_on_by_itself(tmp_path: Path, prices: Path, fast: Run) -> None:
    home = tmp_path / "home"
    with handed_in(home, prices, fast) as server:
        wait_for(lambda: ended(home), "a finished trial", PATIENCE_S)
        with held(home, LONGER_THAN_PATIENCE_S):
            refused = httpx.get(f"{server.address}/api/experiments/1", timeout=2 * LONGER_THAN_PATIENCE_S)
            threading.Event().wait(LONGER_THAN_PATIENCE_S)
        assert refused.status_code == 503, refused.text
        assert refused.json()["error"]["message"]
        until_succeeded(server.address)
    assert_ends_like(home, prices, fast)
