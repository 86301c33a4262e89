"""Intraday series that stand in the sessions of no exchange: at the same times of every week."""

from __future__ import annotations

import numpy as np
import pytest

from trintena.data.calendars import calendar_of, missing_sessions, next_dates
from trintena.data.calendars.slots import weekly_slots

HOUR = np.timedelta64(1, "h")


def local_bars(first, last, minutes=60):
    """From 09:30 until 16:00, Monday to Friday, as the clocks in New York say and without a zone."""
    days = np.arange(first, last, dtype="datetime64[D]")
    times = np.arange(9 * 60 + 30, 16 * 60, minutes) * np.timedelta64(1, "m")
    return (days[np.is_busday(days)][:, None].astype("datetime64[s]") + times).ravel()


def around_the_clock(first_sunday, weeks, opens=22, pause=None):
    """Hours from Sunday `opens` o'clock to Friday `opens`, without the hour of a daily `pause`."""
    begin = np.datetime64(first_sunday, "s") + opens * HOUR
    week = np.arange(5 * 24)
    if pause is not None:
        week = week[(week + opens) % 24 != pause]
    return (begin + np.arange(weeks)[:, None] * (7 * 24) * HOUR + week * HOUR).ravel()


def times(dates):
    return [str(date)[:16] for date in dates]


@pytest.mark.parametrize("weeks", [2, 3, 10])
def test_local_hours_rest_at_night_and_at_weekends(weeks):
    last = np.datetime64("2026-06-06")
    dates = local_bars(last - 7 * weeks, last)
    assert times(next_dates("nvda", dates, 8)[[0, 6, 7]]) == [
        "2026-06-08T09:30",
        "2026-06-08T15:30",
        "2026-06-09T09:30",
    ]


def test_a_series_that_ends_within_a_day_goes_on_with_the_rest_of_it():
    dates = local_bars("2026-05-04", "2026-06-06")[:-2]
    assert times(next_dates("nvda", dates, 3)) == ["2026-06-05T14:30", "2026-06-05T15:30", "2026-06-08T09:30"]


def test_a_symbol_of_an_exchange_in_local_time_goes_on_in_local_time():
    dates = local_bars("2026-05-04", "2026-06-06")
    assert times(next_dates("PETR4.SA", dates, 1)) == ["2026-06-08T09:30"]


def test_minutes_in_local_time_lack_nothing_at_night():
    dates = local_bars("2026-05-04", "2026-05-30", minutes=1)
    dates = dates[dates.astype("datetime64[D]") != np.datetime64("2026-05-25")]
    calendar = calendar_of("nvda", dates)
    assert calendar.usual_gap == 390
    # Memorial Day is told, and is nothing to wonder about
    assert list(calendar.missing(dates)[calendar.missing(dates) > 0]) == [390]


@pytest.mark.parametrize("symbol", ["EURUSD=X", "eurusd"])
def test_currencies_open_on_sunday_evening(symbol):
    dates = around_the_clock("2026-04-19", weeks=5)
    assert times(dates[[0, -1]]) == ["2026-04-19T22:00", "2026-05-22T21:00"]
    assert times(next_dates(symbol, dates, 121)[[0, 1, 119, 120]]) == [
        "2026-05-24T22:00",
        "2026-05-24T23:00",
        "2026-05-29T21:00",
        "2026-05-31T22:00",
    ]
    assert not missing_sessions(symbol, dates).any()


def test_futures_pause_an_hour_a_day():
    dates = around_the_clock("2026-04-19", weeks=5, pause=21)[:-20]
    following = next_dates("ES=F", dates, 40)
    assert "2026-05-21T21:00" not in times(following)
    assert times(following[[0, 19, 20]]) == ["2026-05-22T01:00", "2026-05-22T20:00", "2026-05-24T22:00"]
    assert not missing_sessions("ES=F", dates).any()


def test_slots_that_were_left_out_are_counted():
    dates = local_bars("2026-05-04", "2026-06-06")
    missing = missing_sessions("nvda", np.delete(dates, [40, 41, 50]))
    assert list(np.flatnonzero(missing)) == [39, 47]
    assert list(missing[[39, 47]]) == [2, 1]


def test_many_steps_are_as_many_slots():
    dates = local_bars("2026-05-04", "2026-06-06")
    np.testing.assert_array_equal(
        next_dates("nvda", dates, 7 * 5 * 20), local_bars("2026-06-06", "2026-10-24")
    )


def test_after_the_clocks_change_the_new_hours_are_learned_within_three_weeks():
    summer, winter = around_the_clock("2026-09-20", 6, opens=21), around_the_clock("2026-11-01", 3, opens=22)
    dates = np.concatenate([summer, winter])
    assert times(next_dates("EURUSD=X", dates[:-1], 2)) == ["2026-11-20T21:00", "2026-11-22T22:00"]


@pytest.mark.parametrize("left_out", [0, 0.1], ids=["whole", "with holes"])
def test_what_never_rests_has_no_slots(left_out):
    dates = np.arange("2026-04-01T00", "2026-06-01T00", dtype="datetime64[h]").astype("datetime64[s]")
    dates = dates[np.random.default_rng(0).random(len(dates)) >= left_out]
    assert weekly_slots(dates) is None
    assert next_dates("btc", dates, 1) == dates[-1] + HOUR


def test_steps_that_no_week_is_made_of_have_no_slots():
    dates = np.datetime64("2026-04-01", "s") + np.arange(300) * 5 * HOUR
    assert weekly_slots(dates) is None
    assert next_dates("x", dates, 1) == dates[-1] + 5 * HOUR


def test_less_than_two_weeks_do_not_tell():
    assert weekly_slots(local_bars("2026-06-01", "2026-06-06")) is None
