from __future__ import annotations

import heapq
import json
import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trintena.experiments import Progress, progress
from trintena.experiments.progress import Running, StudyProgress


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=made))
    return made


def begun(clock: Clock, studies: dict[int, StudyProgress], **others: Any) -> Progress:
    return Progress(
        experiment_id=1,
        studies=studies,
        started_at=clock(),
        **{"workers": 1, "last_value_rmse": 0.02, **others},
    )


def fast(costs: dict[int, float]) -> dict[int, StudyProgress]:
    """Studies of fast mode: one trial each."""
    return {i: StudyProgress(f"Model {i}", n_trials=1, cost=cost) for i, cost in costs.items()}


def search(name: str = "GRU", n_trials: int = 4, **others: Any) -> StudyProgress:
    return StudyProgress(name, n_trials, n_refits=3, **others)


def end(study: StudyProgress, seconds: float, rmse: float | None = 0.01) -> None:
    """A search trial ends, as the loop that runs an experiment notes it."""
    state: Any = "FAIL" if rmse is None else "COMPLETE"
    study.counts[state] = study.counts.get(state, 0) + 1
    study.n_timed, study.seconds = study.n_timed + 1, study.seconds + seconds
    if rmse is not None and (study.best is None or rmse < study.best):
        study.best, study.best_seconds = rmse, seconds


# One architecture


def test_what_has_ended_is_counted_whatever_came_of_it() -> None:
    study = search(counts={"COMPLETE": 3, "PRUNED": 5, "FAIL": 1, "RUNNING": 2, "WAITING": 4})
    assert study.n_ended == 9


def test_a_search_is_over_with_its_refits_and_one_without_a_result_with_its_trials() -> None:
    study = search(n_trials=2, counts={"COMPLETE": 1, "RUNNING": 1}, best=0.01)
    assert not study.is_over
    study.counts = {"COMPLETE": 2}
    assert not study.is_over
    study.refits = [0.01, None]
    assert not study.is_over
    study.refits.append(0.02)
    assert study.is_over
    assert search(n_trials=2, counts={"FAIL": 2}).is_over, "there is nothing to fit again"


@pytest.mark.parametrize("state", ["COMPLETE", "FAIL"])
def test_fast_mode_is_over_with_its_only_trial(state: Any) -> None:
    assert StudyProgress("GRU", 1, counts={state: 1}).is_over
    assert not StudyProgress("GRU", 1, counts={"RUNNING": 1}).is_over


def test_the_score_is_the_best_trial_until_every_refit_is_there_then_their_mean() -> None:
    study = search(n_trials=1, counts={"COMPLETE": 1})
    assert study.score is None
    study.best = 0.010
    study.refits = [0.030, 0.020]
    assert study.score == 0.010
    study.refits.append(0.025)
    assert study.score == pytest.approx(0.025)


def test_a_refit_that_failed_is_left_out_of_the_mean() -> None:
    refits = [0.030, None, 0.020]
    assert search(best=0.01, refits=refits).score == pytest.approx(0.025)
    assert search(best=0.01, refits=[None] * 3).score == 0.01


# All of them


def test_architectures_and_trials_are_counted_apart(clock: Clock) -> None:
    done = search(n_trials=4, counts={"COMPLETE": 1, "PRUNED": 3}, best=0.01, refits=[0.01] * 3)
    half = search(n_trials=4, counts={"COMPLETE": 1, "FAIL": 1, "RUNNING": 2}, best=0.02)
    watched = begun(clock, {1: done, 2: half, 3: search(n_trials=4)})
    assert (watched.n_done, watched.n_ended, watched.n_trials) == (1, 6, 12)
    assert watched.searches
    assert not begun(clock, fast({1: 1.0})).searches


def test_the_ranking_has_the_lowest_first_and_none_without_a_result(clock: Clock) -> None:
    studies = fast(dict.fromkeys(range(1, 5), 1.0))
    watched = begun(clock, studies)
    assert watched.ranking == []
    for model_id, rmse in ((1, None), (2, 0.03), (3, 0.01), (4, 0.02)):
        end(studies[model_id], 1.0, rmse)
    assert watched.ranking == [("Model 3", 0.01), ("Model 4", 0.02), ("Model 2", 0.03)]


