"""The ways to a cluster: command, Python, from outside; and what is said where there is none."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from integration.champion.lab import environment_of, write_csv
from integration.cluster.conftest import Nodes, cluster
from integration.search.searching import ALIKE, REQUEST, series
from integration.training.running import figures, select, trintena
from trintena import train_all_models_fast_mode
from trintena.errors import ClusterError
from trintena.jobs.executors.ray import RayExecutor
from trintena.jobs.protocol import Finished, Task

# Changes what a head says of itself, as one of another version would.
PRETEND = """
import json, sys
from ray._raylet import GcsClient
gcs = GcsClient(address=sys.argv[1])
told = json.loads(gcs.internal_kv_get(b"CLUSTER_METADATA", namespace=b"cluster", timeout=5))
told["ray_version"] = "2.1.0"
gcs.internal_kv_put(b"CLUSTER_METADATA", json.dumps(told).encode(), True, b"cluster", timeout=5)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("prices") / "walk.csv", series())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--executor", "ray", "--address", "ray://127.0.0.1:1"), 1, "Error: No Ray cluster can be reached"),
        (("--executor", "ray", "--address", "head"), 2, "Error: Expected auto, HOST:PORT or ray://HOST:PORT"),
        (("--address", "head:6379"), 2, "Error: --address is of a Ray cluster; the executor is local."),
        (("--executor", "rai"), 2, "Error: Unknown executor 'rai'. Did you mean 'ray'?"),
    ],
)
def test_what_cannot_be_is_said_at_once_and_nothing_is_planned(
    words: tuple[str, ...], code: int, said: str, file: Path, tmp_path: Path
) -> None:
    before = time.monotonic()
    done = trintena(tmp_path / "home", "train", "--csv", file, *words)
    assert time.monotonic() - before < 20
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(said)
    assert select(tmp_path / "home", "SELECT id FROM experiments") == []


@pytest.mark.slow
def test_python_trains_on_a_cluster_what_the_command_trains_here(
    nodes: Nodes, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = trintena(tmp_path / "here", "train", "--csv", file, *ALIKE, "--json", "answer.json")
    (tmp_path / "there").mkdir()
    for name, value in environment_of(tmp_path / "there").items():
        monkeypatch.setenv(name, value)
    there = train_all_models_fast_mode(csv=file, **REQUEST, executor="ray", address=nodes.address, workers=2)
    assert "ray" not in sys.modules
    assert figures(json.loads(json.dumps(there))) == figures(here.answer)


@pytest.mark.slow
def test_a_cluster_is_reached_from_outside(
    nodes: Nodes, file: Path, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    here = trintena(tmp_path / "here", "train", "--csv", file, *ALIKE, "--json", "answer.json")
    port = free_port()
    serving = [sys.executable, "-m", "ray.util.client.server", "--address", nodes.address]
    with subprocess.Popen(
        [*serving, "--host", "127.0.0.1", "--port", str(port), "--mode", "proxy"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as door:
        try:
            wait_until(lambda: is_open(port), 30)
            words = (*ALIKE, "--executor", "ray", "--address", f"ray://127.0.0.1:{port}", "--workers", 2)
            there = trintena(tmp_path / "there", "train", "--csv", file, *words, "--json", "answer.json")
        finally:
            started = psutil.Process(door.pid).children(recursive=True)
            door.terminate()
            for process in started:
                if process.is_running():
                    process.kill()
    assert there.code == 0, there.err
    assert figures(there.answer) == figures(here.answer)


@pytest.mark.slow
def test_a_cluster_of_another_version_is_refused_with_both_named() -> None:
    with cluster(1) as nodes:
        subprocess.run([sys.executable, "-c", PRETEND, nodes.address], check=True)
        with pytest.raises(ClusterError, match=r"runs Ray 2\.1\.0 on Python .*; this is Ray 2\."):
            RayExecutor(nodes.address, environment={}).start()


@pytest.mark.slow
def test_a_machine_that_is_no_node_is_told_how_to_become_one() -> None:
    with cluster(1) as nodes:
        nodes.kill(nodes.raylets[0])  # whoever holds the cluster together is still there
        with pytest.raises(ClusterError, match=r"This machine is no node of the Ray cluster"):
            RayExecutor(nodes.address, environment={}).start()


@pytest.mark.slow
def test_a_cluster_that_is_full_is_waited_for_and_that_is_said(
    nodes: Nodes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trintena.jobs.executors.ray._PATIENCE_S", 3.0)
    with (
        RayExecutor(nodes.address, environment={}) as others,
        RayExecutor(nodes.address, 1, environment={}) as ours,
    ):
        ours.submit(Task("task", "job_tasks:pid"))
        assert ours.next_event(5.0) is None
        assert "has not started a worker yet" in caplog.text
        others.close()
        assert any(isinstance(event, Finished) for event in ours.events())
