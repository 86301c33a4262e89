"""Our side of the comparison with KerasTuner: the same trials by the engine, in worker processes.

    python benchmarks/tuner_ours.py SYMBOL TRIALS.json ANSWER.json STARTED_AT

Every trial is trained to its end, none is pruned, and none is fitted again. STARTED_AT is when the
process was started, in seconds since the epoch; the clock stops when the last trial ends, with its
forecasts of the test segment.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from case import SEED, Case
from trintena.domain import Hyperparameters, TrialResult
from trintena.experiments.workplace import WARM_UP, training_environment
from trintena.jobs.executors import EXECUTORS
from trintena.jobs.protocol import Failed, Finished, Task
from trintena.settings import Settings
from trintena.zoo import WindowShape, architecture

if TYPE_CHECKING:
    from trintena.jobs.protocol import Executor


def main(symbol: str, trials: Path, answer: Path, started_at: float) -> None:
    settings = Settings.from_environment()
    environment = training_environment(settings)
    told = []
    with EXECUTORS["local"](settings, environment=environment, warm=WARM_UP) as executor:
        case = Case.of(symbol)
        for ended in train(case, listed(trials), executor):
            record = {
                "model_id": ended.model_id,
                "number": ended.number,
                "epochs": len(ended.train_losses),
                "seconds": ended.elapsed_seconds,
                "ended_s": time.time() - started_at,
                "state": ended.state,
            }
            if ended.state == "COMPLETE":
                record["validation_rmse"] = ended.validation_rmse
                record["test_skill"] = case.test_skill(ended.forecasts["test"])
            told.append(record)
        seconds = time.time() - started_at
    told.sort(key=lambda record: (record["model_id"], record["number"]))
    answer.write_text(json.dumps({"seconds": seconds, "trials": told}), "utf-8")


def listed(trials: Path) -> list[TrialResult]:
    plan: dict[str, list[dict[str, Any]]] = json.loads(trials.read_text("utf-8"))["trials"]
    return [
        TrialResult(int(model_id), "WAITING", Hyperparameters(**setting), SEED, number)
        for model_id, settings in plan.items()
        for number, setting in enumerate(settings)
    ]


def train(case: Case, trials: list[TrialResult], executor: Executor) -> Iterator[TrialResult]:
    """Each trial as it ends. Those that may take longest begin first."""
    shape = WindowShape(case.frame.lookback, case.frame.table.shape[1], case.frame.targets.shape[1])
    for trial in trials:
        n_parameters = sum(weight.size for weight in architecture(trial.model_id).graph(shape).weights)
        executor.submit(
            Task(
                key=(trial.model_id, trial.number),
                function="trintena.training.trial:run_trial",
                kwargs={
                    "series": case.series,
                    "transformation": case.transformation,
                    "segments": case.segments,
                    "trial": trial,
                    "forecast": ("validation", "test"),
                },
                cost=n_parameters * trial.hyperparameters.epochs,
                group=trial.model_id,
            )
        )
    for event in executor.events():
        match event:
            case Finished(result=result):
                yield result
            case Failed(error=error):
                raise error


if __name__ == "__main__":
    name, *files, moment = sys.argv[1:]
    main(name, *map(Path, files), started_at=float(moment))
