"""Series without a calendar: they go on by their own step, be it minutes, weeks, months or years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from trintena.data.calendars.daily import Counts, Flags, weekday
from trintena.data.calendars.sessions import DAY, Dates

MOST = 0.9
"""The share of rows, or of steps, that makes a rule: an early month or a holiday is an exception."""


@dataclass(frozen=True)
class Steps:
    """A row every `seconds`, except on Saturdays and Sundays if these are days of `rest`."""

    seconds: int
    rest: bool = False
    regular: bool = True
    """Whether nearly all steps have this length; if not, a longer one is nothing to wonder about."""
    usual_gap = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` times of the grid that the last row stands on."""
        # five days in seven are left, and the weekend to come may be the first thing to skip
        ahead = 2 * count + 3 * 86_400 // self.seconds + 1 if self.rest else count
        times = dates[-1] + np.arange(1, ahead + 1) * np.timedelta64(self.seconds, "s")
        if self.rest:
            times = times[weekday(times) < 5]
        return cast("Dates", times[:count])

    def strays(self, dates: Dates) -> Flags:
        """None: any row is as good as any other."""
        return np.zeros(len(dates), dtype=bool)

    def missing(self, dates: Dates) -> Counts:
        """How many rows are left out between each row and the next, where these stand on one grid."""
        elapsed = _awake(dates) if self.rest else _elapsed(dates)
        if not self.regular:
            return np.zeros(len(elapsed), dtype=np.int64)
        return cast("Counts", np.where(elapsed % self.seconds == 0, elapsed // self.seconds - 1, 0).clip(0))


@dataclass(frozen=True)
class Weeks:
    """A row every `weeks`, on one `weekday` (Monday is 0) unless that is a holiday."""

    weeks: int
    weekday: int
    usual_gap = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """That day in the next `count` such weeks, with the time of day of the last row."""
        last = dates[-1].astype("datetime64[D]")
        chosen = self._meant(last) + 7 * self.weeks * np.arange(1, count + 1)
        return cast("Dates", chosen.astype("datetime64[s]") + (dates[-1] - last.astype("datetime64[s]")))

    def strays(self, dates: Dates) -> Flags:
        """None: any row is as good as any other."""
        return np.zeros(len(dates), dtype=bool)

    def missing(self, dates: Dates) -> Counts:
        """How many rows are left out between each row and the next."""
        elapsed = np.diff(self._meant(dates.astype("datetime64[D]")).astype(np.int64)) // 7
        return cast("Counts", (elapsed // self.weeks - 1).clip(0))

    def _meant(self, days: Dates) -> Dates:
        """The days on which rows would stand without holidays: at most three days off."""
        off = (weekday(days) - self.weekday + 3) % 7 - 3
        return cast("Dates", days - off)


@dataclass(frozen=True)
class Months:
    """A row every `months`, on the last day of the month or on the same `day` of it (from 1 on)."""

    months: int
    day: int | None
    """None for the last day. A month that is too short for any other day ends on its last one."""
    usual_gap = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` such days, with the time of day of the last row."""
        last = dates[-1].astype("datetime64[D]")
        following = last.astype("datetime64[M]") + self.months * np.arange(1, count + 1)
        chosen = last_days = (following + 1).astype("datetime64[D]") - DAY
        if self.day is not None:
            chosen = np.minimum(following.astype("datetime64[D]") + (self.day - 1), last_days)
        return cast("Dates", chosen.astype("datetime64[s]") + (dates[-1] - last.astype("datetime64[s]")))

    def strays(self, dates: Dates) -> Flags:
        """None: any row is as good as any other."""
        return np.zeros(len(dates), dtype=bool)

    def missing(self, dates: Dates) -> Counts:
        """How many rows are left out between each row and the next."""
        elapsed = np.diff(dates.astype("datetime64[M]").astype(np.int64))
        return cast("Counts", (elapsed // self.months - 1).clip(0))


def own_steps(dates: Dates, *, rest: bool | None = None) -> Steps | Weeks | Months:
    """The step of a series, judged by its rows: of months if these are more regular than seconds are.

    Args:
        dates: at least two, as `datetime64[s]`.
        rest: whether it is known to rest at weekends; not given, a whole weekend without rows says so.
    """
    lengths = np.diff(dates.astype(np.int64))
    typical = int(np.median(lengths))
    share = float(np.mean(lengths == typical))
    found = _months(dates, share) or _weeks(dates, typical)
    if found is not None:
        return found
    if typical >= 86_400:
        return Steps(typical, regular=share >= MOST)
    # the last row may be a Friday's: only a weekend between two rows tells
    weekend = bool((np.diff(dates.astype("datetime64[D]") - (weekday(dates) * DAY)) > 0).any())
    rests = bool((weekday(dates) < 5).all()) and (weekend or bool(rest))
    if rests:
        share = float(np.mean(_awake(dates) == typical))
    return Steps(typical, rests, regular=share >= 0.98)


def _months(dates: Dates, equal_lengths: float) -> Months | None:
    """The months of a series, if it goes by months; `equal_lengths` is the share of its usual step."""
    days = dates.astype("datetime64[D]")
    months = np.diff(days.astype("datetime64[M]").astype(np.int64))
    in_months = int(np.median(months))
    if in_months < 1:
        return None
    day_of_month = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    to_month_end = ((days.astype("datetime64[M]") + 1).astype("datetime64[D]") - DAY - days).astype(np.int64)
    usual_day = int(np.bincount(day_of_month).argmax())
    on_one_day = _most((day_of_month == usual_day) | ((day_of_month < usual_day) & (to_month_end == 0)))
    # the last trading day of a month comes up to 3 days early; the 28th of each month is no such day
    at_end = _most(to_month_end == 0) or (_most(to_month_end <= 3) and not on_one_day)
    # years of 365 and 366 days are months, however many rows; 30 days may be a step of its own
    always = bool((months == in_months).all() and (np.diff(days) >= 28 * DAY).all())
    certain = always and (at_end or on_one_day or equal_lengths < 1)
    if not certain and (equal_lengths >= MOST or not _most(months == in_months)):
        return None
    return Months(in_months, None if at_end else usual_day if on_one_day else int(day_of_month[-1]))


def _weeks(dates: Dates, typical: int) -> Weeks | None:
    """The weeks of a series, if its usual step is of whole weeks and most rows share a weekday."""
    weeks, remainder = divmod(typical, 7 * 86_400)
    recent = dates[-52:]
    counts = np.bincount(weekday(recent), minlength=7)
    if remainder or weeks < 1 or counts.max() <= 0.5 * len(recent):
        return None
    return Weeks(weeks, int(counts.argmax()))


def _most(flags: Flags) -> bool:
    return bool(flags.mean() >= MOST)


def _awake(dates: Dates) -> Counts:
    """The seconds between each row and the next, less the Saturdays and Sundays between them."""
    days = dates.astype("datetime64[D]")
    weeks = np.diff((days - weekday(dates) * DAY).astype(np.int64)) // 7
    return cast("Counts", _elapsed(dates) - weeks * 2 * 86_400)


def _elapsed(dates: Dates) -> Counts:
    return cast("Counts", np.diff(dates.astype(np.int64)))
