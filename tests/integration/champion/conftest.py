from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from integration.champion.lab import Lab, environment_of, open_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One home for each file of tests; every test has a symbol of its own in it."""
    with open_lab(tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture
def at_home(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called without settings finds the lab's home."""
    for name in [name for name in os.environ if name.startswith("TRINTENA_")]:
        monkeypatch.delenv(name)
    for name, value in environment_of(lab.home).items():
        monkeypatch.setenv(name, value)
