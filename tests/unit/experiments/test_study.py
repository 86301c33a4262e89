"""The study of one architecture, with workers and a registry that are made up but behave as the real ones."""

from __future__ import annotations

import copy
import math
import random
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trintena.domain import ENDED, ExperimentSpec, Hyperparameters, Purpose, Search, SearchSpace, TrialResult
from trintena.experiments.study import N_REFITS, Step, Study, Work
from trintena.search import RUNGS
from trintena.training.course import Course, Paused

Epochs = list[tuple[float, float]]
"""Training loss and validation RMSE of each."""
Curves = Callable[[Hyperparameters, int], Epochs]
NOTHING = np.zeros(0)
MODEL = 9
SPACE = SearchSpace(epochs=(1, 2, 4, 12, 30), activation=("relu", "tanh"))


def spec_of(search: Search | None, seed: int = 7) -> ExperimentSpec:
    return ExperimentSpec(
        "WALK",
        "ab" * 32,
        (MODEL,),
        "2015-01-01",
        "2017-09-26",
        mode="fast" if search is None else "optimized",
        seed=seed,
        search=search,
    )


def searching(strategy: Any = "random", n_trials: int = 16, **others: Any) -> ExperimentSpec:
    return spec_of(Search(strategy, n_trials, space=SPACE, **others))


def curves(kind: int = 0, *, may_fail: bool = True) -> Curves:
    """Learning curves that depend on setting and seed alone: some fall, some stand still, some diverge."""

    def curve(setting: Hyperparameters, seed: int) -> Epochs:
        generator = np.random.default_rng([kind, seed, zlib.crc32(repr(setting).encode())])
        level, speed, noise = (
            generator.uniform(0.5, 1.5),
            generator.uniform(0.1, 1.0),
            generator.uniform(0, 0.2),
        )
        epochs = np.arange(1, setting.epochs + 1)
        rmse = level + np.exp(-speed * epochs) + noise * generator.random(setting.epochs)
        losses = 1.0 / epochs
        if may_fail and generator.random() < 0.25:
            losses[generator.integers(setting.epochs) :] = math.nan
        return list(zip(losses.tolist(), rmse.tolist(), strict=True))

    return curve


def train(work: Work, curve: Curves) -> TrialResult | Paused:
    """What a worker does, less the network."""
    trial = work.trial
    settings = trial.hyperparameters
    course = copy.deepcopy(work.paused.course) if work.paused else Course(settings.learning_rate)
    epochs = curve(settings, trial.seed)
    for loss, rmse in epochs[len(course.train_losses) : work.until]:
        if course.is_over(settings.epochs):
            break
        course.take(loss, rmse, NOTHING, NOTHING, np.array([[rmse]]))
    if not course.is_over(settings.epochs):
        return Paused(course.told(trial, "RUNNING"), course, ())
    if course.reason is not None:
        return course.told(trial, "FAIL")
    assert course.best_forecast is not None
    return replace(course.told(trial, "COMPLETE"), forecasts={"validation": course.best_forecast})


class KilledError(Exception):
    """The process ended between two writes."""


@dataclass
class Table:
    """What survives a kill: trials as a database keeps them, each write whole or not at all."""

    rows: dict[tuple[Purpose, int], TrialResult] = field(default_factory=dict)
    n_writes: int = 0
    killed_after: int | None = None

    def add(self, trials: Iterable[TrialResult]) -> None:
        self._write()
        for trial in trials:
            assert trial.state == "WAITING"
            assert trial.model_id == MODEL
            assert (trial.purpose, trial.number) not in self.rows
            self.rows[trial.purpose, trial.number] = trial

    def record(self, trial: TrialResult) -> None:
        self._write()
        before = self.rows[trial.purpose, trial.number]
        assert before.state == "WAITING", "a trial ends once"
        assert trial.state in ENDED
        assert (trial.hyperparameters, trial.seed) == (before.hyperparameters, before.seed)
        self.rows[trial.purpose, trial.number] = replace(trial, forecasts={}, weights=None)

    def _write(self) -> None:
        if self.n_writes == self.killed_after:
            raise KilledError
        self.n_writes += 1


