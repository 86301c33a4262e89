"""Yahoo Finance through yfinance: the whole daily history of a symbol, adjusted for splits and dividends."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from trintena.data.checks import checked_series
from trintena.domain import PriceSeries
from trintena.errors import SourceError

SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=_&-]{0,31}", re.ASCII)
"""NVDA, PETR4.SA, ^GSPC, BTC-USD, EURUSD=X, CL=F."""

TIMEOUT_S = 10.0
"""For the request of the history; yfinance allows 30 s of its own for a cookie before it."""

_NOWHERE = logging.NullHandler()


class Ticker(Protocol):
    """What is used of `yfinance.Ticker`."""

    @property
    def history_metadata(self) -> Mapping[str, Any]:
        """What Yahoo says about the exchange; after `history`, at no cost."""
        ...

    def history(self, *, period: str, auto_adjust: bool, timeout: float) -> Any:
        """A pandas frame of daily bars, indexed by midnights in the exchange's time zone."""
        ...


def claims(reference: str) -> bool:
    """Whether the reference could be a symbol of Yahoo."""
    return SYMBOL.fullmatch(reference) is not None


def fetch(reference: str, *, allow_jumps: bool = False) -> PriceSeries:
    """The daily history of a symbol, without the bar of a session that is still open.

    Raises:
        SourceError: Yahoo did not answer, or knows no prices of that symbol.
        DataError: the prices cannot be used.
    """
    symbol = reference.upper()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # yfinance uses what pandas 3 has deprecated
        try:
            ticker = _open(symbol)
        except Exception as error:
            raise _unavailable(symbol, error) from error
        return series_of(symbol, ticker, now=datetime.now(UTC), allow_jumps=allow_jumps)


def series_of(symbol: str, ticker: Ticker, *, now: datetime, allow_jumps: bool = False) -> PriceSeries:
    """What a ticker answers, as a checked series; `now` decides whether today's session is open.

    Raises:
        SourceError: the ticker raised, or answered with nothing.
        DataError: the prices cannot be used.
    """
    try:
        frame = ticker.history(period="max", auto_adjust=True, timeout=TIMEOUT_S)
        metadata = ticker.history_metadata
    except Exception as error:  # of yfinance, of its HTTP library, or of a change in Yahoo's answer
        raise _unavailable(symbol, error) from error
    if frame is None or not len(frame):
        raise SourceError(f"Yahoo has no prices for {symbol!r}.", field="symbol", hint=_way_out(symbol))
    frame = frame.sort_index()
    if _is_open(frame.index[-1], metadata, now):
        frame = frame.iloc[:-1]
    dates = frame.index.tz_localize(None).to_numpy().astype("datetime64[s]")
    columns = {
        name.lower(): frame[name].to_numpy(np.float64)
        for name in ("Open", "High", "Low", "Close", "Volume")
        if name in frame.columns
    }
    if "close" not in columns:
        raise SourceError(
            f"Yahoo's answer for {symbol!r} has no close, only {', '.join(map(str, frame.columns))}.",
            field="symbol",
            hint=_way_out(symbol),
        )
    return checked_series(symbol, dates, columns, "yahoo", allow_jumps=allow_jumps)


def _open(symbol: str) -> Ticker:
    """yfinance's ticker, made to raise what goes wrong, to print nothing and to write nothing."""
    logger = logging.getLogger("yfinance")
    logger.addHandler(_NOWHERE)  # or it would print for want of a handler
    logger.propagate = False  # what it logs stands, shorter, in our own message
    import yfinance

    yfinance.config.debug.hide_exceptions = False
    # It keeps time zones and pickled cookies in the user's cache folder. A folder that cannot be made
    # turns these caches off, at the price of one more request.
    yfinance.set_tz_cache_location(str(Path(os.devnull, "yfinance")))
    ticker: Ticker = yfinance.Ticker(symbol)
    return ticker


def _is_open(last: Any, metadata: Mapping[str, Any], now: datetime) -> bool:
    """Whether the last bar is today's, in the exchange's time zone, and its session has not ended."""
    if last.date() != now.astimezone(last.tzinfo).date():
        return False
    period = metadata.get("currentTradingPeriod") or {}
    end = (period.get("regular") or {}).get("end")
    if isinstance(end, int | float):
        end = datetime.fromtimestamp(end, UTC)
    return end is None or bool(now < end)


def _unavailable(symbol: str, error: Exception) -> SourceError:
    if type(error).__name__ == "YFRateLimitError":
        reason = "it refuses further requests for a while (rate limit)"
    else:
        words = str(error).split(" See http")[0].strip().rstrip(".")
        reason = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return SourceError(
        f"Yahoo did not deliver prices for {symbol!r}: {reason}.", field="symbol", hint=_way_out(symbol)
    )


def _way_out(symbol: str) -> str:
    return (
        "Check the symbol and the network and try again; or import a file with "
        f"`trintena data import FILE --name {symbol}`; or use sample:nasdaq, which needs no network."
    )
