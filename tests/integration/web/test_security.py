"""Attacks on a real server, each met by the protection that is meant for it."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from integration.champion.lab import prices
from integration.web.serving import said_to, served
from trintena.domain import ExperimentSpec
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock
from trintena.registry import Registry
from trintena.settings import Settings
from trintena.web.options import WebOptions
from trintena.web.security.headers import HEADERS
from trintena.web.security.tokens import COOKIE, PENALTY_S, VALID_S, is_pass, pass_for

TOKEN = "a-token-of-some-length"
HTML = {"Accept": "text/html,application/xhtml+xml"}


class Asked(BaseModel):
    """A body with a field of each kind that a request can get wrong."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="x", max_length=10)
    lookback: int = Field(default=60, ge=2, le=512)
    rate: float = Field(default=0.1, gt=0, allow_inf_nan=False)
    models: list[int] | None = Field(default=None, min_length=1)
    anything: Any = None


async def _in_two_parts() -> AsyncIterator[str]:
    yield "first"
    await asyncio.sleep(1.0)
    yield "second"


def probes(app: FastAPI) -> None:
    """Routes that do what real ones do at their worst."""

    @app.post("/api/echo")
    def echo(asked: Asked) -> dict[str, str]:
        return {"name": asked.name}

    @app.post("/form")
    def form(text: Annotated[str, Form()]) -> dict[str, int]:
        return {"length": len(text)}

    @app.get("/breaks")
    def breaks() -> None:
        raise ZeroDivisionError("a fault of ours")

    @app.get("/own-policy")
    def own_policy() -> HTMLResponse:
        return HTMLResponse("", headers={"Content-Security-Policy": "sandbox", "Cache-Control": "no-cache"})

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(_in_two_parts(), media_type="text/plain")


@pytest.fixture(scope="module")
def home(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(migrated, folder / "trintena.db")
    return folder


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[str]:
    """An open server, as on loopback."""
    options = WebOptions(allowed_hosts=("Prices.Example",), maximum_upload_bytes=300_000)
    with served(home, options, extend=probes) as address:
        yield address


@pytest.fixture(scope="module")
def locked(home: Path) -> Iterator[str]:
    """A server that asks for a token."""
    with served(home, WebOptions(token=TOKEN), extend=probes) as address:
        yield address


def asked(address: str, method: str, path: str, **more: Any) -> httpx.Response:
    with httpx.Client(base_url=address, timeout=15, trust_env=False, verify=False) as client:
        return client.request(method, path, **more)


def error_of(answer: httpx.Response) -> dict[str, str | None]:
    """The refusal, after a look at its shape."""
    error: dict[str, str | None] = answer.json()["error"]
    assert set(error) == {"code", "message", "field", "hint"}
    assert error["code"]
    assert error["message"]
    return error


# --- Host


def ask_as(address: str, host: str, path: str = "/healthz") -> bytes:
    return said_to(
        address, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")
    )


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:5000",
        "LocalHost:80",
        "127.0.0.1",
        "127.0.0.1:5000",
        "192.168.1.7:5000",
        "[::1]:5000",
        "[2001:db8::7]",
        "prices.example",
        "prices.example:8443",
        socket.gethostname(),
    ],
)
def test_we_answer_under_our_own_names_and_plain_addresses(server: str, host: str) -> None:
    assert ask_as(server, host).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:5000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "prices.example.evil.example",
        "evilprices.example",
        "localhost.",
        "0x7f000001",
        "2130706433",
        "127.1",
    ],
)
@pytest.mark.parametrize("path", ["/healthz", "/", "/api/experiments", "/openapi.json", "/nothing"])
def test_a_name_that_was_made_to_point_here_reads_nothing(server: str, host: str, path: str) -> None:
    assert ask_as(server, host, path).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "local host",
        "[::1",
        "[::zz]",
        "[1:2:3]",
        "a:b:c",
        "localhost:",
        "localhost:99999",
        "me@localhost",
        "a/b",
    ],
)
def test_a_malformed_host_is_refused(server: str, host: str) -> None:
    assert ask_as(server, host).startswith(b"HTTP/1.1 400 ")


