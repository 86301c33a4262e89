"""What each column of a table is, by its title; by its content only where one column can be meant."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from trintena.data.csv_files.numbers import are_numbers
from trintena.data.csv_files.table import Table

TITLES: dict[str, frozenset[str]] = {
    "date": frozenset({"date", "datetime", "date time", "timestamp", "time", "day", "data"}),
    "open": frozenset({"open", "open price", "opening", "abertura"}),
    "high": frozenset({"high", "high price", "maxima", "maximo"}),
    "low": frozenset({"low", "low price", "minima", "minimo"}),
    "close": frozenset(
        {"close", "close price", "closing price", "close/last", "last", "price", "value"}
        | {"ultimo", "fechamento", "preco", "valor"}
    ),
    "adjusted close": frozenset({"adj close", "adjclose", "adjusted close", "close adj"}),
    "volume": frozenset({"volume", "vol"}),
    "symbol": frozenset({"symbol", "ticker", "name", "ativo", "codigo"}),
}
"""What a column is called, in small letters and without accents, dots and underscores."""

BAR = ("open", "high", "low", "volume")


@dataclass(frozen=True)
class Layout:
    """Which column of a table plays which part; numbers are column indices."""

    date: int
    close: int
    adjusted_close: int | None = None
    others: tuple[tuple[str, int], ...] = ()
    """open, high, low and volume, as far as they are there."""
    symbol: int | None = None

    @property
    def used(self) -> set[int]:
        """All columns that play a part."""
        parts = {self.date, self.close, *(index for _, index in self.others)}
        return parts | {index for index in (self.adjusted_close, self.symbol) if index is not None}


def understand_columns(table: Table, column: str | None = None) -> Layout:
    """Find the dates, the column to forecast and what belongs to it.

    With `column`, the series consists of that column alone. Without it: the adjusted close or the
    close with open, high, low and volume; or else the only column of numbers, whatever its title.

    Raises:
        DataError: a part is missing, or two columns could play it.
    """
    titles = [_plain(title) for title in table.header]
    found = {part: [i for i, title in enumerate(titles) if title in names] for part, names in TITLES.items()}
    date = _date_column(table, titles, found["date"])
    symbol = _at_most_one(table, found["symbol"], "symbol")
    if column is not None:
        return Layout(date, _named_column(table, column, date), symbol=symbol)

    close = _at_most_one(table, found["close"], "close")
    adjusted = _at_most_one(table, found["adjusted close"], "adjusted close")
    if close is None and adjusted is None:
        return Layout(date, _only_numeric_column(table, {date, symbol}), symbol=symbol)
    others = [(part, index) for part in BAR if (index := _at_most_one(table, found[part], part)) is not None]
    if close is None and adjusted is not None:
        # open, high and low cannot be adjusted without the close that belongs to them
        volume = tuple(pair for pair in others if pair[0] == "volume")
        return Layout(date, adjusted, others=volume, symbol=symbol)
    assert close is not None
    return Layout(date, close, adjusted, tuple(others), symbol)


def _plain(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.replace(".", " ").replace("_", " ").split())


def _date_column(table: Table, titles: list[str], found: list[int]) -> int:
    if len(found) > 1:
        names = ", ".join(repr(table.header[index]) for index in found)
        raise table.header_refusal(
            f"several columns could hold the dates: {names}.",
            "Keep one of them, with date and time together (2018-12-31 16:00).",
            field="date",
        )
    if found:
        return found[0]
    if titles[0] in ("", "unnamed: 0"):
        return 0
    raise table.header_refusal(
        f"expected a column of dates called date, datetime, timestamp, time or data, found {_list(table)}.",
        "Rename the column of the dates to date.",
        field="date",
    )


def _at_most_one(table: Table, found: list[int], part: str) -> int | None:
    if len(found) > 1:
        names = ", ".join(repr(table.header[index]) for index in found)
        raise table.header_refusal(
            f"several columns could be the {part}: {names}.",
            "Choose what to forecast with --column, or rename the others.",
            field=part,
        )
    return found[0] if found else None


def _named_column(table: Table, column: str, date: int) -> int:
    exact = [index for index, title in enumerate(table.header) if title == column]
    alike = [index for index, title in enumerate(table.header) if _plain(title) == _plain(column)]
    matches = exact or alike
    if len(matches) == 1 and matches[0] != date:
        return matches[0]
    problem = f"no column of values is called {column!r}" if len(matches) < 2 else f"{column!r} occurs twice"
    raise table.header_refusal(
        f"{problem} among {_list(table)}.", "Give --column one of them.", field="column"
    )


def _only_numeric_column(table: Table, taken: set[int | None]) -> int:
    numeric = [
        index for index in range(len(table.header)) if index not in taken and are_numbers(table.column(index))
    ]
    if len(numeric) == 1:
        return numeric[0]
    found = ", ".join(repr(table.header[index]) for index in numeric) or "none"
    raise table.header_refusal(
        f"expected a column called close, price or value, or one column of plain numbers; "
        f"columns of plain numbers: {found}, all columns: {_list(table)}.",
        "Choose what to forecast with --column.",
        field="column",
    )


def _list(table: Table) -> str:
    return ", ".join(repr(title) for title in table.header)
