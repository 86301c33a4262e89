"""A real `trintena serve` with its worker, from outside: where it answers, its processes, what it has
printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

BENCHMARKS = str(Path(__file__).parents[1] / "benchmarks")


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    address: str
    home: Path
    process: psutil.Process
    log: Path
    environment: Mapping[str, str]
    """What a command is told that works in the same home."""

    def processes(self) -> list[psutil.Process]:
        """The server and all that it has started and that is alive, it first."""
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def serving(home: Path, *words: object) -> Iterator[Served]:
    """Serve a home on a free port of 127.0.0.1 until the context ends, with a worker that trains."""
    from benchmarks import web_server

    home.mkdir(exist_ok=True)
    command, environment = web_server.trintena(home)
    told = {name: environment[name] for name in ("TRINTENA_HOME", "TRINTENA_CACHE")}
    command = [*command[:-1], *map(str, words), "--port"]
    log = home.parent / f"{home.name}.log"
    with web_server.running(command, dict(environment), "/healthz", log) as server:
        yield Served(f"http://127.0.0.1:{server.port}", home, server.process, log, told)
