from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trintena.experiments import Progress, progress


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


def begun(clock: Clock, costs: dict[int, float], **others: Any) -> Progress:
    return Progress(
        experiment_id=1,
        names={model_id: f"Model {model_id}" for model_id in costs},
        costs=costs,
        started_at=clock(),
        **{"workers": 1, "last_value_rmse": 0.02, **others},
    )


def test_a_share_is_one_of_the_costs_not_of_the_count(clock: Clock) -> None:
    watched = begun(clock, {1: 300.0, 2: 100.0})
    assert watched.total == 2
    assert watched.share == 0.0
    watched.finished[1] = 0.01
    assert watched.share == 0.75
    watched.finished[2] = None
    assert watched.share == 1.0, "a failed trial is work done, too"


def test_what_an_earlier_run_finished_is_no_work_of_this_one(clock: Clock) -> None:
    watched = begun(clock, {1: 300.0, 2: 100.0, 3: 100.0}, finished={1: 0.01}, kept=frozenset({1}))
    assert watched.share == 0.0
    watched.finished[2] = 0.01
    assert watched.share == 0.5
    assert watched.total == 3, "it is counted among the trials"


def test_where_nothing_is_left_to_do_all_is_done(clock: Clock) -> None:
    watched = begun(clock, {1: 300.0}, finished={1: 0.01}, kept=frozenset({1}))
    assert watched.share == 1.0
    assert watched.seconds_left == 0.0


def test_a_running_trial_counts_for_the_time_it_has_had(clock: Clock) -> None:
    watched = begun(clock, {1: 100.0, 2: 100.0, 3: 200.0})
    clock.now += 10.0
    watched.finished[1] = 0.01
    watched.running[0] = (2, clock())
    assert watched.share == 0.25
    clock.now += 10.0
    # A hundred in twenty seconds: fifty more in the ten since.
    assert watched.share == pytest.approx(150 / 400)


def test_a_running_trial_is_never_taken_for_finished(clock: Clock) -> None:
    watched = begun(clock, {1: 100.0, 2: 100.0})
    clock.now += 1.0
    watched.finished[1] = 0.01
    watched.running[0] = (2, clock())
    clock.now += 1e6
    assert watched.share <= 0.95


@pytest.mark.parametrize("seed", range(20))
def test_the_share_never_falls_and_ends_at_one(clock: Clock, seed: int) -> None:
    # Durations have little to do with costs: estimates are wrong, in either direction.
    generator = np.random.default_rng(seed)
    n, workers = int(generator.integers(3, 12)), int(generator.integers(1, 5))
    costs = {model_id: float(cost) for model_id, cost in enumerate(generator.uniform(1, 100, n), 1)}
    kept = dict.fromkeys(list(costs)[: int(generator.integers(0, 3))], 0.5)
    watched = begun(clock, costs, workers=workers, finished=dict(kept), kept=frozenset(kept))
    waiting = [model_id for model_id in costs if model_id not in kept]
    ends: dict[int, float] = {}
    shares = [watched.share]
    while waiting or ends:
        for worker in range(workers):
            if worker in ends and ends[worker] <= clock.now:
                model_id, _ = watched.running[worker]
                watched.finished[model_id] = 0.5 if generator.random() < 0.8 else None
                del watched.running[worker], ends[worker]
                shares.append(watched.share)
            if worker not in ends and waiting:
                watched.running[worker] = (waiting.pop(), clock())
                ends[worker] = clock() + float(generator.uniform(0.1, 20.0))
                shares.append(watched.share)
        clock.now += 0.25
        shares.append(watched.share)
    assert (np.diff(shares) >= -1e-12).all()
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert max(shares) <= 1.0


def test_there_is_no_time_left_to_tell_before_a_tenth_is_done(clock: Clock) -> None:
    watched = begun(clock, {1: 9.0, 2: 10.0, 3: 81.0})
    assert watched.seconds_left is None
    clock.now += 30.0
    watched.finished[1] = 0.01
    assert watched.seconds_left is None
    watched.finished[2] = 0.01
    assert watched.seconds_left == pytest.approx(30.0 * 81 / 19)
    watched.finished[3] = 0.01
    assert watched.seconds_left == 0.0


def test_the_time_left_is_told_from_a_tenth_on(clock: Clock) -> None:
    watched = begun(clock, {1: 10.0, 2: 90.0})
    clock.now += 5.0
    watched.finished[1] = None
    assert watched.elapsed_s == 5.0
    assert watched.seconds_left == pytest.approx(45.0)


def test_the_best_so_far_has_the_lowest_rmse_and_failures_none(clock: Clock) -> None:
    watched = begun(clock, dict.fromkeys(range(1, 5), 1.0))
    assert watched.best is None
    watched.finished[1] = None
    assert watched.best is None
    watched.finished[2] = 0.03
    watched.finished[3] = 0.01
    watched.finished[4] = 0.02
    assert watched.best == ("Model 3", 0.01)


def test_the_best_so_far_may_be_of_an_earlier_run(clock: Clock) -> None:
    watched = begun(clock, {1: 1.0, 2: 1.0}, finished={1: 0.01}, kept=frozenset({1}))
    watched.finished[2] = 0.02
    assert watched.best == ("Model 1", 0.01)


def test_a_tie_goes_to_the_lower_id_as_on_the_board(clock: Clock) -> None:
    watched = begun(clock, {10: 1.0, 9: 1.0})
    watched.finished |= {10: 0.01, 9: 0.01}
    assert watched.best == ("Model 9", 0.01)
