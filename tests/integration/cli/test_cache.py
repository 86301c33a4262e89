from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Trintena = Callable[..., Any]


def test_shows_and_clears_the_compiled_programs(trintena: Trintena, home: Path) -> None:
    before = trintena("cache", "show", "--json").json
    assert before["path"] == str(home / "cache" / "programs")
    assert before["n_programs"] > 0
    assert before["bytes"] > 1_000
    assert trintena("cache", "clear", answer="n\n").code == 1
    assert trintena("cache", "show", "--json").json == before
    stranger = home / "cache" / "programs" / "notes.txt"
    stranger.write_text("mine")
    assert trintena("cache", "clear", "--yes").code == 0
    assert trintena("cache", "show", "--json").json == {**before, "n_programs": 0, "bytes": 0}
    assert stranger.exists()


def test_an_empty_cache_is_no_error(trintena: Trintena) -> None:
    assert trintena("cache", "show", "--json").json["n_programs"] == 0
    assert trintena("cache", "clear").code == 0


def test_a_cache_that_is_a_file_is_told(trintena: Trintena, empty: Path) -> None:
    (empty / "cache").mkdir()
    (empty / "cache" / "programs").write_text("no folder")
    shown = trintena("cache", "show")
    assert (shown.code, shown.out) == (1, "")
    assert str(empty / "cache" / "programs") in shown.err.replace("\n", "")
