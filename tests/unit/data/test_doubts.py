from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trintena.data.calendars.sessions import sessions_between
from trintena.data.doubts import doubts_of
from trintena.domain import PriceSeries

SESSIONS = sessions_between("XNYS", np.datetime64("2016-01-01"), np.datetime64("2023-12-31")).days
N_ROWS = 400


def walk(seed=0, n=N_ROWS, sigma=0.02):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, sigma, n)))


def bars(close, seed=1):
    """Open, high, low, close and volume around closes: each day opens near the close before it."""
    rng = np.random.default_rng(seed)
    opened = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.002, len(close)))
    high = np.maximum(opened, close) * np.exp(rng.uniform(0, 0.01, len(close)))
    low = np.minimum(opened, close) * np.exp(-rng.uniform(0, 0.01, len(close)))
    return np.stack([opened, high, low, close, rng.uniform(1e5, 1e6, len(close))], axis=1)


def series(values, dates=None, symbol="X"):
    values = np.array(values, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    columns = {1: ("close",), 4: ("open", "high", "low", "close")}.get(
        values.shape[1], ("open", "high", "low", "close", "volume")
    )
    dates = SESSIONS[: len(values)] if dates is None else dates
    return PriceSeries(symbol, dates.astype("datetime64[s]"), columns, values, "test")


def only(found):
    """The one doubt there is."""
    assert [doubt.code for doubt in found] == [found[0].code]
    return found[0]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), sigma=st.sampled_from([0.0005, 0.01, 0.03, 0.06]), whole=st.booleans())
def test_a_clean_random_walk_on_trading_days_raises_no_doubt(seed, sigma, whole):
    close = walk(seed, 1_500, sigma)
    assert doubts_of(series(bars(close, seed) if whole else close)) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), row=st.integers(30, N_ROWS - 60), kind=st.integers(0, 5))
def test_one_planted_defect_is_found_with_its_date(seed, row, kind):
    values, dates = bars(walk(seed), seed), SESSIONS[:N_ROWS]
    if kind == 0:
        values[row, 2] = values[row, 3] * 1.01
    elif kind == 1:
        values[row : row + 25, :4] = values[row : row + 25, 3:4]
    elif kind == 2:
        stuck = slice(row, row + 8)
        values[stuck, 3] = values[row, 3]
        values[stuck, 1], values[stuck, 2] = values[stuck, :4].max(), values[stuck, :4].min()
    elif kind == 3:
        values[row, 4] = 0
    elif kind == 4:
        values, dates = np.delete(values, [row + 1, row + 2], axis=0), np.delete(dates, [row + 1, row + 2])
    else:
        values[row:, :4] /= 4
    found = only(doubts_of(series(values, dates)))
    codes = ["contradiction", "flat_bars", "repeated_close", "zero_volume", "gap", "level_shift"]
    assert found.code == codes[kind]
    assert found.dates == (str(dates[row]),)
    assert str(dates[row]) in found.message


def test_closes_that_are_not_positive_are_named_with_the_way_out():
    close = walk()
    close[[5, 6, 8, 300]] = [0, -37.63, -1, -2]
    found = only(doubts_of(series(close)))
    assert (found.code, found.n, found.dates) == (
        "not_positive",
        4,
        ("2016-01-11", "2016-01-12", "2016-01-14"),
    )
    assert "2016-01-11, 2016-01-12, 2016-01-14 and 1 more" in found.message
    assert "--target difference" in found.message


def test_what_is_odd_in_values_is_said_without_words_of_money():
    below_zero = walk() - 90
    assert doubts_of(replace(series(below_zero), measures="value")) == []
    stuck, shifted = walk(), walk()
    stuck[100:110], shifted[200:] = stuck[100], shifted[200:] * 10
    for values, said in ((stuck, "equal values"), (shifted, "times the value before")):
        found = only(doubts_of(replace(series(values), measures="value")))
        assert said in found.message
        assert not re.search("close|price|split|trading", found.message)


def test_sentences_are_said_in_portuguese_too(monkeypatch):
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    values = bars(walk())
    values[7, 4] = values[9, 4] = 0
    values[200:, :4] *= 10
    volume, shift = doubts_of(series(values))
    assert volume.message == "2 linhas com volume zero: 2016-01-13 e 2016-01-15."
    assert "perto de um grupamento de 1:10" in shift.message


def test_weekend_rows_of_an_exchange_are_named():
    close, saturday = walk(), np.datetime64("2016-06-04")
    row = int(np.searchsorted(SESSIONS, saturday))
    dates = np.insert(SESSIONS[:N_ROWS], row, saturday)
    found = only(doubts_of(series(np.insert(close, row, close[row]), dates, "^GSPC")))
    assert (found.code, found.n, found.dates) == ("no_trading", 1, ("2016-06-04",))


def test_a_gap_is_named_with_both_ends_and_what_is_missing():
    row = 100
    kept = np.delete(np.arange(N_ROWS), [row + 1, row + 2, row + 3])
    found = only(doubts_of(series(walk()[kept], SESSIONS[:N_ROWS][kept])))
    assert (found.code, found.n) == ("gap", 1)
    assert f"{SESSIONS[row]} to {SESSIONS[row + 4]} (3 missing)" in found.message


def test_a_holiday_of_an_exchange_that_is_not_known_is_no_gap():
    dates = np.arange("2016-01-04", "2018-01-01", dtype="datetime64[D]")
    dates = dates[np.is_busday(dates, holidays=["2016-08-29", "2016-05-02", "2016-12-26", "2016-12-27"])]
    assert doubts_of(series(walk(n=len(dates)), dates)) == []


