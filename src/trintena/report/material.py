"""What a report is made of: plain values, whoever gathered them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from jaxtyping import Float

from trintena.domain import ExperimentSpec, Purpose, Target, TrialResult
from trintena.intervals import Widths
from trintena.zoo.catalog import architecture


@dataclass(frozen=True, eq=False)
class TestForecast:
    """What the judged network forecast on the test segment, beside what came.

    Shapes: (origin, horizon), or (origin,). Step k of a row was forecast k steps ahead of its origin.
    """

    __test__ = False  # a value, whatever pytest makes of the name

    model_id: int
    target: Target
    dates: np.ndarray[Any, np.dtype[np.datetime64]]
    """The date that each step is about."""
    forecast: Float[np.ndarray, "origin horizon"]
    """Changes from the origin, in units of the target."""
    actual: Float[np.ndarray, "origin horizon"]
    last: Float[np.ndarray, " origin"]
    """The last known price of each origin; the baseline `last value` forecasts no change from it."""
    prices: Float[np.ndarray, "origin horizon"]
    """The forecast in units of the series."""
    actual_prices: Float[np.ndarray, "origin horizon"]
    volatility: Float[np.ndarray, " origin"] | None = None
    """The deviation of one-step changes, as it was known at each origin, in units of the target."""
    widths: Widths = field(default_factory=dict)
    """Half the width of the band of each level (origin, horizon), as it was at each origin, in units of the
    target; empty where there were none yet."""
    bounds: Mapping[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    """Lower and upper bound of the same bands, in units of the series."""


@dataclass(frozen=True, eq=False)
class Report:
    """One experiment, finished or not, as far as it got."""

    experiment_id: int
    state: str
    spec: ExperimentSpec
    answer: Mapping[str, Any]
    """As `trintena train --json` words it; of an experiment without an end, the board so far."""
    n_rows: int
    created_at: datetime
    n_trials: int = 1
    """How many the search was to try for each architecture."""
    trials: tuple[TrialResult, ...] = ()
    finished_s: Mapping[tuple[int, Purpose, int], float] = field(default_factory=dict)
    """When a trial of that architecture, purpose and number ended: seconds of work since the first began."""
    importance: Mapping[str, float] = field(default_factory=dict)
    """The share of each hyper-parameter; empty where there are too few trials to say."""
    test: TestForecast | None = None
    """None where the test segment was not consulted."""

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The architectures of the board: those ranked first, then those without a result."""
        return list(self.answer.get("all_results") or self.answer.get("results") or [])

    @property
    def winner(self) -> Mapping[str, Any] | None:
        """The row of the leader, with all its figures."""
        return next((row for row in self.rows if row.get("rank") == 1), self.answer.get("winner"))

    @property
    def last_value_rmse(self) -> float | None:
        """The validation RMSE of repeating the last value."""
        rows = self.answer.get("baselines") or ()
        return next((row.get("validation_rmse") for row in rows if row.get("key") == "last_value"), None)

    @property
    def search_trials(self) -> list[TrialResult]:
        """The trials that looked for a setting, as far as they have ended; the refits are left out."""
        to_come = ("WAITING", "RUNNING")
        return [t for t in self.trials if t.purpose == "search" and t.state not in to_come]

    def ended_s(self, trial: TrialResult) -> float | None:
        """When a trial ended, in seconds of work since the first began."""
        return self.finished_s.get((trial.model_id, trial.purpose, trial.number))

    def best_trials(self) -> list[TrialResult]:
        """The best search trial of every architecture that has one, the best first."""
        best: dict[int, TrialResult] = {}
        for trial in sorted(complete(self.search_trials), key=rmse_of):
            best.setdefault(trial.model_id, trial)
        return list(best.values())


def complete(trials: list[TrialResult]) -> list[TrialResult]:
    """Those that ended as they should, with an RMSE."""
    return [trial for trial in trials if trial.state == "COMPLETE" and trial.validation_rmse is not None]


def rmse_of(trial: TrialResult) -> float:
    """The validation RMSE of a trial that has one."""
    assert trial.validation_rmse is not None
    return trial.validation_rmse


def selection(row: Mapping[str, Any]) -> float | None:
    """The figure that a row is ranked by: the mean over its seeds, or the only validation RMSE."""
    seeds = row.get("seeds") or {}
    for value in (seeds.get("mean"), row.get("best_rmse"), row.get("rmse")):
        if value is not None:
            return float(value)
    return None


def name_of(model_id: int) -> str:
    """An architecture's name with its number, as it is listed everywhere."""
    return f"{model_id} {architecture(model_id).name}"
