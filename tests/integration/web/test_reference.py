"""The API's description and its page, the health check, and what `serve` says at its start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.web.serving import served
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import WorkerPlace
from trintena.settings import Settings
from trintena.web.api.reference import REFUSALS
from trintena.web.options import WebOptions
from trintena.web.server import token_for


@pytest.fixture
def home(migrated: Path, tmp_path: Path) -> Path:
    shutil.copy(migrated, tmp_path / "trintena.db")
    return tmp_path


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    with served(home) as address:
        yield address


def got(address: str, path: str, **more: Any) -> httpx.Response:
    with httpx.Client(base_url=address, timeout=15, trust_env=False, verify=False) as client:
        return client.get(path, **more)


# --- The description


def test_the_description_says_what_the_api_is_and_how_it_refuses(server: str) -> None:
    described = got(server, "/openapi.json").json()
    assert described["info"]["title"] == "Trintena"
    assert "no investment advice" in described["info"]["description"]
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            everywhere = {str(status) for status in REFUSALS}
            assert everywhere <= about["responses"].keys(), (method, path)
            assert "HTTPValidationError" not in str(about), (method, path)
            for status in everywhere & about["responses"].keys():
                assert list(about["responses"][status]["content"]) == ["application/json"], (path, status)
    assert set(described["components"]["schemas"]["ErrorDetail"]["properties"]) == {
        "code",
        "message",
        "field",
        "hint",
    }
    assert "security" not in described["paths"]["/healthz"]["get"]


def test_the_description_names_the_token_where_there_is_one(home: Path) -> None:
    token = "a-token-of-some-length"
    with served(home, WebOptions(token=token)) as address:
        described = got(address, "/openapi.json", headers={"Authorization": f"Bearer {token}"}).json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_there_is_one_page_of_reference(server: str) -> None:
    for path in ("/redoc", "/docs/oauth2-redirect", "/static-offline-docs/redoc.standalone.js"):
        assert got(server, path).status_code == 404


def test_the_page_loads_nothing_from_elsewhere_and_has_no_script_of_its_own(server: str) -> None:
    page = got(server, "/docs").text
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert any("swagger-ui-bundle.js" in address for address in addresses)
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL):
        assert script.strip() == ""
    assert " style=" not in page
    assert "<style" not in page
    for address in addresses:
        if address.startswith("/static/"):
            assert got(server, address).status_code == 200, address


@pytest.mark.parametrize(
    "name", ["redoc.standalone.js", "..%2fcore.py", "../core.py", "%2e%2e/core.py", "favicon.png"]
)
def test_of_the_package_only_what_the_page_needs_is_served(server: str, name: str) -> None:
    page = got(server, "/docs").text
    folder = re.search(r'src="(/static/[0-9a-f]+/swagger/)swagger-ui-bundle.js"', page)
    assert folder is not None
    assert got(server, folder[1] + "swagger-ui.css").status_code == 200
    assert got(server, folder[1] + name).status_code == 404
    assert got(server, "/static/000000000000/swagger/swagger-ui.css").status_code == 404


# --- Health


def test_health_tells_of_database_and_worker(server: str, home: Path) -> None:
    expected = {"status": "ok", "version": version("trintena"), "worker": False, "database": "ok"}
    answer = got(server, "/healthz")
    assert (answer.status_code, answer.json()) == (200, expected)
    locks = Settings.from_environment({"TRINTENA_HOME": str(home)}).locks
    with WorkerPlace.wait_for_one(FileLocks(locks), 1):
        assert got(server, "/healthz").json() == {**expected, "worker": True}
    assert got(server, "/healthz").json()["worker"] is False


def test_health_tells_of_a_database_that_does_not_answer(server: str, home: Path) -> None:
    (home / "trintena.db").write_bytes(b"not a database" * 1000)
    answer = got(server, "/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == answer.json()["database"] == "failing"
    assert str(home) not in answer.text


# --- The start


@contextmanager
def serving(home: Path, *words: str, **environment: str) -> Iterator[tuple[int, list[str]]]:
    """`trintena serve` as people start it: the port, and the first three lines of its terminal."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = {**os.environ, "TRINTENA_HOME": str(home), **environment}
    if "TRINTENA_TOKEN" not in environment:
        surroundings.pop("TRINTENA_TOKEN", None)
    command = [sys.executable, "-m", "trintena", "serve", "--port", str(port), *words]
    process = subprocess.Popen(command, env=surroundings, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        yield port, [process.stderr.readline().rstrip() for _ in range(3)]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_an_address_that_is_not_surely_loopback_gets_a_token_and_the_terminal_shows_it(home: Path) -> None:
    # To everybody but the resolver 127.1 is a name like any other; it happens to stay on this machine.
    with serving(home, "--host", "127.1") as (port, lines):
        address = f"http://127.1:{port}"
        assert lines[0] == f"Trintena serves {address}/advanced-training  (Ctrl-C ends it)"
        token = lines[1].removeprefix("It asks for its token: ")
        assert len(token) >= 32
        assert f"{address}/login" in lines[2]
        here = f"http://127.0.0.1:{port}"
        assert got(here, "/openapi.json").status_code == 401
        assert got(here, "/openapi.json", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert got(here, "/healthz", headers={"Host": f"127.1:{port}"}).status_code == 200
    assert not [file for file in home.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]


def test_a_token_of_the_environment_is_not_shown(home: Path) -> None:
    token = "the-secret-of-this-house"
    with serving(home, TRINTENA_TOKEN=token, TRINTENA_LANG="pt") as (port, lines):
        assert lines == [
            f"O Trintena atende em http://127.0.0.1:{port}/advanced-training  (Ctrl-C encerra)",
            "Ele pede o seu token: o de TRINTENA_TOKEN",
            f"Entre com ele em http://127.0.0.1:{port}/login; "
            "programas enviam `Authorization: Bearer TOKEN`.",
        ]
        assert got(f"http://127.0.0.1:{port}", "/openapi.json").status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "desk.lan", "127.0.0.1.evil.example"])
def test_every_address_but_loopback_gets_a_new_token(host: str) -> None:
    first, second = token_for(host, {}), token_for(host, {"TRINTENA_TOKEN": ""})
    assert first is not None
    assert second is not None
    assert first != second
    assert min(len(first), len(second)) >= 32
    assert token_for(host, {"TRINTENA_TOKEN": "my-own-token-of-mine"}) == "my-own-token-of-mine"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_loopback_needs_none(host: str) -> None:
    assert token_for(host, {}) is None