def test_a_request_without_host_is_refused(server: str) -> None:
    assert said_to(server, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_the_refusal_of_a_name_says_how_to_allow_it(server: str) -> None:
    answer = asked(server, "GET", "/healthz", headers={"Host": "desk.lan:5000", "Accept-Language": "pt"})
    error = error_of(answer)
    assert error["code"] == "foreign_host"
    assert error["message"] == "Este servidor não atende pelo nome desk.lan."
    assert "trintena serve --allowed-host desk.lan" in str(error["hint"])


# --- Origin


def post(address: str, headers: dict[str, str], path: str = "/form") -> int:
    return asked(address, "POST", path, data={"text": "x"}, headers=headers).status_code


def test_programs_that_name_no_origin_may_ask(server: str) -> None:
    assert post(server, {}) == 200
    assert post(server, {"Sec-Fetch-Site": "none"}) == 200


def test_our_own_pages_may_ask(server: str) -> None:
    port = urlsplit(server).port
    assert post(server, {"Origin": server, "Sec-Fetch-Site": "same-origin"}) == 200
    # Browsers call it cross-site when a page of localhost asks 127.0.0.1.
    for name in ("localhost", "[::1]"):
        assert post(server, {"Origin": f"http://{name}:{port}", "Sec-Fetch-Site": "cross-site"}) == 200
    named = {"Host": f"prices.example:{port}", "Origin": f"http://prices.example:{port}"}
    assert post(server, named) == 200
    assert post(server, {"Host": "prices.example", "Origin": "http://prices.example"}) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://evil.example:{port}",
        "http://localhost.evil.example:{port}",
        "http://localhost:{port}@evil.example",
        "http://localhost:{port}.evil.example",
        "http://127.0.0.1.evil.example:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://192.168.1.7:{port}",
        "http://[::1]:{port}:{port}",
        "http://[::ffff:127.0.0.1]:{port}",
        "file://",
        "chrome-extension://abcdefgh",
        "127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port} http://evil.example",
    ],
)
def test_no_other_origin_may_ask(server: str, origin: str) -> None:
    headers = {"Origin": origin.format(port=urlsplit(server).port)}
    assert post(server, headers) == 403
    for method in ("PUT", "PATCH", "DELETE"):
        assert asked(server, method, "/form", headers=headers).status_code == 403


def test_a_page_of_the_visitors_own_machine_may_not_ask_a_server_elsewhere(server: str) -> None:
    port = urlsplit(server).port
    headers = {"Host": f"prices.example:{port}", "Origin": f"http://localhost:{port}"}
    assert post(server, headers) == 403


def test_two_origins_are_none(server: str) -> None:
    origins = [("Origin", server), ("Origin", "http://evil.example")]
    assert asked(server, "POST", "/form", data={"text": "x"}, headers=origins).status_code == 403


def test_a_cross_site_request_is_refused_even_without_origin(server: str) -> None:
    assert post(server, {"Sec-Fetch-Site": "cross-site"}) == 403


def test_a_form_of_another_site_starts_no_training(server: str, home: Path) -> None:
    body = {"mode": "fast", "symbol": "sample:nasdaq"}
    origin = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    as_form = asked(server, "POST", "/api/train-advanced", data=body, headers=origin)
    # `enctype=text/plain` lets a form write what reads as JSON.
    as_text = asked(
        server,
        "POST",
        "/api/train-advanced",
        content=json.dumps(body),
        headers={**origin, "Content-Type": "text/plain"},
    )
    for answer in (as_form, as_text):
        assert answer.status_code == 403
        assert error_of(answer)["code"] == "foreign_origin"
    with Registry.open(f"sqlite:///{home / 'trintena.db'}") as registry:
        assert registry.experiments() == []


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "text/json", None])
def test_json_is_read_only_where_it_is_called_json(server: str, media: str | None) -> None:
    headers = {} if media is None else {"Content-Type": media}
    answer = asked(server, "POST", "/api/echo", content=b'{"name": "x"}', headers=headers)
    assert answer.status_code == 422
    assert f"by {media or 'nothing'}" in str(error_of(answer)["message"])