def test_a_tie_goes_to_the_lower_id_as_on_the_board(clock: Clock) -> None:
    studies = fast({10: 1.0, 9: 1.0})
    for study in studies.values():
        end(study, 1.0)
    assert [name for name, _ in begun(clock, studies).ranking] == ["Model 9", "Model 10"]


# Time


def test_before_anything_has_ended_there_is_no_time_to_tell(clock: Clock) -> None:
    watched = begun(clock, {1: search(), 2: search()})
    clock.now += 100.0
    watched.running[0] = Running(1, 0, is_refit=False, since=1000.0)
    assert watched.share == 0.0
    assert watched.seconds_left is None
    assert watched.elapsed_s == 100.0


def test_time_goes_by_cost_not_by_count(clock: Clock) -> None:
    studies = fast({1: 300.0, 2: 100.0})
    watched = begun(clock, studies)
    clock.now += 30.0
    end(studies[1], 30.0)
    assert watched.seconds_left == pytest.approx(10.0)
    assert watched.share == pytest.approx(0.75)
    clock.now += 10.0
    end(studies[2], 10.0, rmse=None)
    assert watched.seconds_left == 0.0, "a failed trial is work done, too"
    assert watched.share == 1.0


def test_workers_share_the_work(clock: Clock) -> None:
    studies = fast(dict.fromkeys(range(1, 10), 1.0))
    watched = begun(clock, studies, workers=4)
    clock.now += 5.0
    end(studies[1], 5.0)
    assert watched.seconds_left == pytest.approx(8 * 5.0 / 4)


def test_there_is_no_time_left_to_tell_before_a_tenth_is_done(clock: Clock) -> None:
    studies = fast({1: 9.0, 2: 10.0, 3: 81.0})
    watched = begun(clock, studies)
    clock.now += 9.0
    end(studies[1], 9.0)
    assert watched.seconds_left is None
    assert watched.share == pytest.approx(0.09)
    clock.now += 10.0
    end(studies[2], 10.0)
    assert watched.seconds_left == pytest.approx(81.0)


def test_a_running_trial_counts_for_the_time_it_has_had_but_is_never_taken_for_finished(clock: Clock) -> None:
    studies = fast({1: 10.0, 2: 10.0})
    watched = begun(clock, studies)
    clock.now += 10.0
    end(studies[1], 10.0)
    watched.running[0] = Running(2, 0, is_refit=False, since=clock())
    clock.now += 4.0
    assert watched.seconds_left == pytest.approx(6.0)
    clock.now += 1e6
    assert watched.seconds_left == pytest.approx(1.0)
    assert watched.share < 1.0


def test_what_an_earlier_run_finished_is_no_work_of_this_one(clock: Clock) -> None:
    kept = search(n_trials=4, counts={"COMPLETE": 4}, best=0.01, refits=[0.01] * 3)
    other = StudyProgress("LSTM", 4, counts={"COMPLETE": 2}, best=0.02)
    watched = begun(clock, {1: kept, 2: other})
    assert watched.share == 0.0
    clock.now += 10.0
    end(other, 10.0)
    assert watched.seconds_left == pytest.approx(10.0)
    assert watched.share == pytest.approx(0.5)


def test_where_nothing_is_left_to_do_all_is_done(clock: Clock) -> None:
    watched = begun(clock, {1: search(n_trials=1, counts={"COMPLETE": 1}, best=0.01, refits=[0.01] * 3)})
    assert watched.share == 1.0
    assert watched.seconds_left == 0.0


