"""A Yahoo on this machine, and the use cases over a real registry that ask it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from curl_cffi import requests

from commands import Shown, commands_in
from integration.yahoo.server import Yahoo, redirected, serving
from trintena.data.sources import yahoo_requests
from trintena.jobs.inference import InferenceProcess
from trintena.registry import Registry
from trintena.services import Services
from trintena.settings import Settings


@pytest.fixture(scope="session")
def server() -> Iterator[Yahoo]:
    with serving() as yahoo:
        yield yahoo


@pytest.fixture
def yahoo(server: Yahoo, monkeypatch: pytest.MonkeyPatch) -> Yahoo:
    """The server in place of Yahoo, for whatever address yfinance asks; waits are short."""
    monkeypatch.setattr(requests.Session, "request", redirected(server.address))
    monkeypatch.setattr(yahoo_requests, "LIMITED_WAITS_S", (0.01, 0.01, 0.01))
    monkeypatch.setattr(yahoo_requests, "BROKEN_WAITS_S", (0.01, 0.01))
    monkeypatch.setattr(yahoo_requests, "SILENT_WAITS_S", (0.01,))
    monkeypatch.setattr(yahoo_requests, "TIMEOUT_S", 5.0)
    return server


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What Trintena has logged so far; pytest hears what yfinance keeps to itself, too."""

    def messages() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name.startswith("trintena")]

    return messages


@pytest.fixture
def home(migrated: Path, tmp_path: Path) -> Path:
    """A home with an empty registry."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(migrated, home / "trintena.db")
    return home


@pytest.fixture
def services(home: Path) -> Iterator[Services]:
    """The use cases over a registry of their own."""
    settings = Settings.from_environment({"TRINTENA_HOME": str(home)})
    with Registry.open(settings.database_url) as registry:
        yield Services(settings, registry, InferenceProcess())


@pytest.fixture
def command(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shown]]:
    """Runs a command in this home."""
    with commands_in(home, capsys, monkeypatch) as run:
        yield run
