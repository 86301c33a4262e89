"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

import surroundings

surroundings.set_up()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a registry with an empty schema; migrating takes long, so tests copy it."""
    from trintena.registry import Registry

    file = tmp_path_factory.mktemp("migrated") / "trintena.db"
    Registry.open(f"sqlite:///{file}").close()
    return file
