"""Intraday series of no exchange that we know: they have rows at the same times of every week.

Futures that pause an hour a day, currencies that open on a Sunday evening, bars of a share in local
time without a zone: none of them stands in the sessions of an exchange in UTC, and their own step
would lead them into the night. The weeks that were seen say at what times there are rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from trintena.data.calendars.daily import Counts, Flags
from trintena.data.calendars.sessions import DAY, Dates

WEEK = 7 * 86_400
MONDAY = 4 * 86_400
"""Seconds from the beginning of NumPy's calendar, a Thursday, to the first Monday."""
MOST_WEEKS, FEWEST_WEEKS = 4, 2
"""How many recent weeks are looked at: clocks change twice a year, and few weeks forget them soon."""
OFTEN = 0.5
"""A time of the week is a slot if this share of the weeks, or more, have a row then."""
EXPLAINED = 0.9
"""The least share of the rows that stand on slots."""
FILLED = 0.75
"""The least share of the slots that have a row; with fewer, rows come at random times."""
WHOLE = 0.98
"""With this share of all times of its grid, a series never rests."""


@dataclass(frozen=True, eq=False)
class WeeklySlots:
    """Rows at certain times of the week: `slots`, in seconds after Monday 00:00, increasing."""

    slots: Counts

    @property
    def usual_gap(self) -> int:
        """The slots of the fullest day: a holiday of which we know nothing."""
        return int(np.bincount(self.slots // 86_400).max())

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` slots."""
        last = _seconds(dates[-1:])[0]
        weeks = last // WEEK + np.arange(count // len(self.slots) + 2)
        times = (weeks[:, None] * WEEK + self.slots).ravel()
        times = times[times > last][:count] + MONDAY
        return cast("Dates", times.astype("datetime64[s]"))

    def strays(self, dates: Dates) -> Flags:
        """None: in other years there may have been other hours."""
        return np.zeros(len(dates), dtype=bool)

    def missing(self, dates: Dates) -> Counts:
        """How many slots lie strictly between each row and the next."""
        week, within = np.divmod(_seconds(dates), WEEK)
        earlier = week * len(self.slots)
        before = earlier + np.searchsorted(self.slots, within, "left")
        until = earlier + np.searchsorted(self.slots, within, "right")
        return cast("Counts", np.maximum(before[1:] - until[:-1], 0))


def weekly_slots(dates: Dates) -> WeeklySlots | None:
    """The times of the week at which the recent rows stand.

    None if there are less than two weeks of rows, if they keep to no such times, or if they never
    rest.

    Args:
        dates: of an intraday series, as `datetime64[s]`.
    """
    # the rest at a weekend belongs to the weeks, before the first row as well
    weeks = min(MOST_WEEKS, int((dates[-1] - dates[0] + 3 * DAY) // (7 * DAY)))
    if weeks < FEWEST_WEEKS:
        return None
    recent = dates[dates > dates[-1] - weeks * 7 * DAY]
    slots, counts = np.unique(_seconds(recent) % WEEK, return_counts=True)
    often = counts >= OFTEN * weeks
    explained = counts[often].sum()
    if explained < EXPLAINED * len(recent) or explained < FILLED * weeks * often.sum():
        return None
    step = int(np.median(np.diff(recent).astype(np.int64)))
    if often.sum() * step >= WHOLE * WEEK:
        return None
    return WeeklySlots(slots[often])


def _seconds(dates: Dates) -> Counts:
    """Seconds after a Monday at 00:00."""
    return dates.astype("datetime64[s]").astype(np.int64) - MONDAY