def test_refits_are_work_to_come_unless_there_is_nothing_to_fit_again(clock: Clock) -> None:
    study = search(n_trials=2)
    watched = begun(clock, {1: study})
    for seconds, rmse in ((5.0, 0.02), (25.0, 0.01)):
        clock.now += seconds
        end(study, seconds, rmse)
    assert watched.seconds_left == pytest.approx(75.0), "three fits, each as long as the best trial"
    clock.now += 20.0
    study.refits.append(0.02)
    watched.running[0] = Running(1, 1, is_refit=True, since=clock())
    assert watched.seconds_left == pytest.approx(50.0)
    clock.now += 20.0
    assert watched.seconds_left == pytest.approx(30.0)
    failed = search(n_trials=1)
    end(failed, 10.0, rmse=None)
    assert begun(clock, {1: failed}).seconds_left == 0.0
    other = search(n_trials=1, counts={"COMPLETE": 1}, best=0.01, best_seconds=20.0)
    watched = begun(clock, {1: failed, 2: other})
    clock.now += 20.0
    assert watched.seconds_left == pytest.approx(60.0), "of the other one alone"


def test_where_only_refits_are_left_of_an_earlier_run_their_time_is_known_from_the_start(
    clock: Clock,
) -> None:
    studies = {
        i: search(n_trials=2, counts={"COMPLETE": 2}, best=0.01, best_seconds=20.0, refits=[0.01] * i)
        for i in (1, 2, 3)
    }
    watched = begun(clock, studies, workers=2)
    clock.now += 10.0
    assert watched.seconds_left == pytest.approx((40.0 + 20.0) / 2)


def test_other_architectures_tell_how_long_a_refit_lasts_beside_a_search_trial(clock: Clock) -> None:
    done, fresh = search(n_trials=3), search(n_trials=3)
    watched = begun(clock, {1: done, 2: fresh})
    for seconds, rmse in ((1.0, 0.03), (1.0, 0.04), (10.0, 0.01)):
        clock.now += seconds
        end(done, seconds, rmse)
    done.refits += [0.01] * 3
    clock.now += 30.0
    # Trials of 4 seconds on average, of which a refit is worth two and a half.
    assert watched.seconds_left == pytest.approx(3 * 4.0 + 3 * 10.0)


def test_with_a_budget_the_end_is_known(clock: Clock) -> None:
    watched = begun(clock, {1: search(), 2: search()}, ends_at=clock() + 200.0)
    assert (watched.share, watched.seconds_left) == (0.0, 200.0)
    clock.now += 50.0
    assert (watched.share, watched.seconds_left) == (0.25, 150.0)
    clock.now += 500.0
    assert (watched.share, watched.seconds_left) == (1.0, 0.0)


# Whole runs


@dataclass
class Simulated:
    """A run whose trials take about as long as their costs let expect, in rounds, then refits.

    With pruning, two trials in three end after one epoch of about a dozen, and most others early.
    """

    clock: Clock
    watched: Progress
    pruning: bool
    generator: np.random.Generator

    def __post_init__(self) -> None:
        self.pace = {i: study.cost * self.generator.uniform(0.7, 1.3) for i, study in self.studies.items()}
        self.estimates: list[tuple[float, float | None, float]] = []
        """Clock, seconds left and share, at every step."""
        self.step_s = sum(self.pace.values()) * max(study.n_trials for study in self.studies.values()) / 20

    @property
    def studies(self) -> dict[int, StudyProgress]:
        return self.watched.studies

    def run(self) -> None:
        queue = [(i, False) for i, study in self.studies.items() for _ in range(min(study.n_trials, 12))]
        out: list[tuple[float, int, int, bool]] = []
        free = list(range(self.watched.workers))
        self.note()
        while queue or out:
            while free and queue:
                self.start(free.pop(), queue, out)
            self.wait_until(out[0][0])
            _, worker, model_id, is_refit = heapq.heappop(out)
            free.append(worker)
            run, study = self.watched.running.pop(worker), self.studies[model_id]
            seconds = self.clock.now - run.since
            if is_refit:
                study.refits.append(0.01)
            else:
                end(study, seconds, 1.0 / seconds)  # the best is one that was not pruned
            is_round_over = model_id not in [i for i, _ in queue] and model_id not in [
                i for _, _, i, _ in out
            ]
            if is_round_over and study.n_ended < study.n_trials:
                queue += [(model_id, False)] * min(study.n_trials - study.n_ended, 12)
            elif is_round_over:
                queue += [(model_id, True)] * (study.n_refits - len(study.refits))
            self.note()

    def start(
        self, worker: int, queue: list[tuple[int, bool]], out: list[tuple[float, int, int, bool]]
    ) -> None:
        """The costliest first."""
        model_id, is_refit = min(queue, key=lambda each: -self.studies[each[0]].cost)
        queue.remove((model_id, is_refit))
        epochs = self.generator.uniform(8, 16)
        if self.pruning and not is_refit:
            epochs = self.generator.choice([1.0, 3.0, 9.0, epochs], p=[0.65, 0.2, 0.07, 0.08])
        seconds = self.pace[model_id] * epochs * self.generator.uniform(0.8, 1.2)
        self.watched.running[worker] = Running(model_id, 0, is_refit, self.clock.now)
        heapq.heappush(out, (self.clock.now + seconds, worker, model_id, is_refit))

    def wait_until(self, moment: float) -> None:
        while self.clock.now + self.step_s < moment:
            self.clock.now += self.step_s
            self.note()
        self.clock.now = moment

    def note(self) -> None:
        self.estimates.append((self.clock.now, self.watched.seconds_left, self.watched.share))


