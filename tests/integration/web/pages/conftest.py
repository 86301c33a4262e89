"""Homes that pages are looked at in; what was trained in them was trained once in a test process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.web.pages.showcase import Visitor, train_showcase, visiting


@pytest.fixture(scope="session")
def showcase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with four finished experiments; look, but change nothing."""
    home = tmp_path_factory.mktemp("showcase") / "home"
    home.mkdir()
    train_showcase(home)
    return home


@pytest.fixture
def visitor(showcase: Path, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody who looks at a copy of the showcase, in English."""
    home = Path(shutil.copytree(showcase, tmp_path / "home"))
    with visiting(home) as somebody:
        yield somebody


@pytest.fixture
def newcomer(migrated: Path, tmp_path: Path) -> Iterator[Visitor]:
    """Somebody who looks at an empty home."""
    home = tmp_path / "new"
    home.mkdir()
    shutil.copy(migrated, home / "trintena.db")
    with visiting(home) as somebody:
        yield somebody
