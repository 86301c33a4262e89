"""What all tests share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import surroundings

if TYPE_CHECKING:
    from postgres import Server

_numbers = itertools.count(1)

surroundings.set_up()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a registry with an empty schema; migrating takes long, so tests copy it."""
    from trintena.registry import Registry

    file = tmp_path_factory.mktemp("migrated") / "trintena.db"
    Registry.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, with a database `migrated` to copy; where there is none, tests are skipped."""
    from postgres import MISSING, programs, running
    from trintena.registry import Registry

    if programs() is None:
        pytest.skip(MISSING)
    with running() as server:
        Registry.open(server.create_database("migrated")).close()
        yield server


@pytest.fixture
def on_server(postgres: Server) -> Iterator[str]:
    """The address of a database of a server, of its own and with an empty schema."""
    name = f"of_a_test_{next(_numbers)}"
    yield postgres.create_database(name, "migrated")
    postgres.drop_database(name)
