"""Memory and processor time of our processes, by what they are there for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from trintena.jobs.holders import Locks
from trintena.jobs.locks import workers_at_work
from trintena.web.metrics.requests import folder_of_processes

ROLES = ("web", "worker", "trainer", "inference")
_ATTEMPTS = 3


@dataclass
class _Look:
    """What was seen of the processes, by role."""

    count: Counter[str] = field(default_factory=Counter)
    resident_bytes: Counter[str] = field(default_factory=Counter)
    cpu_seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ROLES, 0.0))

    def add(self, process: psutil.Process, cpu_role: str | None = None) -> None:
        """Add a process; nothing happens where it has ended since it was listed."""
        with suppress(psutil.NoSuchProcess), process.oneshot():
            role = role_of(process.cmdline())
            times = process.cpu_times()
            self.resident_bytes[role] += process.memory_info().rss
            self.count[role] += 1
            self.cpu_seconds[cpu_role or role] += times.user + times.system


class ProcessMetrics(Collector):
    """The server's processes and those of every worker at work on this machine, looked at in each scrape."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    def collect(self) -> Iterator[Metric]:
        """All families, of every role, at 0 where there is no such process."""
        n_processes = GaugeMetricFamily("trintena_processes", "Processes by what they do.", labels=("role",))
        memory = GaugeMetricFamily(
            "trintena_process_resident_memory_bytes",
            "Resident memory of all processes of a role together; what they share counts for each.",
            labels=("role",),
        )
        seconds = CounterMetricFamily(
            "trintena_process_cpu_seconds",
            "Processor time of a role; trainer: of all that workers started, whether or not it still runs.",
            labels=("role",),
        )
        seen = self._look()
        for role in ROLES:
            n_processes.add_metric((role,), seen.count[role])
            memory.add_metric((role,), seen.resident_bytes[role])
            seconds.add_metric((role,), seen.cpu_seconds[role])
        yield from (n_processes, memory, seconds)

    def _look(self) -> _Look:
        """One look at all of them, taken anew where a trainer ended meanwhile: a counter must not fall."""
        for _ in range(_ATTEMPTS):
            workers = list(_existing(workers_at_work(self._locks)))
            ended = _seconds_of_ended(workers)
            seen = _Look()
            seen.cpu_seconds["trainer"] = ended
            of_workers = set()
            for worker in workers:
                seen.add(worker)
                for process in _descendants(worker):
                    seen.add(process, cpu_role="trainer")
                    of_workers.add(process.pid)
                of_workers.add(worker.pid)
            for server in _existing([os.getpid() if folder_of_processes() is None else os.getppid()]):
                for process in (server, *_descendants(server)):
                    if process.pid not in of_workers:
                        seen.add(process)
            if _seconds_of_ended(workers) == ended:
                break
        return seen


def _existing(pids: list[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            yield psutil.Process(pid)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        found += process.children(recursive=True)
    return found


def _seconds_of_ended(workers: list[psutil.Process]) -> float:
    """Processor time of the processes that workers started and that have ended (not told on macOS)."""
    seconds = 0.0
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            times = worker.cpu_times()
            seconds += times.children_user + times.children_system
    return seconds


def role_of(command: list[str]) -> str:
    """What a process is there for, by its command line; `web` is what else the server consists of."""
    if "trintena.jobs.child" in command:
        return "inference" if any("artifacts.inference" in word for word in command) else "trainer"
    # Started by `trintena serve`, or typed by a person: `python -m trintena worker`, `.../trintena worker`.
    is_worker = "worker" in command and any(word.endswith("trintena") for word in command)
    return "worker" if is_worker else "web"
