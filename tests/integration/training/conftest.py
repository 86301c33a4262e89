"""Trainings that many tests look at, each run once in a test process."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.training.running import CHOICE, Done, begun, trintena, write_prices


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_prices(tmp_path_factory.mktemp("prices") / "walk.csv")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Done:
    """A training that nobody disturbed."""
    home = tmp_path_factory.mktemp("finished") / "home"
    done = trintena(home, "train", "--csv", prices, *CHOICE, "--json", "answer.json")
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="session")
def interrupted(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Done:
    """The same training, interrupted by SIGINT to its first process after the first trial."""
    home = tmp_path_factory.mktemp("interrupted") / "home"
    with begun(home, "train", "--csv", prices, *CHOICE, "--json", "answer.json") as running:
        worker = running.pause_after_first_trial()
        running.popen.send_signal(signal.SIGINT)
        os.kill(worker, signal.SIGCONT)
        return running.done()


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Done], Path]:
    """Copies the home of a command that has ended, so that a test may change it."""

    def copy(done: Done) -> Path:
        return Path(shutil.copytree(done.home, tmp_path / "home"))

    return copy
