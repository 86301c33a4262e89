"""Yahoo Finance through yfinance: the whole daily history of a symbol, adjusted for splits and dividends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from trintena.data.checks import checked_series
from trintena.data.sources.yahoo_requests import ask_yahoo, no_prices, nonsense, way_out
from trintena.domain import PriceSeries
from trintena.errors import DataError
from trintena.language import phrase

SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=_&-]{0,31}", re.ASCII)
"""NVDA, PETR4.SA, ^GSPC, BTC-USD, EURUSD=X, CL=F."""

ALL_DAY = timedelta(hours=23)
"""A session that is longer than this goes on until midnight, whatever minute Yahoo says that it ends."""


def claims(reference: str) -> bool:
    """Whether the reference could be a symbol of Yahoo."""
    return SYMBOL.fullmatch(reference) is not None


def fetch(reference: str, *, allow_jumps: bool = False) -> PriceSeries:
    """The daily history of a symbol, without the bar of a session that is still open.

    While Yahoo limits requests it waits and asks again, and logs a warning before each wait.

    Raises:
        SourceError: Yahoo did not answer, answered nonsense, or knows no prices of that symbol.
        DataError: the prices cannot be used.
    """
    symbol = reference.upper()
    frame, metadata = ask_yahoo(symbol)
    return series_of(symbol, frame, metadata, now=datetime.now(UTC), allow_jumps=allow_jumps)


def series_of(
    symbol: str, frame: Any, metadata: Mapping[str, Any], *, now: datetime, allow_jumps: bool = False
) -> PriceSeries:
    """What a ticker answers, as a checked series; `now` decides whether today's session is open.

    Raises:
        SourceError: the answer is empty, or no table of daily prices.
        DataError: the prices cannot be used.
    """
    if frame is None or not len(frame):
        raise no_prices(symbol)
    granularity = metadata.get("dataGranularity") or "1d"
    if granularity != "1d":
        raise nonsense(
            symbol,
            phrase(en=f"bars of {granularity}, not of a day", pt=f"barras de {granularity}, não de um dia"),
        )
    if "Close" not in frame.columns:
        found = ", ".join(map(str, frame.columns))
        raise nonsense(
            symbol, phrase(en=f"it has no close, only {found}", pt=f"não tem fechamento, só {found}")
        )
    try:
        dates, columns = _finished_days(frame, metadata, now)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError, OSError) as error:
        raise nonsense(symbol, f"{type(error).__name__}: {error}") from error
    if not len(dates):
        raise no_prices(symbol)
    try:
        return checked_series(symbol, dates, columns, "yahoo", allow_jumps=allow_jumps)
    except DataError as error:
        hint = " ".join(filter(None, (error.hint, way_out(symbol))))
        raise DataError(error.message, field=error.field, hint=hint) from error


def _finished_days(
    frame: Any, metadata: Mapping[str, Any], now: datetime
) -> tuple[np.ndarray[Any, np.dtype[np.datetime64]], dict[str, np.ndarray]]:
    """Dates and columns of the bars whose session has ended, one for each day."""
    frame = frame.sort_index(kind="stable")
    # Of two rows with one date the second is the quote of this moment.
    frame = frame[~frame.index.duplicated(keep="first")]
    zone = frame.index.tz
    today = now.astimezone(zone).date()
    last_day = today if _has_ended(today, zone, metadata, now) else today - timedelta(days=1)
    frame = frame[frame.index.date <= last_day]
    dates = frame.index.tz_localize(None).to_numpy().astype("datetime64[s]")
    columns = {
        name.lower(): frame[name].to_numpy(np.float64)
        for name in ("Open", "High", "Low", "Close", "Volume")
        if name in frame.columns
    }
    return dates, columns


def _has_ended(today: date, zone: tzinfo | None, metadata: Mapping[str, Any], now: datetime) -> bool:
    """Whether today's session is known to be over; `currentTradingPeriod` may be of another day."""
    period = (metadata.get("currentTradingPeriod") or {}).get("regular") or {}
    start, end = _moment(period.get("start")), _moment(period.get("end"))
    if end is None:
        return False
    if start is not None:
        if start.astimezone(zone).date() > today:
            return True
        if end - start > ALL_DAY:
            return False
    return end <= now and end.astimezone(zone).date() == today


def _moment(value: Any) -> datetime | None:
    """A point in time as Yahoo gives it, in seconds, or as yfinance does, as a time stamp of pandas."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return value if isinstance(value, datetime) else None
