from __future__ import annotations

import numpy as np
import pytest

from trintena.data.selection import select_rows
from trintena.domain import PriceSeries
from trintena.errors import DataError


def daily(first, last):
    dates = np.arange(first, np.datetime64(last) + 1, dtype="datetime64[D]").astype("datetime64[s]")
    return PriceSeries("X", dates, ("close",), np.arange(1.0, len(dates) + 1)[:, None], "test")


SERIES = daily("2000-01-01", "2018-12-31")


def span(series):
    return str(series.dates[0])[:10], str(series.dates[-1])[:10]


def test_nothing_chosen_keeps_everything():
    assert select_rows(SERIES).content_hash == SERIES.content_hash


def test_years_are_counted_back_from_the_last_date():
    assert span(select_rows(SERIES, 10)) == ("2009-01-01", "2018-12-31")
    assert span(select_rows(SERIES, 100)) == span(SERIES)


def test_years_before_a_leap_day_begin_after_the_last_of_february():
    assert span(select_rows(daily("2010-01-01", "2016-02-29"), 1)) == ("2015-03-01", "2016-02-29")


def test_both_dates_are_inclusive():
    assert span(select_rows(SERIES, start="2004-02-29", end="2004-03-02")) == ("2004-02-29", "2004-03-02")
    assert len(select_rows(SERIES, start="2004-02-29", end="2004-02-29")) == 1


def test_years_end_where_end_says():
    assert span(select_rows(SERIES, 2, end="2010-06-30")) == ("2008-07-01", "2010-06-30")


def test_the_last_day_counts_with_all_its_hours():
    dates = np.datetime64("2020-01-01T00:00", "s") + np.arange(72) * np.timedelta64(1, "h")
    hourly = PriceSeries("H", dates, ("close",), np.ones((72, 1)), "test")
    assert len(select_rows(hourly, end="2020-01-02")) == 48


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"start": "2019-01-01"}, "no row from 2019-01-01: it goes from 2000-01-01 to 2018-12-31"),
        ({"end": "1999-12-31"}, "no row to 1999-12-31"),
        ({"years": 3, "end": "1999-12-31"}, "no row to 1999-12-31"),
        ({"start": "2005-01-01", "end": "2004-01-01"}, "no row from 2005-01-01 to 2004-01-01"),
        ({"start": "31/12/2005"}, "such as 2018-12-31 for start, got '31/12/2005'"),
        ({"end": "2005-02-30"}, "for end, got '2005-02-30'"),
        ({"years": 0}, "at least 1 year"),
        ({"years": 5, "start": "2005-01-01"}, "not both"),
    ],
)
def test_a_choice_that_leaves_nothing_or_makes_no_sense_is_refused(choice, message):
    with pytest.raises(DataError, match=message):
        select_rows(SERIES, **choice)
