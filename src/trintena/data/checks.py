"""What every source passes through: columns of numbers become a checked `PriceSeries`, or a refusal.

| found | answer |
|---|---|
| no rows, a date that is missing, a date that occurs twice, an infinity | refused |
| a step of the close by more than a factor of 4, all closes positive | refused, unless allowed |
| a row without a close | dropped and counted |
| rows newest first, or in no order | sorted |
| open, high, low or volume missing in more than one row of ten | that column is left out |
| the same, missing in fewer rows | open, high, low become the close of the row; volume becomes 0 |
| a volume that is zero throughout | left out |
| open, high, low and close that contradict each other | kept and counted |

Too few rows and prices that are not positive are nobody's fault here: training refuses them, where
it matters, and the `difference` target accepts the latter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from trintena.domain import COLUMNS, PRICE_COLUMNS, PriceSeries
from trintena.errors import DataError

MAX_SYMBOL_LENGTH = 32
MAX_STEP_FACTOR = 4.0
"""A close that grows or shrinks by more than this in one step is taken for an error."""
MAX_MISSING_SHARE = 0.1
"""A column other than the close with more gaps than this share of the rows is left out."""

Dates = np.ndarray[Any, np.dtype[np.datetime64]]
Column = Float[np.ndarray, " row"]


def checked_symbol(symbol: str) -> str:
    """Give the symbol back if it can name a series: printable, 1 to 32 characters, not only spaces.

    Raises:
        DataError: it cannot.
    """
    if not symbol.strip() or not symbol.isprintable() or len(symbol) > MAX_SYMBOL_LENGTH:
        raise DataError(
            f"The name of a series has 1 to {MAX_SYMBOL_LENGTH} printable characters, not {symbol!r}.",
            field="name",
            hint="Choose another one with --name.",
        )
    return symbol


def checked_series(
    symbol: str,
    dates: Dates,
    columns: Mapping[str, Column],
    source: str,
    *,
    allow_jumps: bool = False,
    lines: Sequence[int] | None = None,
    notes: list[str] | None = None,
) -> PriceSeries:
    """A series with increasing dates and finite values, made of what a source found.

    Args:
        symbol: the name under which the series is known.
        dates: one for each row, in any order.
        columns: `close`, and any of `open`, `high`, `low`, `volume`; NaN where a value is missing.
        source: where the rows come from, in a word.
        allow_jumps: accept a step of the close by more than a factor of 4.
        lines: the line of the file that each row stood on, for the messages.
        notes: receives one sentence for each thing that was sorted, dropped or filled.

    Raises:
        DataError: the rows cannot be used; see the table at the top of this module.
    """
    if unknown := set(columns) - set(COLUMNS):
        raise ValueError(f"a series has the columns {COLUMNS}, not {sorted(unknown)}")
    checked_symbol(symbol)
    notes = [] if notes is None else notes
    names = [name for name in COLUMNS if name in columns]
    dates = np.asarray(dates).astype("datetime64[s]")
    table = np.array([columns[name] for name in names], dtype=np.float64).T
    close = names.index("close")

    if not len(dates):
        raise DataError(f"{symbol} has no rows.", hint="Choose a source or a file that holds some.")
    _refuse_missing_dates(symbol, dates, lines)
    _refuse_infinities(symbol, dates, table, names, lines)

    kept = np.flatnonzero(~np.isnan(table[:, close]))
    if dropped := len(dates) - len(kept):
        notes.append(f"{counted(dropped)} without a close dropped.")
    if not len(kept):
        raise DataError(f"{symbol} has no row with a close.", hint="Choose another column with --column.")
    kept = kept[_order(dates[kept], notes)]
    dates, table = dates[kept], table[kept]
    kept_lines = None if lines is None else [lines[row] for row in kept]

    _refuse_duplicates(symbol, dates, kept_lines)
    _judge_jumps(symbol, dates, table[:, close], kept_lines, allow_jumps, notes)
    names, table = _without_gaps(names, table, notes)
    _count_contradictions(names, table, notes)
    return PriceSeries(symbol, dates, tuple(names), np.ascontiguousarray(table), source)


def counted(count: int) -> str:
    """A number of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def _where(row: int, lines: Sequence[int] | None) -> str:
    return "" if lines is None else f" (line {lines[row]})"


def day(date: np.datetime64) -> str:
    """A date as people write it: without the time when that is midnight."""
    return str(date).removesuffix("T00:00:00").replace("T", " ")


def _refuse_missing_dates(symbol: str, dates: Dates, lines: Sequence[int] | None) -> None:
    missing = np.flatnonzero(np.isnat(dates))
    if len(missing):
        row = int(missing[0])
        raise DataError(
            f"{symbol}: row {row + 1}{_where(row, lines)} has no date, so the rows cannot be ordered.",
            hint="Fill in the date or remove the row.",
        )


