"""Dates as files of prices write them; day and month in the one order that the whole column allows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trintena.data.csv_files.date_forms import MONTH_NAMED, PATTERNS, UNIX, YEAR_LAST, month_number
from trintena.data.csv_files.date_refusals import (
    no_date,
    no_such_date,
    open_order,
    two_orders,
    zone_unlike_others,
)
from trintena.data.csv_files.missing import is_null
from trintena.data.csv_files.table import Table

_ISO_COLUMN = re.compile(r"(?:(?!0000)\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?\n)*+", re.ASCII)
"""What NumPy reads at once, and as we do."""

Instants = np.ndarray[Any, np.dtype[np.datetime64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Groups = tuple[str, ...]
"""Of a match, in the order of the pattern; empty where a group took no part."""

NO_ZONE = 100_000
"""Stands for the minutes ahead of UTC where a cell names no time zone."""

ORDERS = {
    "year first": ("year first", "ano primeiro"),
    "day first": ("day first", "dia primeiro"),
    "month first": ("month first", "mês primeiro"),
    "month named": ("month by name", "mês por extenso"),
    "unix": ("seconds since 1970", "segundos desde 1970"),
}
"""How day, month and year stand, in English and Portuguese."""
TIMES = {
    "none": ("without times", "sem horário"),
    "taken as UTC": ("times without a zone taken as UTC", "horários sem fuso tomados como UTC"),
    "in UTC": ("times in UTC", "horários em UTC"),
    "converted to UTC": ("times converted to UTC", "horários convertidos para UTC"),
}


@dataclass(frozen=True)
class Dates:
    """The dates of a column, in the convention of `PriceSeries`, and how they were understood."""

    values: Instants
    order: str
    """A key of `ORDERS`."""
    times: str
    """A key of `TIMES`."""


@dataclass(frozen=True)
class _Parts:
    """What the cells of a column say, one entry for each row."""

    year: Integers
    one: Integers
    """The month, or where `is_open` the first of two numbers of which one is the day."""
    two: Integers
    """The day, or the second of those numbers."""
    is_open: Mask
    named: Mask
    """Whether the month is a word."""
    seconds: Integers
    """Since midnight, by the clock; -1 where no clock shows such a time."""
    offset: Integers
    """Minutes ahead of UTC, or `NO_ZONE`."""


def parse_dates(
    table: Table, column: int, time_column: int | None = None, day_first: bool | None = None
) -> Dates:
    """The dates of a column: the exchange's own date if all times are midnight, UTC for anything finer.

    Midnights with offsets that differ (-05:00 in winter, -04:00 in summer) keep their own date.

    Args:
        table: of words.
        column: of the dates, with or without times.
        time_column: of times of the day, where they stand apart.
        day_first: whether 3/4/2020 is the third of April; None: what the whole column shows.

    Raises:
        DataError: a cell is no date, could be two, or only some cells name their time zone.
    """
    cells = table.column(column)
    if time_column is not None:
        cells = [_joined(*pair) for pair in zip(cells, table.column(time_column), strict=True)]
    if (instants := _iso(cells)) is not None:
        return Dates(instants, "year first", "none" if _at_midnight(instants) else "taken as UTC")
    if all(UNIX.fullmatch(cell) for cell in cells):
        return _unix(table, column, cells)
    parts = _parts(table, column, cells)
    month_first = parts.is_open.any() and not _is_day_first(table, column, parts, day_first)
    days, exist = _calendar_days(parts, month_first=bool(month_first))
    wrong = np.flatnonzero(~exist | (parts.seconds < 0))
    if len(wrong):
        raise no_such_date(table, int(wrong[0]), column, cells[int(wrong[0])], day_first)
    if parts.is_open.any():
        order = "month first" if month_first else "day first"
    else:
        order = "month named" if parts.named.any() else "year first"
    local = days.astype("datetime64[s]") + parts.seconds.astype("timedelta64[s]")
    return _in_one_convention(table, column, local, parts.offset, order)


def _joined(date: str, time: str) -> str:
    """A date and a time of the day in one cell; 160000 is 16:00:00."""
    if re.fullmatch(r"\d{4}|\d{6}", time, re.ASCII):
        time = ":".join(time[at : at + 2] for at in range(0, len(time), 2))
    return date if is_null(time) else f"{date} {time}"


def _iso(cells: Sequence[str]) -> Instants | None:
    """The dates at once, if all are written 2018-12-31 or 2018-12-31 16:00:00 and exist."""
    if not _ISO_COLUMN.fullmatch("\n".join(cells) + "\n"):
        return None
    try:
        return np.array(cells, dtype="datetime64[s]")
    except ValueError:
        return None  # one of them does not exist: found, and named, the long way


def _at_midnight(instants: Instants) -> bool:
    return bool((instants == instants.astype("datetime64[D]")).all())


def _unix(table: Table, column: int, cells: Sequence[str]) -> Dates:
    for row, cell in enumerate(cells):
        if len(cell) > 10 and not cell.endswith("000"):
            raise no_such_date(table, row, column, cell, None)
    instants = np.array([int(cell[:-3] if len(cell) > 10 else cell) for cell in cells], "datetime64[s]")
    return Dates(instants, "unix", "none" if _at_midnight(instants) else "in UTC")


def _parts(table: Table, column: int, cells: Sequence[str]) -> _Parts:
    empty = np.zeros(len(cells), dtype=np.int64)
    year, one, two, seconds, offset = (empty.copy() for _ in range(5))
    is_open, named = empty.astype(bool), empty.astype(bool)
    for pattern, (rows, groups) in _groups(table, column, cells).items():
        columns = list(zip(*groups, strict=True))
        part = {name: columns[number - 1] for name, number in pattern.groupindex.items()}
        year[rows] = _integers(part["year"])
        if pattern is YEAR_LAST:
            is_open[rows] = True
            one[rows], two[rows] = _integers(part["one"]), _integers(part["two"])
        elif pattern is MONTH_NAMED:
            named[rows] = True
            names = zip(part["name"], part["us_name"], strict=True)
            one[rows] = [month_number(name or us_name) for name, us_name in names]
            two[rows] = _integers(part["day"]) + _integers(part["us_day"])
        else:
            one[rows], two[rows] = _integers(part["month"]), _integers(part["day"])
        seconds[rows] = _seconds(part)
        offset[rows] = [_offset(zone) for zone in part["zone"]]
    return _Parts(year, one, two, is_open, named, seconds, offset)


def _groups(
    table: Table, column: int, cells: Sequence[str]
) -> dict[re.Pattern[str], tuple[slice | list[int], list[Groups]]]:
    """For each form of dates the rows that have it, and what its groups hold there."""
    text = "\n".join(cells)
    for pattern in PATTERNS:
        # nearly always all cells have one form: one call finds them all
        groups = re.findall(rf"^{pattern.pattern}$", text, pattern.flags | re.MULTILINE)
        if len(groups) == len(cells):
            return {pattern: (slice(None), groups)}
    found: dict[re.Pattern[str], tuple[list[int], list[Groups]]] = {}
    for row, cell in enumerate(cells):
        match = next(filter(None, (pattern.fullmatch(cell) for pattern in PATTERNS)), None)
        if match is None:
            raise no_date(table, row, column, cell)
        rows, groups = found.setdefault(match.re, ([], []))
        rows.append(row)
        groups.append(match.groups(default=""))
    return {**found}


def _integers(words: Sequence[str]) -> Integers:
    """Numbers; 0 where there is none."""
    return np.array([int(word or 0) for word in words], dtype=np.int64)


def _seconds(part: Mapping[str, Sequence[str]]) -> Integers:
    """Seconds since midnight; -1 for a time that no clock shows, or that is finer than a second."""
    hour, minute, second = (_integers(part[name]) for name in ("hour", "minute", "second"))
    if any(part["half"]):
        of_twelve = np.array([half != "" for half in part["half"]])
        after_noon = np.array([half[:1] in ("P", "p") for half in part["half"]])
        hour = np.where(of_twelve & ((hour < 1) | (hour > 12)), 99, hour)  # no such hour
        hour = np.where(of_twelve & (hour == 12), 0, hour) + 12 * after_noon
    finer = np.array([fraction.strip("0") != "" for fraction in part["fraction"]])
    shown = (hour < 24) & (minute < 60) & (second < 60) & ~finer
    return np.where(shown, hour * 3600 + minute * 60 + second, -1)


def _offset(zone: str) -> int:
    if not zone:
        return NO_ZONE
    if zone[0] not in "+-":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _calendar_days(parts: _Parts, *, month_first: bool) -> tuple[Instants, Mask]:
    """The days, and whether each exists; where the order is open it is the given one."""
    swapped = parts.is_open & (not month_first)
    month = np.where(swapped, parts.two, parts.one)
    day = np.where(swapped, parts.one, parts.two)
    exist = (parts.year >= 1) & (month >= 1) & (month <= 12)
    months = ((parts.year - 1970) * 12 + np.where(exist, month, 1) - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - first).astype(np.int64)
    exist &= (day >= 1) & (day <= length)
    return first + (day - 1).astype("timedelta64[D]"), exist


def _is_day_first(table: Table, column: int, parts: _Parts, day_first: bool | None) -> bool:
    """Whether the day stands before the month where the year is last: as told, or as the dates show."""
    if day_first is not None:
        return day_first
    with_day_first = _calendar_days(parts, month_first=False)[1]
    with_month_first = _calendar_days(parts, month_first=True)[1]
    if not (with_day_first | with_month_first).all():
        return True  # some cell is no date at all: refused with the others of its kind
    if with_day_first.all() != with_month_first.all():
        return bool(with_day_first.all())
    if not with_day_first.all():
        raise two_orders(table, column, int(np.argmin(with_day_first)), int(np.argmin(with_month_first)))
    differing = np.flatnonzero(parts.is_open & (parts.one != parts.two))
    if len(differing):
        raise open_order(table, int(differing[0]), column)
    return True


def _in_one_convention(table: Table, column: int, local: Instants, offset: Integers, order: str) -> Dates:
    zoned = offset != NO_ZONE
    if zoned.any() and not zoned.all():
        row = int(np.argmax(zoned != zoned[0]))
        raise zone_unlike_others(table, row, column, names_one=bool(zoned[row]))
    if _at_midnight(local):
        return Dates(local, order, "none")
    if not zoned.any():
        return Dates(local, order, "taken as UTC")
    return Dates(local - offset.astype("timedelta64[m]"), order, "converted to UTC")
