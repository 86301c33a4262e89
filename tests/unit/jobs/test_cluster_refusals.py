"""Clusters that are not there, or cannot be used: what is said, and how soon. Without any cluster."""

from __future__ import annotations

import importlib.util
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from trintena.errors import ClusterError, UsageError
from trintena.jobs.cluster import link, refusals
from trintena.jobs.cluster.link import Link
from trintena.jobs.cluster.messages import Connect
from trintena.jobs.executors import EXECUTORS, is_usable, refuse_unusable
from trintena.settings import Settings

NOTHING = Connect("auto", 0.0, {}, None, {})


@pytest.fixture(autouse=True)
def ray_seems_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is or not: what these tests are about comes before it would be loaded."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())


@pytest.fixture
def mute() -> Iterator[int]:
    """The port of somebody who listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("auto", None),
        ("127.0.0.1:6379", ("127.0.0.1", 6379)),
        ("head:6380", ("head", 6380)),
        ("ray://head:10002", ("head", 10002)),
        ("ray://head", ("head", 10001)),
        ("[::1]:6379", ("::1", 6379)),
    ],
)
def test_an_address_says_where_to_knock(address: str, place: tuple[str, int] | None) -> None:
    assert refusals.place_of(address) == place


@pytest.mark.parametrize(
    "address", ["", "local", "head", "head:", "head:0", "head:99999", "http://head:1", "ray://", "ray://a/b"]
)
def test_what_is_no_address_is_bad_usage(address: str) -> None:
    with pytest.raises(UsageError, match="Expected auto, HOST:PORT or ray://HOST:PORT"):
        Link(address).open(NOTHING)


def test_nobody_at_an_address_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    before = time.monotonic()
    with pytest.raises(ClusterError, match=f"No Ray cluster can be reached at ray://127.0.0.1:{port}"):
        Link(f"ray://127.0.0.1:{port}").open(NOTHING)
    assert time.monotonic() - before < 2


def test_somebody_who_says_nothing_is_not_waited_for_long(mute: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "REACH_S", 0.2)
    with pytest.raises(ClusterError, match="does not answer as a Ray cluster does"):
        Link(f"127.0.0.1:{mute}").open(NOTHING)


def test_somebody_who_speaks_another_language_is_no_cluster() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(100)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ClusterError, match="does not answer as a Ray cluster does"):
            Link(f"127.0.0.1:{server.getsockname()[1]}").open(NOTHING)
        thread.join()


def test_without_ray_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    settings = Settings.from_environment({"TRINTENA_HOME": str(tmp_path)})
    executor = EXECUTORS["ray"](settings, environment={})
    with pytest.raises(UsageError, match=r"pip install 'trintena\[ray\]'"):
        executor.start()


def test_an_executor_without_its_library_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trintena.jobs.executors.find_spec", lambda name: None)
    assert [name for name in EXECUTORS if is_usable(name)] == ["local"]
    refuse_unusable("local")
    with pytest.raises(UsageError, match=r"pip install 'trintena\[ray\]'"):
        refuse_unusable("ray")


def test_ray_s_own_complaint_about_versions_becomes_ours() -> None:
    utils = pytest.importorskip("ray._private.utils", reason="needs the extra `ray`")
    with pytest.raises(RuntimeError) as complaint:
        utils.check_version_info({"ray_version": "2.1.0", "python_version": "3.9.1"}, "this one")
    said = str(refusals.refused("auto", str(complaint.value)))
    assert "The Ray cluster (auto) runs Ray 2.1.0 on Python 3.9.1; this is Ray 2." in said
    assert said.endswith("Install the same versions on both sides.")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Could not find any running Ray instance. Please specify", "No Ray cluster runs on this machine."),
        (
            "No node info found matching attributes: ''",
            "This machine is no node of the Ray cluster at x:1.",
        ),
        ("\n  boom\nmore", "The Ray cluster (x:1) cannot be used: boom"),
        ("", "The Ray cluster (x:1) cannot be used: ?"),
    ],
)
def test_other_reasons_are_told_with_what_to_do(reason: str, told: str) -> None:
    assert str(refusals.refused("x:1", reason)).startswith(told)
