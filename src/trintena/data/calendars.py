"""The dates that follow a series: when the next steps of a forecast take place.

Daily series of weekdays follow an exchange's own calendar, holidays included: B3 for symbols that
end in `.SA`, the New York Stock Exchange for any series whose recent rows all stand on its trading
days, plain weekdays for the others. Series with regular weekends (crypto) go on day by day, and
everything else goes on with its own step: hours, weeks, months.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np

Dates = np.ndarray[Any, np.dtype[np.datetime64]]

RECENT_ROWS = 260
"""About a year of trading days: what a series did long ago says little about its next step."""
FIRST_KNOWN_DAY = np.datetime64("1950-01-01")
LAST_KNOWN_DAY = np.datetime64("2200-12-31")
"""Outside these days holidays are not looked up, and weekdays have to do."""

_DAY = np.timedelta64(1, "D")


def next_dates(symbol: str, dates: Dates, count: int) -> Dates:
    """The dates of the `count` steps after the last of `dates`, as `datetime64[s]`.

    Args:
        symbol: of the series; its ending may name an exchange.
        dates: of all rows, increasing, at least one.
        count: how many, at least 0.
    """
    dates = dates.astype("datetime64[s]")
    days = dates.astype("datetime64[D]")
    if not _is_daily(days):
        return _own_steps(dates, count)
    recent = days[-RECENT_ROWS:]
    weekend_share = float(np.mean(_weekday(recent) >= 5))
    if weekend_share > 0.25:  # 2/7 when every day trades, 1/5 when a week is Sunday to Thursday
        following = days[-1] + _DAY * np.arange(1, count + 1)
    else:
        following = _trading_days(symbol, recent, count)
    time_of_day = dates[-1] - days[-1].astype("datetime64[s]")
    return cast("Dates", following.astype("datetime64[s]") + time_of_day)


def _weekday(days: Dates) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Monday is 0; day 0 of NumPy's calendar was a Thursday."""
    return (days.astype(np.int64) + 3) % 7


def _is_daily(days: Dates) -> bool:
    if len(days) < 2:
        return True
    steps = np.diff(days)
    return bool((steps >= _DAY).all() and np.median(steps.astype(np.int64)) == 1)


def _trading_days(symbol: str, recent: Dates, count: int) -> Dates:
    """The next trading days after the last of the `recent` ones."""
    last = recent[-1]
    weekdays = cast("Dates", np.busday_offset(last, np.arange(1, count + 1), roll="backward"))
    # an exchange trades on some 250 days of a year: twice as many days, and a month, are enough
    end = last + _DAY * (2 * count + 31)
    if recent[0] < FIRST_KNOWN_DAY or end > LAST_KNOWN_DAY:
        return weekdays
    if symbol.upper().endswith(".SA"):
        sessions = _sessions("BVMF", last, end)
    else:
        sessions = _sessions("XNYS", recent[0], end)
        strays = len(recent) - int(np.isin(recent, sessions).sum())
        if strays > 0.01 * len(recent):
            return weekdays
    return cast("Dates", sessions[sessions > last][:count])


def _sessions(exchange: str, start: np.datetime64, end: np.datetime64) -> Dates:
    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses calls that pandas 3.1 has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        import exchange_calendars

        calendar = exchange_calendars.get_calendar(exchange, start=str(start), end=str(end))
        return cast("Dates", calendar.sessions.to_numpy().astype("datetime64[D]"))


def _own_steps(dates: Dates, count: int) -> Dates:
    steps = np.diff(dates.astype(np.int64))
    typical = int(np.median(steps))
    ahead = np.arange(1, count + 1)
    months = np.diff(dates.astype("datetime64[M]").astype(np.int64))
    in_months = int(np.median(months))
    varies = float(np.mean(steps == typical)) < 0.9
    if varies and in_months >= 1 and float(np.mean(months == in_months)) >= 0.9:
        return _month_steps(dates, in_months * ahead)
    return cast("Dates", dates[-1] + ahead * np.timedelta64(typical, "s"))


def _month_steps(dates: Dates, ahead: np.ndarray[Any, np.dtype[np.int64]]) -> Dates:
    """Months later, on the same day of the month, or on its last one if all `dates` end a month."""
    days = dates.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    to_month_end = (months + 1).astype("datetime64[D]") - _DAY - days
    ends_month = bool((to_month_end <= 3 * _DAY).all())  # the last trading day comes up to 3 days early
    following = months[-1] + ahead
    last_days = (following + 1).astype("datetime64[D]") - _DAY
    if ends_month:
        chosen = last_days
    else:
        same_day = following.astype("datetime64[D]") + (days[-1] - months[-1].astype("datetime64[D]"))
        chosen = np.minimum(same_day, last_days)
    time_of_day = dates[-1] - days[-1].astype("datetime64[s]")
    return cast("Dates", chosen.astype("datetime64[s]") + time_of_day)
