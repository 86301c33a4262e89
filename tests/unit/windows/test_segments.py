from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trintena.domain import PriceSeries, Split
from trintena.errors import DataError, UsageError
from trintena.windows import Segments, segments_of
from trintena.windows.segments import borders_of, segment_origins

NAMES = ("train", "validation", "calibration", "test")


def days(n_rows: int) -> np.ndarray:
    return np.datetime64("2000-01-01", "s") + np.arange(n_rows) * np.timedelta64(1, "D")


def test_a_long_series_keeps_fixed_lengths_for_the_last_three_segments() -> None:
    assert borders_of(days(5031), Split()) == (3771, 4275, 4527)
    assert borders_of(days(3000), Split()) == (1740, 2244, 2496)


def test_a_series_under_three_thousand_rows_is_split_by_shares() -> None:
    assert borders_of(days(2999), Split()) == (2099, 2459, 2639)
    assert borders_of(days(1000), Split()) == (700, 820, 880)


def test_fractions_are_of_all_rows() -> None:
    assert borders_of(days(5000), Split(fractions=(0.5, 0.2, 0.1))) == (2500, 3500, 4000)


def test_a_date_is_the_first_target_day_of_its_segment() -> None:
    monday_to_friday = days(1000)[np.arange(1000) % 7 < 5]
    dates = ("2001-01-06", "2001-06-01", "2002-01-01")
    borders = borders_of(monday_to_friday, Split(dates=dates))
    for border, date in zip(borders, dates, strict=True):
        assert monday_to_friday[border - 1] < np.datetime64(date) <= monday_to_friday[border]


def test_one_step_ahead_no_origin_is_dropped() -> None:
    segments = segment_origins(1000, (700, 820, 880), lookback=10, horizon=1)
    assert segments == Segments(
        range(9, 699), range(699, 819), range(819, 879), range(879, 999), (700, 820, 880)
    )


def test_five_steps_ahead_four_origins_are_dropped_at_each_border() -> None:
    segments = segment_origins(1000, (700, 820, 880), lookback=10, horizon=5)
    assert [segments[name] for name in NAMES] == [
        range(9, 695),
        range(699, 815),
        range(819, 875),
        range(879, 995),
    ]


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, tuple[int, int, int], int, int]:
    """Rows, borders, lookback and horizon that are large enough not to be refused."""
    lookback = draw(st.integers(2, 40))
    horizon = draw(st.integers(1, 30))
    least = (11 * lookback, 100, 50, 100)
    lengths = [n + horizon + draw(st.integers(0, 50)) for n in least]
    first, second, third, n_rows = (int(edge) for edge in np.cumsum(lengths))
    return n_rows, (first, second, third), lookback, horizon


@given(splits())
def test_an_origin_belongs_exactly_where_all_its_targets_lie(
    split: tuple[int, tuple[int, int, int], int, int],
) -> None:
    n_rows, borders, lookback, horizon = split
    segments = segment_origins(n_rows, borders, lookback, horizon)
    for name, (start, stop) in zip(NAMES, pairwise((0, *borders, n_rows)), strict=True):
        belongs = [t for t in range(lookback - 1, n_rows) if start <= t + 1 and t + horizon <= stop - 1]
        assert list(segments[name]) == belongs


@given(splits())
def test_no_target_is_shared_and_each_border_costs_horizon_less_one_origins(
    split: tuple[int, tuple[int, int, int], int, int],
) -> None:
    n_rows, borders, lookback, horizon = split
    segments = segment_origins(n_rows, borders, lookback, horizon)
    targets = [{t + k for t in segments[name] for k in range(1, horizon + 1)} for name in NAMES]
    assert sum(map(len, targets)) == len(set.union(*targets))
    for earlier, later in pairwise(NAMES):
        assert segments[later].start - segments[earlier].stop == horizon - 1
    assert segments.train.start == lookback - 1, "the first window starts with the first row"
    assert max(targets[-1]) == n_rows - 1, "the last target is the last row"


@given(splits())
def test_joined_every_origin_with_targets_is_there_to_train_on_purged_ones_included(
    split: tuple[int, tuple[int, int, int], int, int],
) -> None:
    n_rows, borders, lookback, horizon = split
    segments = segment_origins(n_rows, borders, lookback, horizon)
    joined = segments.joined()
    assert list(joined.train) == [t for t in range(lookback - 1, n_rows) if t + horizon < n_rows]
    assert [len(joined[name]) for name in NAMES[1:]] == [0, 0, 0]
    assert joined.borders == borders
    assert segments == segment_origins(n_rows, borders, lookback, horizon), "what was split stays as it is"


@pytest.mark.parametrize(
    ("n_rows", "numbers"),
    [
        (1000, ["1000 rows", "lookback 80", "horizon 3", "train has 618 origins and needs 800"]),
        (700, ["validation has 82 origins and needs 100", "calibration has 40 origins and needs 50"]),
        (700, ["test has 82 origins and needs 100"]),
    ],
)
def test_too_few_origins_are_refused_with_the_numbers(n_rows: int, numbers: list[str]) -> None:
    series = PriceSeries("X", days(n_rows), ("close",), np.ones((n_rows, 1)), "test")
    with pytest.raises(DataError) as refusal:
        segments_of(series, Split(), lookback=80, horizon=3)
    for number in numbers:
        assert number in str(refusal.value)
    assert refusal.value.field == "split"


def test_a_segment_that_just_suffices_is_accepted() -> None:
    # 100 origins to train on with lookback 10, then 100, 50 and 100.
    segments = segment_origins(360, (110, 210, 260), lookback=10, horizon=1)
    assert [len(segments[name]) for name in NAMES] == [100, 100, 50, 100]
    with pytest.raises(DataError, match="train has 99 origins and needs 100"):
        segment_origins(359, (109, 209, 259), lookback=10, horizon=1)


@pytest.mark.parametrize("fractions", [(0.7, 0.2, 0.1), (0.0, 0.5, 0.2), (0.5, -0.1, 0.3), (0.5, 0.4, 0.3)])
def test_fractions_that_leave_no_test_segment_are_refused(fractions: tuple[float, float, float]) -> None:
    with pytest.raises(UsageError, match="three fractions above 0 with a sum below 1") as refusal:
        borders_of(days(1000), Split(fractions=fractions))
    assert f"{fractions[0]:g}, {fractions[1]:g}, {fractions[2]:g}" in str(refusal.value)


@pytest.mark.parametrize(
    "dates",
    [
        ("2001-01-01", "2000-06-01", "2002-01-01"),
        ("1999-01-01", "2001-01-01", "2002-01-01"),
        ("2001-01-01", "2001-06-01", "2022-01-01"),
    ],
)
def test_dates_that_do_not_rise_within_the_series_are_refused(dates: tuple[str, str, str]) -> None:
    with pytest.raises(UsageError, match="2000-01-01 to 2002-09-26"):
        borders_of(days(1000), Split(dates=dates))


def test_dates_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match=r"three ISO dates.*01/02/2003"):
        borders_of(days(1000), Split(dates=("01/02/2003", "2003-05-01", "2004-01-01")))


@pytest.mark.parametrize(("lookback", "horizon", "field"), [(1, 1, "lookback"), (10, 0, "horizon")])
def test_lookback_and_horizon_out_of_range_are_refused(lookback: int, horizon: int, field: str) -> None:
    with pytest.raises(UsageError) as refusal:
        segment_origins(1000, (700, 820, 880), lookback, horizon)
    assert refusal.value.field == field
