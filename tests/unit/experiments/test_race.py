from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trintena.domain import ExperimentSpec, Search, TrialResult
from trintena.experiments.race import FINALISTS, LAST_FITS_S, ROUND, Race
from trintena.experiments.study import Study

BUDGET_S = 1000.0


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


def studies_of(n: int, n_trials: int = 100) -> list[Study]:
    search = Search(n_trials=n_trials, budget_s=BUDGET_S)
    spec = ExperimentSpec(
        "WALK", "ab" * 32, tuple(range(1, n + 1)), "a", "b", mode="optimized", search=search
    )
    return [Study(spec, model_id) for model_id in spec.model_ids]


def end_round(study: Study, rmse: float | None) -> None:
    """A round of trials that all end, with that value or, without one, as failures."""
    for work in study.next_round(ROUND).work:
        ended: TrialResult = work.trial
        if rmse is None:
            study.take(TrialResult(**{**vars(ended), "state": "FAIL", "reason": "diverged"}))
        else:
            told = {"state": "COMPLETE", "validation_curve": (rmse,), "validation_rmse": rmse}
            study.take(TrialResult(**{**vars(ended), **told}))


def racing(race: Race, studies: Sequence[Study]) -> list[int]:
    return [study.model_id for study in studies if race.goes_on(study)]


def test_everybody_races_until_the_first_leg_is_over_and_the_better_half_until_the_next() -> None:
    clock, studies = Clock(), studies_of(8)
    race = Race(studies, BUDGET_S, clock)
    for study in studies:
        end_round(study, 1.0 / study.model_id)
    began, leg_s = clock.now, (race.search_ends_at - clock.now) / 3
    alive = []
    for leg in range(3):
        clock.now = began + leg * leg_s + 1e-6
        alive.append(racing(race, studies))
        clock.now = began + (leg + 1) * leg_s - 1e-6
        assert racing(race, studies) == alive[-1], "for all of the leg"
    clock.now = race.search_ends_at
    assert alive == [[1, 2, 3, 4, 5, 6, 7, 8], [5, 6, 7, 8], [7, 8]]
    assert racing(race, studies) == []
    assert race.search_is_over


def test_who_is_out_stays_out_however_good_the_others_turn_out() -> None:
    clock, studies = Clock(), studies_of(4)
    race = Race(studies, BUDGET_S, clock)
    for study, rmse in zip(studies, (0.1, 0.2, 0.3, None), strict=True):
        end_round(study, rmse)
    clock.now = (clock.now + race.search_ends_at) / 2
    assert racing(race, studies) == [1, 2]
    end_round(studies[2], 0.01)  # came back late
    assert racing(race, studies) == [1, 2]


def test_who_only_failed_is_the_first_to_go() -> None:
    clock, studies = Clock(), studies_of(3)
    race = Race(studies, BUDGET_S, clock)
    for study, rmse in zip(studies, (None, 0.9, 0.8), strict=True):
        end_round(study, rmse)
    clock.now = race.search_ends_at - 1.0
    assert racing(race, studies) == [2, 3]


def test_nobody_is_out_before_everybody_has_had_a_round() -> None:
    clock, studies = Clock(), studies_of(4)
    race = Race(studies, BUDGET_S, clock)
    for study in studies[:3]:
        end_round(study, 0.5)
    works = studies[3].next_round(ROUND).work
    clock.now = race.search_ends_at - 1.0
    assert racing(race, studies) == [1, 2, 3, 4]
    for work in works:
        told = {"state": "COMPLETE", "validation_curve": (0.1,), "validation_rmse": 0.1}
        studies[3].take(TrialResult(**{**vars(work.trial), **told}))
    assert racing(race, studies) == [1, 4]


def test_an_exhausted_study_gets_no_further_round() -> None:
    clock, studies = Clock(), studies_of(2, n_trials=3)
    race = Race(studies, BUDGET_S, clock)
    for _ in range(2):
        assert race.goes_on(studies[0])
        end_round(studies[0], 0.5)
    assert len(studies[0].trials) == 3
    assert racing(race, studies) == [2]


def test_the_search_ends_before_the_whole_and_the_whole_before_the_budget() -> None:
    clock = Clock()
    race = Race(studies_of(30), BUDGET_S, clock)
    assert clock.now < race.search_ends_at < race.ends_at < clock.now + BUDGET_S


@given(st.floats(1.0, 10 * BUDGET_S))
def test_a_run_that_is_resumed_keeps_the_timetable_but_has_time_for_a_champion(used_s: float) -> None:
    clock = Clock()
    race, whole = Race(studies_of(3), BUDGET_S, clock, used_s=used_s), Race(studies_of(3), BUDGET_S, clock)
    assert race.search_ends_at == pytest.approx(whole.search_ends_at - used_s)
    assert race.ends_at == pytest.approx(max(whole.ends_at - used_s, clock.now + LAST_FITS_S))


@given(n=st.integers(1, 40), moments=st.lists(st.floats(0.0, 1.0), max_size=8))
def test_at_any_moment_there_is_somebody_to_go_on_and_never_fewer_than_the_finalists(
    n: int, moments: list[float]
) -> None:
    clock, studies = Clock(), studies_of(n)
    race = Race(studies, BUDGET_S, clock)
    began = clock.now
    for study in studies:
        end_round(study, 1.0 / study.model_id)
    before = set(range(1, n + 1))
    for moment in sorted(moments):
        clock.now = began + moment * (race.search_ends_at - 1.0 - began)
        alive = set(racing(race, studies))
        assert alive <= before
        assert len(alive) >= min(FINALISTS, n)
        assert alive == set(range(n - len(alive) + 1, n + 1)), "the best are left"
        before = alive
    clock.now = race.search_ends_at - 1e-3
    assert len(racing(race, studies)) == min(FINALISTS, n), "the finalists race to the end"


def test_each_leg_has_the_same_time() -> None:
    clock, studies = Clock(), studies_of(30)
    race = Race(studies, BUDGET_S, clock)
    began = clock.now
    for study in studies:
        end_round(study, 1.0 / study.model_id)
    n_alive = []
    n_legs = 1 + math.ceil(math.log2(30 / FINALISTS))
    for leg in range(n_legs):
        clock.now = began + (leg + 0.5) * (race.search_ends_at - began) / n_legs
        n_alive.append(len(racing(race, studies)))
    assert n_alive == [30, 15, 8, 4, 2]


@pytest.mark.parametrize("budget_s", [60.0, 600.0, 36_000.0])
def test_most_of_the_budget_is_for_the_search(budget_s: float) -> None:
    clock = Clock()
    race = Race(studies_of(3), budget_s, clock)
    assert 0.5 * budget_s < race.search_ends_at - clock.now < 0.8 * budget_s
