"""A server of its own for what stops it, and a lab on a database of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.champion.lab import Lab, open_lab
from postgres import MISSING, Server, programs, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that a test may stop, if it starts it again."""
    if programs() is None:
        pytest.skip(MISSING)
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def lab(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A home whose database is `lab` on the server."""
    address = server.create_database("lab")
    with open_lab(tmp_path_factory.mktemp("home"), TRINTENA_DATABASE_URL=address) as opened:
        yield opened
