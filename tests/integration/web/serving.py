"""The real application behind a real socket of 127.0.0.1, in a thread of the test."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from trintena.settings import Settings
from trintena.web.app import create_app
from trintena.web.options import WebOptions
from trintena.web.server import listening


@contextmanager
def served(
    home: Path, options: WebOptions | None = None, *, extend: Callable[[FastAPI], None] | None = None
) -> Iterator[str]:
    """Serves a home on a free port and yields the address; `extend` may add routes of the test."""
    options = replace(options or WebOptions(), port=0)
    app = create_app(options, Settings.from_environment({"TRINTENA_HOME": str(home)}))
    if extend is not None:
        extend(app)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    with listening(options) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def said_to(address: str, request: bytes, *, timeout_s: float = 5.0) -> bytes:
    """What a server answers to bytes as they are, until it ends the connection or is silent for too long."""
    host, _, port = address.removeprefix("http://").partition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=timeout_s) as connection:
        connection.sendall(request)
        while chunk := connection.recv(65_536):
            answer += chunk
    return answer
