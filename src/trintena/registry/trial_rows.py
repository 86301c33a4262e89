"""A trial as a row of the database, and back."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, select

from trintena.domain import Hyperparameters, TrialResult, TrialState
from trintena.registry.arrays import pack, unpack
from trintena.registry.columns import utc_now
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial

TO_COME: tuple[TrialState, ...] = ("WAITING", "RUNNING")
"""The states of a trial that has not ended."""


def trials_of(experiment_id: int, *what: Any) -> Select[Any]:
    """A query over the trials of one experiment."""
    return (
        select(*what)
        .select_from(ArchitectureTrial)
        .join(ArchitectureStudy, ArchitectureTrial.study_id == ArchitectureStudy.id)
        .where(ArchitectureStudy.experiment_id == experiment_id)
    )


def fill(row: ArchitectureTrial, trial: TrialResult, metrics: dict[str, Any]) -> None:
    """Put all that a trial says into its row, weights left out."""
    rmse = trial.validation_rmse
    row.purpose = trial.purpose
    row.number = trial.number
    row.state = trial.state
    row.hyperparameters = asdict(trial.hyperparameters)
    row.seed = trial.seed
    row.n_parameters = trial.n_parameters
    row.fit_seconds = trial.fit_seconds
    row.elapsed_seconds = trial.elapsed_seconds
    row.train_losses = list(trial.train_losses)
    row.validation_curve = list(trial.validation_curve)
    row.learning_rates = list(trial.learning_rates)
    row.validation_rmse = rmse if rmse is not None and math.isfinite(rmse) else None
    row.metrics = metrics
    row.forecasts = pack(trial.forecasts)
    row.reason = trial.reason
    row.finished_at = None if trial.state in TO_COME else utc_now()


def as_trial(row: ArchitectureTrial, model_id: int, *, forecasts: bool) -> TrialResult:
    """The trial of a row, without weights; its forecasts only if asked, for reading them loads them."""
    return TrialResult(
        model_id=model_id,
        state=row.state,
        hyperparameters=Hyperparameters(**row.hyperparameters),
        seed=row.seed,
        number=row.number,
        purpose=row.purpose,
        n_parameters=row.n_parameters,
        fit_seconds=row.fit_seconds,
        elapsed_seconds=row.elapsed_seconds,
        train_losses=_curve(row.train_losses),
        validation_curve=_curve(row.validation_curve),
        learning_rates=_curve(row.learning_rates),
        validation_rmse=row.validation_rmse,
        forecasts=unpack(row.forecasts) if forecasts else {},
        reason=row.reason,
    )


def _curve(stored: list[float | None]) -> tuple[float, ...]:
    """What was not finite was stored as null, and is NaN again."""
    return tuple(math.nan if value is None else value for value in stored)