def _refuse_infinities(
    symbol: str,
    dates: Dates,
    table: Float[np.ndarray, "row column"],
    names: list[str],
    lines: Sequence[int] | None,
) -> None:
    infinite = np.argwhere(np.isinf(table))
    if len(infinite):
        row, column = (int(index) for index in infinite[0])
        raise DataError(
            f"{symbol}: {names[column]} is infinite on {day(dates[row])}{_where(row, lines)}.",
            field=names[column],
            hint="Correct the value or remove the row.",
        )


def _order(dates: Dates, notes: list[str]) -> np.ndarray[Any, np.dtype[np.intp]]:
    steps = np.diff(dates.astype(np.int64))
    if len(steps) and (steps < 0).any():
        newest_first = bool((steps <= 0).all())
        found = "newest first" if newest_first else "in no order"
        notes.append(f"The rows stood {found}; they were sorted by date.")
    return np.argsort(dates, kind="stable")


def _refuse_duplicates(symbol: str, dates: Dates, lines: Sequence[int] | None) -> None:
    repeated = np.flatnonzero(dates[1:] == dates[:-1])
    if len(repeated):
        row = int(repeated[0])
        where = "" if lines is None else f" (lines {lines[row]} and {lines[row + 1]})"
        more = f", and {len(repeated) - 1} more dates do" if len(repeated) > 1 else ""
        raise DataError(
            f"{symbol}: each date may occur once, but {day(dates[row])} occurs twice{where}{more}.",
            field="date",
            hint="Remove the repeated rows; if the file holds several symbols, choose one with --symbol.",
        )


def _judge_jumps(
    symbol: str,
    dates: Dates,
    close: Column,
    lines: Sequence[int] | None,
    allow_jumps: bool,
    notes: list[str],
) -> None:
    if not (close > 0).all():
        return  # a ratio means nothing where the sign may change
    with np.errstate(over="ignore"):
        jumps = np.flatnonzero(np.maximum(close[1:] / close[:-1], close[:-1] / close[1:]) > MAX_STEP_FACTOR)
    if not len(jumps):
        return
    before = int(jumps[0])
    after = before + 1
    if allow_jumps:
        noun = "step" if len(jumps) == 1 else "steps"
        notes.append(f"{len(jumps)} {noun} by more than a factor of {MAX_STEP_FACTOR:g} allowed.")
        return
    others = f" There are {len(jumps) - 1} more such steps." if len(jumps) > 1 else ""
    raise DataError(
        f"{symbol}: the close goes from {close[before]:g} on {day(dates[before])}{_where(before, lines)} "
        f"to {close[after]:g} on {day(dates[after])}{_where(after, lines)}, "
        f"{close[after] / close[before]:.4g} times as much; more than {MAX_STEP_FACTOR:g} times up or down "
        f"in one step looks like a split that was not adjusted, or two files joined.{others}",
        field="close",
        hint="If it is real, say --allow-jumps.",
    )


def _without_gaps(
    names: list[str], table: Float[np.ndarray, "row column"], notes: list[str]
) -> tuple[list[str], Float[np.ndarray, "row kept"]]:
    """Leave out or fill the columns with missing values; `table` has none in its close."""
    close = table[:, names.index("close")]
    kept: list[int] = []
    for index, name in enumerate(names):
        gaps: Bool[np.ndarray, " row"] = np.isnan(table[:, index])
        if gaps.mean() > MAX_MISSING_SHARE:
            notes.append(f"{name} left out: missing in {counted(int(gaps.sum()))} of {len(table):,}.")
            continue
        if gaps.any():
            filling = "0" if name == "volume" else "the close of the row"
            notes.append(f"{name} missing in {counted(int(gaps.sum()))}: {filling} taken.")
            table[gaps, index] = 0.0 if name == "volume" else close[gaps]
        if name == "volume" and not table[:, index].any():
            notes.append("volume left out: it is zero throughout.")
            continue
        kept.append(index)
    return [names[index] for index in kept], table[:, kept]


def _count_contradictions(names: list[str], table: Float[np.ndarray, "row column"], notes: list[str]) -> None:
    if not set(PRICE_COLUMNS) <= set(names):
        return
    opened, high, low, close = (table[:, names.index(name)] for name in PRICE_COLUMNS)
    # adjusted prices are products, so equal ones may differ in the last digits
    slack = 1e-9 * np.abs(table[:, : len(PRICE_COLUMNS)]).max(axis=1)
    wrong = (np.maximum(opened, close) > high + slack) | (np.minimum(opened, close) < low - slack)
    if wrong.any():
        notes.append(
            f"{counted(int(wrong.sum()))} kept as found whose open or close lies outside low to high."
        )
