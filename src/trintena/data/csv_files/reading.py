"""A file of prices, read whole: the series it holds and, in words, how it was understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from trintena.data.adjust import adjusted_columns
from trintena.data.checks import checked_series, checked_symbol, counted, day
from trintena.data.csv_files.columns import Layout, understand_columns
from trintena.data.csv_files.dates import parse_dates
from trintena.data.csv_files.numbers import parse_numbers, refuse_ambiguous_points
from trintena.data.csv_files.table import Table, is_null, parse_table, read_text
from trintena.domain import PRICE_COLUMNS, PriceSeries
from trintena.errors import DataError


@dataclass(frozen=True, eq=False)
class CsvReading:
    """The series of a file, and sentences that say what was taken for what."""

    series: PriceSeries
    understood: list[str]
    """Columns, order of the dates, rows kept, rows dropped and why; for people."""


def read_csv(
    path: str | Path,
    *,
    name: str | None = None,
    symbol: str | None = None,
    column: str | None = None,
    allow_jumps: bool = False,
) -> CsvReading:
    """Read a file of dates and values, or refuse it with the line, the column and the remedy.

    Args:
        path: of a text file in UTF-8, separated by commas, semicolons or tabs, with a header.
        name: under which the series is known; by default its symbol in the file, or the file's name
            without its ending.
        symbol: whose rows to take, where the file holds several.
        column: the title of the column to forecast; the series then consists of it alone.
        allow_jumps: accept a step of the close by more than a factor of 4.

    Raises:
        DataError: the file cannot be read, or not with certainty.
    """
    path = Path(path)
    table = parse_table(path.name, read_text(path))
    notes: list[str] = []
    layout = understand_columns(table, column)
    table, own_symbol = _rows_of_symbol(table, layout, symbol, notes)
    # before the hard work, so that a name that will not do is told at once
    stored_as = checked_symbol(name if name is not None else own_symbol or path.stem)
    table = _without_null_rows(table, layout, notes)
    n_rows = len(table.rows)

    dates = parse_dates(table, layout.date)
    columns = _columns(table, layout)
    series = checked_series(
        stored_as,
        dates.values,
        columns,
        f"csv:{path.name}",
        allow_jumps=allow_jumps,
        lines=table.lines,
        notes=notes,
    )
    return CsvReading(
        series,
        [
            f"Text in UTF-8, columns separated by a {table.separator}, numbers with a decimal point.",
            f"Dates from {table.header[layout.date]!r}: {dates.understood}.",
            *_told_columns(table, layout),
            *notes,
            f"{len(series):,} of {n_rows:,} dated rows kept, "
            f"from {day(series.dates[0])} to {day(series.dates[-1])}.",
        ],
    )


def _rows_of_symbol(
    table: Table, layout: Layout, symbol: str | None, notes: list[str]
) -> tuple[Table, str | None]:
    """The rows of the wanted symbol, and its name in the file if that has one."""
    if layout.symbol is None:
        if symbol is None:
            return table, None
        raise table.header_refusal(
            f"no column of symbols, so {symbol!r} cannot be chosen.",
            "Leave --symbol out; --name names the series.",
            field="symbol",
        )
    cells = table.column(layout.symbol)
    known = list(dict.fromkeys(cell for cell in cells if not is_null(cell)))
    shown = ", ".join(repr(cell) for cell in known[:8]) + (", …" if len(known) > 8 else "")
    title = table.header[layout.symbol]
    if symbol is None:
        if len(known) > 1:
            other = next(row for row, cell in enumerate(cells) if cell == known[1])
            raise table.refusal(
                other,
                layout.symbol,
                f"found {known[1]!r} after {known[0]!r}: the file holds {len(known)} symbols ({shown}).",
                "Choose one with --symbol.",
            )
        return table, known[0] if known else None
    chosen = [row for row, cell in enumerate(cells) if cell == symbol]
    if not chosen:
        raise DataError(
            f"{table.file}: no row has {symbol!r} in column {title!r}, which holds {shown}.",
            field="symbol",
            hint="Choose one of them with --symbol.",
        )
    if len(known) > 1:
        notes.append(f"{counted(len(chosen))} of {symbol!r} taken from {len(cells):,}.")
    return table.only(chosen), symbol


def _without_null_rows(table: Table, layout: Layout, notes: list[str]) -> Table:
    """The rows that have a date or any value in a column that is used."""
    columns = layout.used - {layout.symbol}
    kept = [
        row for row, cells in enumerate(table.rows) if not all(is_null(cells[index]) for index in columns)
    ]
    if dropped := len(table.rows) - len(kept):
        notes.append(f"{counted(dropped)} without date and values dropped.")
    return table.only(kept)


def _columns(table: Table, layout: Layout) -> dict[str, Float[np.ndarray, " row"]]:
    columns = {"close": parse_numbers(table, layout.close)}
    columns |= {part: parse_numbers(table, index) for part, index in layout.others}
    prices = [layout.close, *(index for part, index in layout.others if part in PRICE_COLUMNS)]
    if layout.adjusted_close is None:
        refuse_ambiguous_points(table, prices)
        return columns
    adjusted_close = parse_numbers(table, layout.adjusted_close)
    refuse_ambiguous_points(table, [*prices, layout.adjusted_close])
    return adjusted_columns(columns, adjusted_close)


def _told_columns(table: Table, layout: Layout) -> list[str]:
    close = layout.close if layout.adjusted_close is None else layout.adjusted_close
    parts = sorted([("close", close), *layout.others], key=lambda part: part[1])
    told = [f"{part} from {table.header[index]!r}" for part, index in parts]
    sentences = [f"Columns: {', '.join(told)}."]
    if layout.adjusted_close is not None and any(part in PRICE_COLUMNS for part, _ in layout.others):
        sentences.append("open, high and low were adjusted by the same factor as the close.")
    unused = [repr(title) for index, title in enumerate(table.header) if index not in layout.used]
    if unused:
        sentences.append(f"Not used: {', '.join(unused)}.")
    return sentences
