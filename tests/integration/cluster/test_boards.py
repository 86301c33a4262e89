"""The same seed gives the same board, on a cluster or without: to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration.champion.lab import environment_of
from integration.cluster.conftest import Nodes
from integration.search.searching import REQUEST, board, series
from trintena.bootstrap import Application, application
from trintena.domain import Search, SearchSpace
from trintena.experiments import Request, plan, run_experiment
from trintena.settings import Settings
from trintena.worker import run_next

SPACE = SearchSpace(
    learning_rate=(0.001, 0.01), batch_size=(32,), dropout_rate=(0.1,), epochs=(2, 4), activation=("tanh",)
)
SEARCHES = [
    pytest.param(Search("grid", space=SPACE), id="grid"),
    pytest.param(Search("random", 3, space=SPACE), id="random", marks=pytest.mark.slow),
]
TIMES = {"total_time", "avg_time_per_model", "elapsed_time", "fit_seconds", "experiment_id", "all_results"}


def opened(home: Path, nodes: Nodes) -> Any:
    return application(
        Settings.from_environment({**environment_of(home), "TRINTENA_RAY_ADDRESS": nodes.address})
    )


def answer(app: Application, executor: str, search: Search) -> dict[str, Any]:
    request = Request(
        **{**REQUEST, "model_ids": (6,), "years": None}, mode="optimized", search=search, seed=3
    )
    with app.workplace(workers=2, executor=executor) as place:
        experiment_id = plan(request, series(), app.registry, executor=executor)
        return run_experiment(place, experiment_id)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_on_a_cluster_has_the_board_of_this_machine(
    search: Search, nodes: Nodes, tmp_path: Path
) -> None:
    answers = {}
    for executor in ("local", "ray"):
        with opened(tmp_path / executor, nodes) as app:
            answers[executor] = answer(app, executor, search)
    local, ray = answers["local"], answers["ray"]
    assert board(ray) == board(local)
    for part in ("winner", "baselines", "verdict", "forecast", "trial_counts"):
        assert part in local
        assert _without_times(ray[part]) == _without_times(local[part]), part


def test_a_worker_takes_from_the_queue_where_to_run(nodes: Nodes, tmp_path: Path) -> None:
    with opened(tmp_path, nodes) as app:
        request = Request(model_ids=(9,), lookback=8, split=REQUEST["split"], years=None)
        experiment_id = plan(request, series(), app.registry, enqueued=True, executor="ray")
        before = nodes.n_started()
        assert run_next(app, workers=1)
        record = app.registry.experiment(experiment_id)
        assert (record.state, record.executor) == ("succeeded", "ray")
        assert nodes.n_started() > before


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(each) for key, each in value.items() if key not in TIMES}
    return [_without_times(each) for each in value] if isinstance(value, list) else value
