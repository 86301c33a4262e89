from __future__ import annotations

import numpy as np
import pytest

from trintena.data import calendars
from trintena.data.calendars import next_dates


def weekdays(last, n=300):
    """Monday to Friday, up to and with `last`."""
    return np.busday_offset(last, np.arange(-n + 1, 1)).astype("datetime64[s]")


def us_days(last):
    sessions = calendars._sessions(
        "XNYS", np.datetime64(last) - np.timedelta64(500, "D"), np.datetime64(last)
    )
    return sessions.astype("datetime64[s]")


def days(dates):
    assert dates.dtype == np.dtype("datetime64[s]")
    return [str(date).removesuffix("T00:00:00") for date in dates]


def test_new_year_is_no_trading_day():
    assert days(next_dates("sample:nasdaq", us_days("2018-12-31"), 3)) == [
        "2019-01-02",
        "2019-01-03",
        "2019-01-04",
    ]


def test_a_long_horizon_gives_as_many_sessions_as_asked():
    dates = next_dates("NVDA", us_days("2018-12-31"), 252)
    assert len(dates) == 252
    assert days(dates)[-1] == "2019-12-31"


def test_a_day_that_is_decades_ahead_is_still_known():
    assert days(next_dates("NVDA", weekdays("2060-12-30", n=5), 2)) == ["2060-12-31", "2061-01-03"]


def test_brazilian_symbols_follow_b3():
    # carnival 2020: Monday and Tuesday, 24 and 25 February
    assert days(next_dates("PETR4.SA", weekdays("2020-02-21"), 1)) == ["2020-02-26"]


def test_weekdays_that_ignore_american_holidays_go_on_as_weekdays():
    assert days(next_dates("EURUSD=X", weekdays("2018-12-31"), 2)) == ["2019-01-01", "2019-01-02"]


def test_regular_weekends_go_on_day_by_day():
    dates = np.arange("2020-01-01", "2020-02-29", dtype="datetime64[D]")
    assert days(next_dates("BTC-USD", dates, 3)) == ["2020-02-29", "2020-03-01", "2020-03-02"]


def test_a_time_of_day_is_kept():
    dates = us_days("2018-12-31") + np.timedelta64(21, "h")
    assert days(next_dates("X", dates, 1)) == ["2019-01-02T21:00:00"]


def test_hours_go_on_by_the_hour():
    dates = np.datetime64("2020-01-01T20:00", "s") + np.arange(50) * np.timedelta64(1, "h")
    assert days(next_dates("H", dates, 2)) == ["2020-01-03T22:00:00", "2020-01-03T23:00:00"]


def test_weeks_go_on_by_the_week():
    dates = np.arange("2020-01-03", "2020-12-31", 7, dtype="datetime64[D]")
    assert days(next_dates("W", dates, 2)) == ["2021-01-01", "2021-01-08"]


@pytest.mark.parametrize(
    ("months", "days_in", "expected"),
    [
        (1, 0, ["2021-01-01", "2021-02-01"]),
        (1, 30, ["2021-01-31", "2021-02-28"]),
        (3, 0, ["2021-01-01", "2021-04-01"]),
        (12, 0, ["2021-01-01", "2022-01-01"]),
    ],
    ids=["month starts", "month ends", "quarters", "years"],
)
def test_months_go_on_by_the_month(months, days_in, expected):
    starts = np.arange("2001-01", "2021-01", months, dtype="datetime64[M]")
    dates = starts.astype("datetime64[D]")
    if days_in:
        dates = (starts + 1).astype("datetime64[D]") - 1
    assert days(next_dates("M", dates, 2)) == expected


def test_before_holidays_were_recorded_weekdays_have_to_do():
    assert days(next_dates("X", weekdays("1901-12-31"), 1)) == ["1902-01-01"]


def test_a_single_row_is_taken_for_a_trading_day():
    assert days(next_dates("X", np.array(["2018-12-31"], dtype="datetime64[s]"), 1)) == ["2019-01-02"]


def test_no_steps_no_dates():
    assert len(next_dates("X", weekdays("2018-12-31"), 0)) == 0
