"""What handing out trials costs by itself: a search whose trials take no time.

    python benchmarks/instant.py --models 9 --trials 400

An executor in this process ends every trial as soon as it is asked for news, with figures drawn at random.
Rounds, records, the mirror in Optuna's tables and the database are the real ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

import planted
from trintena.bootstrap import application
from trintena.data import read_csv
from trintena.domain import Search, SearchSpace, TrialResult
from trintena.experiments import Request, Workplace, plan
from trintena.experiments.case import Case
from trintena.experiments.training_run import BASELINES, TrainingRun
from trintena.jobs.inference import InferenceProcess
from trintena.jobs.protocol import Event, Failed, Finished, Reported, Started, Task
from trintena.settings import Settings

N_WEIGHTS = 30_000
"""Of a network of middling size."""


class InstantExecutor:
    """Always one worker, always done."""

    n_workers = population = 1

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._weights = (self._random.normal(size=N_WEIGHTS).astype(np.float32),)
        self._open: deque[Task] = deque()
        self._events: deque[Event] = deque()
        self.n_ended = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def start(self) -> None: ...

    def submit(self, task: Task) -> None:
        self._open.append(task)

    @property
    def n_unfinished(self) -> int:
        return len(self._open)

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        if not self._events and self._open:
            self._run(self._open.popleft())
        return self._events.popleft() if self._events else None

    def events(self) -> Iterator[Event]:
        while (event := self.next_event()) is not None:
            yield event

    def cancel_pending(self) -> tuple[Hashable, ...]:
        keys = tuple(task.key for task in self._open)
        self._open.clear()
        return keys

    def close(self, grace_s: float = 0.0) -> None:
        self._open.clear()

    def _run(self, task: Task) -> None:
        if task.key == BASELINES:
            self._events.append(Failed(task.key, 0, RuntimeError("none here")))
            return
        (trial,) = task.kwargs["trials"]
        n_epochs = trial.hyperparameters.epochs
        self._events.append(Started(task.key, 0))
        self._events += [
            Reported(task.key, 0, {"epoch": epoch, "rmse": 0.01}) for epoch in range(1, n_epochs + 1)
        ]
        self._events.append(Finished(task.key, 0, [self._ended(trial, task)]))
        self.n_ended += 1

    def _ended(self, trial: TrialResult, task: Task) -> TrialResult:
        segments, horizon = task.shared["segments"], task.shared["transformation"].horizon
        curve = tuple(0.01 * (1 + 0.1 * self._random.random(trial.hyperparameters.epochs)))
        return replace(
            trial,
            state="COMPLETE",
            n_parameters=N_WEIGHTS,
            fit_seconds=1.0,
            elapsed_seconds=1.0,
            train_losses=curve,
            validation_curve=curve,
            learning_rates=(0.001,) * len(curve),
            validation_rmse=min(curve),
            forecasts={
                name: self._random.normal(0.0, 0.001, (len(segments[name]), horizon))
                for name in task.kwargs["forecast"]
            },
            weights=self._weights,
        )


class _Unaided(TrainingRun):
    """One that starts no process to load Keras: none is needed here, and it would be waited for."""

    @property
    def is_ending(self) -> bool:
        return False


def measured(models: str, n_trials: int, home: Path) -> dict[str, Any]:
    """Trials, and the seconds of a processor and of the clock that handing them out took."""
    planted.write(home / "planted.csv")
    series = read_csv(home / "planted.csv").series
    settings = Settings.from_environment({"TRINTENA_HOME": str(home)})
    search = Search("random", n_trials, SearchSpace(), pruning=False)
    wanted = Request(model_ids=models, mode="optimized", search=search, years=None)
    with application(settings) as app, InferenceProcess() as inference:
        app.registry.save_dataset(series)
        number = plan(wanted, series, app.registry)
        executor = InstantExecutor()
        place = Workplace(settings, app.registry, executor, inference)
        case = Case.load(app.registry, app.registry.experiment(number))
        worked, began = time.process_time(), time.monotonic()
        _Unaided(place, case, lambda progress: None).train()
        return {
            "trials": executor.n_ended,
            "cpu_s": time.process_time() - worked,
            "seconds": time.monotonic() - began,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default="9", help="as `trintena train` takes them (default 9)")
    parser.add_argument("--trials", type=int, default=400, help="of each architecture (default 400)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as home:
        told = measured(options.models, options.trials, Path(home))
    cpu_ms, ms = (1000 * told[key] / told["trials"] for key in ("cpu_s", "seconds"))
    print(f"{told['trials']} trials: each {cpu_ms:.1f} ms of a processor, {ms:.1f} ms by the clock")


if __name__ == "__main__":
    main()
