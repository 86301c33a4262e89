"""How far an experiment is: what a person who watches wants to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

EARLIEST_ESTIMATE = 0.1
"""Before this share of the work is done, a time left would be a guess."""


@dataclass
class Progress:
    """A running experiment, kept up to date by the loop that runs it.

    Costs are in any unit that is roughly proportional to time. `running` says which architecture each
    worker trains and since when.
    """

    experiment_id: int
    names: dict[int, str]
    costs: dict[int, float]
    workers: int
    last_value_rmse: float
    """Of the validation segment, in units of the target: what to beat."""
    phase: str = "training"
    """`training`, then `judging` while the test segment is scored and the champion saved."""
    started_at: float = field(default_factory=time.monotonic)
    running: dict[int, tuple[int, float]] = field(default_factory=dict)
    finished: dict[int, float | None] = field(default_factory=dict)
    """Validation RMSE by architecture, None where the trial failed."""
    reasons: dict[int, str] = field(default_factory=dict)
    latest: int | None = None
    """The architecture whose trial ended last."""
    kept: frozenset[int] = frozenset()
    """Architectures that an earlier, interrupted run had finished."""

    @property
    def total(self) -> int:
        """Trials in all."""
        return len(self.names)

    @property
    def best(self) -> tuple[str, float] | None:
        """The leader so far, and its validation RMSE; provisional."""
        scored = [(rmse, model_id) for model_id, rmse in self.finished.items() if rmse is not None]
        if not scored:
            return None
        rmse, model_id = min(scored)
        return self.names[model_id], rmse

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began."""
        return time.monotonic() - self.started_at

    @property
    def share(self) -> float:
        """Of the work of this run, the part that is done; running trials count for what they have had."""
        to_do = {model_id: cost for model_id, cost in self.costs.items() if model_id not in self.kept}
        total = sum(to_do.values())
        if not total:
            return 1.0
        done = sum(cost for model_id, cost in to_do.items() if model_id in self.finished)
        elapsed = self.elapsed_s
        if done and elapsed:
            rate = done / elapsed / max(self.workers, 1)
            for model_id, since in self.running.values():
                done += min(0.9 * self.costs[model_id], rate * (time.monotonic() - since))
        return min(done / total, 1.0)

    @property
    def seconds_left(self) -> float | None:
        """An estimate, or None while there is too little to go by."""
        share = self.share
        return None if share < EARLIEST_ESTIMATE else self.elapsed_s * (1.0 - share) / share


Observer = Callable[[Progress], None]
"""Called after everything that happens, and about four times a second in between."""
