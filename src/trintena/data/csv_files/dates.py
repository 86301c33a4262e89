"""Dates with the year first, and others where the whole column allows one reading only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from trintena.data.csv_files.table import Table, is_null

_CLOCK = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?"
)
YEAR_FIRST = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + _CLOCK, re.ASCII)
COMPACT = re.compile(r"(?P<year>(?:18|19|20|21)\d\d)(?P<month>\d\d)(?P<day>\d\d)" + _CLOCK, re.ASCII)
YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})([-/.])(?P<second_part>\d{1,2})\2(?P<year>\d{4})" + _CLOCK, re.ASCII
)

REMEDY = "Write dates as 2018-12-31, or 2018-12-31 16:00 with a time."


@dataclass(frozen=True)
class Dates:
    """The dates of a column, in the convention of `PriceSeries`, and how they were understood."""

    values: np.ndarray[Any, np.dtype[np.datetime64]]
    understood: str


@dataclass(frozen=True)
class _Moment:
    """A wall clock's time, and how many minutes its zone is ahead of UTC, where it says so."""

    local: datetime
    offset_minutes: int | None


def parse_dates(table: Table, column: int) -> Dates:
    """The dates of a column: the exchange's own date if all times are midnight, UTC for anything finer.

    Midnights with offsets that differ (-05:00 in winter, -04:00 in summer) keep their own date.

    Raises:
        DataError: a cell is no date, could be two, or only some cells name their time zone.
    """
    cells = table.column(column)
    matches: list[re.Match[str]] = []
    for row, cell in enumerate(cells):
        match = YEAR_FIRST.fullmatch(cell) or COMPACT.fullmatch(cell) or YEAR_LAST.fullmatch(cell)
        if match is None:
            found = "nothing" if is_null(cell) else repr(cell)
            raise table.refusal(row, column, f"expected a date, found {found}.", REMEDY)
        matches.append(match)
    month_first, order = _order(table, column, matches)
    moments = [_moment(match, month_first) for match in matches]
    for row, moment in enumerate(moments):
        if moment is None:
            raise table.refusal(row, column, f"there is no such date or time as {cells[row]!r}.", REMEDY)
    known = [moment for moment in moments if moment is not None]
    return _one_convention(table, column, known, order)


def _order(table: Table, column: int, matches: list[re.Match[str]]) -> tuple[bool, str]:
    """Whether the month stands before the day where the year is last, and the order in words."""
    year_last = [row for row, match in enumerate(matches) if match.re is YEAR_LAST]
    if not year_last:
        return False, "year first"
    not_day_first = [row for row in year_last if _moment(matches[row], month_first=False) is None]
    not_month_first = [row for row in year_last if _moment(matches[row], month_first=True) is None]
    if not_day_first and not_month_first:
        one, other = not_day_first[0], not_month_first[0]
        if one == other:
            return False, "day first"  # no date at all: refused with the others of its kind
        raise table.refusal(
            max(one, other),
            column,
            f"{matches[max(one, other)][0]!r} and {matches[min(one, other)][0]!r} (line "
            f"{table.lines[min(one, other)]}) cannot both be dates: one needs the day first, "
            "the other the month.",
            REMEDY,
        )
    if not not_day_first and not not_month_first:
        for row in year_last:
            match = matches[row]
            if int(match["first"]) != int(match["second_part"]):
                raise table.refusal(
                    row,
                    column,
                    f"{match[0]!r} may have the day or the month first, and no other row settles it.",
                    REMEDY,
                )
    return (True, "month first") if not_day_first else (False, "day first")


def _moment(match: re.Match[str], month_first: bool) -> _Moment | None:
    """What a match says, or None where no calendar or clock shows it."""
    part = match.groupdict()
    if match.re is YEAR_LAST:
        first, second = part["first"], part["second_part"]
        month, day = (first, second) if month_first else (second, first)
    else:
        month, day = part["month"], part["day"]
    if part["fraction"] and int(part["fraction"]):
        return None  # finer than a second, which a series cannot hold
    try:
        local = datetime(
            int(part["year"]),
            int(month),
            int(day),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
            int(part["second"] or 0),
        )
    except ValueError:
        return None
    return _Moment(local, _offset_minutes(part["zone"]))


def _offset_minutes(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone in ("Z", "UTC"):
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return -minutes if zone[0] == "-" else minutes


def _one_convention(table: Table, column: int, moments: list[_Moment], order: str) -> Dates:
    zoned = [moment.offset_minutes is not None for moment in moments]
    if any(zoned) and not all(zoned):
        row = zoned.index(not zoned[0])
        raise table.refusal(
            row,
            column,
            f"{table.rows[row][column]!r} {'names' if zoned[row] else 'lacks'} a time zone, unlike line "
            f"{table.lines[0]}.",
            "Give all dates a time zone, or none.",
        )
    local = np.array([moment.local for moment in moments], dtype="datetime64[s]")
    if (local == local.astype("datetime64[D]")).all():
        return Dates(local, f"{order}, without times")
    if not any(zoned):
        return Dates(local, f"{order}, times without a zone taken as UTC")
    offsets = np.array([moment.offset_minutes for moment in moments], dtype="timedelta64[m]")
    return Dates(np.subtract(local, offsets), f"{order}, times converted to UTC")
