"""When a series has rows: the dates that follow it, the rows it should not have, the rows it lacks.

The name of a series says first where it is traded (`symbols`), unless its rows contradict that by
standing on days without trading; days without a row are gaps, as thin or halted shares have them.
Where the name says nothing, the recent rows are compared with New York, with B3 and with the days of
the week on which there are rows, and the calendar with the fewest mismatches is taken: a row on a
day without trading is one, a trading day without a row another. Both kinds are needed, for the rows
of a short series of B3 may all stand on trading days of New York.

| series | goes on |
|---|---|
| daily, of an exchange | with the exchange's trading days |
| daily, anything else | on the same days of the week: every day, Monday to Friday, Sunday to Thursday |
| finer, of an exchange | at the same times of each session, which end early on half days |
| finer, anything else | at the same times of each week, if there are two weeks of rows that tell them |
| finer, around the clock or short | by its own step, without weekends if it has no rows on them |
| weeks | on the weekday of most rows |
| months, quarters, years | on the same day of the month, or on its last day |
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from trintena.data.calendars.daily import (
    Counts,
    DaysOfWeek,
    Flags,
    SessionDays,
    mismatches,
    usual_week,
    weekday,
)
from trintena.data.calendars.intraday import session_bars
from trintena.data.calendars.sessions import DAY, Dates, sessions_between
from trintena.data.calendars.slots import weekly_slots
from trintena.data.calendars.steps import own_steps
from trintena.data.calendars.symbols import EVERY_DAY, WEEKDAYS, calendar_named_by

__all__ = ["Calendar", "calendar_of", "missing_sessions", "next_dates"]

RECENT_ROWS = 260
"""About a year of trading days: what a series did long ago says little about its next step."""
NEW_YORK, B3 = "XNYS", "BVMF"
"""The exchanges whose series are recognized by their rows; New York wins ties."""
MAX_STRAYS = 0.01
"""A series that is recognized by its rows has at most this share of them on days without trading."""
MAX_CONTRADICTION = 0.1
"""A name is believed up to this share of strays: sources do invent rows on holidays."""
MAX_LEFT_OUT = 0.8
"""A name is believed up to this share of sessions without a row: a share may be thin or halted."""
LONGEST_DAILY_STEP = 4
"""Weekdays: steps of a thin share that is still daily. From five on, they are weeks."""


class Calendar(Protocol):
    """What is known about when a series has rows. Dates are `datetime64[s]`, increasing."""

    @property
    def usual_gap(self) -> int:
        """So many missing sessions between two rows are nothing to wonder about."""

    def following(self, dates: Dates, count: int) -> Dates:
        """The `count` dates after the last of `dates`."""

    def strays(self, dates: Dates) -> Flags:
        """Which rows stand where nothing is traded."""

    def missing(self, dates: Dates) -> Counts:
        """How many sessions lie strictly between each row and the next: one count less than rows."""


def next_dates(symbol: str, dates: Dates, count: int) -> Dates:
    """The dates of the `count` steps after the last of `dates`, as `datetime64[s]`.

    Args:
        symbol: of the series; it may name an exchange.
        dates: of all rows, increasing, at least one.
        count: how many, at least 0.
    """
    dates = dates.astype("datetime64[s]")
    return calendar_of(symbol, dates).following(dates, count)


def missing_sessions(symbol: str, dates: Dates) -> Counts:
    """How many sessions of the series' calendar lie strictly between each row and the next.

    Of bars within sessions, whole sessions are counted; of a series with its own step, the steps
    that were left out.

    Args:
        symbol: of the series; it may name an exchange.
        dates: of all rows, increasing, at least one.
    """
    dates = dates.astype("datetime64[s]")
    return calendar_of(symbol, dates).missing(dates)


def calendar_of(symbol: str, dates: Dates) -> Calendar:
    """The calendar of a series: what its symbol says and its rows do not contradict, or what these say.

    Args:
        symbol: of the series.
        dates: of all rows, increasing, at least one.
    """
    dates = dates.astype("datetime64[s]")
    named = calendar_named_by(symbol)
    if _is_daily(named, dates):
        return _daily(named, dates.astype("datetime64[D]")[-RECENT_ROWS:])
    if np.median(np.diff(dates)) < DAY:
        return _intraday(named, dates)
    return own_steps(dates)


def _is_daily(named: str | None, dates: Dates) -> bool:
    """Whether rows stand on different days, most of them one trading day after the last.

    Where the name says on which exchange, rows may be farther apart, as those of thin shares are.
    """
    days = dates.astype("datetime64[D]")
    steps = np.diff(days).astype(np.int64)
    if not len(steps):
        return True
    if (steps < 1).any():
        return False
    typical = float(np.median(np.minimum(steps, np.maximum(np.busday_count(days[:-1], days[1:]), 1))))
    if typical == 1:
        return True
    if typical > LONGEST_DAILY_STEP or named in (EVERY_DAY, WEEKDAYS):
        return False
    thin = named is not None and len(np.unique(steps)) > 1
    # the only two rows may have a holiday between them
    return thin or any(
        _are_sessions_in_a_row(place, days) for place in ([named] if named else [NEW_YORK, B3])
    )


def _are_sessions_in_a_row(exchange: str, days: Dates) -> bool:
    sessions = sessions_between(exchange, days[0], days[-1]).days
    return bool(np.isin(days, sessions).all() and np.median(np.diff(np.searchsorted(sessions, days))) == 1)


def _daily(named: str | None, recent: Dates) -> Calendar:
    week = usual_week(recent)
    if named == EVERY_DAY:
        # a name that promises weekends is contradicted where, in weeks of rows, there are none
        return DaysOfWeek("1111111") if recent[-1] - recent[0] < 14 * DAY or "1" in week.week[5:] else week
    if named == WEEKDAYS:
        currencies = DaysOfWeek("1111100", usual_gap=2)  # Christmas and the day after
        return week if "1" in week.week[5:] else currencies
    if named is not None and _fits(named, recent, MAX_CONTRADICTION, MAX_LEFT_OUT) is not None:
        return SessionDays(named)
    if _trades_at_weekends(recent):
        return week
    # B3 comes last: rows that know of no holiday at all are no evidence of Brazilian ones
    candidates: list[tuple[int | None, Calendar]] = [
        (_fits(NEW_YORK, recent, MAX_STRAYS, 1.0), SessionDays(NEW_YORK)),
        (int(week.strays(recent).sum() + week.missing(recent).sum()), week),
        (_fits(B3, recent, MAX_STRAYS, 1.0), SessionDays(B3)),
    ]
    fitting = [(found, calendar) for found, calendar in candidates if found is not None]
    return min(fitting, key=lambda candidate: candidate[0])[1]  # the first of equals


def _trades_at_weekends(dates: Dates) -> bool:
    """Whether New York and B3 are out of the question; looking them up takes half a second."""
    return bool(np.mean(weekday(dates) >= 5) > MAX_STRAYS)


def _fits(exchange: str, recent: Dates, max_strays: float, max_left_out: float) -> int | None:
    """The mismatches of the recent rows with an exchange; None if they are not its daily series."""
    sessions = sessions_between(exchange, recent[0], recent[-1])
    judged, strays, left_out = mismatches(sessions, recent)
    if not judged or strays > max_strays * judged or left_out > max_left_out * (judged - strays + left_out):
        return None
    return strays + left_out


def _intraday(named: str | None, dates: Dates) -> Calendar:
    if named == EVERY_DAY:
        return own_steps(dates)
    exchanges = [named] if named else [NEW_YORK, B3]
    if named == WEEKDAYS or (named is None and _trades_at_weekends(dates)):
        exchanges = []
    fitting = [bars for exchange in exchanges if (bars := session_bars(exchange, dates)) is not None]
    if fitting:
        return min(fitting, key=lambda bars: bars.mismatches)  # the first of equals
    return weekly_slots(dates) or own_steps(dates, rest=True if named == WEEKDAYS else None)
