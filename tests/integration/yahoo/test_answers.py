"""What becomes of Yahoo's answers, good and bad: the real yfinance asks a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from integration.yahoo.server import Reply, Yahoo, chart, failed, redirected, weekdays
from trintena.data import fetch
from trintena.data.sources import yahoo_requests
from trintena.errors import DataError, SourceError

Said = Callable[[], list[str]]

DAYS = weekdays("2024-01-01", 30)
CLOSE = [100.0 + n for n in range(30)]
GOOD = chart(DAYS, CLOSE)
LIMITED = Reply(b"Too Many Requests", 429)
RATE_LIMIT = (LIMITED, LIMITED)
"""yfinance itself asks once more, with other cookies, before it says that requests are limited."""


def bent(**result: Any) -> dict[str, Any]:
    """The good chart with something else in its result."""
    (good,) = GOOD["chart"]["result"]
    return {"chart": {"result": [{**good, **result}], "error": None}}


def test_a_history_is_adjusted_for_dividends_and_dated_by_the_exchange(yahoo: Yahoo) -> None:
    adjusted = [0.5 * price for price in CLOSE[:20]] + CLOSE[20:]
    events = {
        "dividends": {"1": {"amount": 1.0, "date": GOOD["chart"]["result"][0]["timestamp"][20]}},
        "splits": {
            "1": {
                "date": GOOD["chart"]["result"][0]["timestamp"][5],
                "numerator": 10.0,
                "denominator": 1.0,
                "splitRatio": "10:1",
            }
        },
    }
    yahoo.answers(chart(DAYS, CLOSE, adjusted=adjusted, events=events))
    series = fetch("nvda")
    assert (series.symbol, series.source) == ("NVDA", "yahoo")
    assert series.columns == ("open", "high", "low", "close", "volume")
    assert series.dates.astype("datetime64[D]").astype(str).tolist() == DAYS
    np.testing.assert_allclose(series.close, adjusted)


def test_nothing_is_asked_of_any_other_machine(yahoo: Yahoo) -> None:
    yahoo.answers(GOOD)
    fetch("NVDA")
    assert yahoo.n_charts == 2
    assert all(".yahoo.com/" in path or path.endswith(".yahoo.com") for path in yahoo.asked)


def test_after_a_rate_limit_it_asks_again_and_says_so(yahoo: Yahoo, said: Said) -> None:
    yahoo.answers(*RATE_LIMIT, GOOD)
    assert len(fetch("NVDA")) == 30
    assert said() == ["Yahoo limits requests; trying again in 0 s (2 of 4)."]


def test_a_rate_limit_without_an_end_is_a_failure(yahoo: Yahoo, said: Said) -> None:
    yahoo.answers(LIMITED)
    with pytest.raises(SourceError, match=r"rate limit.*data import FILE --name NVDA.*sample:nasdaq"):
        fetch("NVDA")
    assert [message[-9:] for message in said()] == ["(2 of 4).", "(3 of 4).", "(4 of 4)."]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"<html>down</html>", 503), "Yahoo's server fails (HTTP 503)"),
        (Reply(hang_up=True), "The connection to Yahoo broke"),
        (Reply(b'{"chart"', promised=100), "The connection to Yahoo broke"),
    ],
    ids=["500", "no answer", "cut"],
)
def test_a_stumble_is_tried_again(yahoo: Yahoo, reply: Reply, reason: str, said: Said) -> None:
    # curl itself asks once more where a connection that it kept has ended
    yahoo.answers(reply, reply, GOOD) if reply.hang_up else yahoo.answers(reply, GOOD)
    assert len(fetch("NVDA")) == 30
    assert said()[0].startswith(reason)
    yahoo.answers(reply)
    with pytest.raises(SourceError, match="did not deliver prices for 'NVDA'"):
        fetch("NVDA")


def test_a_server_that_is_slow_is_given_up(yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    monkeypatch.setattr(yahoo_requests, "TIMEOUT_S", 0.2)
    yahoo.answers(Reply(GOOD, delay_s=1.0))
    start = time.monotonic()
    with pytest.raises(SourceError, match="did not answer within 0 s"):
        fetch("NVDA")
    assert time.monotonic() - start < 5
    assert said() == ["Yahoo does not answer; trying again in 0 s (2 of 2)."]


def test_all_tries_together_have_a_limit(yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yahoo_requests, "LIMIT_S", 0.3)
    yahoo.answers(Reply(GOOD, delay_s=2.0))
    start = time.monotonic()
    with pytest.raises(SourceError, match="no answer within"):
        fetch("NVDA")
    assert time.monotonic() - start < 1.9


def test_where_nobody_listens_it_fails_at_once(
    yahoo: Yahoo, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setattr("curl_cffi.requests.Session.request", redirected("http://127.0.0.1:9"))
    with pytest.raises(SourceError, match=r"did not deliver.*data import FILE"):
        fetch("NVDA")
    assert said() == []


def test_an_unknown_symbol_is_asked_for_once(yahoo: Yahoo, said: Said) -> None:
    yahoo.answers(Reply(failed(), 404))
    with pytest.raises(SourceError, match="no prices for 'NVDAX'"):
        fetch("NVDAX")
    assert yahoo.n_charts == 1
    assert said() == []


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><body>Will be right back</body></html>",
        b"",
        b"null",
        b"[]",
        b"42",
        b'{"finance": {}}',
        b'{"chart": {"result": [], "error": null}}',
        json.dumps(GOOD).encode()[:400],
        failed("Internal Server Error", "Something went wrong"),
        chart(DAYS, [None] * 30),
        bent(timestamp=[]),
        bent(timestamp="yesterday"),
        bent(timestamp=[10**14] * 30),
        bent(indicators={}),
        bent(indicators={"quote": [{}]}),
        bent(indicators={"quote": [{"close": CLOSE}]}),
        bent(meta={}),
        chart(DAYS, CLOSE, exchangeTimezoneName="Atlantis/Capital"),
        chart(DAYS, CLOSE, dataGranularity="1mo"),
        chart(DAYS, CLOSE, currentTradingPeriod="always"),
        chart(DAYS, [*CLOSE[:29], 1e9]),
        chart(DAYS, CLOSE, adjusted=[*CLOSE[:29], float("inf")]),
    ],
)
def test_nonsense_is_refused_with_the_way_out(yahoo: Yahoo, answer: Any) -> None:
    yahoo.answers(answer)
    with pytest.raises(DataError, match="trintena data import FILE --name NVDA"):
        fetch("NVDA")
    yahoo.answers(GOOD)
    assert len(fetch("NVDA")) == 30, "a bad answer is not remembered"


def test_rows_in_no_order_twice_at_odd_hours_or_empty_are_put_right(yahoo: Yahoo) -> None:
    stamps = list(GOOD["chart"]["result"][0]["timestamp"])
    stamps[3] += 5 * 3600
    stamps[10] = stamps[9]
    order = list(range(30))[::-1]
    close: list[float | None] = [CLOSE[row] for row in order]
    close[4] = None
    yahoo.answers(chart(DAYS, close, stamps=[stamps[row] for row in order]))
    series = fetch("NVDA")
    assert len(series) == 28
    assert (np.diff(series.dates) > np.timedelta64(0)).all()
    assert series.close[3] == 103


def today_in(zone: str, opens: str, closes: str, *, symbol: str) -> dict[str, Any]:
    """Three days that end today, where the exchange is."""
    from zoneinfo import ZoneInfo

    today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    days = [str(today - timedelta(days=n)) for n in (2, 1, 0)]
    return chart(days, [10.0, 11.0, 12.0], symbol=symbol, zone=zone, opens=opens, closes=closes)


@pytest.mark.parametrize(
    ("symbol", "zone", "opens", "closes", "n_rows"),
    [
        ("BTC-USD", "UTC", "00:00", "23:59", 2),
        ("EURUSD=X", "Europe/London", "00:00", "23:59", 2),
        ("NVDA", "America/New_York", "00:00", "00:01", 3),
    ],
    ids=["crypto", "currencies", "a session that has ended"],
)
def test_the_bar_of_today(yahoo: Yahoo, symbol: str, zone: str, opens: str, closes: str, n_rows: int) -> None:
    yahoo.answers(today_in(zone, opens, closes, symbol=symbol))
    assert len(fetch(symbol)) == n_rows


def test_the_live_quote_beside_the_bar_of_the_same_day_is_one_row(yahoo: Yahoo) -> None:
    stamps = list(GOOD["chart"]["result"][0]["timestamp"])
    days, close = [*DAYS, DAYS[-1]], [*CLOSE, 129.5]
    yahoo.answers(chart(days, close, stamps=[*stamps, stamps[-1] + 23_401]))
    series = fetch("NVDA")
    assert len(series) == 30
    assert series.close[-2] == 128