@dataclass
class Run:
    """The loop around a study: one of the works that are out comes back at a time, whichever `order` says."""

    study: Study
    table: Table
    curve: Curves
    order: random.Random
    out: list[Work] = field(default_factory=list)
    refits: bool = True

    def whole(self) -> Table:
        """All of it, from wherever the table stands."""
        self.apply(self.study.begin())
        self.go_on()
        while self.out:
            work = self.out.pop(self.order.randrange(len(self.out)))
            self.study.start(work.trial.purpose, work.trial.number)
            self.apply(self.study.take(train(work, self.curve)))
            if work.trial.purpose == "search":
                self.go_on()
        return self.table

    def go_on(self) -> None:
        if self.study.rests and not self.study.is_exhausted:
            self.apply(self.study.next_round())
        elif self.study.rests and self.refits:
            self.apply(self.study.refit())

    def apply(self, step: Step) -> None:
        for trial in step.ended:
            self.table.record(trial)
        if step.proposed:
            self.table.add(step.proposed)
        for work in step.work:
            key = (work.trial.purpose, work.trial.number)
            assert self.table.rows[key].state == "WAITING", "stored before it is run, and not run again"
            assert key not in [(each.trial.purpose, each.trial.number) for each in self.out]
        self.out += step.work


def run(
    spec: ExperimentSpec, curve: Curves, order: int = 0, table: Table | None = None, **others: Any
) -> Run:
    table = table or Table()
    return Run(Study(spec, MODEL, list(table.rows.values())), table, curve, random.Random(order), **others)


def told(table: Table) -> list[tuple[Any, ...]]:
    """All that decides a board, of each trial."""
    return [
        (key, t.state, t.hyperparameters, t.seed, t.validation_curve, t.learning_rates, t.validation_rmse)
        for key, t in sorted(table.rows.items())
    ]


def search_trials(table: Table) -> list[TrialResult]:
    return [trial for (purpose, _), trial in sorted(table.rows.items()) if purpose == "search"]


# The same trials, whatever happens on the way

KINDS = st.integers(0, 10_000)
some = settings(max_examples=25, deadline=None)


@some
@given(kind=KINDS, order=KINDS, n_trials=st.integers(1, 30), pruning=st.booleans())
def test_the_order_in_which_workers_come_back_decides_nothing(
    kind: int, order: int, n_trials: int, pruning: bool
) -> None:
    spec = searching(n_trials=n_trials, pruning=pruning)
    first = run(spec, curves(kind), 0).whole()
    assert told(run(spec, curves(kind), order).whole()) == told(first)


@some
@given(kind=KINDS, kills=st.lists(st.integers(0, 40), min_size=1, max_size=4), n_trials=st.integers(1, 30))
def test_kills_between_any_two_writes_decide_nothing(kind: int, kills: list[int], n_trials: int) -> None:
    spec = searching(n_trials=n_trials)
    undisturbed = run(spec, curves(kind), 0).whole()
    table = Table()
    for order, n_more in enumerate(kills):
        table.killed_after = table.n_writes + n_more
        try:
            run(spec, curves(kind), order, table).whole()
        except KilledError:
            continue
        break
    table.killed_after = None
    assert told(run(spec, curves(kind), 99, table).whole()) == told(undisturbed)


def test_a_run_may_be_killed_before_each_of_its_writes() -> None:
    spec = searching(n_trials=5)
    undisturbed = run(spec, curves()).whole()
    assert {purpose for purpose, _ in undisturbed.rows} == {"search", "refit"}
    for killed_after in range(undisturbed.n_writes):
        table = Table(killed_after=killed_after)
        with pytest.raises(KilledError):
            run(spec, curves(), table=table).whole()
        table.killed_after = None
        assert told(run(spec, curves(), table=table).whole()) == told(undisturbed)


