from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.champion.lab import Lab, open_lab, write_csv
from integration.search.searching import WORDS, series
from integration.training.running import Done, trintena


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One home for the whole folder; every test has a symbol of its own in it."""
    with open_lab(tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("prices") / "walk.csv", series())


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Done:
    """A search by the command that nobody disturbed."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    done = trintena(home, "train", "--csv", prices, *WORDS, "--workers", 1, "--json", "answer.json")
    assert done.code == 0, done.err
    return done
