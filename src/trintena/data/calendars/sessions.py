"""The sessions of an exchange: on which days it trades, and from when to when.

They come from the library `exchange_calendars`, with one correction, and only for the years for
which its holidays can be believed. Outside those years an exchange is taken to trade from Monday to
Friday, and whoever counts what is missing looks at the known years alone.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np

Dates = np.ndarray[Any, np.dtype[np.datetime64]]

DAY = np.timedelta64(1, "D")
FIRST_KNOWN = {
    "XNYS": "1953-01-01",  # until 1952 it also traded on Saturdays, of which the library knows nothing
    "XTAE": "2026-01-05",  # until then the week was Sunday to Thursday, on which the library fails
}
FIRST_KNOWN_ELSEWHERE = "2000-01-01"
"""Rules for holidays are dependable since about then: those of B3 were compared from this year on."""
LAST_KNOWN = "2200-12-31"


@dataclass(frozen=True, eq=False)
class Sessions:
    """Sessions in order: `days` as `datetime64[D]`, `opens` and `closes` as `datetime64[s]` in UTC.

    From `first_known` to `last_known`, both inclusive, holidays and hours are the exchange's own.
    """

    days: Dates
    opens: Dates
    closes: Dates
    first_known: np.datetime64
    last_known: np.datetime64

    def __len__(self) -> int:
        return len(self.days)

    def known(self, days: Dates) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of `days` (`datetime64[D]`) lie where the sessions are known."""
        return (days >= self.first_known) & (days <= self.last_known)


def sessions_between(exchange: str, first: np.datetime64, last: np.datetime64) -> Sessions:
    """All sessions of an exchange from the day `first` to the day `last`, both inclusive.

    Whole decades are looked up, once in a process: a tenth of a second each time, however many.
    """
    decades = [int(day.astype("datetime64[Y]").astype(int) + 1970) // 10 for day in (first, last)]
    table = _decades(exchange, decades[0], decades[1])
    part = slice(np.searchsorted(table.days, first), np.searchsorted(table.days, last, "right"))
    return Sessions(
        table.days[part], table.opens[part], table.closes[part], table.first_known, table.last_known
    )


@lru_cache(maxsize=32)
def _decades(exchange: str, first: int, last: int) -> Sessions:
    begin, end = np.datetime64(f"{first:03}0-01-01"), np.datetime64(f"{last:03}9-12-31")
    module = importlib.import_module(f"exchange_calendars.exchange_calendar_{exchange.lower()}")
    calendar = getattr(module, f"{exchange}ExchangeCalendar")
    bounds = calendar.bound_min(), calendar.bound_max()
    first_known = np.datetime64(FIRST_KNOWN.get(exchange, FIRST_KNOWN_ELSEWHERE), "D")
    last_known = np.datetime64(LAST_KNOWN, "D")
    if bounds[0] is not None:
        first_known = max(first_known, np.datetime64(bounds[0], "D"))
    if bounds[1] is not None:
        last_known = min(last_known, np.datetime64(bounds[1], "D"))

    inside = max(begin, first_known), min(end, last_known)
    if inside[0] > inside[1]:
        days = _weekdays(begin, end)
        opens = days.astype("datetime64[s]")
        return Sessions(days, opens, cast("Dates", opens + DAY), first_known, last_known)
    days, opens, closes = _recorded(exchange, calendar, inside[0], inside[1])
    before, after = _weekdays(begin, inside[0] - DAY), _weekdays(inside[1] + DAY, end)
    return Sessions(
        np.concatenate([before, days, after]),
        np.concatenate([before + (opens[0] - days[0]), opens, after + (opens[-1] - days[-1])]),
        np.concatenate([before + (closes[0] - days[0]), closes, after + (closes[-1] - days[-1])]),
        first_known,
        last_known,
    )


def _weekdays(first: np.datetime64, last: np.datetime64) -> Dates:
    days = np.arange(first, last + DAY, dtype="datetime64[D]")
    return cast("Dates", days[np.is_busday(days)])


def _recorded(
    exchange: str, calendar: Any, first: np.datetime64, last: np.datetime64
) -> tuple[Dates, Dates, Dates]:
    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses calls that pandas 3.1 has deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        found = calendar(start=str(first), end=str(last))
        days = found.sessions.to_numpy().astype("datetime64[D]")
        opens, closes = (
            times.dt.tz_localize(None).to_numpy().astype("datetime64[s]")
            for times in (found.opens, found.closes)
        )
        if exchange == "BVMF":
            closes = _closes_with_new_york(found.sessions, days, closes)
    return days, opens, closes


def _closes_with_new_york(sessions: Any, days: Dates, closes: Dates) -> Dates:
    """The closings of B3: since 2019-11-04 at 16:00 in New York, whatever the season.

    In São Paulo that is 17:00 while New York saves daylight and 18:00 otherwise (B3 announces it
    twice a year; see `tests/golden/b3_2026_2028.csv`); the library says 18:00 throughout.
    """
    new_york = sessions.tz_localize("America/New_York") + np.timedelta64(16, "h")
    at_16 = new_york.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")
    return cast("Dates", np.where(days >= np.datetime64("2019-11-04"), at_16, closes))
