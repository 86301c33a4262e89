"""Numbers as people and programs write them, under one convention for the whole file.

A convention says which sign comes before the decimals; the other one, a space or an apostrophe may
separate thousands. A file is read under the convention that all of its prices and volumes fit. Where
both fit and give different numbers, the other columns settle it, or nobody does, and the file is
refused until `--decimal` says what is meant: 118.894 may be a hundred and eighteen, or a thousand
times as much.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from trintena.data.csv_files.conventions import Convention, first_abbreviated
from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.number_refusals import may_be_fraction, no_number, thousands_differ, two_readings
from trintena.data.csv_files.table import Table
from trintena.data.csv_files.titles import parts_of
from trintena.errors import DataError

Units = Sequence[Sequence[int]]
"""Columns of a table, those of one unit together."""
BARS = {"open", "high", "low", "close", "adjusted close", "volume"}
_FRACTION = re.compile(r"[0-9]{2,3}'(?:[0-2][0-9]|3[01])[0-9]")
_LETTER = re.compile("[a-zA-Z]")


@dataclass(frozen=True)
class Numbers:
    """The columns of a table as numbers, NaN where missing, and the convention they follow."""

    columns: dict[int, Float[np.ndarray, " row"]]
    convention: Convention
    grouped: str
    """What separates thousands somewhere in these columns; empty where nothing does."""
    example: tuple[str, float] | None
    """A cell with a point or a comma in it, and what it was read as; None where no cell has one."""
    settled_by: int | None = None
    """The column that is not read and still shows the convention; None where those that are read do."""


@dataclass(frozen=True)
class _Misfit:
    """A cell that does not fit a convention."""

    convention: Convention
    row: int
    column: int
    thousands_in: int | None = None
    """The row that shows that this cell should have separated its thousands, or should not have."""


def parse_numbers(
    table: Table, prices: Sequence[int], others: Sequence[int], open_to: Sequence[Convention]
) -> Numbers:
    """The numbers of some columns, under the one convention that fits them.

    Args:
        table: of words.
        prices: columns in one unit: if one cell separates its thousands, all do.
        others: further columns to read, such as the volume.
        open_to: the conventions to choose from.

    Raises:
        DataError: a cell is no number, or two conventions give different numbers and nothing settles it.
    """
    readings: list[Numbers] = []
    units = (prices, *([column] for column in others))
    for convention in open_to:
        reading = _read(table, units, convention)
        if isinstance(reading, Numbers):
            readings.append(reading)
    if not readings:
        raise _nearest(table, units, open_to)
    used = {*prices, *others}
    if len(readings) == 1:
        settled: Numbers | None = readings[0]
        shown = _shown_elsewhere(table, used, open_to)
        if len(shown) == 1 and (other := next(iter(shown))) != readings[0].convention:
            # One damaged cell may be all that speaks against the convention that the percentages follow.
            raise _nearest(table, units, [other])
    elif _same(readings):
        settled = readings[0]
    else:
        settled = _settled(readings, _shown_elsewhere(table, used, open_to))
    if settled is None:
        raise _two_readings(table, *readings)
    for column, values in settled.columns.items():
        if np.isinf(values).any():
            row = int(np.argmax(np.isinf(values)))
            raise no_number(table, row, column, settled.convention.decimal, 0)
    if (place := _first_fraction(table, prices, settled)) is not None:
        raise may_be_fraction(table, *place)
    return settled


def _first_fraction(table: Table, prices: Sequence[int], reading: Numbers) -> tuple[int, int] | None:
    """The first price that may be one of a bond future in 32nds, if all that have an apostrophe may be."""
    if reading.grouped != "'" or reading.convention.grouping == "'":  # the latter: a person has said so
        return None
    found: list[tuple[int, int]] = []
    for column in prices:
        for row, cell in enumerate(table.column(column)):
            if "." in cell or "," in cell or ("'" in cell and not _FRACTION.fullmatch(cell)):
                return None
            if "'" in cell:
                found.append((row, column))
    return min(found, default=None)


def _same(readings: Sequence[Numbers]) -> bool:
    one, other = readings
    return all(np.array_equal(one.columns[c], other.columns[c], equal_nan=True) for c in one.columns)


def _shown_elsewhere(
    table: Table, used: Collection[int], open_to: Sequence[Convention]
) -> dict[Convention, int]:
    """The conventions that the percentages, and other prices of the file, follow: a column for each.

    Any other column may hold times (17.35), codes or ratios from elsewhere: they show nothing.
    """
    shown: dict[Convention, int] = {}
    for column in range(len(table.header)):
        cells = [cell for cell in table.column(column) if not is_null(cell)]
        are_percentages = bool(cells) and all(cell.endswith("%") for cell in cells)
        if column not in used and (are_percentages or BARS & set(parts_of(table.header[column]))):
            bare = [cell.removesuffix("%") for cell in cells]
            fitting = [convention for convention in open_to if convention.fits(bare)]
            if len(fitting) == 1 < len(open_to):
                shown.setdefault(fitting[0], column)
    return shown


def _settled(readings: Sequence[Numbers], shown: Mapping[Convention, int]) -> Numbers | None:
    """The reading whose convention the rest of the file follows, if all of it follows one."""
    if len(shown) != 1:
        return None
    ((convention, column),) = shown.items()
    (reading,) = (reading for reading in readings if reading.convention == convention)
    return replace(reading, settled_by=column)


def _read(table: Table, units: Units, convention: Convention) -> Numbers | _Misfit:
    """The columns under a convention, or the first cell that does not fit it.

    Columns of one unit separate their thousands everywhere or nowhere.
    """
    columns: dict[int, Float[np.ndarray, " row"]] = {}
    grouped = ""
    for unit in units:
        cells = {column: table.column(column) for column in unit}
        for column in unit:
            row = convention.first_misfit(cells[column])
            if row is None and "volume" not in parts_of(table.header[column]):
                row = first_abbreviated(cells[column])  # 98,50 b is a bid in Frankfurt, not a milliard
            if row is not None:
                return _Misfit(convention, row, column)
            columns[column] = convention.read(cells[column])
        sign = max(map(convention.group, cells.values()), default="")
        if sign and (misfit := _ungrouped(convention, sign, cells, columns)) is not None:
            return misfit
        grouped = grouped or sign
    return Numbers(columns, convention, grouped, _example(table, columns, grouped))


def _ungrouped(
    convention: Convention,
    sign: str,
    cells: Mapping[int, Sequence[str]],
    columns: Mapping[int, Float[np.ndarray, " row"]],
) -> _Misfit | None:
    """The later of two cells of which one separates its thousands and the other, as large, does not."""
    first: dict[bool, tuple[int, int]] = {}
    for column, words in cells.items():
        large = np.abs(columns[column]) >= 1000
        if _LETTER.search("".join(words)):  # 1.5K and 1e5 have no thousands to separate
            large &= np.array([_LETTER.search(word) is None for word in words])
        separated = np.array([sign in word for word in words])
        for kind, mask in ((True, large & separated), (False, large & ~separated)):
            if mask.any():
                place = int(np.argmax(mask)), column
                first[kind] = min(first.get(kind, place), place)
    if len(first) < 2:
        return None
    (other, _), (row, column) = sorted(first.values())
    return _Misfit(convention, row, column, thousands_in=other)


def _nearest(table: Table, units: Units, open_to: Sequence[Convention]) -> DataError:
    """What the convention that the fewest cells do not fit has to say of the first of them."""
    found: list[tuple[int, _Misfit]] = []
    for convention in open_to:
        misfit = _read(table, units, convention)
        assert isinstance(misfit, _Misfit)
        cells = (cell for unit in units for column in unit for cell in table.column(column))
        found.append((sum(not convention.fits([cell]) for cell in cells), misfit))
    n, misfit = min(found, key=lambda candidate: candidate[0])
    is_tie = len({n for n, _ in found}) < len(found)
    decimal = misfit.convention.decimal
    if misfit.thousands_in is not None:
        return thousands_differ(table, misfit.row, misfit.column, decimal, misfit.thousands_in)
    return no_number(table, misfit.row, misfit.column, None if is_tie else decimal, max(n - 1, 0))


def _two_readings(table: Table, one: Numbers, other: Numbers) -> DataError:
    """Of two readings that differ: the first cell in which they do."""
    column, differs = next(
        (column, differs)
        for column, values in one.columns.items()
        if (differs := (values != other.columns[column]) & ~np.isnan(values)).any()
    )
    row = int(np.argmax(differs))
    numbers = {reading.convention.decimal: reading.columns[column][row] for reading in (one, other)}
    return two_readings(table, row, column, numbers)


def _example(
    table: Table, columns: Mapping[int, Float[np.ndarray, " row"]], grouped: str
) -> tuple[str, float] | None:
    """A cell that shows how numbers are written: with separated thousands, if there is one."""
    for sign in filter(None, (grouped, ".", ",")):
        for column, values in columns.items():
            for row, cell in enumerate(table.column(column)):
                if sign in cell and not is_null(cell):
                    return cell, float(values[row])
    return None
