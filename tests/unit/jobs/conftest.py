from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from trintena.jobs import process
from trintena.jobs.launch import Launched, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True, scope="module")
def tasks_are_importable() -> Iterator[None]:
    """Workers look for modules where this process does; `job_tasks` lies beside the tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(Path(__file__).parent))
        yield


@pytest.fixture
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Afterwards every process that was launched has been reaped and every descriptor is closed."""
    all_launched: list[Launched] = []

    def launch_and_remember(*arguments: Any) -> Launched:
        all_launched.append(launch(*arguments))
        return all_launched[-1]

    monkeypatch.setattr(process, "launch", launch_and_remember)
    gc.collect()  # what earlier tests left to it is not ours
    before = open_descriptors()
    yield
    assert open_descriptors() <= before
    # A process that was reaped has left its exit code, one that runs or is a zombie has not.
    assert None not in [launched.popen.returncode for launched in all_launched]


@pytest.fixture
def wait_until() -> Callable[..., None]:
    def wait(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"not within {timeout_s} s"
            time.sleep(0.02)

    return wait


def open_descriptors() -> set[str]:
    with os.scandir("/dev/fd") as entries:
        names = {entry.name for entry in entries}
    return {name for name in names if is_open(int(name))}


def is_open(descriptor: int) -> bool:
    """The listing held one descriptor of its own, which is closed by now."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
