"""A file of prices, read whole: the series it holds and how it was understood."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from trintena.data.adjust import adjusted_columns
from trintena.data.checks import Note, checked_series, checked_symbol
from trintena.data.csv_files.columns import Layout, measured, understand_columns
from trintena.data.csv_files.conventions import conventions
from trintena.data.csv_files.dates import parse_dates
from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.numbers import parse_numbers
from trintena.data.csv_files.table import Table, parse_table
from trintena.data.csv_files.telling import Understanding
from trintena.data.csv_files.text import read_text, source_of_file
from trintena.data.words import at_lines, counted, quoted
from trintena.domain import PRICE_COLUMNS, Measures, PriceSeries
from trintena.errors import DataError
from trintena.language import number, phrase


@dataclass(frozen=True, eq=False)
class CsvReading:
    """The series of a file, and what was taken for what."""

    series: PriceSeries
    understanding: Understanding

    @property
    def understood(self) -> list[str]:
        """Encoding, columns, order of the dates, rows kept, dropped and why: sentences for people."""
        return self.understanding.sentences()

    @property
    def facts(self) -> dict[str, Any]:
        """The same as JSON values."""
        return self.understanding.to_json()


def read_csv(
    path: str | Path,
    *,
    known_as: str | None = None,
    name: str | None = None,
    symbol: str | None = None,
    column: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    day_first: bool | None = None,
    allow_jumps: bool = False,
    measures: Measures | None = None,
) -> CsvReading:
    """Read a file of dates and values, or refuse it with the line, the column and the remedy.

    Where two readings of a file are possible, none is guessed: `decimal`, `thousands`, `day_first`,
    `symbol` and `column` say which is meant.

    Args:
        path: of a text file with a header, separated by commas, semicolons, tabs or pipes.
        known_as: the file's name, for messages and as the series' source and default name, where that
            of `path` is none that anybody gave it.
        name: under which the series is known; by default its symbol in the file, or the file's name
            without its ending.
        symbol: whose rows or columns to take, where the file holds several.
        column: the title of the column to forecast, or its number counted from 1; the series then
            consists of it alone.
        decimal: what stands before the decimals, `.` or `,`.
        thousands: what stands between thousands: `.`, `,`, a space, `'` or `none`.
        day_first: whether 3/4/2020 is the third of April.
        allow_jumps: accept a step of a price by more than a factor of 4.
        measures: whether the series is of prices or of other values; by default as its columns say.

    Raises:
        DataError: the file cannot be read, or not with certainty.
        UsageError: `decimal` and `thousands` make no sense.
    """
    path = Path(path)
    open_to = conventions(decimal, thousands)
    notes: list[Note] = []
    text = read_text(path, None if known_as is None else Path(known_as))
    table = parse_table(text, notes)
    table, header_symbol = _columns_of_symbol(table, symbol)
    layout = understand_columns(table, column)
    table, row_symbol = _rows_of_symbol(table, layout, None if header_symbol else symbol, notes)
    # before the hard work, so that a name that will not do is told at once
    stored_as = checked_symbol(name if name is not None else header_symbol or row_symbol or text.path.stem)
    table = _without_null_rows(table, layout, notes)

    dates = parse_dates(table, layout.date, layout.time, day_first)
    prices = [layout.close, *(index for part, index in layout.others if part in PRICE_COLUMNS)]
    if layout.adjusted_close is not None:
        prices.append(layout.adjusted_close)
    numbers = parse_numbers(table, prices, [i for part, i in layout.others if part == "volume"], open_to)
    columns = {part: numbers.columns[i] for part, i in (("close", layout.close), *layout.others)}
    if layout.adjusted_close is not None:
        adjusted = numbers.columns[layout.adjusted_close]
        _refuse_lost_adjustment(table, layout.adjusted_close, columns["close"], adjusted)
        columns = adjusted_columns(columns, adjusted)
    series = checked_series(
        stored_as,
        dates.values,
        columns,
        source_of_file(text.path),
        allow_jumps=allow_jumps,
        lines=table.lines,
        notes=notes,
        measures=measures or measured(table, layout),
        again=_again(
            table,
            {
                "name": name,
                "symbol": symbol,
                "column": column,
                "decimal": decimal,
                "thousands": thousands,
            },
            day_first,
        ),
    )
    return CsvReading(series, Understanding(text.encoding, table, layout, dates, numbers, notes, series))


def _again(table: Table, given: Mapping[str, str | None], day_first: bool | None) -> str:
    """The command that imports the same rows of the file, for options to be added."""
    said = [f"--{option} {shlex.quote(value)}" for option, value in given.items() if value is not None]
    order = {True: "--dayfirst", False: "--monthfirst", None: ""}[day_first]
    return " ".join(filter(None, (table.import_command, *said, order)))


def _refuse_lost_adjustment(
    table: Table, column: int, close: Float[np.ndarray, " row"], adjusted: Float[np.ndarray, " row"]
) -> None:
    """Refuse an adjusted close of zero or less beside a close that is a price."""
    lost = np.flatnonzero((close > 0) & (adjusted <= 0))
    if len(lost):
        row = int(lost[0])
        cell, price = quoted(table.rows[row][column]), number(close[row], ",.10g")
        raise table.refusal(
            row,
            column,
            phrase(
                en=f"expected an adjusted price, found {cell} beside a close of {price}.",
                pt=f"esperava um preço ajustado, encontrou {cell} ao lado de um fechamento de {price}.",
            ),
            phrase(
                en="Remove the column, or choose what to forecast with --column.",
                pt="Remova a coluna, ou escolha o que prever com --column.",
            ),
        )


def _columns_of_symbol(table: Table, symbol: str | None) -> tuple[Table, str | None]:
    """The columns of the wanted symbol, where the header puts columns under symbols, and its name."""
    known = list(dict.fromkeys(filter(None, table.symbols)))
    if not known:
        return table, None
    if symbol is None and len(known) > 1:
        raise table.header_refusal(
            phrase(
                en=f"the header names {number(len(known))} symbols ({_shown(known)}).",
                pt=f"o cabeçalho traz {number(len(known))} símbolos ({_shown(known)}).",
            ),
            phrase(en="Choose one with --symbol.", pt="Escolha um com --symbol."),
            field="symbol",
        )
    wanted = known[0] if symbol is None else symbol
    if wanted not in known:
        raise _unknown_symbol(table, wanted, known, phrase(en="the header", pt="o cabeçalho"))
    columns = [index for index, of in enumerate(table.symbols) if of in ("", wanted)]
    return table.only_columns(columns), wanted


def _rows_of_symbol(
    table: Table, layout: Layout, symbol: str | None, notes: list[Note]
) -> tuple[Table, str | None]:
    """The rows of the wanted symbol, and its name in the file if that has one."""
    if layout.symbol is None:
        if symbol is None:
            return table, None
        raise table.header_refusal(
            phrase(
                en=f"no column of symbols, so {symbol!r} cannot be chosen.",
                pt=f"não há coluna de símbolos, e {symbol!r} não pode ser escolhido.",
            ),
            phrase(
                en="Leave --symbol out; --name names the series, --column chooses a column.",
                pt="Deixe --symbol de fora; --name dá nome à série, --column escolhe uma coluna.",
            ),
            field="symbol",
        )
    cells = table.column(layout.symbol)
    known = list(dict.fromkeys(cells))  # NA is a symbol, and rows without one are not those of another
    if symbol is None:
        if len(known) > 1:
            one, other, n = quoted(known[0]), quoted(known[1]), number(len(known))
            raise table.refusal(
                cells.index(known[1]),
                layout.symbol,
                phrase(
                    en=f"found {other} after {one}: the file holds {n} symbols ({_shown(known)}).",
                    pt=f"encontrou {other} depois de {one}: o arquivo tem {n} símbolos ({_shown(known)}).",
                ),
                phrase(en="Choose one with --symbol.", pt="Escolha um com --symbol."),
            )
        return table, known[0] or None
    if symbol not in known:
        raise _unknown_symbol(
            table, symbol, known, phrase(en="column ", pt="a coluna ") + table.title(layout.symbol)
        )
    chosen = [row for row, cell in enumerate(cells) if cell == symbol]
    if others := len(cells) - len(chosen):
        message = phrase(
            en=f"Left out: {counted(others)} of other symbols than {symbol!r}.",
            pt=f"Não usado: {counted(others)} de outros símbolos que não {symbol!r}.",
        )
        notes.append(Note("other_symbols", others, message))
    return table.only(chosen), symbol


def _unknown_symbol(table: Table, symbol: str, known: list[str], place: str) -> DataError:
    return DataError(
        phrase(
            en=f"{table.file}: {place} holds no {symbol!r}, but {_shown(known)}.",
            pt=f"{table.file}: {place} não tem {symbol!r}, e sim {_shown(known)}.",
        ),
        field="symbol",
        hint=phrase(en="Choose one of them with --symbol.", pt="Escolha um deles com --symbol."),
    )


def _shown(symbols: list[str]) -> str:
    return ", ".join(map(quoted, symbols[:8])) + (", …" if len(symbols) > 8 else "")


def _without_null_rows(table: Table, layout: Layout, notes: list[Note]) -> Table:
    """The rows that have a date or any value in a column that is used."""
    columns = layout.used - {layout.symbol}
    empty = [
        row
        for row, cells in enumerate(table.rows)
        if is_null(cells[layout.date]) and all(is_null(cells[index]) for index in columns)
    ]
    if not empty:
        return table
    lines = [table.lines[row] for row in empty]
    message = phrase(
        en=f"Dropped: {counted(len(empty))} without date and values{at_lines(lines)}.",
        pt=f"Descartado: {counted(len(empty))} sem data nem valores{at_lines(lines)}.",
    )
    notes.append(Note("empty", len(empty), message))
    gone = set(empty)
    return table.only([row for row in range(len(table.rows)) if row not in gone])