def test_a_day_left_out_of_crypto_is_a_gap():
    dates = np.delete(np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]"), 107)
    found = only(doubts_of(series(walk(n=len(dates)), dates, "BTC-USD")))
    assert (found.code, found.dates) == ("gap", ("2020-04-16",))


def test_decades_of_closes_alone_are_named_as_one_stretch():
    close = walk(n=1_500)
    values = bars(close)[:, :4]
    values[:900] = close[:900, None]
    found = only(doubts_of(series(values)))
    assert (found.code, found.n) == ("flat_bars", 900)
    assert f"{SESSIONS[0]} to {SESSIONS[899]}" in found.message


@pytest.mark.parametrize("seed", range(5))
def test_a_price_of_a_hundred_cents_repeats_itself_without_a_doubt(seed):
    close = np.round(walk(seed, 1_500, 0.01) / 100, 2)
    assert [doubt.code for doubt in doubts_of(series(close))] == []


@pytest.mark.parametrize(
    ("factor", "split"),
    [(2, "1:2 reverse split"), (1 / 2, "2:1 split"), (2 / 3, "3:2 split"), (10, "1:10 reverse split")],
)
@pytest.mark.parametrize("whole", [False, True], ids=["closes", "bars"])
def test_a_missed_split_is_named(factor, split, whole):
    close = walk(3, sigma=0.012)
    values = bars(close)[:, :4] if whole else close[:, None]
    values[250:] *= factor
    found = only(doubts_of(series(values)))
    assert (found.code, found.dates) == ("level_shift", (str(SESSIONS[250]),))
    assert f"near a {split}" in found.message


@pytest.mark.parametrize("rows_after", [1, 2, 3, 4])
@pytest.mark.parametrize("factor", [2, 4, 10])
@pytest.mark.parametrize("whole", [False, True], ids=["closes", "bars"])
def test_a_split_in_the_last_rows_is_named(factor, rows_after, whole):
    close = walk(3, sigma=0.012)
    values = bars(close)[:, :4] if whole else close[:, None]
    values[-rows_after:] /= factor
    found = only(doubts_of(series(values)))
    assert (found.code, found.dates) == ("level_shift", (str(SESSIONS[N_ROWS - rows_after]),))
    assert f"near a {factor}:1 split" in found.message


@pytest.mark.parametrize("rows_after", [1, 3])
def test_a_crash_within_one_of_the_last_days_is_no_split(rows_after):
    close = walk(3, sigma=0.012)
    close[-rows_after:] /= 2
    assert doubts_of(series(bars(close)[:, :4])) == []


def test_a_strange_step_in_the_last_rows_is_not_named():
    close = walk(3, sigma=0.012)
    close[-2:] *= 5.45
    assert doubts_of(series(close)) == []


def test_a_spike_in_the_last_rows_is_no_split():
    close = walk(3, sigma=0.012)
    close[-3] *= 2
    assert doubts_of(series(close)) == []


def test_a_split_that_volatile_prices_hide_is_not_named():
    close = walk(3, sigma=0.1)
    close[250:] /= 2
    assert doubts_of(series(close)) == []


def test_files_joined_at_a_strange_ratio_are_named_without_a_split():
    close = walk(3, sigma=0.012)
    close[250:] *= 5.45
    found = only(doubts_of(series(close)))
    assert found.code == "level_shift"
    assert "split)" not in found.message


@pytest.mark.parametrize(
    ("drop", "before", "after"),
    [(0.795, 0.01, 0.03), (0.61, 0.035, 0.05), (0.65, 0.035, 0.045), (1.42, 0.045, 0.06)],
    ids=["1987", "bitcoin in March 2020", "earnings", "a jump"],
)
@pytest.mark.parametrize("whole", [False, True], ids=["closes", "bars"])
@pytest.mark.parametrize("seed", range(5))
def test_a_crash_is_no_split(drop, before, after, whole, seed):
    rng = np.random.default_rng(seed)
    steps = np.concatenate([rng.normal(0, before, 200), [np.log(drop)], rng.normal(0, after, 200)])
    close = 100 * np.exp(np.cumsum(steps))
    assert doubts_of(series(bars(close)[:, :4] if whole else close)) == []


def test_news_overnight_that_cost_a_third_are_no_split():
    close = walk(sigma=0.03)
    values = bars(close)[:, :4]
    values[200:] *= 0.65
    assert doubts_of(series(values)) == []


def test_a_spike_that_goes_back_is_no_level_shift():
    close = walk()
    close[200] *= 2
    assert doubts_of(series(close)) == []


def test_rates_that_are_set_by_a_committee_are_no_splits():
    close = np.repeat([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 1.5, 0.75, 0.25], 40).astype(float)
    assert "level_shift" not in [doubt.code for doubt in doubts_of(series(close))]


def test_no_rows_no_doubts():
    empty = series(np.empty((0, 1)), SESSIONS[:0])
    assert doubts_of(empty) == []


def test_hours_of_a_holiday_on_which_no_exchange_was_open_are_looked_at_like_others() -> None:
    carnival = np.arange("2001-02-26T14", "2001-02-26T20", dtype="datetime64[h]").astype("datetime64[s]")
    values = np.array([[2.0], [2.01], [2.02], [2.01], [2.03], [2.02]])
    series = PriceSeries("X", carnival, ("close",), values, "test")
    assert [doubt.code for doubt in doubts_of(series)] == []
