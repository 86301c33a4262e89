from __future__ import annotations

import numpy as np
import pytest

from trintena.data.calendars import missing_sessions, next_dates
from trintena.data.calendars.sessions import sessions_between


def weekdays(last, n=300):
    """Monday to Friday, up to and with `last`."""
    return np.busday_offset(last, np.arange(-n + 1, 1)).astype("datetime64[s]")


def us_days(last):
    first = np.datetime64(last) - np.timedelta64(500, "D")
    return sessions_between("XNYS", first, np.datetime64(last)).days.astype("datetime64[s]")


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


def b3_days(first, last):
    return sessions_between("BVMF", np.datetime64(first), np.datetime64(last)).days


def test_a_short_series_of_b3_is_told_from_new_york_by_the_days_it_lacks():
    # every one of these days is a session of New York, too
    dates = b3_days("2021-02-01", "2021-04-20")
    assert days(next_dates("ibov", dates, 2)) == ["2021-04-22", "2021-04-23"]


def test_rows_that_know_of_no_holiday_are_no_evidence_of_brazilian_ones():
    assert days(next_dates("X", weekdays("2021-04-20", n=40), 1)) == ["2021-04-21"]


def test_an_index_says_where_it_is_traded():
    assert days(next_dates("^BVSP", weekdays("2020-02-21", n=3), 1)) == ["2020-02-26"]


def test_a_suffix_that_the_rows_contradict_is_not_believed():
    dates = np.arange("2020-01-01", "2020-02-23", dtype="datetime64[D]")
    assert days(next_dates("TOKEN.SA", dates, 2)) == ["2020-02-23", "2020-02-24"]


def tokyo_days(last, n):
    first = np.datetime64(last) - np.timedelta64(3 * n + 30, "D")
    return sessions_between("XTKS", first, np.datetime64(last)).days[-n:]


@pytest.mark.parametrize("left_out", [0.15, 0.6], ids=["halts", "thin"])
def test_sessions_without_a_row_do_not_contradict_a_suffix(left_out):
    sessions = tokyo_days("2026-04-28", 300)
    kept = np.random.default_rng(0).random(len(sessions)) >= left_out
    kept[-1] = True
    # 29 April is a holiday, and so are 4 to 6 May
    following = ["2026-04-30", "2026-05-01", "2026-05-07"]
    assert days(next_dates("7203.T", sessions[kept], 3)) == following
    assert missing_sessions("7203.T", sessions[kept]).sum() == (~kept[kept.argmax() :]).sum()


def test_a_short_series_with_a_gap_keeps_the_exchange_of_its_suffix():
    dates = np.delete(tokyo_days("2026-04-28", 7), 3)
    assert days(next_dates("7203.T", dates, 1)) == ["2026-04-30"]


def test_weeks_of_an_exchange_are_weeks():
    dates = np.arange("2026-01-02", "2026-04-25", 7, dtype="datetime64[D]")
    assert days(next_dates("7203.T", dates, 1)) == ["2026-05-01"]


@pytest.mark.parametrize(
    ("symbol", "rows", "following"),
    [
        ("NVDA", ["2026-07-02", "2026-07-06"], "2026-07-07"),
        ("PETR4.SA", ["2026-02-13", "2026-02-18"], "2026-02-19"),
    ],
    ids=["Independence Day", "carnival"],
)
def test_two_rows_around_a_holiday_are_a_daily_series(symbol, rows, following):
    assert days(next_dates(symbol, np.array(rows, "datetime64[D]"), 1)) == [following]


def test_a_pair_of_which_the_rows_rest_at_weekends_rests_at_weekends():
    assert days(next_dates("BTC-USD", weekdays("2020-02-28"), 1)) == ["2020-03-02"]


def test_a_week_from_sunday_to_thursday_goes_on_so():
    dates = np.busday_offset("2020-02-27", np.arange(-99, 1), weekmask="Mon Tue Wed Thu Sun")
    assert days(next_dates("X", dates, 3)) == ["2020-03-01", "2020-03-02", "2020-03-03"]


def test_a_friday_and_a_monday_are_a_daily_series():
    assert days(next_dates("X", np.array(["2020-02-21", "2020-02-24"], "datetime64[D]"), 1)) == ["2020-02-25"]


def hours_of(exchange, first, last, minutes=60):
    sessions = sessions_between(exchange, np.datetime64(first), np.datetime64(last))
    step = np.timedelta64(minutes, "m")
    pairs = zip(sessions.opens, sessions.closes, strict=True)
    return np.concatenate([np.arange(opening, closing, step) for opening, closing in pairs])


def hours_of_new_york(first, last, minutes=60):
    return hours_of("XNYS", first, last, minutes)


