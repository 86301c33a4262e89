from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from integration.champion.lab import PROGRAMS

JOB_TASKS = Path(__file__).parents[2] / "unit" / "jobs"
"""Where the nodes find what their workers do here."""


@dataclass
class Nodes:
    """A Ray cluster on this machine; the numbers are those of the nodes' main processes."""

    popen: subprocess.Popen[str]
    folder: Path
    address: str = ""
    raylets: list[int] = field(default_factory=list)

    def add(self, **resources: float) -> int:
        """A further node."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(json.dumps(resources) + "\n")
        self.popen.stdin.flush()
        return self.heard()["raylet"]

    def heard(self) -> dict[str, Any]:
        assert self.popen.stdout is not None
        line = self.popen.stdout.readline()
        assert line, "the cluster could not be started"
        answer: dict[str, Any] = json.loads(line)
        self.raylets.append(answer["raylet"])
        return answer

    def kill(self, raylet: int) -> None:
        """As if its power failed: nothing of the node is told to end."""
        main = psutil.Process(raylet)
        for process in [main, *main.children(recursive=True)]:
            process.kill()
        self.raylets.remove(raylet)

    def kill_head(self) -> None:
        """The head with what holds the cluster together; other nodes stay for a while."""
        control = [each for each in psutil.Process(self.popen.pid).children() if "gcs" in each.name()]
        assert control
        for process in control:
            process.kill()
        self.kill(self.raylets[0])

    def n_started(self) -> int:
        """Experiments that the cluster has had: each is a job of Ray, with a log of its own."""
        return len(list(self.folder.glob("ray/session_latest/logs/worker-*")))

    def actors(self) -> list[int]:
        """The processes of the actors on all nodes."""
        found = []
        for raylet in self.raylets:
            for process in psutil.Process(raylet).children():
                try:
                    if "Host" in "".join(process.cmdline()):
                        found.append(process.pid)
                except psutil.NoSuchProcess:
                    continue
        return found


@contextmanager
def cluster(num_cpus: int, **resources: float) -> Iterator[Nodes]:
    """A cluster of one node, which may become more."""
    # Its sockets have names of a limited length, which the usual folder of a test exceeds.
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    command = [sys.executable, str(Path(__file__).with_name("nodes.py")), str(folder), str(num_cpus)]
    with (folder / "log").open("w") as log:
        popen = subprocess.Popen(
            [*command, json.dumps(resources)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONPATH": str(JOB_TASKS), "TRINTENA_CACHE": str(PROGRAMS.parent)},
        )
    nodes = Nodes(popen, folder)
    try:
        nodes.address = nodes.heard()["address"]
        yield nodes
    finally:
        started = psutil.Process(popen.pid).children(recursive=True) if popen.poll() is None else []
        popen.stdin.close()  # type: ignore[union-attr]
        try:
            popen.wait(20)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()
        popen.stdout.close()  # type: ignore[union-attr]
        for process in started:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nodes(surroundings: None) -> Iterator[Nodes]:
    """One node with four logical processors, for tests that leave it as it is."""
    with cluster(4) as started:
        yield started


@pytest.fixture(autouse=True, scope="session")
def surroundings() -> Iterator[None]:
    """What Ray writes and asks is of this machine alone."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("needs the extra `ray`: pip install 'trintena[ray]'")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
        yield


@pytest.fixture
def wait_until() -> Callable[..., None]:
    def wait(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout_s} s"
            time.sleep(0.05)

    return wait