def simulated(clock: Clock, seed: int, *, mode: str, workers: int = 2, n: int = 30) -> Simulated:
    generator = np.random.default_rng(seed)
    costs = np.exp(generator.normal(0.0, 0.7, n))
    n_trials, n_refits = (1, 0) if mode == "fast" else (20, 3)
    studies = {
        i: StudyProgress(f"Model {i}", n_trials, n_refits, cost=float(cost))
        for i, cost in enumerate(costs, 1)
    }
    made = Simulated(clock, begun(clock, studies, workers=workers), mode == "pruning", generator)
    made.run()
    return made


@pytest.mark.parametrize("mode", ["fast", "whole", "pruning"])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_after_the_first_tenth_the_time_left_is_right_within_a_third(
    clock: Clock, mode: str, workers: int, seed: int
) -> None:
    began = clock.now
    estimates = simulated(clock, seed, mode=mode, workers=workers).estimates
    took = clock.now - began
    moments = [(now - began, left) for now, left, _ in estimates]
    # In the last tenth a third is no more than a trial, and that one may be long or short.
    compared = [(took - now, left) for now, left in moments if 0.1 * took <= now <= 0.9 * took]
    told = [(due, left) for due, left in compared if left is not None]
    right = sum(abs(left - due) <= due / 3 for due, left in told)
    assert len(told) > 0.75 * len(compared)
    assert right >= 0.85 * len(told)


@pytest.mark.parametrize("mode", ["fast", "whole", "pruning"])
def test_a_run_begins_at_nothing_and_ends_with_all_of_it(clock: Clock, mode: str) -> None:
    run = simulated(clock, 0, mode=mode, n=4)
    shares = [share for _, _, share in run.estimates]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert max(shares[:-1]) < 1.0
    assert all(left is None or left >= 0.0 for _, left, _ in run.estimates)
    assert run.watched.n_done == 4


def test_others_are_told_in_strict_json_whatever_the_numbers(clock: Clock) -> None:
    studies = {
        6: StudyProgress(
            "a", 3, 3, counts={"COMPLETE": 2}, best=np.float64(0.5), n_timed=2, seconds=math.inf
        ),
        9: StudyProgress("b", 3, 3, counts={"FAIL": 1}, best=math.nan, reason="diverged"),
    }
    running = Running(9, 1, False, since=clock(), epoch=2, curve=(0.5, math.inf, math.nan, np.float64(1.0)))
    told = begun(clock, studies, running={0: running}, last_value_rmse=math.nan).to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    (run,) = told["running"]
    assert run["curve"] == [0.5, None, None, 1.0]
    assert (told["last_value_rmse"], told["models"][1]["score"]) == (None, None)


def test_a_run_of_no_time_at_all_has_a_share(clock: Clock) -> None:
    done = begun(clock, {6: StudyProgress("a", 1, counts={"COMPLETE": 1}, best=0.5)})
    assert done.to_json()["share"] == 1.0
    late = begun(clock, {6: StudyProgress("a", 1)}, ends_at=clock())
    assert (late.to_json()["share"], late.to_json()["seconds_left"]) == (1.0, 0.0)
