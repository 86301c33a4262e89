"""Weeks, months and years: they go on by their own step, whatever a holiday did to a row."""

from __future__ import annotations

import numpy as np
import pytest

from trintena.data.calendars import missing_sessions, next_dates


def day_array(*texts):
    return np.array(texts, dtype="datetime64[D]")


def following(dates, count=1):
    return [str(date)[:10] for date in next_dates("x", dates, count)]


def weekly(last, n=30):
    return np.datetime64(last) - 7 * np.arange(n - 1, -1, -1)


def last_trading_days(first, last):
    ends = (np.arange(first, last, dtype="datetime64[M]") + 1).astype("datetime64[D]") - 1
    return np.busday_offset(ends, 0, roll="backward")


@pytest.mark.parametrize("day", [1, 15, 27, 28])
def test_months_go_on_on_the_same_day(day):
    dates = np.arange("2025-01", "2026-01", dtype="datetime64[M]").astype("datetime64[D]") + (day - 1)
    assert following(dates, 2) == [f"2026-01-{day:02}", f"2026-02-{day:02}"]
    assert not missing_sessions("x", dates).any()


def test_a_day_that_february_lacks_comes_back_in_march():
    months = np.arange("2024-03", "2026-03", dtype="datetime64[M]")
    dates = np.minimum(
        months.astype("datetime64[D]") + 29, (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    )
    assert following(dates, 2) == ["2026-03-30", "2026-04-30"]


def test_last_trading_days_are_month_ends_in_spite_of_an_early_one():
    dates = last_trading_days("2016-06", "2018-06")
    dates[dates == np.datetime64("2017-01-31")] = np.datetime64("2017-01-26")
    assert following(dates, 2) == ["2018-06-30", "2018-07-31"]


@pytest.mark.parametrize("years", [2, 3, 4, 9])
def test_years_end_when_years_end(years):
    dates = np.array([f"{year}-12-31" for year in range(2026 - years, 2026)], dtype="datetime64[D]")
    assert following(dates, 3) == ["2026-12-31", "2027-12-31", "2028-12-31"]


def test_quarters_go_on_at_their_ends():
    assert following(day_array("2025-06-30", "2025-09-30", "2025-12-31"), 2) == ["2026-03-31", "2026-06-30"]


def test_thirty_days_may_be_a_step_of_its_own():
    dates = np.datetime64("2026-01-15") + 30 * np.arange(5)
    assert following(dates) == ["2026-06-14"]


def test_four_weeks_are_no_month():
    dates = np.datetime64("2026-01-02") + 28 * np.arange(4)
    assert following(dates) == ["2026-04-24"]


@pytest.mark.parametrize(
    ("usual", "held", "expected"),
    [
        ("2026-04-03", "2026-04-02", ["2026-04-10", "2026-04-17"]),
        ("2026-09-07", "2026-09-08", ["2026-09-14", "2026-09-21"]),
        ("2026-09-06", "2026-09-06", ["2026-09-13", "2026-09-20"]),
    ],
    ids=["Good Friday", "Labor Day", "Sundays"],
)
def test_weeks_keep_their_day_after_a_holiday(usual, held, expected):
    dates = weekly(usual)
    dates[-1] = np.datetime64(held)
    assert following(dates, 2) == expected
    assert not missing_sessions("x", dates).any()


def test_a_week_that_was_left_out_is_missing():
    dates = weekly("2026-04-03")
    dates[10] -= 1
    assert list(np.flatnonzero(missing_sessions("x", np.delete(dates, 11)))) == [10]


def test_every_second_week_goes_on_so():
    assert following(weekly("2026-04-03")[::-2][::-1]) == ["2026-04-17"]
