from __future__ import annotations

import numpy as np
import pytest

from trintena.data.words import at_lines, counted, day, features, listed, quoted


@pytest.mark.parametrize(
    ("n_items", "english", "portuguese"),
    [
        (1, "1", "1"),
        (2, "1 and 2", "1 e 2"),
        (3, "1, 2 and 3", "1, 2 e 3"),
        (4, "1, 2, 3 and 1 more", "1, 2, 3 e mais 1"),
        (1500, "1, 2, 3 and 1,497 more", "1, 2, 3 e mais 1.497"),
    ],
)
def test_the_first_items_of_a_list_are_named_and_the_rest_counted(
    monkeypatch: pytest.MonkeyPatch, n_items: int, english: str, portuguese: str
) -> None:
    items = range(1, n_items + 1)
    assert listed(items) == english
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert listed(np.array(items)) == portuguese


def test_what_a_network_reads_is_called_what_the_series_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        ("ohlcv", "price"): (
            "open, high, low, close, volume",
            "abertura, máxima, mínima, fechamento, volume",
        ),
        ("close", "price"): ("close", "fechamento"),
        ("ohlcv", "value"): ("all columns", "todas as colunas"),
        ("close", "value"): ("values", "valores"),
    }
    for place, language in enumerate(("en", "pt")):
        monkeypatch.setenv("TRINTENA_LANG", language)
        for (code, measures), both in told.items():
            assert features(code, measures) == both[place]


def test_only_what_is_named_is_written() -> None:
    written = []
    listed(range(100), lambda item: str(written.append(item)))
    assert written == [0, 1, 2]


def test_rows_and_lines_are_counted_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [counted(n) for n in (1, 2, 1234)] == ["1 row", "2 rows", "1,234 rows"]
    assert [at_lines([7]), at_lines([7, 9])] == [" (line 7)", " (lines 7 and 9)"]
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert [counted(n) for n in (1, 2, 1234)] == ["1 linha", "2 linhas", "1.234 linhas"]
    assert [at_lines([7]), at_lines([7, 9])] == [" (linha 7)", " (linhas 7 e 9)"]


def test_midnight_is_a_day() -> None:
    assert day(np.datetime64("2020-01-06", "s")) == "2020-01-06"
    assert day(np.datetime64("2020-01-06T16:30", "s")) == "2020-01-06 16:30:00"


def test_a_long_or_odd_text_is_shown_short_and_visible() -> None:
    assert quoted("1\t2") == r"'1\t2'"
    assert quoted("x" * 1000) == "'" + "x" * 60 + "…'"
