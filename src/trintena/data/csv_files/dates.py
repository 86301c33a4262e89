"""Dates as files of prices write them; day and month in the one order that the whole column allows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trintena.data.csv_files.date_forms import (
    COMPACT,
    MONTH_NAMED,
    PATTERNS,
    UNIX,
    YEAR_FIRST,
    YEAR_LAST,
    month_number,
)
from trintena.data.csv_files.date_refusals import (
    forms_differ,
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

HALF_A_DAY = np.timedelta64(12, "h")
"""Rows of a daily series lie no closer, the last price of the running day included."""
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
FORMS = {YEAR_FIRST: "year first", COMPACT: "year first", MONTH_NAMED: "month named"}
"""The order of the forms that leave none open."""
TIMES = {
    "none": ("without times", "sem horário"),
    "taken as UTC": ("times without a zone taken as UTC", "horários sem fuso tomados como UTC"),
    "in UTC": ("times in UTC", "horários em UTC"),
    "dropped": (
        "times dropped, as there is one row for a day",
        "horários descartados, por haver uma linha por dia",
    ),
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

    form: re.Pattern[str]
    year: Integers
    one: Integers
    """The month, or where the year is last the first of two numbers of which one is the day."""
    two: Integers
    """The day, or the second of those numbers."""
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
    order = FORMS.get(parts.form) or _order(table, column, parts, day_first)
    days, exist = _calendar_days(parts, order)
    wrong = np.flatnonzero(~exist | (parts.seconds < 0))
    if len(wrong):
        raise no_such_date(table, int(wrong[0]), column, cells[int(wrong[0])], day_first)
    local = days.astype("datetime64[s]") + parts.seconds.astype("timedelta64[s]")
    return _in_one_convention(table, column, local, parts.offset, order)


def _joined(date: str, time: str) -> str:
    """A date and a time of the day in one cell; 160000 is 16:00:00."""
    if re.fullmatch(r"\d{4}|\d{6}", time, re.ASCII):
        time = ":".join(time[at : at + 2] for at in range(0, len(time), 2))
    # Excel adds a midnight to a date that stands beside a time
    return date if is_null(time) else f"{date.removesuffix(' 00:00:00')} {time}"


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
    pattern, groups = _groups(table, column, cells)
    columns = list(zip(*groups, strict=True))
    part = {name: columns[number - 1] for name, number in pattern.groupindex.items()}
    if pattern is YEAR_LAST:
        one, two = _integers(part["one"]), _integers(part["two"])
    elif pattern is MONTH_NAMED:
        names = zip(part["name"], part["us_name"], strict=True)
        one = np.array([month_number(name or us_name) for name, us_name in names], dtype=np.int64)
        two = _integers(part["day"]) + _integers(part["us_day"])
    else:
        one, two = _integers(part["month"]), _integers(part["day"])
    offset = np.array([_offset(zone) for zone in part["zone"]], dtype=np.int64)
    return _Parts(pattern, _integers(part["year"]), one, two, _seconds(part), offset)


def _groups(table: Table, column: int, cells: Sequence[str]) -> tuple[re.Pattern[str], list[Groups]]:
    """The one form that all dates have, and what its groups hold for each.

    A column in which two programs have left their forms is refused: one of them may have taken the day
    for the month where it could, and left as text what it could not.
    """
    text = "\n".join(cells)
    for pattern in PATTERNS:
        groups = re.findall(rf"^{pattern.pattern}$", text, pattern.flags | re.MULTILINE)
        if len(groups) == len(cells):
            break
    else:
        matches = [
            next(filter(None, (pattern.fullmatch(cell) for pattern in PATTERNS)), None) for cell in cells
        ]
        if None in matches:
            row = matches.index(None)
            raise no_date(table, row, column, cells[row])
        forms = [match.re for match in matches if match is not None]
        raise forms_differ(table, _rarer(forms), column, cells)
    if pattern in (YEAR_FIRST, YEAR_LAST):
        signs = [group[1] for group in groups]
        if len(set(signs)) > 1:
            raise forms_differ(table, _rarer(signs), column, cells)
    return pattern, groups


def _rarer(forms: Sequence[object]) -> tuple[int, int]:
    """The first row of the rarer of several forms, and the first of another."""
    rare = min(dict.fromkeys(forms), key=forms.count)
    row = forms.index(rare)
    return row, next(other for other, form in enumerate(forms) if form != rare)


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
    digits = re.sub(r"[^0-9]", "", zone)
    minutes = int(digits[:2] or 0) * 60 + int(digits[2:] or 0)
    return -minutes if "-" in zone else minutes


def _calendar_days(parts: _Parts, order: str) -> tuple[Instants, Mask]:
    """The days in an order of `ORDERS`, and whether each exists."""
    day, month = (parts.one, parts.two) if order == "day first" else (parts.two, parts.one)
    exist = (parts.year >= 1) & (month >= 1) & (month <= 12)
    months = ((parts.year - 1970) * 12 + np.where(exist, month, 1) - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - first).astype(np.int64)
    exist &= (day >= 1) & (day <= length)
    return first + (day - 1).astype("timedelta64[D]"), exist


def _order(table: Table, column: int, parts: _Parts, day_first: bool | None) -> str:
    """Whether day or month comes first where the year is last: as told, or as all dates show."""
    if day_first is not None:
        return "day first" if day_first else "month first"
    with_day_first, with_month_first = (
        _calendar_days(parts, order)[1] for order in ("day first", "month first")
    )
    if not (with_day_first | with_month_first).all():
        return "day first"  # some cell is no date at all: refused with the others of its kind
    if with_day_first.all() != with_month_first.all():
        return "day first" if with_day_first.all() else "month first"
    if not with_day_first.all():
        raise two_orders(table, column, int(np.argmin(with_day_first)), int(np.argmin(with_month_first)))
    differing = np.flatnonzero(parts.one != parts.two)
    if len(differing):
        raise open_order(table, int(differing[0]), column)
    return "day first"


def _in_one_convention(table: Table, column: int, local: Instants, offset: Integers, order: str) -> Dates:
    zoned = offset != NO_ZONE
    if zoned.any() and not zoned.all():
        row = int(np.argmax(zoned != zoned[0]))
        raise zone_unlike_others(table, row, column, names_one=bool(zoned[row]))
    if _at_midnight(local):
        return Dates(local, order, "none")
    if not zoned.any():
        return Dates(local, order, "taken as UTC")
    days, instants = local.astype("datetime64[D]"), local - offset.astype("timedelta64[m]")
    is_daily = len(np.unique(days)) == len(days) and bool((np.diff(np.sort(instants)) >= HALF_A_DAY).all())
    if len(days) > 1 and is_daily:
        # whatever the clock: the exchange's own date, which in UTC may be the day before
        return Dates(days.astype("datetime64[s]"), order, "dropped")
    return Dates(instants, order, "converted to UTC")
