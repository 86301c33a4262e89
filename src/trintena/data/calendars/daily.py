"""Daily series: those of an exchange, and those that keep to certain days of the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from trintena.data.calendars.sessions import DAY, Dates, Sessions, sessions_between

Counts = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

FEW_ROWS = 14
"""Two weeks: with fewer rows, a day of the week without one may be a coincidence."""


@dataclass(frozen=True)
class SessionDays:
    """One row for each session of an exchange."""

    exchange: str
    usual_gap = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` trading days, with the time of day of the last row."""
        last = dates[-1].astype("datetime64[D]")
        # an exchange trades on some 250 days of a year: twice as many days, and a month, are enough
        sessions = sessions_between(self.exchange, last + DAY, last + DAY * (2 * count + 31))
        return _at_the_time_of(dates, sessions.days[:count])

    def strays(self, dates: Dates) -> Flags:
        """Which rows stand on days without a session."""
        days = dates.astype("datetime64[D]")
        sessions = self._around(days)
        return cast("Flags", sessions.known(days) & ~np.isin(days, sessions.days))

    def missing(self, dates: Dates) -> Counts:
        """How many sessions lie strictly between each row and the next."""
        days = dates.astype("datetime64[D]")
        sessions = self._around(days)
        known = sessions.days[sessions.known(sessions.days)]
        return _counted_between(known, days)

    def _around(self, days: Dates) -> Sessions:
        return sessions_between(self.exchange, days[0], days[-1])


@dataclass(frozen=True)
class DaysOfWeek:
    """A row on each of certain days of the week.

    `week` is a mask from Monday to Sunday such as `1111100`. Up to `usual_gap` of these days may be
    missing between two rows without anybody wondering: holidays of which we know nothing.
    """

    week: str
    usual_gap: int = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` such days, with the time of day of the last row."""
        last = dates[-1].astype("datetime64[D]")
        ahead = np.arange(1, count + 1)
        return _at_the_time_of(dates, np.busday_offset(last, ahead, roll="backward", weekmask=self.week))

    def strays(self, dates: Dates) -> Flags:
        """Which rows stand on other days of the week, if there are few such rows in their year.

        Many exchanges once traded on Saturdays, year for year: such rows are no strays.
        """
        days = dates.astype("datetime64[D]")
        years = days.astype("datetime64[Y]").astype(np.int64)
        slots = (years - years[0]) * 7 + weekday(days)
        regular = np.bincount(slots)[slots] >= 10
        return cast("Flags", ~np.is_busday(days, weekmask=self.week) & ~regular)

    def missing(self, dates: Dates) -> Counts:
        """How many such days lie strictly between each row and the next."""
        days = dates.astype("datetime64[D]")
        between = np.busday_count(days[:-1] + DAY, days[1:], weekmask=self.week)
        return cast("Counts", np.maximum(between, 0))


def usual_week(days: Dates) -> DaysOfWeek:
    """The days of the week on which a series usually has rows, judged by `days`."""
    counts = np.bincount(weekday(days), minlength=7)
    if len(days) < FEW_ROWS:
        # 2/7 when every day trades, 1/5 when a week is Sunday to Thursday
        whole = counts[5:].sum() > 0.25 * len(days)
        return DaysOfWeek("1111111" if whole else "1111100", 0 if whole else HOLIDAY_WEEK)
    regular = counts >= 0.5 * counts.max()
    week = "".join("1" if often else "0" for often in regular)
    return DaysOfWeek(week, 0 if regular.all() else HOLIDAY_WEEK)


HOLIDAY_WEEK = 7
"""Trading days: the longest regular closings are those around the lunar New Year and China's October."""


def mismatches(sessions: Sessions, days: Dates) -> tuple[int, int, int]:
    """Of `days` that can be judged: how many there are, how many are strays, and the sessions left out."""
    judged = days[sessions.known(days)]
    if not len(judged):
        return 0, 0, 0
    due = sessions.days[(sessions.days >= judged[0]) & (sessions.days <= judged[-1])]
    hits = int(np.isin(judged, due).sum())
    return len(judged), len(judged) - hits, len(due) - hits


def weekday(days: Dates) -> Counts:
    """Monday is 0; day 0 of NumPy's calendar was a Thursday."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def _counted_between(points: Dates, rows: Dates) -> Counts:
    after = np.searchsorted(points, rows[:-1], "right")
    before = np.searchsorted(points, rows[1:], "left")
    return cast("Counts", np.maximum(before - after, 0))


def _at_the_time_of(dates: Dates, days: Dates) -> Dates:
    time_of_day = dates[-1] - dates[-1].astype("datetime64[D]").astype("datetime64[s]")
    return cast("Dates", days.astype("datetime64[s]") + time_of_day)
