from __future__ import annotations

import numpy as np
import pytest

from trintena.data.history import TOLERANCE, compare
from trintena.domain import PriceSeries

CLOSE = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, 200)))


def history(close=CLOSE, first="2024-01-01", *, volume=1.0, without=()):
    """A daily series; rows whose numbers are in `without` are missing."""
    dates = np.datetime64(first, "s") + np.arange(len(close)) * np.timedelta64(1, "D")
    kept = np.setdiff1d(np.arange(len(close)), without)
    values = np.column_stack([close, close, close, close, np.full(len(close), volume)])
    columns = ("open", "high", "low", "close", "volume")
    return PriceSeries("NVDA", dates[kept], columns, np.ascontiguousarray(values[kept]), "yahoo")


def with_close(rows, factor):
    """The closes of `history`, some of them multiplied."""
    close = CLOSE.copy()
    close[rows] *= factor
    return close


def test_the_same_history_needs_no_words():
    found = compare(history(), history())
    assert found.remarks == ()
    assert not found.is_worse


def test_noise_in_the_last_digits_and_corrected_volumes_are_the_same_history():
    noise = 1 + np.random.default_rng(1).uniform(-0.4, 0.4, len(CLOSE)) * TOLERANCE
    assert compare(history(), history(CLOSE * noise, volume=2.0)).remarks == ()


def test_new_rows_are_counted_from_the_last_stored_one():
    longer = history()
    assert compare(longer.rows(0, 198), longer).remarks == ("2 new rows since 2024-07-16.",)
    assert compare(longer.rows(0, 199), longer).remarks == ("1 new row since 2024-07-17.",)


def test_two_histories_may_meet_in_one_row_alone():
    whole = history()
    assert compare(whole.rows(0, 1), whole).remarks == ("199 new rows since 2024-01-01.",)


@pytest.mark.parametrize("factor", [1 - 0.01 / 180, 0.995, 0.1, 4.0])
def test_a_dividend_or_a_split_is_one_factor_on_all_that_is_stored(factor):
    found = compare(history(), history(CLOSE * factor))
    assert found.factor == pytest.approx(factor, rel=1e-9)
    assert str(found.adjusted_until) == "2024-07-18T00:00:00"
    assert len(found.differing) == 0
    (remark,) = found.remarks
    assert f"from 2024-07-18 back, every price is {factor:.6g} times the stored one" in remark
    assert found.stored.content_hash[:12] in remark


def test_an_adjustment_that_comes_late_leaves_the_newest_rows_alone():
    found = compare(history(), history(with_close(slice(0, 150), 0.98)))
    assert found.factor == pytest.approx(0.98)
    assert str(found.adjusted_until) == "2024-05-29T00:00:00"
    assert len(found.differing) == 0


def test_an_adjustment_and_a_corrected_row_are_both_said():
    close = with_close(slice(0, 150), 0.98)
    close[[20, 199]] *= 1.01
    found = compare(history(), history(close))
    assert found.factor == pytest.approx(0.98)
    assert found.differing.astype("datetime64[D]").astype(str).tolist() == ["2024-01-21", "2024-07-18"]
    assert found.remarks[1] == "2 rows with other prices than stored; the first is 2024-01-21."


@pytest.mark.parametrize("rows", [[199], [100], [3, 77, 150]])
def test_corrected_rows_are_no_adjustment(rows):
    found = compare(history(), history(with_close(rows, 1.01)))
    assert (found.factor, found.adjusted_until) == (1.0, None)
    assert len(found.remarks) == 1


def test_prices_that_all_changed_at_random_are_no_adjustment():
    found = compare(history(), history(CLOSE[::-1].copy()))
    assert found.adjusted_until is None
    assert len(found.differing) > 190


def test_a_high_that_was_corrected_is_a_row_that_differs():
    new = history()
    values = new.values.copy()
    values[5, 1] *= 1.02
    found = compare(new, PriceSeries("NVDA", new.dates, new.columns, values, "yahoo"))
    assert found.remarks == ("1 row with other prices than stored; the first is 2024-01-06.",)


def test_rows_that_vanished_or_appeared_are_said_and_are_no_bad_answer():
    found = compare(history(without=[50]), history(without=[10]))
    assert not found.is_worse
    assert found.remarks == (
        "1 row of the stored ones vanished; the first is 2024-01-11.",
        "1 row appeared before the last stored one; the first is 2024-02-20.",
    )


def test_a_history_that_starts_a_little_later_is_said():
    whole = history()
    found = compare(whole.rows(0, 195), whole.rows(1, 200))
    assert not found.is_worse
    assert "The history starts on 2024-01-02; the stored one on 2024-01-01." in found.remarks


def test_less_than_is_stored_is_a_bad_answer():
    whole = history()
    assert compare(whole, whole.rows(170, 200)).is_worse
    assert compare(whole, whole.rows(0, 199)).is_worse
    assert compare(whole, history(first="2030-01-01")).is_worse
    assert compare(whole, history(without=[10, 11, 12])).is_worse
    assert compare(whole, whole.rows(170, 200)).faults == (
        "30 rows from 2024-06-19 to 2024-07-18, where 200 rows from 2024-01-01 to 2024-07-18 are stored"
    )


def test_prices_that_differ_without_rhyme_are_a_bad_answer():
    noise = 1 + np.random.default_rng(1).uniform(-0.01, 0.01, len(CLOSE))
    found = compare(history(), history(CLOSE * noise))
    assert found.faults == (
        "closes whose ratio to the stored ones changes 198 times in 199 steps, as no dividend and no "
        "split would change it"
    )
    assert compare(history(), history(CLOSE[::-1].copy())).is_worse
    assert compare(history(), history(with_close(slice(0, 200, 30), 1.5))).is_worse


def test_many_dividends_and_some_corrections_are_no_bad_answer():
    close = CLOSE.copy()
    for until in (40, 90, 150):
        close[:until] *= 0.99
    close[[20, 120]] *= 1.01
    assert not compare(history(), history(close)).is_worse
    short = history().rows(0, 6)
    close[3] *= 1.01
    assert not compare(short, history(close).rows(0, 6)).is_worse


def test_prices_below_zero_and_zero_are_compared_too():
    strange = np.array([5.0, 0.0, -37.0, 8.0] * 10)
    assert compare(history(strange), history(strange)).remarks == ()
    assert compare(history(strange), history(strange * 2)).factor == 2


def test_columns_may_come_but_not_go():
    bare = PriceSeries("NVDA", history().dates, ("close",), CLOSE[:, None].copy(), "yahoo")
    assert compare(bare, history()).remarks == ()
    assert not compare(bare, history()).is_worse
    assert compare(history(), bare).faults == "no values of open, high, low, volume"


def test_in_portuguese(monkeypatch):
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    whole = history()
    news, adjustment = compare(whole.rows(0, 198), history(CLOSE * 0.5)).remarks
    assert news == "2 linhas novas desde 2024-07-16."
    assert "cada preço é 0,5 vezes o guardado" in adjustment
    assert compare(whole, history(CLOSE * CLOSE)).faults.startswith(
        "fechamentos cuja razão com os guardados muda 199 vezes em 199 passos"
    )