# --- Token


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_route_asks_for_the_token(locked: str) -> None:
    described = asked(locked, "GET", "/openapi.json", headers=bearer()).json()
    routes = [(method, path) for path, methods in described["paths"].items() for method in methods]
    assert ("get", "/healthz") in routes
    for method, path in [*routes, ("get", "/metrics"), ("get", "/openapi.json"), ("get", "/nothing")]:
        answer = asked(locked, method.upper(), path)
        if path == "/healthz":
            assert answer.status_code == 200
            continue
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert error_of(answer)["code"] == "token_needed"
        assert TOKEN not in answer.text


@pytest.mark.parametrize("path", ["/openapi.json", "/metrics", "/docs"])
def test_the_bearer_of_the_token_is_let_in(locked: str, path: str) -> None:
    assert asked(locked, "GET", path, headers=bearer()).status_code == 200
    assert asked(locked, "GET", path, headers={"Authorization": f"bearer  {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é" * 20])
def test_a_wrong_token_is_refused_after_half_a_second(locked: str, token: str) -> None:
    began = time.monotonic()
    headers = {b"Authorization": f"Bearer {token}".encode("latin-1")}
    answer = asked(locked, "GET", "/openapi.json", headers=headers)
    assert answer.status_code == 401
    assert time.monotonic() - began >= PENALTY_S


def test_who_is_refused_keeps_nobody_waiting(locked: str) -> None:
    guesses = [
        threading.Thread(target=asked, args=(locked, "GET", "/docs"), kwargs={"headers": bearer("x")})
        for _ in range(8)
    ]
    for guess in guesses:
        guess.start()
    assert asked(locked, "GET", "/openapi.json", headers=bearer()).status_code == 200
    assert any(guess.is_alive() for guess in guesses)
    for guess in guesses:
        guess.join()


@pytest.mark.parametrize("place", ["/openapi.json?token={}", "/openapi.json?access_token={}"])
def test_a_token_in_the_address_is_none(locked: str, place: str) -> None:
    assert asked(locked, "GET", place.format(TOKEN)).status_code == 401


def test_pages_lead_to_the_form_and_back(locked: str) -> None:
    with httpx.Client(base_url=locked, headers=HTML, trust_env=False) as browser:
        sent_away = browser.get("/docs?a=1&b=2")
        assert sent_away.status_code == 303
        assert sent_away.headers["Location"] == "/login?next=/docs%3Fa%3D1%26b%3D2"
        form = browser.get(sent_away.headers["Location"])
        assert form.status_code == 200
        assert 'value="/docs?a=1&amp;b=2"' in form.text
        entered = browser.post("/login", data={"token": TOKEN, "next": "/docs?a=1&b=2"})
        assert (entered.status_code, entered.headers["Location"]) == (303, "/docs?a=1&b=2")
        cookie = entered.headers["Set-Cookie"]
        for part in ("HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={VALID_S}"):
            assert part in cookie
        assert "Secure" not in cookie
        assert TOKEN not in cookie
        assert browser.get("/docs").status_code == 200

        left = browser.post("/logout")
        assert (left.status_code, left.headers["Location"]) == (303, "/login")
        assert browser.get("/docs").status_code == 303


def test_the_cookie_is_secure_where_the_form_came_by_https(locked: str) -> None:
    headers = {"X-Forwarded-Proto": "https"}  # from a proxy of this machine
    entered = asked(locked, "POST", "/login", data={"token": TOKEN}, headers=headers)
    assert "Secure" in entered.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This is not the token of this server"), ("pt", "token deste servidor")]
)
def test_a_wrong_token_shows_the_form_again(locked: str, language: str, words: str) -> None:
    began = time.monotonic()
    data = {"token": "something-else", "next": "/docs"}
    answer = asked(locked, "POST", "/login", data=data, headers={"Accept-Language": language})
    assert time.monotonic() - began >= PENALTY_S
    assert answer.status_code == 401
    assert words in answer.text
    assert 'value="/docs"' in answer.text
    assert "something-else" not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_another_site_logs_nobody_in(locked: str) -> None:
    headers = {"Origin": "http://evil.example"}
    assert asked(locked, "POST", "/login", data={"token": TOKEN}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/login",
        "/logout",
        "",
    ],
)
def test_the_form_leads_nowhere_else(locked: str, target: str) -> None:
    entered = asked(locked, "POST", "/login", data={"token": TOKEN, "next": target})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")


