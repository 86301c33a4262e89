from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from trintena.errors import BusyError, UsageError
from trintena.registry import Registry
from trintena.registry import database as engines

if TYPE_CHECKING:
    from pathlib import Path


def test_sqlite_runs_in_wal_with_foreign_keys_and_patience(tmp_path: Path) -> None:
    with Registry.open(f"sqlite:///{tmp_path / 'trintena.db'}") as registry, registry._reading() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_the_folder_of_the_file_is_made(tmp_path: Path) -> None:
    Registry.open(f"sqlite:///{tmp_path / 'new' / 'home' / 'trintena.db'}").close()
    assert (tmp_path / "new" / "home" / "trintena.db").is_file()


def test_a_database_in_memory_works() -> None:
    with Registry.open("sqlite://") as registry:
        assert registry.experiments() == []


def test_a_writer_that_never_gets_its_turn_says_so(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_S", 0.05)
    with (
        Registry.open(f"sqlite:///{database}") as registry,
        closing(sqlite3.connect(database, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert registry.versions() == []  # readers do not wait
        with pytest.raises(BusyError, match="Another process has held the database"):
            registry.promote(1)


@pytest.mark.parametrize("url", ["", "trintena.db", "sqlite:/trintena.db", "nosuch://host/db"])
def test_an_address_that_cannot_be_used_is_named(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Registry.open(url)
    assert caught.value.field == "TRINTENA_DATABASE_URL"


def test_a_password_never_reaches_a_message() -> None:
    with pytest.raises(UsageError) as caught:
        Registry.open("nosuch://ana:secret@host/db")
    assert "ana:***@host" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trintena.db"
    file.write_text("Date,Close\n2024-01-02,48.17\n" * 200)
    before = file.read_bytes()
    with pytest.raises(UsageError, match=r"trintena\.db cannot be opened: file is not a database"):
        Registry.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened"):
        Registry.open(f"sqlite:///{tmp_path}")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(UsageError, match="cannot be opened"):
        Registry.open(f"sqlite:///{tmp_path / 'home' / 'trintena.db'}")