def test_hours_of_a_share_end_early_on_half_days():
    dates = hours_of_new_york("2026-11-02", "2026-11-25")[:-1]
    # Thanksgiving is skipped; the day after closes at 13:00, which is 18:00 UTC
    assert days(next_dates("NVDA", dates, 6)) == [
        "2026-11-25T20:30:00",
        "2026-11-27T14:30:00",
        "2026-11-27T15:30:00",
        "2026-11-27T16:30:00",
        "2026-11-27T17:30:00",
        "2026-11-30T14:30:00",
    ]


@pytest.mark.parametrize("first", ["2026-03-02", "2026-03-05"], ids=["a week of sessions", "two sessions"])
def test_hours_of_a_share_follow_the_clocks_of_its_exchange(first):
    dates = hours_of_new_york(first, "2026-03-06")
    assert days(next_dates("NVDA", dates, 1)) == ["2026-03-09T13:30:00"]


@pytest.mark.parametrize("minutes", [60, 15])
@pytest.mark.parametrize("ends", [0, 3], ids=["after a session", "within one"])
@pytest.mark.parametrize(
    "last", ["2026-03-06", "2026-03-13", "2026-10-30", "2026-11-03", "2026-11-10", "2026-11-19"]
)
def test_bars_of_b3_go_on_until_the_closing_when_new_york_changes_its_clocks(last, ends, minutes):
    rows = hours_of("BVMF", np.datetime64(last) - 100, last, minutes)
    following = hours_of("BVMF", last, np.datetime64(last) + 25, minutes)
    dates = rows[: len(rows) - ends]
    expected = following[following > dates[-1]]
    np.testing.assert_array_equal(next_dates("PETR4.SA", dates, len(expected)), expected)


def test_bars_named_after_their_end_keep_the_one_at_the_closing():
    dates = hours_of_new_york("2026-11-02", "2026-11-25", minutes=30) + np.timedelta64(30, "m")
    following = days(next_dates("NVDA", dates, 8))
    assert following[0] == "2026-11-27T15:00:00"
    assert following[6:] == ["2026-11-27T18:00:00", "2026-11-30T15:00:00"]


def test_hours_of_a_currency_skip_the_weekend():
    dates = np.arange("2026-03-02T00", "2026-03-07T00", dtype="datetime64[h]")
    assert days(next_dates("EURUSD=X", dates, 2)) == ["2026-03-09", "2026-03-09T01:00:00"]


def test_hours_without_a_name_that_were_never_seen_on_weekends_skip_them():
    dates = np.arange("2026-02-23T00", "2026-03-07T00", dtype="datetime64[h]")
    assert days(next_dates("X", dates[np.is_busday(dates.astype("M8[D]"))], 1)) == ["2026-03-09"]


def test_hours_of_crypto_do_not_rest():
    dates = np.arange("2026-03-02T00", "2026-03-07T00", dtype="datetime64[h]")
    assert days(next_dates("BTC-USD", dates, 1)) == ["2026-03-07"]


def test_what_is_missing_is_counted_in_sessions():
    dates = us_days("2018-12-31")
    assert not missing_sessions("X", dates).any()
    without = np.delete(dates, [100, 101, 200])
    missing = missing_sessions("X", without)
    assert list(np.flatnonzero(missing)) == [99, 197]
    assert list(missing[[99, 197]]) == [2, 1]


def test_whole_sessions_are_counted_between_bars():
    dates = hours_of_new_york("2026-11-02", "2026-12-30")
    assert not missing_sessions("NVDA", dates).any()
    holed = dates[dates.astype("datetime64[D]") != np.datetime64("2026-11-27")]
    assert missing_sessions("NVDA", holed).sum() == 1


@pytest.mark.parametrize("step", [np.timedelta64(1, "h"), np.timedelta64(7, "D")], ids=["hours", "weeks"])
def test_steps_that_are_left_out_are_counted(step):
    dates = np.datetime64("2020-01-03T00:00", "s") + np.arange(200) * step
    assert list(np.flatnonzero(missing_sessions("X", np.delete(dates, [50, 51])))) == [49]
    assert missing_sessions("X", np.delete(dates, [50, 51]))[49] == 2


def test_months_that_are_left_out_are_counted():
    dates = np.delete(np.arange("2001-01", "2021-01", dtype="datetime64[M]"), 7).astype("datetime64[D]")
    assert missing_sessions("X", dates)[6] == 1
    assert missing_sessions("X", dates).sum() == 1


def test_nothing_is_missing_from_one_row():
    assert len(missing_sessions("X", np.array(["2018-12-31"], dtype="datetime64[s]"))) == 0
