"""What is asked of a real server here is asked of the homes that the pages are looked at in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.web.pages.conftest import newcomer, showcase, visitor
from integration.web.pages.showcase import Visitor, visiting

__all__ = ["newcomer", "showcase", "visitor"]


@pytest.fixture(scope="session")
def warm(showcase: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor for tests that change nothing: one server for all of them."""
    with visiting(Path(shutil.copytree(showcase, tmp_path_factory.mktemp("warm") / "home"))) as somebody:
        yield somebody