def test_a_cookie_that_was_made_up_ended_or_is_of_another_token_is_none(locked: str) -> None:
    now = time.time()
    good = pass_for(TOKEN)
    until, _, signature = good.partition(".")
    later = f"{int(until) + 1}.{signature}"
    for value in (
        later,
        "",
        ".",
        f"{until}.",
        f".{signature}",
        "x.y",
        "9" * 5000,
        pass_for("another-token-of-ours"),
    ):
        assert not is_pass(value, TOKEN)
        answer = asked(locked, "GET", "/openapi.json", headers={"Cookie": f"{COOKIE}={value}"})
        assert answer.status_code == 401
    assert asked(locked, "GET", "/openapi.json", headers={"Cookie": f"{COOKIE}={good}"}).status_code == 200
    assert is_pass(pass_for(TOKEN, now - VALID_S + 5), TOKEN, now)
    assert not is_pass(pass_for(TOKEN, now - VALID_S), TOKEN, now)


def test_the_form_tells_strangers_nothing_of_what_is_trained(locked: str) -> None:
    form = asked(locked, "GET", "/login", headers=HTML).text
    assert 'class="chip' not in form
    assert asked(locked, "GET", "/static/000000000000/x.js").status_code == 404


def test_there_is_no_form_where_there_is_no_token(server: str) -> None:
    assert asked(server, "GET", "/login").headers["Location"] == "/"
    entered = asked(server, "POST", "/login", data={"token": "x"})
    assert entered.headers["Location"] == "/"
    assert "Set-Cookie" not in entered.headers


def test_the_token_is_written_down_nowhere(locked: str, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        asked(locked, "GET", "/openapi.json", headers=bearer())
        asked(locked, "GET", "/breaks", headers=bearer())
        asked(locked, "POST", "/login", data={"token": TOKEN})
        asked(locked, "POST", "/login", data={"token": TOKEN + "x"})
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any("a fault of ours" in str(record.exc_info) for record in ours)
    assert not [record for record in ours if TOKEN in caplog.handler.format(record)]
    assert not [file for file in home.rglob("*") if file.is_file() and TOKEN.encode() in file.read_bytes()]


def test_no_refusal_tells_what_is_trained(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "trintena.db")
    settings = Settings.from_environment({"TRINTENA_HOME": str(tmp_path)})
    with (
        Registry.open(settings.database_url) as registry,
        served(tmp_path, WebOptions(token=TOKEN)) as address,
    ):
        key = registry.save_dataset(prices("SECRET", np.full(20, 0.01)))
        spec = ExperimentSpec("SECRET", key, (1, 6), start="2008-01-01", end="2008-01-20")
        number = registry.create_experiment(spec)
        registry.set_state(number, "running")
        with ExperimentLock(FileLocks(settings.locks), number):
            assert "SECRET" in asked(address, "GET", "/docs", headers=HTML | bearer()).text
            refused = [
                asked(address, "GET", "/nothing", headers=HTML | {"Host": "evil.example"}),
                asked(address, "GET", "/nothing", headers=HTML | {"Host": "a/b"}),
                asked(address, "GET", "/nothing", headers=HTML | bearer("wrong")),
                asked(address, "POST", "/nothing", headers=HTML),
                asked(address, "POST", "/nothing", headers=HTML, content=b"x" * 100_000),
                asked(address, "GET", "/login", headers=HTML),
            ]
    assert [answer.status_code for answer in refused] == [421, 400, 401, 401, 413, 200]
    for answer in refused:
        assert "SECRET" not in answer.text


# --- Headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/docs", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/healthz", 405),
        ("POST", "/api/echo", 422),
        ("GET", "/breaks", 500),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", HTML["Accept"]])
def test_every_answer_has_the_headers(server: str, method: str, path: str, status: int, accept: str) -> None:
    answer = asked(server, method, path, headers={"Accept": accept})
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]


