"""A real `trintena serve` in a process of its own, over a home that real commands have filled."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from integration.training.running import Running, begun, trintena, wait_for, write_prices

MODELS = "6,9,26"
LOOKBACK = 8
FAST, OPTIMIZED = 1, 2
"""Numbers of the experiments of `fill`; each has a champion of a series of its own."""
N_ROWS = 900
SPACE = ("--epochs", "2,4", "--batch-size", "32", "--activation", "tanh")
GIVEN_S = 60.0


@dataclass(frozen=True)
class Server:
    """Where it answers, and the process that does."""

    address: str
    home: Path
    running: Running


def fill(home: Path) -> None:
    """One finished experiment of each mode, on a made-up series each."""
    common = ("--models", MODELS, "--lookback", LOOKBACK, "--workers", 1)
    search = ("--mode", "optimized", "--trials", 2, *SPACE)
    for name, words in (("walk", ("--horizon", 1)), ("stroll", ("--horizon", 5, *search))):
        prices = write_prices(home.parent / f"{name}.csv", N_ROWS)
        done = trintena(home, "train", "--csv", prices, *common, *words)
        assert done.code == 0, done.err


@contextmanager
def serve(home: Path, *words: object, **variables: str) -> Iterator[Server]:
    """Serve a home on a free port of 127.0.0.1 until the context ends, with a worker that trains."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = ("serve", "--port", port, "--workers", 1, *words)
    with begun(home, *command, **variables) as running:
        address = f"http://127.0.0.1:{port}"
        running.wait_for(lambda: _answers(address), "an answer", GIVEN_S)
        try:
            yield Server(address, home, running)
        finally:
            running.popen.send_signal(signal.SIGTERM)
            wait_for(lambda: running.popen.poll() is not None, "end of the server", GIVEN_S)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=5).is_success
    except httpx.TransportError:
        return False
