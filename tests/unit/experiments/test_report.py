from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trintena.experiments.report import seconds_of_work

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_time_counts_from_the_start_of_the_first_trial() -> None:
    assert seconds_of_work([(at(10), 10.0), (at(25), 15.0)]) == [10.0, 25.0]


def test_trials_side_by_side_are_worked_in_the_same_time() -> None:
    assert seconds_of_work([(at(12), 12.0), (at(10), 10.0), (at(20), 8.0)]) == [12.0, 10.0, 20.0]


def test_the_day_before_a_resumption_does_not_count() -> None:
    day = 86_400.0
    ends = [(at(day + 7), 5.0), (at(10), 10.0), (at(day + 12), 5.0), (at(3 * day), 1.0)]
    assert seconds_of_work(ends) == [15.0, 10.0, 20.0, 21.0]


def test_one_that_took_no_time_stands_where_it_ended() -> None:
    assert seconds_of_work([(at(10), 10.0), (at(4), 0.0), (at(50), 0.0)]) == [10.0, 4.0, 10.0]
    assert seconds_of_work([]) == []
