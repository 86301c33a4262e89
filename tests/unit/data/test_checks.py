from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from trintena.data.checks import MAX_SYMBOL_LENGTH, Note, checked_series, checked_symbol
from trintena.errors import DataError
from trintena.language import speaking

DAYS = np.datetime64("2020-01-06", "s") + np.arange(20) * np.timedelta64(1, "D")


def column(*values):
    return np.array(values, dtype=np.float64)


def said(notes):
    return [note.message for note in notes]


def test_columns_stand_in_our_order_and_dates_in_seconds():
    series = checked_series(
        "X", DAYS[:2].astype("datetime64[ns]"), {"volume": column(5, 6), "close": column(1, 2)}, "test"
    )
    assert series.columns == ("close", "volume")
    assert series.dates.dtype == np.dtype("datetime64[s]")
    np.testing.assert_array_equal(series.values, [[1, 5], [2, 6]])
    assert series.source == "test"


def test_newest_first_is_turned_round_and_said():
    notes: list[Note] = []
    series = checked_series("X", DAYS[:3][::-1], {"close": column(3, 2, 1)}, "test", notes=notes)
    assert series.close.tolist() == [1, 2, 3]
    assert said(notes) == ["The rows stood newest first; they were sorted by date."]


def test_rows_without_a_close_are_dropped_and_counted():
    notes: list[Note] = []
    series = checked_series("X", DAYS[:3], {"close": column(1, np.nan, 2)}, "test", notes=notes)
    assert series.dates.tolist() == DAYS[[0, 2]].tolist()
    assert said(notes) == ["Dropped: 1 row without a close (2020-01-07)."]


def test_duplicate_dates_are_refused_with_the_date_and_the_lines():
    with pytest.raises(DataError, match=r"2020-01-07 occurs twice \(lines 3 and 9\)"):
        checked_series("X", DAYS[[0, 1, 1]], {"close": column(1, 2, 3)}, "test", lines=[2, 3, 9])


def test_a_missing_date_is_refused():
    dates = np.array(["2020-01-06", "NaT"], dtype="datetime64[s]")
    with pytest.raises(DataError, match=r"row 2 \(line 5\) has no date"):
        checked_series("X", dates, {"close": column(1, 2)}, "test", lines=[4, 5])


@pytest.mark.parametrize("name", ["close", "high", "volume"])
def test_infinities_are_refused_in_every_column(name):
    columns = {"close": column(1, 2), "high": column(1, 2), "volume": column(1, 2)}
    columns[name] = column(1, -np.inf)
    with pytest.raises(DataError, match=f"{name} is infinite on 2020-01-07") as refusal:
        checked_series("X", DAYS[:2], columns, "test")
    assert refusal.value.field == name


@pytest.mark.parametrize("close", [column(), column(np.nan)])
def test_a_series_without_rows_is_refused(close):
    with pytest.raises(DataError, match="no row"):
        checked_series("X", DAYS[: len(close)], {"close": close}, "test")


@pytest.mark.parametrize(("after", "times"), [(41.0, "4.1"), (2.0, "0.2")])
def test_a_jump_by_more_than_four_is_refused_with_dates_and_ratio(after, times):
    with pytest.raises(DataError) as refusal:
        checked_series("X", DAYS[:3], {"close": column(10, 10, after)}, "test")
    message = str(refusal.value)
    assert "2020-01-07" in message
    assert "2020-01-08" in message
    assert f"{times} times as much" in message
    assert "`trintena data fetch X --allow-jumps`" in message


@pytest.mark.parametrize("values", [(10, 10, 41), (10, 0.2, 10), (2, 0, -3), (0.1, -0.1, 1.7)])
def test_values_that_are_no_prices_may_step_by_any_ratio(values):
    notes: list[Note] = []
    columns = {"close": column(*values)}
    series = checked_series("C", DAYS[:3], columns, "test", measures="value", notes=notes)
    assert series.close.tolist() == list(values)
    assert not notes


@pytest.mark.parametrize("after", [40.0, 2.5])
def test_a_step_by_exactly_four_is_accepted(after):
    assert len(checked_series("X", DAYS[:2], {"close": column(10, after)}, "test")) == 2


