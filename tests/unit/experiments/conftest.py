from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from trintena.registry import Registry


@pytest.fixture
def registry(migrated: Path, tmp_path: Path) -> Iterator[Registry]:
    """An empty one, copied from one that was migrated once."""
    with Registry.open(f"sqlite:///{shutil.copy(migrated, tmp_path / 'trintena.db')}") as opened:
        yield opened
