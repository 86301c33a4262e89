"""What a command and the web answer while the server of the database is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from commands import Shown, commands_in
from integration.champion.lab import autoregressive, prices
from integration.web.conftest import serving
from trintena.experiments import Request, plan
from trintena.registry import Registry
from trintena.settings import Settings
from wire import Wire

RETURNS = autoregressive(900)
ABSENT = "The database could not be used for 1 s."


@pytest.fixture
def wire(on_server: str) -> Iterator[Wire]:
    wire = Wire(make_url(on_server).port or 0)
    yield wire
    wire.close()


@pytest.fixture
def address(on_server: str, wire: Wire) -> str:
    """Of the database, over the wire; without a driver, as people write it."""
    url = make_url(on_server).set(port=wire.port, drivername="postgresql")
    return url.render_as_string(hide_password=False)


def shown(
    home: Path,
    address: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *words: object,
) -> Shown:
    monkeypatch.setenv("TRINTENA_DATABASE_URL", address)
    with commands_in(home, capsys, monkeypatch) as run:
        return run(*words)


def test_a_command_says_so_and_fails(
    wire: Wire,
    address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = shown(tmp_path, address, capsys, monkeypatch, "models", "list", "--json")
    assert (done.code, done.json) == (0, [])
    with wire.down():
        done = shown(tmp_path, address, capsys, monkeypatch, "models", "list")
    assert (done.code, done.out) == (1, "")
    assert "does not answer" in done.err
    assert "Check that its server runs" in done.err
    assert "not-to-be-shown" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql+psycopg2://ana:not-to-be-shown@127.0.0.1/db", "PostgreSQL is reached by psycopg 3"),
        ("postgres://ana:not-to-be-shown@127.0.0.1/db", "write postgresql+psycopg://"),
        ("postgresql://ana:not-to-be-shown@127.0.0.1:port/db", "cannot be read"),
        ("postgresql//ana:not-to-be-shown@127.0.0.1/db", "cannot be read"),
    ],
)
def test_an_address_that_makes_no_sense_is_bad_usage(
    address: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = shown(tmp_path, address, capsys, monkeypatch, "models", "list")
    assert done.code == 2
    assert said in done.err
    assert "not-to-be-shown" not in done.err


def test_a_missing_driver_names_the_extra(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    address = "postgresql://ana:not-to-be-shown@127.0.0.1/db"
    done = shown(tmp_path, address, capsys, monkeypatch, "models", "list")
    assert done.code == 2
    assert "pip install 'trintena[postgres]'" in done.err
    assert "not-to-be-shown" not in done.err


def test_a_request_is_answered_503_at_once_and_again_as_ever_afterwards(
    wire: Wire, address: str, tmp_path: Path
) -> None:
    settings = Settings.from_environment({"TRINTENA_HOME": str(tmp_path), "TRINTENA_DATABASE_URL": address})
    with serving(settings) as server:
        client = server.http
        assert client.get("/api/experiments").json()["experiments"] == []
        with wire.down():
            began = time.monotonic()
            refused = client.get("/api/experiments")
            page = client.get("/", headers={"Accept": "text/html"})
            ordered = client.post("/api/train-advanced", json={"mode": "fast", "symbol": "sample:nasdaq"})
            scraped, health = client.get("/metrics"), client.get("/healthz")
            assert time.monotonic() - began < 5
        for answer in (refused, ordered, scraped):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            error = answer.json()["error"]
            assert error["code"] == "database_unavailable"
            assert "does not answer" in error["message"]
            assert "not-to-be-shown" not in answer.text
        assert page.status_code == 503
        assert "does not answer" in page.text
        assert (health.status_code, health.json()["database"], health.json()["worker"]) == (
            503,
            "failing",
            False,
        )
        assert client.get("/api/experiments").json()["experiments"] == []
        assert client.get("/healthz").json()["database"] == "ok"


def test_who_watches_an_experiment_goes_on_watching_when_the_database_is_back(
    wire: Wire, address: str, on_server: str, tmp_path: Path
) -> None:
    settings = Settings.from_environment({"TRINTENA_HOME": str(tmp_path), "TRINTENA_DATABASE_URL": address})
    with serving(settings) as server, Registry.open(on_server) as registry:
        number = plan(
            Request(model_ids="9", lookback=8, years=None), prices("walk", RETURNS), registry, enqueued=True
        )
        with server.http.stream("GET", f"/api/experiments/{number}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: state"
            with wire.down():
                time.sleep(1.2)  # twice as long as between two looks
                registry.note_absence(number, ABSENT, 1.0)
            deadline = time.monotonic() + 20
            for told in lines:  # also pings, which come without end
                assert time.monotonic() < deadline
                if ABSENT in told:
                    break
        page = server.http.get(f"/advanced-training?experiment={number}", headers={"Accept": "text/html"})
    assert told.startswith("data: {")
    assert ABSENT in page.text