def test_a_jump_that_is_allowed_is_said():
    notes: list[Note] = []
    checked_series("X", DAYS[:2], {"close": column(1, 9)}, "test", allow_jumps=True, notes=notes)
    assert said(notes) == ["Steps of the close by more than a factor of 4 allowed: 1."]


def test_prices_that_are_not_positive_and_single_rows_are_accepted():
    assert checked_series("X", DAYS[:3], {"close": column(20, -37, 10)}, "test").close[1] == -37
    assert len(checked_series("X", DAYS[:1], {"close": column(0)}, "test")) == 1


def test_few_gaps_are_filled_and_many_cost_the_column():
    notes: list[Note] = []
    close = np.arange(1.0, 21.0)
    high, low, volume = close + 1, close - 1, close * 100
    high[3] = volume[4] = np.nan
    low[:3] = np.nan
    series = checked_series(
        "X", DAYS, {"high": high, "low": low, "close": close, "volume": volume}, "test", notes=notes
    )
    assert series.columns == ("high", "close", "volume")
    assert series.values[3].tolist() == [4, 4, 400]
    assert series.values[4].tolist() == [6, 5, 0]
    assert said(notes) == [
        "high missing in 1 row: the close of the row taken.",
        "low left out: missing in 3 rows of 20.",
        "volume missing in 1 row: 0 taken.",
    ]


def test_the_close_that_fills_a_gap_is_called_what_the_series_measures():
    high = np.full(20, 2.0)
    high[3] = np.nan
    for measures, told in (("price", ("close", "fechamento")), ("value", ("value", "valor"))):
        en, pt = told
        for language, sentence in (
            ("en", f"high missing in 1 row: the {en} of the row taken."),
            ("pt", f"high falta em 1 linha: vale o {pt} da linha."),
        ):
            notes: list[Note] = []
            columns = {"high": high, "close": np.full(20, 1.5)}
            with speaking(language):
                checked_series("X", DAYS, columns, "test", measures=measures, notes=notes)
            assert said(notes) == [sentence]


def test_a_volume_of_zero_throughout_is_left_out():
    series = checked_series("X", DAYS[:2], {"close": column(1, 2), "volume": column(0, 0)}, "test")
    assert series.columns == ("close",)


@pytest.mark.parametrize("symbol", ["", "  ", "A\nB", "x" * (MAX_SYMBOL_LENGTH + 1)])
def test_a_name_that_will_not_do_is_refused(symbol):
    with pytest.raises(DataError, match="1 to 32 printable characters"):
        checked_symbol(symbol)


@pytest.mark.parametrize("symbol", ["NVDA", "^GSPC", "sample:nasdaq", "Bolsa São Paulo", "x" * 32])
def test_other_names_are_given_back(symbol):
    assert checked_symbol(symbol) == symbol


def test_an_unknown_column_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="turnover"):
        checked_series("X", DAYS[:1], {"close": column(1), "turnover": column(1)}, "test")


@given(
    days=st.lists(st.integers(-20_000, 40_000), min_size=1, max_size=30, unique=True),
    data=st.data(),
)
def test_whatever_the_order_the_series_is_increasing_finite_and_complete(days, data):
    n = len(days)
    # -100 to 100, and missing now and then; allow_jumps, for any ratio may come
    values = npst.arrays(np.float64, n, elements=st.floats(-100, 100) | st.just(np.nan))
    close, low = data.draw(values), data.draw(values)
    close[0] = 1.0
    dates = np.array(days, dtype="datetime64[D]")
    series = checked_series("X", dates, {"low": low, "close": close}, "test", allow_jumps=True)

    assert (np.diff(series.dates.astype(np.int64)) > 0).all()
    assert np.isfinite(series.values).all()
    assert len(series) == np.count_nonzero(~np.isnan(close))
    expected = {date: value for date, value in zip(days, close.tolist(), strict=True) if value == value}
    found = dict(zip((series.dates.astype(np.int64) // 86_400).tolist(), series.close.tolist(), strict=True))
    assert found == expected


@given(order=st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_change_the_content(order):
    close = np.arange(1.0, 7.0)
    sorted_series = checked_series("X", DAYS[:6], {"close": close}, "test")
    shuffled = checked_series("X", DAYS[:6][order], {"close": close[order]}, "test")
    assert shuffled.content_hash == sorted_series.content_hash
