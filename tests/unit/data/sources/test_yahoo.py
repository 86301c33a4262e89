from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from trintena.data.sources import yahoo, yahoo_requests
from trintena.errors import DataError, SourceError

NOON = datetime(2020, 1, 8, 17, 0, tzinfo=UTC)
CLOSING = pd.Timestamp("2020-01-08 16:00", tz="America/New_York")
SESSION = {"currentTradingPeriod": {"regular": {"end": CLOSING}}}


def bars(*days, zone="America/New_York", **columns):
    index = pd.DatetimeIndex(days, name="Date").tz_localize(zone)
    n = len(days)
    prices = {name: np.linspace(10.0, 11.0, n) for name in ("Open", "High", "Low", "Close")}
    frame = pd.DataFrame({**prices, "Volume": np.full(n, 100), "Dividends": np.zeros(n)}, index=index)
    return frame.assign(**columns)


def period(start, end, zone):
    """A regular session as yfinance gives it."""
    regular = {"start": pd.Timestamp(start, tz=zone), "end": pd.Timestamp(end, tz=zone)}
    return {"currentTradingPeriod": {"regular": regular}}


class FailingTicker:
    """Raises what it was given, as `yfinance.Ticker` would."""

    history_metadata = SESSION

    def __init__(self, error):
        self.error = error

    def history(self, *, period, auto_adjust, timeout):
        assert (period, auto_adjust) == ("max", True)
        assert timeout > 0
        raise self.error


@pytest.fixture
def fails(monkeypatch):
    """Makes a ticker that fails; nothing is waited for."""
    for waits in ("LIMITED_WAITS_S", "BROKEN_WAITS_S", "SILENT_WAITS_S"):
        monkeypatch.setattr(yahoo_requests, waits, ())
    return lambda error: monkeypatch.setattr(yahoo_requests, "_open", lambda symbol: FailingTicker(error))


def test_bars_become_a_series_under_the_date_of_the_exchange():
    series = yahoo.series_of("NVDA", bars("2020-01-06", "2020-01-07"), SESSION, now=NOON)
    assert series.symbol == "NVDA"
    assert series.columns == ("open", "high", "low", "close", "volume")
    assert [str(date)[:10] for date in series.dates] == ["2020-01-06", "2020-01-07"]
    assert series.close.tolist() == [10, 11]


def test_east_of_greenwich_the_date_is_not_the_one_of_utc():
    series = yahoo.series_of("7203.T", bars("2020-01-06", zone="Asia/Tokyo"), {}, now=NOON)
    assert str(series.dates[0]) == "2020-01-06T00:00:00"


@pytest.mark.parametrize(
    ("now", "metadata", "n_rows"),
    [
        (NOON, SESSION, 1),
        (NOON, {}, 1),
        (NOON, {"currentTradingPeriod": {"regular": {"end": int(CLOSING.timestamp())}}}, 1),
        (NOON + timedelta(hours=5), SESSION, 2),
        (NOON + timedelta(days=1), SESSION, 2),
        (NOON + timedelta(days=1), {}, 2),
        (NOON + timedelta(hours=9), period("2020-01-09 09:30", "2020-01-09 16:00", "America/New_York"), 2),
        (NOON, period("2020-01-07 09:30", "2020-01-07 16:00", "America/New_York"), 1),
        (NOON + timedelta(hours=1, minutes=30), period("2020-01-08 09:30", "2020-01-08 13:00", "EST"), 2),
    ],
    ids=[
        "open",
        "open, unknown end",
        "open, end in seconds",
        "after closing",
        "next day",
        "next day, unknown",
        "in the evening, when the period is already tomorrow's",
        "when the period is still yesterday's",
        "after the closing of half a day",
    ],
)
def test_the_bar_of_a_session_that_is_still_open_is_dropped(now, metadata, n_rows):
    frame = bars("2020-01-07", "2020-01-08")
    assert len(yahoo.series_of("NVDA", frame, metadata, now=now)) == n_rows


@pytest.mark.parametrize(
    ("symbol", "zone", "midnight"),
    [
        ("BTC-USD", "UTC", datetime(2020, 7, 9, 0, 0, tzinfo=UTC)),
        ("EURUSD=X", "Europe/London", datetime(2020, 7, 8, 23, 0, tzinfo=UTC)),
    ],
)
def test_where_trading_never_stops_the_day_ends_at_midnight_and_no_minute_before(symbol, zone, midnight):
    frame = bars("2020-07-07", "2020-07-08", zone=zone)
    metadata = period("2020-07-08 00:00", "2020-07-08 23:59", zone)
    for now, n_rows in ((midnight - timedelta(seconds=20), 1), (midnight + timedelta(seconds=20), 2)):
        assert len(yahoo.series_of(symbol, frame, metadata, now=now)) == n_rows


