"""What stands beside a worker on a node, here without a cluster: a plain object over a real process."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from trintena.jobs.cluster import host
from trintena.jobs.cluster.host import Host, programs_folder, versions
from trintena.jobs.cluster.messages import Died, Lost, Spoken
from trintena.jobs.messages import arguments, read_message, request

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def beside() -> Any:
    made = Host(7, {"JAX_COMPILATION_CACHE_DIR": "/nowhere", "NAME": "value"}, None, versions())
    yield made
    made._process.terminate()


def said(answer: object) -> Any:
    assert isinstance(answer, Spoken)
    assert answer.index == 7
    return read_message(answer.message)


def test_every_call_gives_one_thing_that_the_worker_says(beside: Host) -> None:
    assert said(beside.start()) == ("ready", None)
    assert said(beside.call(request("job_tasks:count_to", {"n": 1}))) == ("report", {"epoch": 0})
    assert said(beside.next()) == ("result", 1)
    shared = arguments({"right": 2})
    assert said(beside.call(request("job_tasks:add", {"left": 1}), shared)) == ("result", 3)


def test_the_worker_has_the_surroundings_that_it_was_told_of(beside: Host) -> None:
    beside.start()
    names = ["NAME", "JAX_COMPILATION_CACHE_DIR", "OMP_NUM_THREADS", "NPROC"]
    _, found = said(beside.call(request("job_tasks:surroundings", {"names": names})))
    assert found["variables"] == {
        "NAME": "value",
        "JAX_COMPILATION_CACHE_DIR": "/nowhere",
        "OMP_NUM_THREADS": "1",
        "NPROC": "1",
    }


def test_a_death_is_told_with_its_cause_and_last_words_and_the_next_one_may_start(beside: Host) -> None:
    beside.start()
    killed = beside.call(request("job_tasks:kill_self", {"number": 9, "last_words": "help"}))
    assert isinstance(killed, Died)
    assert (killed.exit_code, killed.log.strip()) == (-9, "help")
    assert said(beside.start()) == ("ready", None)


def test_who_died_idle_is_lost_without_a_call(beside: Host) -> None:
    beside.start()
    _, pid = said(beside.call(request("job_tasks:pid", {})))
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert isinstance(beside.call(request("job_tasks:pid", {})), Lost)


def test_a_node_with_other_versions_is_not_used() -> None:
    others = {**versions(), "jax": "0.0.1"}
    refused = Host(0, {}, None, others).start()
    assert isinstance(refused, Died)
    assert f"has jax {versions()['jax']}, not" in refused.reason
    assert "jax 0.0.1" in refused.reason


def test_programs_are_kept_where_the_node_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRINTENA_CACHE", str(tmp_path))
    assert programs_folder() == tmp_path / "programs"


def test_else_in_a_temporary_folder_of_the_user_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRINTENA_CACHE", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = programs_folder()
    assert folder == programs_folder() == tmp_path / f"trintena-{os.getuid()}" / "programs"
    assert folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("how", ["writable", "link", "file"])
def test_a_folder_that_others_may_have_filled_is_left_alone(
    how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRINTENA_CACHE", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prepared = tmp_path / f"trintena-{os.getuid()}"
    if how == "writable":
        prepared.mkdir()
        prepared.chmod(0o777)
    elif how == "link":
        (tmp_path / "elsewhere").mkdir()
        prepared.symlink_to(tmp_path / "elsewhere")
    else:
        prepared.touch()
    folder = programs_folder()
    assert folder.parent != prepared
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_the_versions_are_of_what_decides_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "DECISIVE", ("numpy", "no-such-package"))
    found = versions()
    assert found["no-such-package"] == "-"
    assert found["numpy"][0].isdigit()
