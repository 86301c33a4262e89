from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from trintena.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trintena.domain import ExperimentSpec, PriceSeries
    from trintena.registry import Registry


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "s")


def test_events_come_in_order_and_only_the_new_ones(registry: Registry, experiment: int) -> None:
    other = registry.create_experiment(registry.experiment(experiment).spec)
    first = registry.add_event(experiment, "started")
    registry.add_event(other, "started")
    second = registry.add_event(experiment, "trial", {"model_id": 6, "rmse": float("nan")})

    events = registry.events(experiment)
    assert [(e.id, e.kind) for e in events] == [(first, "started"), (second, "trial")]
    assert events[1].payload == {"model_id": 6, "rmse": None}
    assert events[0].at <= events[1].at
    assert registry.events(experiment, after=first) == events[1:]
    assert registry.events(experiment, after=second) == []


def test_writers_of_one_process_wait_for_each_other(registry: Registry, experiment: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda i: registry.add_event(experiment, "tick", {"i": i}), range(40)))
    assert sorted(numbers) == [e.id for e in registry.events(experiment)]


def test_an_experiment_looks_at_the_test_once(registry: Registry, experiment: int) -> None:
    assert registry.count_test_passes("NVDA", day("2024-01-01"), day("2024-12-31")) == 0
    for _ in range(2):
        registry.record_test_pass(experiment, "NVDA", day("2024-06-01"), day("2024-06-30"))
    assert registry.count_test_passes("NVDA", day("2024-01-01"), day("2024-12-31")) == 1


@pytest.mark.parametrize(
    ("first", "last", "n_passes"),
    [
        ("2024-05-01", "2024-05-31", 0),
        ("2024-05-01", "2024-06-01", 1),
        ("2024-06-10", "2024-06-11", 1),
        ("2024-06-30", "2024-07-31", 1),
        ("2024-07-01", "2024-07-31", 0),
        ("2024-01-01", "2024-12-31", 1),
    ],
)
def test_a_pass_counts_where_its_days_overlap(
    registry: Registry, experiment: int, first: str, last: str, n_passes: int
) -> None:
    registry.record_test_pass(experiment, "NVDA", day("2024-06-01"), day("2024-06-30"))
    assert registry.count_test_passes("NVDA", np.datetime64(first), np.datetime64(last)) == n_passes
    assert registry.count_test_passes("AAPL", day(first), day(last)) == 0


def test_passes_add_up_across_datasets_and_outlive_their_experiment(
    registry: Registry,
    experiment: int,
    series: Callable[..., PriceSeries],
    spec: Callable[..., ExperimentSpec],
) -> None:
    other = registry.create_experiment(spec(registry.save_dataset(series(seed=9))))
    for number in (experiment, other):
        registry.record_test_pass(number, "NVDA", day("2024-06-01"), day("2024-06-30"))
    registry.delete_experiment(experiment)
    assert registry.count_test_passes("NVDA", day("2024-06-30"), day("2024-06-30")) == 2


def test_only_a_known_experiment_has_events_and_passes(registry: Registry) -> None:
    with pytest.raises(NotFoundError):
        registry.add_event(99, "started")
    with pytest.raises(NotFoundError):
        registry.record_test_pass(99, "NVDA", day("2024-06-01"), day("2024-06-30"))
