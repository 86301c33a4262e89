"""A server in a process of its own: started, asked, looked at, ended by its number."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

LANGUAGE = {"Accept-Language": "pt-BR"}
_GIVEN_S, _ASK_EVERY_S = 60.0, 0.005


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    process: psutil.Process
    port: int
    first_answer_s: float
    """From the start of its process to the first 200."""
    resident_bytes: int
    """Of the process that answers, right after that; what it started is not counted."""

    def cpu_seconds(self) -> float:
        """What the process that answers has taken so far."""
        times = self.process.cpu_times()
        seconds: float = times.user + times.system
        return seconds

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_GIVEN_S)
        try:
            told = LANGUAGE | {name.replace("_", "-"): value for name, value in headers.items()}
            if body is not None:
                told["Content-Type"] = "application/json"
            connection.request(method, path, None if body is None else json.dumps(body), told)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to a request that must succeed."""
        status, _, content = self.ask(method, path, body, **headers)
        if status >= 400:
            raise RuntimeError(f"{method} {path} was answered with {status}: {content.decode()[:500]}")
        return json.loads(content)


def trintena(home: Path) -> tuple[list[str], dict[str, str]]:
    """Command, without its port, and environment of our server in a home."""
    told = {"TRINTENA_HOME": str(home), "TRINTENA_CACHE": str(home / "cache")}
    return [sys.executable, "-m", "trintena", "serve", "--port"], os.environ | told


def hello() -> tuple[list[str], dict[str, str]]:
    """The same of the peer."""
    return [sys.executable, str(Path(__file__).with_name("web_peer.py"))], dict(os.environ)


@contextmanager
def running(command: list[str], environment: dict[str, str], path: str, log: Path) -> Iterator[Server]:
    """Start a server on a free port of this machine and wait until it answers `path` with 200.

    Raises:
        RuntimeError: it ended, or was not there within a minute; the message holds what it printed.
    """
    port = _free_port()
    with log.open("w") as output:
        began = time.perf_counter()
        process = psutil.Popen([*command, str(port)], env=environment, stdout=output, stderr=output)
        try:
            while not _answers(port, path):
                if process.poll() is not None or time.perf_counter() - began > _GIVEN_S:
                    raise RuntimeError(f"{' '.join(command)} does not answer:\n{log.read_text()[-3000:]}")
                time.sleep(_ASK_EVERY_S)
            seconds = time.perf_counter() - began
            yield Server(process, port, seconds, process.memory_info().rss)
        finally:
            _end(process)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_GIVEN_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (ConnectionError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _end(process: psutil.Popen) -> None:
    if process.poll() is not None:
        return
    family = process.children(recursive=True)
    process.terminate()
    try:
        process.wait(20)
    except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
        process.kill()
        process.wait()
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
