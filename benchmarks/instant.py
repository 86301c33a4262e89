"""An executor whose trials take no time: what is left is what the process that hands them out needs."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any, Self

import numpy as np

from trintena.domain import TrialResult
from trintena.jobs.protocol import Event, Failed, Finished, Reported, Started, Task


class InstantExecutor:
    """Ends a trial as soon as it is asked for news: figures drawn at random, always the same weights."""

    def __init__(self, n_weights: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._weights = (self._random.normal(size=n_weights).astype(np.float32),)
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
        if "trial" not in task.kwargs:
            self._events.append(Failed(task.key, 0, RuntimeError("no baselines here")))
            return
        trial = task.kwargs["trial"]
        self._events.append(Started(task.key, 0))
        self._events += [
            Reported(task.key, 0, {"epoch": epoch, "rmse": 0.01})
            for epoch in range(1, trial.hyperparameters.epochs + 1)
        ]
        self._events.append(Finished(task.key, 0, self._ended(trial, task.kwargs)))
        self.n_ended += 1

    def _ended(self, trial: TrialResult, kwargs: dict[str, Any] | Any) -> TrialResult:
        segments, horizon = kwargs["segments"], kwargs["transformation"].horizon
        n_epochs = trial.hyperparameters.epochs
        curve = tuple(0.01 * (1 + 0.1 * self._random.random(n_epochs)))
        forecasts = {
            name: self._random.normal(0.0, 0.001, (len(segments[name]), horizon))
            for name in kwargs["forecast"]
        }
        return replace(
            trial,
            state="COMPLETE",
            n_parameters=len(self._weights[0]),
            fit_seconds=1.0,
            elapsed_seconds=1.0,
            train_losses=curve,
            validation_curve=curve,
            learning_rates=(0.001,) * n_epochs,
            validation_rmse=min(curve, default=math.inf),
            forecasts=forecasts,
            weights=self._weights,
        )
