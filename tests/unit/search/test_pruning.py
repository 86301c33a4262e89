from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trintena.search import REDUCTION, RUNGS, next_rung, survivors

VALUES = st.floats(allow_nan=True, allow_infinity=True)
REACHED = st.dictionaries(st.integers(0, 40), VALUES, max_size=30)


@pytest.mark.parametrize(("after", "rung"), [(0, 1), (1, 3), (2, 3), (3, 9), (8, 9), (9, None), (50, None)])
def test_the_next_rung(after: int, rung: int | None) -> None:
    assert next_rung(after) == rung


def test_rungs_are_a_reduction_apart() -> None:
    assert [later / earlier for earlier, later in pairwise(RUNGS)] == [REDUCTION] * 2


def test_the_lowest_third_goes_on() -> None:
    values = dict(enumerate([0.6, 0.1, 0.5, 0.2, 0.4, 0.3]))
    assert survivors(values, range(6)) == {1, 3}


def test_the_third_is_rounded_up() -> None:
    assert survivors({0: 0.2}, [0]) == {0}
    assert survivors({0: 0.4, 1: 0.3, 2: 0.2, 3: 0.1}, range(4)) == {2, 3}


def test_trials_of_earlier_rounds_raise_the_bar() -> None:
    earlier = dict(enumerate([0.1, 0.2, 0.9, 0.9, 0.9, 0.9]))
    assert survivors(earlier | {6: 0.3, 7: 0.4, 8: 0.15}, [6, 7, 8]) == {8}
    assert survivors(earlier | {6: 0.3, 7: 0.4, 8: 0.5}, [6, 7, 8]) == {6}


def test_of_equal_values_the_lower_number_goes_on() -> None:
    assert survivors(dict.fromkeys([7, 3, 5, 9], 0.2), [9, 5, 3, 7]) == {3, 5}


def test_a_value_that_is_no_number_never_goes_on() -> None:
    assert survivors({0: math.nan}, [0]) == set()
    assert survivors({0: math.nan, 1: 0.3, 2: math.nan, 3: 0.2}, range(4)) == {1, 3}


@given(REACHED)
def test_no_survivor_is_worse_than_one_that_is_pruned(reached: dict[int, float]) -> None:
    alive = survivors(reached, reached)
    assert len(alive) <= math.ceil(len(reached) / REDUCTION)
    assert all(
        (reached[a], a) < (reached[p], p) or math.isnan(reached[p])
        for a in alive
        for p in reached.keys() - alive
    )
    if len(reached) and not any(map(math.isnan, reached.values())):
        assert len(alive) == math.ceil(len(reached) / REDUCTION)


@given(REACHED, st.data())
def test_candidates_are_judged_alike_whoever_else_is_asked_for(
    reached: dict[int, float], data: st.DataObject
) -> None:
    candidates = data.draw(st.sets(st.sampled_from(sorted(reached)))) if reached else set()
    assert survivors(reached, candidates) == survivors(reached, reached) & candidates


@given(REACHED, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(reached: dict[int, float], random: object) -> None:
    items = list(reached.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert survivors(dict(items), reached) == survivors(reached, reached)
