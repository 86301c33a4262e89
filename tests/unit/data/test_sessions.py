"""Sessions against the lists that the exchanges publish: `tests/golden/*_2026_2028.csv`."""

from __future__ import annotations

import csv
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from trintena.data.calendars import next_dates
from trintena.data.calendars.sessions import sessions_between
from trintena.data.calendars.symbols import INDICES, SUFFIXES, calendar_named_by

GOLDEN = Path(__file__).parents[2] / "golden"
YEARS = np.arange("2026-01-01", "2029-01-01", dtype="datetime64[D]")
EXCHANGES = {
    "XNYS": ("NVDA", "nyse_2026_2028.csv", "America/New_York"),
    "BVMF": ("PETR4.SA", "b3_2026_2028.csv", "America/Sao_Paulo"),
}


def published(file, *words):
    """The days of the list whose entry starts with one of `words`."""
    lines = [line for line in (GOLDEN / file).read_text("utf-8").splitlines() if not line.startswith("#")]
    days = [row["date"] for row in csv.DictReader(lines) if row["what"].startswith(words)]
    return np.array(days, dtype="datetime64[D]")


def expected_days(file):
    return np.setdiff1d(YEARS[np.is_busday(YEARS)], published(file, "closed"))


def in_zone(times, zone):
    """Naive UTC times as (day, hour) of the clocks there."""
    local = [time.item().replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)) for time in times]
    return [(np.datetime64(time.date()), time.hour) for time in local]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_three_years_of_daily_dates_are_the_published_ones(exchange):
    symbol, file, _ = EXCHANGES[exchange]
    recent = sessions_between(exchange, np.datetime64("2025-01-02"), np.datetime64("2025-12-31")).days
    expected = expected_days(file)
    assert len(published(file, "closed")) >= 9 * 3
    np.testing.assert_array_equal(next_dates(symbol, recent, len(expected)), expected)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_early_closings_and_late_openings_are_the_published_ones(exchange):
    _, file, zone = EXCHANGES[exchange]
    sessions = sessions_between(exchange, YEARS[0], YEARS[-1])
    opens, closes = in_zone(sessions.opens, zone), in_zone(sessions.closes, zone)
    assert [day for day, _ in opens] == [day for day, _ in closes] == list(expected_days(file))
    assert [day for day, hour in closes if hour == 13] == list(published(file, "closes 13:00"))
    assert [day for day, hour in opens if hour == 13] == list(published(file, "opens 13:00"))
    assert {hour for _, hour in opens} <= {9, 10, 13}


def test_b3_closes_when_new_york_does():
    days = np.array(["2026-02-18", "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-03"], "datetime64[D]")
    sessions = sessions_between("BVMF", days[0], days[-1])
    closes = in_zone(sessions.closes[np.isin(sessions.days, days)], "America/Sao_Paulo")
    assert closes == list(zip(days, [18, 18, 17, 17, 18], strict=True))


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_hourly_bars_follow_the_published_days_and_half_days(exchange):
    symbol, file, zone = EXCHANGES[exchange]
    recent = sessions_between(exchange, np.datetime64("2025-11-03"), np.datetime64("2025-12-31"))
    bars = [
        np.arange(opening, closing, np.timedelta64(1, "h"))
        for opening, closing in zip(recent.opens, recent.closes, strict=True)
    ]
    local = in_zone(next_dates(symbol, np.concatenate(bars), 5_000), zone)
    whole = local[:-8]  # the last day may be cut short
    expected = [day for day in expected_days(file) if day <= whole[-1][0]]
    assert sorted({day for day, _ in whole}) == expected
    last_hour = dict(whole)
    first_hour = dict(reversed(whole))
    early = set(published(file, "closes 13:00"))
    late = set(published(file, "opens 13:00"))
    assert {last_hour[day] for day in expected[:-1] if day in early} <= {12}
    assert {last_hour[day] for day in expected[:-1] if day not in early} <= {15, 16, 17}
    assert {first_hour[day] for day in expected if day in late} <= {13}
    assert {first_hour[day] for day in expected if day not in late} <= {9, 10}


@pytest.mark.parametrize("exchange", sorted({*SUFFIXES.values(), *INDICES.values()}))
def test_every_exchange_of_the_tables_has_sessions(exchange):
    sessions = sessions_between(exchange, np.datetime64("2026-03-01"), np.datetime64("2026-03-31"))
    assert 15 <= len(sessions) <= 23
    assert sessions.known(sessions.days).all()
    assert (sessions.opens < sessions.closes).all()


def test_years_that_no_list_covers_have_weekdays_at_the_usual_hours():
    sessions = sessions_between("XBOM", np.datetime64("2199-01-01"), np.datetime64("2199-12-31"))
    assert len(sessions) == 261
    assert not sessions.known(sessions.days).any()
    crossing = sessions_between("XTAE", np.datetime64("2025-12-25"), np.datetime64("2026-01-08"))
    assert len(crossing) == 11
    assert len({str(opening)[11:] for opening in crossing.opens}) == 1


@pytest.mark.parametrize(
    ("symbol", "calendar"),
    [
        ("petr4.sa", "BVMF"),
        ("^BVSP", "BVMF"),
        ("^GSPC", "XNYS"),
        ("VOD.L", "XLON"),
        ("7203.T", "XTKS"),
        ("BTC-USD", "24/7"),
        ("ETH-EUR", "24/7"),
        ("BTC-BRL", "24/7"),
        ("SOL/USDT", "24/7"),
        ("EURUSD=X", "24/5"),
        ("EUR/USD", "24/5"),
        ("NVDA", None),
        ("BRK-B", None),
        ("BRK.B", None),
        ("sample:nasdaq", None),
        ("^UNKNOWN", None),
        ("T", None),
        ("prices.csv", None),
    ],
)
def test_what_a_symbol_says(symbol, calendar):
    assert calendar_named_by(symbol) == calendar