@pytest.mark.parametrize("kind", range(3))
def test_a_search_that_learns_depends_neither_on_order_nor_on_kills(kind: int) -> None:
    spec = searching("bayesian", n_trials=14)
    undisturbed = run(spec, curves(kind), 0).whole()
    assert told(run(spec, curves(kind), 1).whole()) == told(undisturbed)
    table = Table(killed_after=9 + 4 * kind)
    with pytest.raises(KilledError):
        run(spec, curves(kind), 2, table).whole()
    table.killed_after = None
    assert told(run(spec, curves(kind), 3, table).whole()) == told(undisturbed)


def test_a_study_that_is_finished_stays_as_it_is() -> None:
    spec = searching()
    table = run(spec, curves()).whole()
    n_writes = table.n_writes
    again = run(spec, curves(), 1, table)
    assert again.whole() is table
    assert table.n_writes == n_writes


# Trials


@some
@given(kind=KINDS, n_trials=st.integers(1, 30), pruning=st.booleans())
def test_every_trial_ends_in_one_state_and_none_is_proposed_twice(
    kind: int, n_trials: int, pruning: bool
) -> None:
    trials = search_trials(run(searching(n_trials=n_trials, pruning=pruning), curves(kind)).whole())
    assert [trial.number for trial in trials] == list(range(n_trials))
    assert {trial.state for trial in trials} <= ({*ENDED} if pruning else {"COMPLETE", "FAIL"})
    assert len({trial.hyperparameters for trial in trials}) == n_trials
    assert {trial.seed for trial in trials} == {7}
    for trial in trials:
        assert (trial.reason is not None) == (trial.state == "FAIL")
        assert (trial.validation_rmse is None) == (trial.state == "FAIL")


@some
@given(kind=KINDS, strategy=st.sampled_from(["grid", "random"]), n_trials=st.integers(1, 30))
def test_pruning_changes_no_finished_trial(kind: int, strategy: str, n_trials: int) -> None:
    pruned, whole = (
        search_trials(run(searching(strategy, n_trials, pruning=pruning), curves(kind)).whole())
        for pruning in (True, False)
    )
    for with_pruning, without in zip(pruned, whole, strict=True):
        assert with_pruning.hyperparameters == without.hyperparameters
        n_epochs = len(with_pruning.validation_curve)
        assert with_pruning.validation_curve == without.validation_curve[:n_epochs]
        if with_pruning.state == "PRUNED":
            assert n_epochs in RUNGS
            assert n_epochs < with_pruning.hyperparameters.epochs
            assert with_pruning.validation_rmse == min(with_pruning.validation_curve)
        else:
            assert with_pruning.state == without.state
            assert n_epochs == len(without.validation_curve)
            assert with_pruning.validation_rmse == without.validation_rmse


@some
@given(kind=KINDS, n_trials=st.integers(1, 40))
def test_the_lowest_third_at_each_rung_goes_on_and_no_other(kind: int, n_trials: int) -> None:
    # Read off the finished table, round by round: 12 trials each.
    trials = search_trials(run(searching(n_trials=n_trials), curves(kind, may_fail=False)).whole())
    for end in range(12, n_trials + 12, 12):
        for rung in RUNGS:
            reached = [t for t in trials[:end] if t.state == "COMPLETE" or len(t.validation_curve) >= rung]
            ranked = sorted(reached, key=lambda t: (min(t.validation_curve[:rung]), t.number))
            best = ranked[: math.ceil(len(ranked) / 3)]
            for trial in trials[end - 12 : end]:
                if trial in reached and trial.hyperparameters.epochs > rung:
                    ended_there = len(trial.validation_curve) == rung and trial.state == "PRUNED"
                    ended_before = len(trial.validation_curve) < rung
                    assert ended_before or ended_there == (trial not in best)


