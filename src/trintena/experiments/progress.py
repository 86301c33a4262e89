"""How far an experiment is: what a person who watches wants to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trintena.domain import ENDED, TrialResult, TrialState, finite_json

EARLIEST_ESTIMATE = 0.1
"""Before this share of the work is done, a time left would be a guess."""
_REFIT = 3.0
"""How many search trials a refit is worth until one has ended unpruned, as no refit is (`benchmarks/`)."""


@dataclass
class StudyProgress:
    """How far one architecture is."""

    name: str
    n_trials: int
    """Search trials in all."""
    n_refits: int = 0
    """Fits of the best setting that follow them; those of fast mode are none."""
    cost: float = 1.0
    """Of one trial, in any unit that is roughly proportional to time."""
    counts: dict[TrialState, int] = field(default_factory=dict)
    """Search trials by state."""
    refits: list[float | None] = field(default_factory=list)
    """Validation RMSE of each refit that has ended, None where it failed."""
    best: float | None = None
    """The lowest validation RMSE of a trial that was not pruned."""
    best_seconds: float | None = None
    """What that trial took: what each refit of it is taken to last."""
    reason: str | None = None
    """Why its last failed trial failed."""
    n_timed: int = 0
    """Search trials that ended in this run."""
    seconds: float = 0.0
    """What its search trials took in this run together, of one worker. Those that wait at a rung count, too:
    the ones that end first are the short ones, and would promise too much."""

    @property
    def n_ended(self) -> int:
        """Search trials that have ended, in this run or before."""
        return sum(self.counts.get(state, 0) for state in ENDED)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        searched = self.n_ended >= self.n_trials
        return searched and (len(self.refits) >= self.n_refits or self.best is None)

    @property
    def score(self) -> float | None:
        """What it is ranked by so far: the mean of its refits, once all are there; else its best trial."""
        fits = [rmse for rmse in self.refits if rmse is not None]
        whole = self.n_refits and len(self.refits) >= self.n_refits and fits
        return sum(fits) / len(fits) if whole else self.best


@dataclass(frozen=True)
class Running:
    """What a worker is at."""

    model_id: int
    number: int
    is_refit: bool
    since: float
    """On the clock of `time.monotonic`."""
    epoch: int = 0
    """The last one that it finished."""
    curve: tuple[float, ...] = ()
    """The validation RMSE after each epoch so far."""


@dataclass
class Progress:
    """A running experiment, kept up to date by the loop that runs it."""

    experiment_id: int
    studies: dict[int, StudyProgress]
    """By architecture."""
    workers: int
    last_value_rmse: float | None
    """Of the validation segment, in units of the target: what to beat. A backtest has none."""
    phase: str = "training"
    """`training`, or `backtest`; then `judging` while the test segment is scored and the champion saved."""
    started_at: float = field(default_factory=time.monotonic)
    ends_at: float | None = None
    """When a run with a budget ends, on the same clock."""
    running: dict[int, Running] = field(default_factory=dict)
    """By worker."""
    latest: TrialResult | None = None
    """The trial that ended last."""
    is_backtest: bool = False
    """Whether its only study is a backtest, whose parts count as trials."""

    @property
    def searches(self) -> bool:
        """Whether there is more than one trial to each architecture: optimized mode."""
        return any(study.n_refits for study in self.studies.values())

    @property
    def n_done(self) -> int:
        """Architectures of which nothing more is to come."""
        return sum(study.is_over for study in self.studies.values())

    @property
    def n_trials(self) -> int:
        """Search trials in all."""
        return sum(study.n_trials for study in self.studies.values())

    @property
    def n_ended(self) -> int:
        """Search trials that have ended."""
        return sum(study.n_ended for study in self.studies.values())

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """Architectures by what each scores so far, best first; provisional."""
        scored = [(s.score, i, s.name) for i, s in self.studies.items() if s.score is not None]
        return [(name, score) for score, _, name in sorted(scored)]

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began."""
        return time.monotonic() - self.started_at

    @property
    def share(self) -> float:
        """Of this run's time, the part that has passed."""
        elapsed = self.elapsed_s
        if self.ends_at is not None:
            given = self.ends_at - self.started_at
            return min(elapsed / given, 1.0) if given > 0 else 1.0
        left = self._left()
        if left is None:
            return 0.0
        return elapsed / (elapsed + left) if elapsed + left else 1.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate, or None while there is too little to go by."""
        if self.ends_at is not None:
            return max(self.ends_at - time.monotonic(), 0.0)
        left = self._left()
        return left if left is not None and self.share >= EARLIEST_ESTIMATE else None

    def to_json(self) -> dict[str, Any]:
        """What others than the process that runs it may know, as strict JSON; times are seconds from now."""
        now = time.monotonic()
        leaders = [name for name, _ in self.ranking]
        told = {
            "phase": self.phase,
            "share": self.share,
            "seconds_left": self.seconds_left,
            "elapsed_s": self.elapsed_s,
            "has_budget": self.ends_at is not None,
            "workers": self.workers,
            "last_value_rmse": self.last_value_rmse,
            "n_models": len(self.studies),
            "n_done": self.n_done,
            "n_trials": self.n_trials,
            "n_ended": self.n_ended,
            "running": [
                {
                    "model_id": run.model_id,
                    "model_name": self.studies[run.model_id].name,
                    "purpose": "refit" if run.is_refit else "search",
                    "number": run.number,
                    "epoch": run.epoch,
                    "elapsed_s": now - run.since,
                    "curve": list(run.curve),
                }
                for _, run in sorted(self.running.items())
            ],
            "models": [
                {
                    "model_id": model_id,
                    "model_name": study.name,
                    "state": self._state_of(model_id, study),
                    "place": leaders.index(study.name) + 1 if study.name in leaders else None,
                    "score": study.score,
                    "n_trials": study.n_trials,
                    "n_ended": study.n_ended,
                    "n_failed": study.counts.get("FAIL", 0),
                    "n_refits": study.n_refits,
                    "n_refitted": len(study.refits),
                    "reason": study.reason,
                }
                for model_id, study in self.studies.items()
            ],
        }
        finite: dict[str, Any] = finite_json(told)  # a curve that runs away ends in infinity
        return finite

    def _state_of(self, model_id: int, study: StudyProgress) -> str:
        """`running`, `failed`, `done` or `waiting`."""
        if any(run.model_id == model_id for run in self.running.values()):
            return "running"
        if not study.is_over:
            return "waiting"
        return "failed" if study.score is None else "done"

    def _left(self) -> float | None:
        """Seconds to go; None while there are search trials to come and none has ended."""
        if all(study.is_over for study in self.studies.values()):
            return 0.0
        timed = [study for study in self.studies.values() if study.n_timed]
        if not timed and any(study.n_ended < study.n_trials for study in self.studies.values()):
            return None
        cost = sum(s.cost * s.n_timed for s in timed)
        by_cost = sum(s.seconds for s in timed) / cost if cost else 0.0
        found = [study for study in timed if study.best_seconds]
        by_mean = sum(s.seconds / s.n_timed for s in found)
        refit_by_mean = sum(s.best_seconds or 0.0 for s in found) / by_mean if by_mean else _REFIT
        work = 0.0
        for model_id, study in self.studies.items():
            # Its own mean as soon as it has one, weighed against what its cost lets expect.
            each = (study.seconds + by_cost * study.cost) / (study.n_timed + 1)
            refit = study.best_seconds or refit_by_mean * each
            n_trials = max(study.n_trials - study.n_ended, 0)
            n_refits = study.n_refits - len(study.refits) if n_trials or study.best is not None else 0
            to_come = n_trials * each + n_refits * refit
            for run in self.running.values():
                if run.model_id == model_id:
                    to_come -= min(time.monotonic() - run.since, 0.9 * (refit if run.is_refit else each))
            work += max(to_come, 0.0)
        return work / max(self.workers, 1)


Observer = Callable[[Progress], None]
"""Called after everything that happens, and about four times a second in between."""
