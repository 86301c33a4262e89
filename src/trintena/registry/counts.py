"""Counts: how much of everything there is, in a few queries that load no record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import Select, case, func, select

from trintena.domain import Mode, State, Target, TrialState
from trintena.registry.database import Database
from trintena.registry.tables import ArchitectureTrial, Dataset, Experiment, RegisteredModel

Kind = Mode | Literal["backtest"]
"""What an experiment does: a training in one of the modes, or none at all."""


@dataclass
class Total:
    """How many there were of something, and their seconds together."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.seconds += seconds


@dataclass(frozen=True)
class ExperimentCounts:
    """All experiments, by what they do and by state."""

    states: dict[tuple[Kind, State], int]
    running: dict[int, Kind]
    """Those that the database has as running, whether or not a process still does."""
    durations: dict[tuple[Kind, State], Total]
    """Of those that ended: from the first start to the end, pauses between runs included."""
    n_waiting: int
    """Those that wait in the queue."""


@dataclass(frozen=True)
class TrialCounts:
    """All trials of all experiments, refits included, by state."""

    states: dict[TrialState, int]
    durations: dict[TrialState, Total]
    """Of those whose time is known: how long each kept a worker, compiling and forecasting included."""


@dataclass(frozen=True)
class ChampionSummary:
    """A champion, without its files: who it is, how it scored, and how new its prices are."""

    symbol: str
    target: Target
    horizon: int
    created_at: datetime
    validation_rmse: float | None
    test_skill: float | None
    newest_date: np.datetime64 | None
    """The last date of all that is stored of its symbol; None where nothing is any more."""


class Counts(Database):
    """The part of the registry that counts. Each method is one transaction of one or two queries."""

    def experiment_counts(self) -> ExperimentCounts:
        """Count the experiments. Reads a few small values of each, never a result."""
        row = Experiment
        # `enqueued_at` stands behind the results: it is looked up only where it matters.
        waits = case((row.state == "queued", row.enqueued_at), else_=None)
        # A backtest has the mode of the version that it is about.
        tested = row.spec["backtest", "version"].as_integer()
        kind = case((tested.is_not(None), "backtest"), else_=row.spec["mode"].as_string())
        query = select(row.id, kind, row.state, row.started_at, row.finished_at, waits)
        states: Counter[tuple[Kind, State]] = Counter()
        running: dict[int, Kind] = {}
        durations: dict[tuple[Kind, State], Total] = {}
        n_waiting = 0
        with self._reading() as session:
            for number, does, state, started_at, finished_at, enqueued_at in session.execute(query):
                states[does, state] += 1
                n_waiting += enqueued_at is not None
                if state == "running":
                    running[number] = does
                if started_at is not None and finished_at is not None:
                    seconds = (finished_at - started_at).total_seconds()
                    durations.setdefault((does, state), Total()).add(seconds)
        return ExperimentCounts(dict(states), running, durations, n_waiting)

    def all_trial_counts(self) -> TrialCounts:
        """Count the trials of all experiments."""
        row = ArchitectureTrial
        elapsed = row.elapsed_seconds
        query = select(row.state, func.count(), func.count(elapsed), func.sum(elapsed)).group_by(row.state)
        with self._reading() as session:
            found = session.execute(query).all()
        return TrialCounts(
            states={state: n_trials for state, n_trials, _, _ in found},
            durations={state: Total(n_timed, seconds or 0.0) for state, _, n_timed, seconds in found},
        )

    def champion_summaries(self) -> list[ChampionSummary]:
        """The champions in service, by symbol, target and horizon."""
        with self._reading() as session:
            return [
                ChampionSummary(symbol, target, horizon, created_at, *_scores(metrics), newest)
                for symbol, target, horizon, created_at, metrics, newest in session.execute(_champions())
            ]


def _champions() -> Select[Any]:
    row = RegisteredModel
    newest = (
        select(func.max(Dataset.last_date))
        .where(Dataset.symbol == row.symbol)
        .correlate(row)
        .scalar_subquery()
    )
    return (
        select(row.symbol, row.target, row.horizon, row.created_at, row.metrics, newest)
        .where(row.is_winner)
        .order_by(row.symbol, row.target, row.horizon)
    )


def _scores(metrics: dict[str, Any]) -> tuple[float | None, float | None]:
    """Validation RMSE and test skill, of whatever a version was registered with."""
    return metrics.get("validation", {}).get("rmse"), metrics.get("test", {}).get("skill")
