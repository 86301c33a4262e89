"""Series without a calendar: they go on by their own step, be it minutes, weeks, months or years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from trintena.data.calendars.daily import Counts, Flags, weekday
from trintena.data.calendars.sessions import DAY, Dates


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
class Months:
    """A row every `months`, on the same day of the month or, if they `end_months`, on its last day."""

    months: int
    end_months: bool
    usual_gap = 0

    def following(self, dates: Dates, count: int) -> Dates:
        """The next `count` such days, with the time of day of the last row."""
        day = dates[-1].astype("datetime64[D]")
        month = day.astype("datetime64[M]")
        following = month + self.months * np.arange(1, count + 1)
        chosen = last_days = (following + 1).astype("datetime64[D]") - DAY
        if not self.end_months:
            chosen = np.minimum(
                following.astype("datetime64[D]") + (day - month.astype("datetime64[D]")), last_days
            )
        return cast("Dates", chosen.astype("datetime64[s]") + (dates[-1] - day.astype("datetime64[s]")))

    def strays(self, dates: Dates) -> Flags:
        """None: any row is as good as any other."""
        return np.zeros(len(dates), dtype=bool)

    def missing(self, dates: Dates) -> Counts:
        """How many rows are left out between each row and the next."""
        elapsed = np.diff(dates.astype("datetime64[M]").astype(np.int64))
        return cast("Counts", (elapsed // self.months - 1).clip(0))


def own_steps(dates: Dates, *, rest: bool | None = None) -> Steps | Months:
    """The step of a series, judged by its rows: of months if these are more regular than seconds are.

    Args:
        dates: at least two, as `datetime64[s]`.
        rest: whether it is known to rest at weekends; not given, a whole weekend without rows says so.
    """
    lengths = np.diff(dates.astype(np.int64))
    typical = int(np.median(lengths))
    months = np.diff(dates.astype("datetime64[M]").astype(np.int64))
    in_months = int(np.median(months))
    share = float(np.mean(lengths == typical))
    if share < 0.9 and in_months >= 1 and float(np.mean(months == in_months)) >= 0.9:
        days = dates.astype("datetime64[D]")
        to_month_end = (days.astype("datetime64[M]") + 1).astype("datetime64[D]") - DAY - days
        # the last trading day of a month comes up to 3 days early
        return Months(in_months, bool((to_month_end <= 3 * DAY).all()))
    if typical >= 86_400:
        return Steps(typical, regular=share >= 0.9)
    # the last row may be a Friday's: only a weekend between two rows tells
    weekend = bool((np.diff(dates.astype("datetime64[D]") - (weekday(dates) * DAY)) > 0).any())
    rests = bool((weekday(dates) < 5).all()) and (weekend or bool(rest))
    if rests:
        share = float(np.mean(_awake(dates) == typical))
    return Steps(typical, rests, regular=share >= 0.98)


def _awake(dates: Dates) -> Counts:
    """The seconds between each row and the next, less the Saturdays and Sundays between them."""
    days = dates.astype("datetime64[D]")
    weeks = np.diff((days - weekday(dates) * DAY).astype(np.int64)) // 7
    return cast("Counts", _elapsed(dates) - weeks * 2 * 86_400)


def _elapsed(dates: Dates) -> Counts:
    return cast("Counts", np.diff(dates.astype(np.int64)))
