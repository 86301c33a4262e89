"""Bringing the server up: its address, its token, its processes."""

from __future__ import annotations

import errno
import logging
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from trintena.errors import UsageError
from trintena.jobs.child import end_with
from trintena.language import phrase
from trintena.web.app import create_app
from trintena.web.metrics.requests import FOLDER_OF_COUNTS
from trintena.web.options import WebOptions

if TYPE_CHECKING:
    from fastapi import FastAPI

logger = logging.getLogger("trintena")

SHORTEST_TOKEN = 16
_GRACE_S = 1
"""Seconds for answers that are under way when the server ends."""


def token_for(host: str, environment: Mapping[str, str]) -> str | None:
    """The token that a server on an address asks for: the given one, a new one, or none on loopback.

    Raises:
        UsageError: the given one is too short to keep anybody out.
    """
    given = environment.get("TRINTENA_TOKEN") or None
    if given is not None and len(given) < SHORTEST_TOKEN:
        raise UsageError(
            phrase(
                en=f"TRINTENA_TOKEN must have at least {SHORTEST_TOKEN} characters, not {len(given)}.",
                pt=f"TRINTENA_TOKEN deve ter no mínimo {SHORTEST_TOKEN} caracteres, e não {len(given)}.",
            ),
            field="TRINTENA_TOKEN",
            hint=phrase(en="Leave it away to be given a new one.", pt="Deixe de fora para receber um novo."),
        )
    if given is not None or WebOptions(host=host).is_local:
        return given
    return secrets.token_urlsafe(24)


@contextmanager
def listening(options: WebOptions) -> Iterator[socket.socket]:
    """The socket of the server's address.

    Raises:
        UsageError: the address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # Named TCP: only then does asyncio send small answers at once (TCP_NODELAY), not 40 ms later.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
            listener.listen(2048)
        except (OSError, OverflowError) as error:
            raise _unusable(options, error) from error
        listener.set_inheritable(True)
        yield listener


def _unusable(options: WebOptions, error: OSError | OverflowError) -> UsageError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return UsageError(
            phrase(
                en=f"Port {options.port} of {options.host} is taken by another program.",
                pt=f"A porta {options.port} de {options.host} está ocupada por outro programa.",
            ),
            field="port",
            hint=phrase(
                en=f"Choose another: `trintena serve --port {options.port + 1}`.",
                pt=f"Escolha outra: `trintena serve --port {options.port + 1}`.",
            ),
        )
    return UsageError(
        phrase(
            en=f"Cannot listen on {options.host}, port {options.port}: {error}.",
            pt=f"Não é possível escutar em {options.host}, porta {options.port}: {error}.",
        ),
        field="host",
        hint=phrase(
            en="Give an address of this machine, such as 127.0.0.1, and a port above 1023.",
            pt="Informe um endereço desta máquina, como 127.0.0.1, e uma porta acima de 1023.",
        ),
    )


def run_server(options: WebOptions, listener: socket.socket, *, n_processes: int = 1) -> None:
    """Answer until told to stop (SIGINT, SIGTERM).

    Raises:
        SystemExit: it could not begin; the reason is in the log.
    """
    several = n_processes > 1
    config = uvicorn.Config(
        partial(_in_own_process, options, os.getpid()) if several else partial(create_app, options),
        factory=True,
        workers=n_processes,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    if several:
        _run_processes(config, listener)
        return
    # Having ended, it passes on what it was told.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def _run_processes(config: uvicorn.Config, listener: socket.socket) -> None:
    from uvicorn.supervisors import Multiprocess

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with _counting_together():
        keeper = Multiprocess(config, sockets=[listener])
        keeper.run()
    for number, handler in before.items():  # it leaves its own behind
        signal.signal(number, handler)
    if any(process.exitcode == STARTUP_FAILURE for process in keeper.processes):
        raise SystemExit(STARTUP_FAILURE)


def _in_own_process(options: WebOptions, parent: int) -> FastAPI:
    """The application of one web process of several: it ends with the process that started it, however."""
    end_with(parent)
    return create_app(options)


@contextmanager
def _counting_together() -> Iterator[None]:
    """Have the web processes that are started meanwhile add up their requests, in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="trintena-metrics-") as folder:
        os.environ[FOLDER_OF_COUNTS] = folder  # they read it when they import Prometheus's client
        try:
            yield
        finally:
            del os.environ[FOLDER_OF_COUNTS]
