from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Trintena = Callable[..., Any]
Prices = Callable[..., Path]


def test_importing_tells_what_was_understood_and_stores(trintena: Trintena, prices: Prices) -> None:
    shown = trintena("data", "import", prices(n_rows=400), "--name", "mine")
    assert shown.code == 0
    assert "Dates from 'date'" in shown.out
    assert "400 of 400 dated rows kept" in shown.out
    (row,) = trintena("data", "list", "--json").json
    assert row["symbol"] == "mine"
    assert row["n_rows"] == 400
    assert row["source"] == "csv:walk.csv"
    assert row["dataset_hash"][:12] in shown.out


def test_importing_as_json(trintena: Trintena, prices: Prices) -> None:
    row = trintena("data", "import", prices(n_rows=400), "--json").json
    assert (row["symbol"], row["n_rows"], row["first_date"]) == ("walk", 400, "2018-01-01")
    assert row["understood"]


def test_fetching_from_a_source_stores(trintena: Trintena) -> None:
    shown = trintena("data", "fetch", "sample:nasdaq")
    assert shown.code == 0
    assert "1999-01-04 to 2018-12-31" in shown.out
    (row,) = trintena("data", "list", "--json").json
    assert (row["symbol"], row["source"]) == ("sample:nasdaq", "sample")
    assert row["columns"] == ["open", "high", "low", "close", "volume"]


def test_the_same_content_is_stored_once(trintena: Trintena, prices: Prices) -> None:
    for _ in range(2):
        trintena("data", "import", prices(n_rows=400))
    assert len(trintena("data", "list", "--json").json) == 1


def test_a_dataset_is_shown_by_symbol_and_by_the_beginning_of_its_hash(
    trintena: Trintena, prices: Prices
) -> None:
    stored = trintena("data", "import", prices(n_rows=400), "--json").json
    by_symbol = trintena("data", "show", "walk", "--json").json
    assert trintena("data", "show", stored["dataset_hash"][:6].upper(), "--json").json == by_symbol
    assert len(by_symbol["first_rows"]) == len(by_symbol["last_rows"]) == 5
    assert by_symbol["first_rows"][0]["date"] == "2018-01-01"
    assert by_symbol["close"]["last"] == by_symbol["last_rows"][-1]["close"]


def test_a_symbol_means_its_newest_dataset(trintena: Trintena, prices: Prices) -> None:
    trintena("data", "import", prices(n_rows=400))
    trintena("data", "import", prices(n_rows=390))
    assert trintena("data", "show", "walk", "--json").json["n_rows"] == 400


def test_people_see_the_course_and_the_rows(trintena: Trintena, prices: Prices) -> None:
    trintena("data", "import", prices(n_rows=400))
    shown = trintena("data", "show", "walk").out
    (course,) = [line.split()[1] for line in shown.splitlines() if line.startswith("course")]
    assert len(course) == 60
    assert set(course) <= set("▁▂▃▄▅▆▇█")
    assert "2018-01-01" in shown


def test_listing_nothing_says_what_to_do(trintena: Trintena) -> None:
    assert "trintena data fetch" in trintena("data", "list").out
    assert trintena("data", "list", "--json").json == []


def test_a_dataset_is_deleted_only_when_meant_and_unused(
    trintena: Trintena, home: Path, prices: Prices
) -> None:
    trintena("data", "import", prices(n_rows=400), "--name", "other")
    assert trintena("data", "delete", "other", answer="n\n").code == 1
    assert trintena("data", "delete", "other").code == 1
    assert trintena("data", "show", "other").code == 0
    assert trintena("data", "delete", "other", answer="y\n").code == 0
    assert trintena("data", "show", "other").code == 2
    used = trintena("data", "delete", "walk", "--yes")
    assert used.code == 2
    assert "experiment 1, model version 1" in used.err


def test_files_that_are_none_are_refused(trintena: Trintena, tmp_path: Path) -> None:
    binary = tmp_path / "prices.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01" * 50)
    for path in (tmp_path, tmp_path / "missing.csv", binary):
        shown = trintena("data", "import", path)
        assert (shown.code, shown.out) == (2, "")
        assert path.name in shown.err
    assert trintena("data", "list", "--json").json == []


@pytest.mark.parametrize("symbol", ["sample:dax", "no such symbol", ""])
def test_what_no_source_knows_is_refused(trintena: Trintena, symbol: str) -> None:
    shown = trintena("data", "fetch", symbol)
    assert (shown.code, shown.out) == (2, "")
    assert "Unknown" in shown.err


@pytest.mark.parametrize("key", ["zzz", "", "abcdef"])
def test_a_key_that_fits_no_dataset_is_refused(trintena: Trintena, home: Path, key: str) -> None:
    shown = trintena("data", "show", key)
    assert (shown.code, shown.out) == (2, "")
    assert "trintena data list" in shown.err
