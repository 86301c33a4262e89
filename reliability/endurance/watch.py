"""What every process of a server takes, now and then: memory, descriptors, threads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from reliability.meanwhile import meanwhile
from reliability.serving import Served

EVERY_S = 10.0
SERVER, WORKER, FORECASTS, TRAINING = "server", "worker", "forecasts", "training"
ROLES = (SERVER, WORKER, FORECASTS, TRAINING)
LASTING = (SERVER, WORKER, FORECASTS)
"""Processes that live as long as the server does; those that train are replaced."""


@dataclass(frozen=True)
class Sample:
    """One process, or of several of a role the largest, at one moment of a run."""

    at_s: float
    role: str
    n: int
    rss: int
    fds: int
    threads: int


def samples_of(server: Served, at_s: float) -> list[Sample]:
    """What each role takes now."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    for process in server.processes():
        try:
            with process.oneshot():
                role = _role(server, process)
                taken = process.memory_info().rss, process.num_fds(), process.num_threads()
        except psutil.NoSuchProcess:  # it ended while we asked
            continue
        found.setdefault(role, []).append(taken)
    return [
        Sample(at_s, role, len(taken), *(max(each) for each in zip(*taken, strict=True)))
        for role, taken in found.items()
    ]


def _role(server: Served, process: psutil.Process) -> str:
    if process.pid == server.process.pid:
        return SERVER
    if process.ppid() != server.process.pid:
        return TRAINING
    return WORKER if "worker" in process.cmdline() else FORECASTS


@contextmanager
def watching(server: Served, began: float) -> Iterator[list[Sample]]:
    """Samples of a server, gathered for as long as the context lasts; times count from `began`."""
    samples: list[Sample] = []

    def watch() -> None:
        samples.extend(samples_of(server, time.monotonic() - began))

    with meanwhile(watch, EVERY_S):
        yield samples
