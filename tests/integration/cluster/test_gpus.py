"""GPUs that the cluster is only told of: where workers are placed, and that trials go side by side.

There is no GPU here: what a real one does with its share of memory and work is not seen by these tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.champion.lab import environment_of
from integration.cluster.conftest import Nodes, cluster
from integration.search.searching import REQUEST, board, series
from trintena.bootstrap import application
from trintena.domain import Search, SearchSpace
from trintena.experiments import Request, Workplace, plan, run_experiment
from trintena.jobs.executors.ray import RayExecutor
from trintena.jobs.protocol import Finished, Task
from trintena.settings import Settings

pytestmark = pytest.mark.slow

SPACE = SearchSpace(
    learning_rate=(0.001, 0.01), batch_size=(32,), dropout_rate=(0.1,), epochs=(4,), activation=("tanh",)
)


@pytest.fixture(scope="module")
def gpus(surroundings: None) -> Iterator[Nodes]:
    with cluster(1, num_gpus=1) as nodes:
        yield nodes


def test_each_share_of_a_gpu_has_a_worker_and_processors_have_none(gpus: Nodes) -> None:
    names = ["CUDA_VISIBLE_DEVICES", "XLA_PYTHON_CLIENT_MEM_FRACTION"]
    with RayExecutor(gpus.address, environment={}, gpu_share=0.5, gpu_population=4) as executor:
        assert (executor.n_workers, executor.population) == (2, 4)
        for key in range(2):
            executor.submit(Task(key, "job_tasks:surroundings", {"names": names}))
        seen = [e.result["variables"] for e in executor.events() if isinstance(e, Finished)]
    assert seen == [{"CUDA_VISIBLE_DEVICES": "0", "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.450"}] * 2


def test_a_processor_worker_sees_no_gpu(gpus: Nodes) -> None:
    with RayExecutor(gpus.address, environment={}, gpu_population=4) as executor:
        assert (executor.n_workers, executor.population) == (1, 1)
        executor.submit(Task("seen", "job_tasks:surroundings", {"names": ["JAX_PLATFORMS"]}))
        (end,) = [event for event in executor.events() if isinstance(event, Finished)]
    assert end.result["variables"] == {"JAX_PLATFORMS": "cpu"}


def test_a_search_side_by_side_finds_what_one_by_one_finds(gpus: Nodes, tmp_path: Path) -> None:
    told = {"TRINTENA_RAY_ADDRESS": gpus.address, "TRINTENA_RAY_GPU_SHARE": "1"}
    settings = Settings.from_environment({**environment_of(tmp_path), **told})
    search = Search("grid", space=SPACE, pruning=False)
    rows = {}
    for executor in ("local", "ray"):
        with application(settings) as app, app.workplace(workers=1, executor=executor) as place:
            request = Request(
                **{**REQUEST, "model_ids": (6,), "years": None}, mode="optimized", search=search
            )
            tasks = counted(place)
            answer = run_experiment(place, plan(request, series(), app.registry, executor=executor))
            assert answer["trial_counts"]["COMPLETE"] == 2
            (rows[executor],) = board(answer)
            # Two trials of the search and three fits, beside the baselines.
            assert sorted(tasks) == ([1] * 5 if executor == "local" else [2, 3])
    assert rows["ray"]["best_params"] == rows["local"]["best_params"]
    assert rows["ray"]["best_rmse"] == pytest.approx(rows["local"]["best_rmse"], rel=1e-3)


def counted(place: Workplace) -> list[int]:
    """How many trials each task of a workplace has from now on."""
    counts: list[int] = []
    submit = place.executor.submit

    def counting(task: Task) -> None:
        if "trials" in task.kwargs:
            counts.append(len(task.kwargs["trials"]))
        submit(task)

    place.executor.submit = counting  # type: ignore[method-assign]
    return counts
