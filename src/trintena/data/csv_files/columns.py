"""What each column of a table is, by its title; by its content only where one column can be meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trintena.data.csv_files.conventions import are_numbers, first_odd_one_out
from trintena.data.csv_files.date_forms import is_date
from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.table import Table
from trintena.data.csv_files.titles import (
    NAMES,
    WEAK_CLOSE,
    is_unnamed,
    may_be_adjusted,
    parts_of,
    plain,
    without_number,
)
from trintena.data.words import quoted
from trintena.domain import PRICE_COLUMNS, Measures
from trintena.language import phrase

BAR = ("open", "high", "low", "volume")


@dataclass(frozen=True)
class Layout:
    """Which column of a table plays which part; numbers are column indices."""

    date: int
    close: int
    time: int | None = None
    """Times of the day, where they stand apart from the dates."""
    adjusted_close: int | None = None
    others: tuple[tuple[str, int], ...] = ()
    """open, high, low and volume, as far as they are there."""
    symbol: int | None = None

    @property
    def used(self) -> set[int]:
        """All columns that play a part."""
        parts = {self.date, self.close, *(index for _, index in self.others)}
        return parts | {i for i in (self.time, self.adjusted_close, self.symbol) if i is not None}


def understand_columns(table: Table, column: str | None = None) -> Layout:
    """Find the dates, the column to forecast and what belongs to it.

    With `column`, the series consists of that column alone. Without it: the adjusted close or the
    close with open, high, low and volume; or else the only column of numbers, whatever its title.

    Raises:
        DataError: a part is missing, or two columns could play it.
    """
    found: dict[str, list[int]] = {}
    for at, title in enumerate(table.header):
        for part in parts_of(without_number(title, table.header)):
            found.setdefault(part, []).append(at)
    date, time = _date_columns(table, found)
    symbol = _symbol_column(table, found)
    if column is not None:
        return Layout(date, _named_column(table, column, date), time, symbol=symbol)

    close = _at_most_one(table, found, "close")
    adjusted = _at_most_one(table, found, "adjusted close")
    if close is None and adjusted is None:
        close = _only_numeric_column(table, {date, time, symbol}, found)
        if plain(table.header[close]) not in WEAK_CLOSE:
            return Layout(date, close, time, symbol=symbol)
    others = [(part, index) for part in BAR if (index := _at_most_one(table, found, part)) is not None]
    if close is None and adjusted is not None:
        # open, high and low cannot be adjusted without the close that belongs to them
        volume = tuple(pair for pair in others if pair[0] == "volume")
        return Layout(date, adjusted, time, others=volume, symbol=symbol)
    assert close is not None
    if adjusted is None:
        _refuse_hidden_adjustment(table, close)
    return Layout(date, close, time, adjusted, tuple(others), symbol)


def measured(table: Table, layout: Layout) -> Measures:
    """Whether the column to forecast is of prices: its title says so, or what stands beside it.

    A high alone is none: it may be that of a day's temperature.
    """
    played = [set(parts_of(without_number(title, table.header))) for title in table.header]
    closes = {"close", "adjusted close"}
    own = played[layout.close]
    of_a_bar = bool(own & set(PRICE_COLUMNS)) and any(parts & closes for parts in played)
    beside_a_bar = any(part in PRICE_COLUMNS for part, _ in layout.others)
    return "price" if own & closes or of_a_bar or beside_a_bar else "value"


def _date_columns(table: Table, found: dict[str, list[int]]) -> tuple[int, int | None]:
    """The column of the dates, and the one of the times of the day where that is another."""
    dates, times = found.get("date", []), found.get("time", [])
    if len(dates) > 1:
        dates = [index for index in dates if _all_but_null(table.column(index), is_date)] or dates
    if len(dates) > 1:
        raise table.header_refusal(
            phrase(
                en=f"several columns could hold the dates: {table.titles(dates)}.",
                pt=f"várias colunas podem ser a das datas: {table.titles(dates)}.",
            ),
            phrase(
                en="Keep one of them, with date and time together (2018-12-31 16:00).",
                pt="Deixe uma delas, com data e horário juntos (2018-12-31 16:00).",
            ),
            field="date",
        )
    if dates:
        return dates[0], times[0] if len(times) == 1 else None
    if len(times) == 1:
        return times[0], None
    if is_unnamed(table.header[0]) and not _counts_rows(table.column(0)):
        return 0, None
    looking_so = [index for index in range(len(table.header)) if _all_but_null(table.column(index), is_date)]
    if len(looking_so) == 1:
        return looking_so[0], None
    raise table.header_refusal(
        phrase(
            en=f"expected a column of dates called date, datetime, timestamp, time or data, "
            f"found {table.titles()}.",
            pt=f"esperava uma coluna de datas chamada data, date, datetime, timestamp ou time, "
            f"encontrou {table.titles()}.",
        ),
        phrase(en="Rename the column of the dates to date.", pt="Dê à coluna das datas o nome data."),
        field="date",
    )


def _counts_rows(cells: Sequence[str]) -> bool:
    """Whether a column numbers the rows, up or down, as the index of a pandas frame does."""
    if not all(cell.isdecimal() and len(cell) < 10 for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return min(numbers) < 2 and steps in ({1}, {-1}, set())


def _all_but_null(cells: Sequence[str], test: Callable[[str], bool]) -> bool:
    given = [cell for cell in cells if not is_null(cell)]
    return bool(given) and all(map(test, given))


def _at_most_one(table: Table, found: dict[str, list[int]], part: str) -> int | None:
    """The column that plays a part; of several with the same content, the first."""
    columns = found.get(part, [])
    if len(columns) > 1 and len({tuple(table.column(index)) for index in columns}) > 1:
        names, (en, pt) = table.titles(columns), NAMES[part]
        numbers = phrase(en=" or ", pt=" ou ").join(f"`--column {index + 1}`" for index in columns)
        remedy = phrase(en="Rename all but one of them.", pt="Dê outro nome às demais.")
        if part in ("close", "adjusted close"):
            remedy = phrase(
                en=f"Choose what to forecast with {numbers}, or rename the others.",
                pt=f"Escolha o que prever com {numbers}, ou dê outro nome às demais.",
            )
        raise table.header_refusal(
            phrase(
                en=f"several columns could be the {en}: {names}.",
                pt=f"várias colunas podem ser {pt}: {names}.",
            ),
            remedy,
            field=part,
        )
    return columns[0] if columns else None


def _refuse_hidden_adjustment(table: Table, close: int) -> None:
    """Refuse a column that could well be the adjusted close, by its title or for want of one."""
    for index, title in enumerate(table.header):
        cells = table.column(index) if index and may_be_adjusted(title) else []
        if are_numbers(cells) and not _counts_rows(cells):
            raise table.header_refusal(
                phrase(
                    en=f"column {table.title(index)} could be the adjusted close, beside "
                    f"{table.title(close)}.",
                    pt=f"a coluna {table.title(index)} pode ser o fechamento ajustado, ao lado de "
                    f"{table.title(close)}.",
                ),
                phrase(
                    en="Give it the title Adj Close if it is, or any other if it is not.",
                    pt="Dê a ela o título Adj Close se for, ou outro qualquer se não for.",
                ),
                field=str(index + 1),
            )


def _named_column(table: Table, column: str, date: int) -> int:
    """The column of a title, letter by letter or nearly; or of a number, where no title is meant."""
    exact = [index for index, title in enumerate(table.header) if title == column]
    alike = [index for index, title in enumerate(table.header) if plain(title) == plain(column)]
    matches = exact or alike
    if not matches and column.isdecimal() and 1 <= int(column) <= len(table.header):
        matches = [int(column) - 1]
    if len(matches) == 1 and matches[0] != date:
        return matches[0]
    titles = table.titles()
    if len(matches) > 1:
        message = phrase(
            en=f"{len(matches)} columns are called {column!r} among {titles}.",
            pt=f"{len(matches)} colunas se chamam {column!r} entre {titles}.",
        )
    else:
        message = phrase(
            en=f"no column of values is called {column!r} among {titles}.",
            pt=f"nenhuma coluna de valores se chama {column!r} entre {titles}.",
        )
    remedy = phrase(
        en="Give --column one of them, or a column's number, counted from 1.",
        pt="Dê a --column uma delas, ou o número de uma coluna, contado a partir de 1.",
    )
    raise table.header_refusal(message, remedy, field="column")


def _symbol_column(table: Table, found: dict[str, list[int]]) -> int | None:
    """The column of the symbols; where there are symbols and names, the symbols."""
    columns = found.get("symbol", [])
    symbols = [index for index in columns if plain(table.header[index]) != "name"] or columns
    return _at_most_one(table, {"symbol": symbols}, "symbol")


def _only_numeric_column(table: Table, taken: set[int | None], found: dict[str, list[int]]) -> int:
    """The only column of numbers that has no other part to play, whatever it is called.

    Raises:
        DataError: there is none or several, or another one would be one but for some of its cells.
    """
    known = {index for columns in found.values() for index in columns}
    free = [index for index in range(len(table.header)) if index not in taken | known]
    numeric = [index for index in free if are_numbers(table.column(index))]
    for index in free:
        if index not in numeric and (row := first_odd_one_out(table.column(index))) is not None:
            cell = quoted(table.rows[row][index])
            raise table.refusal(
                row,
                index,
                phrase(
                    en=f"found {cell} in a column of numbers, which could be what to forecast.",
                    pt=f"encontrou {cell} numa coluna de números, que pode ser a que se quer prever.",
                ),
                phrase(
                    en="Correct the cell, or choose what to forecast with --column.",
                    pt="Corrija a célula, ou escolha o que prever com --column.",
                ),
            )
    if len(numeric) == 1:
        return numeric[0]
    listed = table.titles(numeric) or phrase(en="none", pt="nenhuma")
    raise table.header_refusal(
        phrase(
            en="expected a column called close or price, or one column of numbers; "
            f"columns of numbers: {listed}, all columns: {table.titles()}.",
            pt="esperava uma coluna chamada close, fechamento, último ou preço, ou uma só de números; "
            f"colunas de números: {listed}, todas: {table.titles()}.",
        ),
        phrase(en="Choose what to forecast with --column.", pt="Escolha o que prever com --column."),
        field="column",
    )