def test_a_page_that_fails_with_its_database_is_refused_like_any_other(
    migrated: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated, tmp_path / "trintena.db")
    with served(tmp_path) as address:
        (tmp_path / "trintena.db").write_bytes(b"not a database" * 1000)
        as_page = asked(address, "GET", "/", headers=HTML)
        as_json = asked(address, "GET", "/")
    assert error_of(as_json)["code"] == "internal"
    for answer in (as_page, as_json):
        assert answer.status_code == 500
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "This is a fault of Trintena" in as_page.text


def test_refusals_of_the_guards_have_the_headers(server: str) -> None:
    refused = [
        asked(server, "GET", "/healthz", headers={"Host": "evil.example"}),
        asked(server, "POST", "/form", headers={"Origin": "null"}),
        asked(server, "POST", "/form", content=b"x" * 100_000),
    ]
    assert [answer.status_code for answer in refused] == [421, 403, 413]
    for answer in refused:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.headers["Content-Language"] == "en"


def test_a_route_may_have_a_policy_of_its_own(server: str) -> None:
    answer = asked(server, "GET", "/own-policy")
    assert answer.headers.get_list("Content-Security-Policy") == ["sandbox"]
    assert answer.headers.get_list("Cache-Control") == ["no-cache"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_files_under_a_fingerprint_are_kept_for_good_others_are_not(server: str) -> None:
    page = asked(server, "GET", "/docs").text
    style = page.split('rel="stylesheet" href="')[1].partition('"')[0]
    kept = asked(server, "GET", style)
    assert kept.status_code == 200
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    missing = asked(server, "GET", style + ".missing")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


def test_a_stream_is_passed_on_as_it_comes(server: str) -> None:
    with httpx.stream("GET", f"{server}/stream", trust_env=False) as answer:
        parts = [(part, time.monotonic()) for part in answer.iter_text()]
    assert [part for part, _ in parts] == ["first", "second"]
    assert parts[1][1] - parts[0][1] > 0.5


# --- Bodies


@pytest.mark.parametrize("path", ["/api/echo", "/api/datasets", "/nothing"])
def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(server: str, path: str) -> None:
    began = time.monotonic()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    answer = said_to(server, head.encode() + b"Content-Length: 900000000\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert time.monotonic() - began < 4


def test_a_client_that_reads_only_after_it_has_sent_gets_the_refusal(server: str) -> None:
    connection = http.client.HTTPConnection(server.removeprefix("http://"), timeout=15)
    connection.request("POST", "/api/echo", b"x" * 30_000_000, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    refused = httpx.Response(answer.status, content=answer.read())
    connection.close()
    assert refused.status_code == 413
    assert error_of(refused)["message"] == "What was sent is larger than the 64 KiB that may be."


@pytest.mark.parametrize("path", ["/api/echo", "/form", "/nothing"])
def test_a_body_without_end_is_not_read_to_its_end(server: str, path: str) -> None:
    host, _, port = server.removeprefix("http://").partition(":")
    media = "application/x-www-form-urlencoded" if path == "/form" else "application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\n"
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"

    def send_for_ever(connection: socket.socket) -> None:
        while time.monotonic() - began < 8:
            connection.sendall(chunk)
            time.sleep(0.001)

    began = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(connection)
    assert time.monotonic() - began < 8


def test_chunks_are_counted(server: str) -> None:
    def chunks(n: int) -> Iterator[bytes]:
        yield b'{"anything": "'
        for _ in range(n):
            yield b"x" * 1024
        yield b'"}'

    json_type = {"Content-Type": "application/json"}
    assert asked(server, "POST", "/api/echo", content=chunks(60), headers=json_type).status_code == 200
    answer = asked(server, "POST", "/api/echo", content=chunks(70), headers=json_type)
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "too_large"
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    assert asked(server, "POST", "/form", content=chunks(70), headers=form_type).status_code == 413


def test_uploads_may_be_larger(server: str) -> None:
    def upload(n_bytes: int, path: str = "/api/datasets") -> int:
        files = {"file": ("prices.csv", b"x" * n_bytes, "text/csv")}
        return asked(server, "POST", path, files=files).status_code

    assert upload(300_000) not in (413, 500)
    assert upload(400_000) == 413
    assert upload(100_000, "/api/echo") == 413


def test_a_body_that_dawdles_holds_up_nobody_else(server: str) -> None:
    host, _, port = server.removeprefix("http://").partition(":")
    head = b"POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    dawdlers = [socket.create_connection((host, int(port))) for _ in range(60)]
    try:
        for dawdler in dawdlers:
            dawdler.sendall(head + b"Content-Length: 9\r\n\r\n{")
        assert asked(server, "GET", "/healthz").status_code == 200
    finally:
        for dawdler in dawdlers:
            dawdler.close()


def test_whoever_is_refused_with_a_body_on_its_way_is_cut_off(locked: str) -> None:
    head = b"POST /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    began = time.monotonic()
    answer = said_to(locked, head + b"5\r\nhello\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert time.monotonic() - began < 4


# --- What bodies hold


NASTY = {
    "deep list": b"[" * 30_000,
    "deep list, closed": b"[" * 30_000 + b"]" * 30_000,
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep field": b'{"anything": ' + b"[" * 900 + b"]" * 900 + b"}",
    "deep field where a number belongs": b'{"lookback": ' + b"[" * 900 + b"]" * 900 + b"}",
    "NaN": b'{"rate": NaN}',
    "infinity": b'{"rate": 1e999}',
    "NaN for a whole number": b'{"lookback": NaN}',
    "infinity for a whole number": b'{"lookback": -Infinity}',
    "many digits": b'{"lookback": ' + b"9" * 5_000 + b"}",
    "digits": b'{"lookback": ' + b"9" * 400 + b"}",
    "digits for a fraction": b'{"rate": ' + b"9" * 400 + b"}",
    "NUL in a text": b'{"lookback": "\\u0000"}',
    "NUL in the name of a field": b'{"\\u0000": 1}',
    "raw NUL": b'{"name": "\x00"}',
    "invalid UTF-8": b'{"name": "\xff\xfe"}',
    "half a character": b'{"lookback": "\\ud800"}',
    "half a character as a name": b'{"\\ud800": 1}',
    "half a character as a text": b'{"name": "\\ud800"}',
    "byte order mark": b'\xef\xbb\xbf{"lookback": "x"}',
    "UTF-16": '{"lookback": "x"}'.encode("utf-16"),
    "nothing": b"",
    "null": b"null",
    "a text": b'"x"',
    "a number": b"1",
    "a list": b"[1]",
    "cut off": b'{"name": ',
    "a name twice": b'{"lookback": 60, "lookback": "x"}',
    "a long text": b'{"lookback": "' + b"x" * 60_000 + b'"}',
}


@pytest.mark.parametrize("body", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("language", ["en", "pt"])
def test_no_body_breaks_us(server: str, body: bytes, language: str) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": language}
    answer = asked(server, "POST", "/api/echo", content=body, headers=headers)
    if answer.status_code == 200:
        assert b"anything" in body
        return
    assert answer.status_code in (400, 422)
    error = error_of(answer)
    assert len(str(error["message"])) < 300


def test_no_body_breaks_any_real_route(server: str) -> None:
    described = asked(server, "GET", "/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            media = about.get("requestBody", {}).get("content", {})
            if "application/json" not in media or path == "/api/echo":
                continue
            address = path.replace("{", "").replace("}", "")
            for name, body in NASTY.items():
                headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
                answer = asked(server, method.upper(), address, content=body, headers=headers)
                assert answer.status_code < 500, (path, name, answer.text)


@pytest.mark.parametrize(
    "name", ["Accept-Language", "Cookie", "Accept", "Content-Type", "Authorization", "Prefer"]
)
@pytest.mark.parametrize(
    "nonsense",
    [
        "\xff\xfe",
        ";;;,,,",
        "q=nan;q=1e999, pt;q=x, -, _",
        "language=\xe9; theme=<b>; trintena=.",
        "a" * 8_000,
        "*/*;q=pt",
    ],
)
def test_no_header_breaks_us(server: str, locked: str, name: str, nonsense: str) -> None:
    headers = {name.encode(): nonsense.encode("latin-1")}
    for address in (server, locked):
        assert asked(address, "GET", "/login", headers=headers).status_code in (200, 303)
        assert asked(address, "POST", "/api/echo", headers=headers, content=b"{}").status_code in (
            200,
            401,
            422,
        )


@pytest.mark.parametrize(
    ("body", "field", "english", "portuguese"),
    [
        (
            {"lookback": "sixty"},
            "lookback",
            'lookback must be a whole number, not "sixty".',
            'lookback deve ser um número inteiro, e não "sixty".',
        ),
        (
            {"lookback": 9999},
            "lookback",
            "lookback must be at most 512, not 9999.",
            "lookback deve ser no máximo 512, e não 9999.",
        ),
        (
            {"rate": 0},
            "rate",
            "rate must be greater than 0.0, not 0.",
            "rate deve ser maior que 0.0, e não 0.",
        ),
        (
            {"models": []},
            "models",
            "models must be a list of at least 1, not a list of 0.",
            "models deve ser uma lista de no mínimo 1, e não uma lista de 0.",
        ),
        (
            {"models": [1, None]},
            "models.1",
            "models.1 must be a whole number, not null.",
            "models.1 deve ser um número inteiro, e não null.",
        ),
        ({"lookbak": 1}, "lookbak", "There is no field lookbak.", "Não há campo lookbak."),
        (
            {"name": {"a": 1}},
            "name",
            "name must be a text, not an object.",
            "name deve ser um texto, e não um objeto.",
        ),
        (
            {"name": "x" * 99},
            "name",
            f'name must be a text of at most 10 characters, not "{"x" * 58}….',
            f'name deve ser um texto de no máximo 10 caracteres, e não "{"x" * 58}….',
        ),
        (
            [],
            None,
            "The body must be an object, not a list of 0.",
            "O corpo deve ser um objeto, e não uma lista de 0.",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected_and_what_came(
    server: str, body: Any, field: str | None, english: str, portuguese: str
) -> None:
    for language, words in (("en", english), ("pt-BR,pt;q=0.9", portuguese)):
        answer = asked(server, "POST", "/api/echo", json=body, headers={"Accept-Language": language})
        error = error_of(answer)
        assert (answer.status_code, error["field"], error["message"]) == (422, field, words)


@pytest.mark.parametrize(
    ("method", "path", "status", "english", "portuguese"),
    [
        ("GET", "/nothing", 404, "There is nothing at /nothing.", "Não há nada em /nothing."),
        ("PUT", "/healthz", 405, "/healthz answers GET, not PUT.", "/healthz responde a GET, e não a PUT."),
        ("GET", "/breaks", 500, "This is a fault of Trintena", "Esta é uma falha do Trintena"),
    ],
)
def test_what_the_framework_refuses_is_said_in_both_languages(
    server: str, method: str, path: str, status: int, english: str, portuguese: str
) -> None:
    for language, words in (("en", english), ("pt", portuguese)):
        answer = asked(server, method, path, headers={"Accept-Language": language})
        assert answer.status_code == status
        assert str(error_of(answer)["message"]).startswith(words)
        assert "ZeroDivision" not in answer.text


def test_a_wrong_method_is_told_all_that_are_right(server: str) -> None:
    assert asked(server, "DELETE", "/login").headers["Allow"] == "GET, POST"
    assert asked(server, "GET", "/logout").headers["Allow"] == "POST"