@pytest.mark.parametrize("n_trials", [1, 6, 7, 12, 13, 25])
@pytest.mark.parametrize("strategy", ["grid", "random"])
def test_the_number_of_trials_is_the_total_also_after_a_resume(strategy: str, n_trials: int) -> None:
    spec = searching(strategy, n_trials)
    table = Table(killed_after=n_trials // 2)
    with pytest.raises(KilledError):
        run(spec, curves(), table=table).whole()
    table.killed_after = None
    resumed = run(spec, curves(), table=table)
    assert resumed.study.n_trials == n_trials
    assert len(search_trials(resumed.whole())) == n_trials
    assert resumed.study.is_exhausted
    assert resumed.study.rests
    assert resumed.study.next_round() == Step()


def test_a_grid_without_a_number_holds_every_combination() -> None:
    space = SearchSpace((0.01, 0.001), (16,), (0.1,), (2, 4), ("tanh", "relu"))
    study = run(spec_of(Search("grid", space=space)), curves()).study
    assert study.n_trials == 8
    assert [trial.hyperparameters.epochs for trial in study.next_round().proposed] == [2, 2, 4, 4] * 2


def test_a_round_of_another_size_has_that_many_trials_but_never_more_than_there_are_left() -> None:
    study = Study(searching(n_trials=5), MODEL)
    sizes = []
    while not study.is_exhausted:
        step = study.next_round(2)
        sizes.append(len(step.proposed))
        for work in step.work:
            study.take(replace(work.trial, state="COMPLETE", validation_curve=(0.5,), validation_rmse=0.5))
    assert sizes == [2, 2, 1]
    assert study.n_rounds == 3


# What a step tells


def test_a_trial_is_proposed_waiting_and_run_up_to_the_first_rung() -> None:
    study = Study(searching(n_trials=4), MODEL)
    step = study.next_round()
    assert [trial.state for trial in step.proposed] == ["WAITING"] * 4
    assert [(work.trial.state, work.until, work.paused) for work in step.work] == [("RUNNING", 1, None)] * 4
    assert study.trials == list(step.proposed)
    study.start("search", 2)
    assert [trial.state for trial in study.trials] == ["WAITING", "WAITING", "RUNNING", "WAITING"]
    assert not study.rests


def test_without_pruning_a_trial_runs_to_its_end() -> None:
    study = Study(searching(pruning=False), MODEL)
    assert {work.until for work in study.next_round().work} == {None}
    assert study.rung is None


def paused(work: Work, *rmses: float) -> Paused:
    course = Course(0.01)
    for rmse in rmses:
        course.take(rmse, rmse, NOTHING, NOTHING, np.array([[rmse]]))
    return Paused(course.told(work.trial, "RUNNING"), course, ())


def test_all_wait_at_a_rung_for_the_last_one_then_the_better_third_goes_on_from_where_it_paused() -> None:
    study = Study(spec_of(Search(n_trials=4)), MODEL)
    works = study.next_round().work
    for work, rmse in zip(works[:3], (0.4, 0.2, 0.3), strict=True):
        assert study.take(paused(work, rmse)) == Step()
    held = paused(works[3], 0.1)
    step = study.take(held)
    assert [(trial.number, trial.state, trial.validation_rmse) for trial in step.ended] == [
        (0, "PRUNED", 0.4),
        (2, "PRUNED", 0.3),
    ]
    assert step.ended[0].forecasts["validation"] == [[0.4]]
    assert [(work.trial.number, work.until) for work in step.work] == [(1, 3), (3, 3)]
    assert step.work[1].paused is held
    assert study.rung == 3
    assert study.best_so_far == 0.1


def test_after_the_last_rung_a_trial_runs_to_its_end() -> None:
    study = Study(spec_of(Search(n_trials=1)), MODEL)
    (work,) = study.next_round().work
    for until in (3, 9, None):
        (work,) = study.take(paused(work, *[0.5] * (work.until or 0))).work
        assert work.until == until


def test_a_worker_that_died_leaves_the_others_at_the_rung_going_on() -> None:
    study = Study(spec_of(Search(n_trials=3)), MODEL)
    works = study.next_round().work
    study.take(paused(works[0], 0.5))
    study.take(paused(works[1], 0.4))
    step = study.take(replace(works[2].trial, state="FAIL", reason="out of memory"))
    assert [(trial.number, trial.state) for trial in step.ended] == [(2, "FAIL"), (0, "PRUNED")]
    assert [work.trial.number for work in step.work] == [1]


def test_earlier_rounds_count_at_a_rung() -> None:
    study = Study(spec_of(Search("bayesian", n_trials=10)), MODEL)
    for number, work in enumerate(study.next_round().work):
        done = (0.1 + number / 100,) * 12
        study.take(replace(work.trial, state="COMPLETE", validation_curve=done, validation_rmse=done[0]))
    works = study.next_round().work
    assert len(works) == 4
    for work in works[:3]:
        study.take(paused(work, 0.2))
    step = study.take(paused(works[3], 0.125))
    # Of ten the best four go on: three of the earlier ones lie below, so one of these four.
    assert [work.trial.number for work in step.work] == [9]


def test_a_trial_that_failed_counts_at_no_rung_however_good_it_looked() -> None:
    study = Study(spec_of(Search(n_trials=4)), MODEL)
    works = study.next_round().work
    curve = {"validation_curve": (0.1, 0.1), "validation_rmse": None, "reason": "diverged"}
    study.take(replace(works[0].trial, state="FAIL", **curve))
    for work, rmse in zip(works[1:3], (0.5, 0.4), strict=True):
        study.take(paused(work, rmse))
    assert study.at_rung(1) == {1: 0.5, 2: 0.4}
    step = study.take(paused(works[3], 0.3))
    assert [work.trial.number for work in step.work] == [3], "the best of the three that reached it"


def test_rivals_of_other_studies_count_at_a_rung_in_a_race() -> None:
    study = Study(spec_of(Search(n_trials=2)), MODEL)
    first, second = study.next_round().work
    study.take(paused(first, 0.5))
    step = study.take(paused(second, 0.4), {(26, 0): 0.1, (26, 1): 0.2, (26, 2): 0.3})
    assert [trial.number for trial in step.ended] == [0, 1]
    assert step.work == ()
    assert study.rests


def test_a_rival_may_have_the_very_same_value() -> None:
    study = Study(spec_of(Search(n_trials=1)), MODEL)
    (work,) = study.next_round().work
    step = study.take(paused(work, 0.5), {(6, 0): 0.5, (26, 0): 0.5, (26, 1): 0.6, (26, 2): 0.7})
    assert [work.trial.number for work in step.work] == [0], "of equal values the lower model is the better"


# The best


@some
@given(kind=KINDS, n_trials=st.integers(1, 30))
def test_a_pruned_trial_is_never_the_best_beside_a_complete_one(kind: int, n_trials: int) -> None:
    ended = run(searching(n_trials=n_trials), curves(kind), refits=False)
    trials = search_trials(ended.whole())
    complete = [t.validation_rmse for t in trials if t.state == "COMPLETE" and t.validation_rmse is not None]
    best = ended.study.best
    if complete:
        assert best is not None
        assert best.state == "COMPLETE"
        assert best.validation_rmse == min(complete)
    values = [t.validation_rmse for t in trials if t.validation_rmse is not None]
    assert ended.study.best_so_far == min(values, default=None)


def test_a_pruned_trial_is_the_best_where_the_time_was_up_for_all() -> None:
    study = Study(spec_of(Search(n_trials=2)), MODEL)
    study.take(paused(study.next_round().work[0], 0.5))
    assert study.best is None
    study.stop()
    assert study.best is not None
    assert (study.best.state, study.best.validation_rmse) == ("PRUNED", 0.5)


# Refits


@some
@given(kind=KINDS, seed=st.one_of(st.integers(0, 9), st.integers(2**63 - 5, 2**63 - 1)))
def test_the_best_setting_is_fitted_with_three_other_seeds(kind: int, seed: int) -> None:
    ended = run(replace(searching(n_trials=8), seed=seed), curves(kind, may_fail=False))
    ended.whole()
    best, refits = ended.study.best, ended.study.refits
    assert best is not None
    assert [trial.number for trial in refits] == [0, 1, 2] == list(range(N_REFITS))
    assert {trial.hyperparameters for trial in refits} == {best.hyperparameters}
    assert len({seed, *(trial.seed for trial in refits)}) == 4
    assert all(0 <= trial.seed < 2**63 for trial in refits)
    assert {trial.state for trial in refits} == {"COMPLETE"}, "none of them is pruned"
    assert {trial.purpose for trial in refits} == {"refit"}


def test_a_refit_trains_to_its_end_at_once() -> None:
    ended = run(searching(n_trials=4), curves(may_fail=False), refits=False)
    ended.whole()
    step = ended.study.refit()
    assert [(work.until, work.paused) for work in step.work] == [(None, None)] * 3
    assert [trial.state for trial in step.proposed] == ["WAITING"] * 3
    assert ended.study.refit() == Step(), "they are proposed once"


def test_a_refit_never_decides_what_is_best() -> None:
    ended = run(searching(n_trials=4), curves(may_fail=False), refits=False)
    ended.whole()
    before = ended.study.best
    for work in ended.study.refit().work:
        ended.study.take(replace(work.trial, state="COMPLETE", validation_curve=(0.0,), validation_rmse=0.0))
    assert ended.study.best is before


def test_where_every_trial_failed_there_is_nothing_to_fit_again() -> None:
    def diverging(setting: Hyperparameters, seed: int) -> Epochs:
        return [(math.nan, 1.0)] * setting.epochs

    table = run(searching(n_trials=5), diverging).whole()
    assert [trial.state for trial in table.rows.values()] == ["FAIL"] * 5


# Stopping, when the time is up


def begun(n_trials: int = 4) -> tuple[Study, tuple[Work, ...]]:
    study = Study(spec_of(Search(n_trials=n_trials)), MODEL)
    return study, study.next_round().work


def test_stopping_prunes_what_waits_at_a_rung_and_leaves_the_rest_to_come_back() -> None:
    study, works = begun()
    study.take(paused(works[2], 0.3))
    study.take(paused(works[0], 0.4))
    step = study.stop()
    assert [(trial.number, trial.state) for trial in step.ended] == [(0, "PRUNED"), (2, "PRUNED")]
    assert (step.work, step.proposed) == ((), ())
    assert [trial.state for trial in study.trials] == ["PRUNED", "WAITING", "PRUNED", "WAITING"]
    assert study.stop() == Step()


def test_stopping_prunes_what_waited_for_a_worker_but_not_what_never_began() -> None:
    study, works = begun()
    for work, rmse in zip(works, (0.1, 0.2, 0.3, 0.4), strict=True):
        step = study.take(paused(work, rmse))
    assert [(trial.number, trial.state) for trial in study.stop(step.work).ended] == [
        (0, "PRUNED"),
        (1, "PRUNED"),
    ]
    assert study.rests
    untouched, works = begun()
    assert untouched.stop(works) == Step()
    assert [trial.state for trial in untouched.trials] == ["WAITING"] * 4


@pytest.mark.parametrize("n_dropped", range(4))
def test_what_comes_back_at_a_rung_after_stopping_is_pruned_and_never_gone_on_with(n_dropped: int) -> None:
    # Some never had a worker; the others were being trained when the time was up.
    study, works = begun()
    study.stop(works[:n_dropped])
    ended: list[TrialResult] = []
    for work in works[n_dropped:]:
        step = study.take(paused(work, 0.5))
        ended += step.ended
        assert step.work == ()
    assert [(trial.number, trial.state) for trial in ended] == [(n, "PRUNED") for n in range(n_dropped, 4)]
    assert study.stop() == Step()


# Fast mode


@some
@given(kind=KINDS)
def test_fast_mode_is_one_trial_of_the_fixed_setting_and_no_refit(kind: int) -> None:
    spec = spec_of(None)
    (trial,) = run(spec, curves(kind)).whole().rows.values()
    assert trial.hyperparameters == spec.hyperparameters == Hyperparameters()
    assert (trial.purpose, trial.number, trial.seed) == ("search", 0, spec.seed)
    assert trial.state in ("COMPLETE", "FAIL")
    assert len(trial.validation_curve) == 1