def test_a_second_row_of_the_last_day_is_the_live_quote_and_dropped():
    frame = bars("2020-01-06", "2020-01-07", "2020-01-07", Close=[10.0, 11.0, 11.5])
    series = yahoo.series_of("NVDA", frame, SESSION, now=NOON)
    assert series.close.tolist() == [10, 11]


@pytest.mark.parametrize("answer", [bars(), None, bars("2020-01-08")], ids=["no rows", "nothing", "today"])
def test_an_empty_answer_is_a_failure(answer):
    with pytest.raises(SourceError, match="no prices for 'NVDAX'") as refusal:
        yahoo.series_of("NVDAX", answer, SESSION, now=NOON)
    assert "trintena data import FILE --name NVDAX" in str(refusal.value)
    assert "sample:nasdaq" in str(refusal.value)


def test_a_failure_is_told_with_its_reason_and_the_way_out(fails):
    cause = ConnectionError("could not resolve the host.")
    fails(cause)
    with pytest.raises(
        SourceError, match=r"'NVDA': ConnectionError: could not resolve the host\. "
    ) as refusal:
        yahoo.fetch("NVDA")
    assert refusal.value.__cause__ is cause
    assert "trintena data import FILE --name NVDA" in str(refusal.value)


def test_a_rate_limit_is_told_in_plain_words(fails):
    from yfinance.exceptions import YFRateLimitError

    fails(YFRateLimitError())
    with pytest.raises(SourceError, match="rate limit"):
        yahoo.fetch("NVDA")


def test_a_failure_is_told_in_portuguese(fails, monkeypatch):
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    fails(ConnectionError("reset"))
    with pytest.raises(SourceError, match=r"não entregou preços de 'NVDA'.*importe um arquivo"):
        yahoo.fetch("NVDA")


def test_an_answer_without_a_close_is_a_failure():
    with pytest.raises(SourceError, match="has no close"):
        yahoo.series_of("NVDA", bars("2020-01-06").drop(columns="Close"), SESSION, now=NOON)


@pytest.mark.parametrize(
    ("frame", "metadata"),
    [
        (bars("2020-01-06"), {"dataGranularity": "1mo"}),
        (bars("2020-01-06"), {"currentTradingPeriod": ["today"]}),
        (bars("2020-01-06"), {"currentTradingPeriod": {"regular": {"end": 10**30}}}),
        (bars("2020-01-06").reset_index(drop=True), {}),
        (bars("2020-01-06", Close="dear"), {}),
    ],
    ids=["months", "a strange period", "an end of time", "no dates", "words for prices"],
)
def test_what_is_no_table_of_daily_prices_is_a_failure_with_the_way_out(frame, metadata):
    with pytest.raises(SourceError, match=r"not what daily prices look like.*data import FILE"):
        yahoo.series_of("NVDA", frame, metadata, now=NOON)


def test_prices_pass_the_same_checks_as_those_of_a_file():
    jump = bars("2020-01-06", "2020-01-07", Close=[1.0, 100.0])
    with pytest.raises(DataError, match=r"100 times as much.*--allow-jumps.*data import FILE --name NVDA"):
        yahoo.series_of("NVDA", jump, SESSION, now=NOON)
    assert len(yahoo.series_of("NVDA", jump, SESSION, now=NOON, allow_jumps=True)) == 2


@pytest.mark.parametrize("reference", ["NVDA", "^GSPC", "PETR4.SA", "BTC-USD", "EURUSD=X", "CL=F", "M&M.NS"])
def test_symbols_of_yahoo_are_claimed(reference):
    assert yahoo.claims(reference)


def test_without_a_network_nothing_is_printed_or_written(tmp_path):
    """A proxy on a port that nobody serves stands for the missing network."""
    code = (
        "import sys\n"
        "from trintena.data import fetch\n"
        "from trintena.errors import SourceError\n"
        "try:\n"
        "    fetch('nvda')\n"
        "except SourceError as error:\n"
        "    sys.exit(0 if \"'NVDA'\" in str(error) and 'data import' in str(error) else str(error))\n"
        "sys.exit('it answered')\n"
    )
    proxy = "http://127.0.0.1:9"
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HTTPS_PROXY": proxy,
        "HTTP_PROXY": proxy,
        "https_proxy": proxy,
        "http_proxy": proxy,
    }
    answer = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=120,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_the_library_is_made_to_raise_and_to_stay_quiet():
    import yfinance

    yahoo_requests._open("NVDA")
    assert yfinance.config.debug.hide_exceptions is False
    assert not logging.getLogger("yfinance").propagate
