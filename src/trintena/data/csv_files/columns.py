"""What each column of a table is, by its title; by its content only where one column can be meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from trintena.data.csv_files.conventions import are_numbers
from trintena.data.csv_files.date_forms import is_date
from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.table import Table
from trintena.data.csv_files.titles import is_unnamed, parts_of, plain
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
        for part in parts_of(title):
            found.setdefault(part, []).append(at)
    date, time = _date_columns(table, found)
    symbol = _at_most_one(table, found, "symbol")
    if column is not None:
        return Layout(date, _named_column(table, column, date), time, symbol=symbol)

    close = _at_most_one(table, found, "close")
    adjusted = _at_most_one(table, found, "adjusted close")
    if close is None and adjusted is None:
        return Layout(date, _only_numeric_column(table, {date, time, symbol}), time, symbol=symbol)
    others = [(part, index) for part in BAR if (index := _at_most_one(table, found, part)) is not None]
    if close is None and adjusted is not None:
        # open, high and low cannot be adjusted without the close that belongs to them
        volume = tuple(pair for pair in others if pair[0] == "volume")
        return Layout(date, adjusted, time, others=volume, symbol=symbol)
    assert close is not None
    if adjusted is None:
        _refuse_hidden_adjustment(table, close)
    return Layout(date, close, time, adjusted, tuple(others), symbol)


def _date_columns(table: Table, found: dict[str, list[int]]) -> tuple[int, int | None]:
    """The column of the dates, and the one of the times of the day where that is another."""
    dates, times = found.get("date", []), found.get("time", [])
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
        names = table.titles(columns)
        numbers = phrase(en=" or ", pt=" ou ").join(f"`--column {index + 1}`" for index in columns)
        raise table.header_refusal(
            phrase(
                en=f"several columns could be the {part}: {names}.",
                pt=f"várias colunas podem ser {part}: {names}.",
            ),
            phrase(
                en=f"Choose what to forecast with {numbers}, or rename the others.",
                pt=f"Escolha o que prever com {numbers}, ou dê outro nome às demais.",
            ),
            field=part,
        )
    return columns[0] if columns else None


def _refuse_hidden_adjustment(table: Table, close: int) -> None:
    """Refuse a column without a title that could well be the adjusted close."""
    for index, title in enumerate(table.header):
        cells = table.column(index)
        if index and is_unnamed(title) and are_numbers(cells) and not _counts_rows(cells):
            raise table.header_refusal(
                phrase(
                    en=f"column {index + 1} has no title; beside {table.title(close)} it could be the "
                    "adjusted close.",
                    pt=f"a coluna {index + 1} não tem título; ao lado de {table.title(close)} pode ser o "
                    "fechamento ajustado.",
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


def _only_numeric_column(table: Table, taken: set[int | None]) -> int:
    numeric = [
        index for index in range(len(table.header)) if index not in taken and are_numbers(table.column(index))
    ]
    if len(numeric) == 1:
        return numeric[0]
    found = table.titles(numeric) or phrase(en="none", pt="nenhuma")
    raise table.header_refusal(
        phrase(
            en="expected a column called close, price or value, or one column of numbers; "
            f"columns of numbers: {found}, all columns: {table.titles()}.",
            pt="esperava uma coluna chamada close, fechamento, último ou valor, ou uma só coluna de números; "
            f"colunas de números: {found}, todas: {table.titles()}.",
        ),
        phrase(en="Choose what to forecast with --column.", pt="Escolha o que prever com --column."),
        field="column",
    )
