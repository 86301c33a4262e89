"""Bars within the sessions of an exchange: hours of a share, minutes of an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from trintena.data.calendars.daily import Counts, Flags
from trintena.data.calendars.sessions import DAY, Dates, Sessions, sessions_between

Offsets = np.ndarray[Any, np.dtype[np.timedelta64]]

RECENT_DAYS = 45
"""About thirty sessions; further back the exchange may have had other hours."""
ENOUGH_SESSIONS = 5
"""From here on the rows themselves say at what times of a session there are bars."""

LATER = np.timedelta64(3600, "s")
"""So much longer than any session that was seen may one be that follows."""


@dataclass(frozen=True, eq=False)
class SessionBars:
    """Bars at fixed times after the opening of each session.

    `offsets` are those times (`timedelta64[s]`, increasing). A bar at the very moment of the closing
    belongs to a session only if `at_close`: if bars are named after their end.
    """

    exchange: str
    offsets: Offsets
    at_close: bool
    mismatches: int
    """Rows outside of sessions, and sessions without a row, among the recent ones."""
    usual_gap = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` bars, over closings, weekends, holidays and half days."""
        last = dates[-1]
        days = 2 * (count // len(self.offsets) + 1) + 31
        while True:
            first_day = last.astype("datetime64[D]") - DAY
            sessions = sessions_between(self.exchange, first_day, first_day + DAY * days)
            times = sessions.opens[:, None] + self.offsets
            closes = sessions.closes[:, None]
            times = times[(times > last) & ((times < closes) | (self.at_close & (times == closes)))]
            if len(times) >= count:
                return cast("Dates", times[:count])
            days *= 2  # many a bar fell to half days

    def strays(self, dates: Dates) -> Flags:
        """Which rows stand outside of every session."""
        sessions = _around(self.exchange, dates)
        known = sessions.known(dates.astype("datetime64[D]"))
        return cast("Flags", known & ~_inside(sessions, dates)[1])

    def missing(self, dates: Dates) -> Counts:
        """How many whole sessions lie strictly between each row and the next."""
        sessions = _around(self.exchange, dates)
        known = sessions.known(sessions.days)
        opened = np.searchsorted(sessions.opens[known], dates[:-1], "right")
        closed = np.searchsorted(sessions.closes[known], dates[1:], "left")
        return cast("Counts", np.maximum(closed - opened, 0))


def session_bars(exchange: str, dates: Dates) -> SessionBars | None:
    """How the recent rows fit into the sessions of an exchange; None if they do not.

    Nine rows in ten must stand within a session at a time at which most sessions have one, of those
    that are long enough. Of less than a week of sessions, the times are taken to go on by the usual
    step until the closing.
    """
    recent = dates[dates > dates[-1] - RECENT_DAYS * DAY]
    sessions = _around(exchange, recent)
    if not len(sessions) or not sessions.known(recent[:1].astype("datetime64[D]"))[0]:
        return None  # a holiday, and weekends beside it, or days of which nothing is known
    place, inside = _inside(sessions, recent)
    if inside.mean() < 0.95:
        return None
    opens, closes = sessions.opens[place[inside]], sessions.closes[place[inside]]
    offsets = recent[inside] - opens
    at_close = bool((recent[inside] == closes).sum() >= 0.5 * len(np.unique(place[inside])))
    bars = _times_of_a_session(offsets, place[inside], closes - opens, at_close)
    if not len(bars) or np.isin(offsets, bars).mean() < 0.9:
        return None
    strays = int((~inside).sum())
    seen = np.unique(place[inside])
    return SessionBars(exchange, bars, at_close, strays + int(seen[-1] - seen[0] + 1 - len(seen)))


def _times_of_a_session(
    offsets: Offsets, session_of_row: Counts, lengths: Offsets, at_close: bool
) -> Offsets:
    """The times of the bars after the opening, judged by rows, each with the length of its session."""
    seen, first = np.unique(session_of_row, return_index=True)
    if len(seen) >= ENOUGH_SESSIONS:
        complete = session_of_row != seen[-1]  # the last one may still be open
        return _usual_times(offsets[complete], lengths[first[:-1]], at_close)
    steps = np.diff(offsets)[np.diff(session_of_row) == 0].astype(np.int64)
    if not len(steps):  # one row in each session: no step within it
        return offsets[:0]
    step = int(np.median(steps))
    grid = np.arange(0, int(lengths.max().astype(np.int64)) + at_close, step).astype("timedelta64[s]")
    return cast("Offsets", grid + offsets.min() % np.timedelta64(step, "s"))


def _usual_times(offsets: Offsets, lengths: Offsets, at_close: bool) -> Offsets:
    """The times that at least half of the sessions have, of those that had not closed by then.

    B3 closes an hour later in São Paulo when New York does: bars that go on until the closing are
    taken to do so in longer sessions than any that was seen.
    """
    times, counts = np.unique(offsets, return_counts=True)
    open_then = (lengths > times[:, None]) | (at_close & (lengths == times[:, None]))
    usual = times[counts >= 0.5 * np.maximum(open_then.sum(axis=1), 1)]
    if len(usual) < 2:
        return cast("Offsets", usual)
    step = np.diff(usual)[-1]
    if usual[-1] + step < lengths.max():
        return cast("Offsets", usual)
    return cast("Offsets", np.concatenate([usual, usual[-1] + step * np.arange(1, int(LATER // step) + 1)]))


def _around(exchange: str, dates: Dates) -> Sessions:
    first, last = dates[0].astype("datetime64[D]"), dates[-1].astype("datetime64[D]")
    return sessions_between(exchange, first - DAY, last + DAY)


def _inside(sessions: Sessions, dates: Dates) -> tuple[Counts, Flags]:
    """For each of `dates` the last session that had opened, and whether it had not closed before."""
    place = np.maximum(np.searchsorted(sessions.opens, dates, "right") - 1, 0)
    return place, (dates >= sessions.opens[place]) & (dates <= sessions.closes[place])
