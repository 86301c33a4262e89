"""Trials: what each training left behind, and the weights of the one that leads."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, undefer

from trintena.domain import Hyperparameters, TrialResult, TrialState
from trintena.registry.arrays import pack, pack_sequence, unpack, unpack_sequence
from trintena.registry.columns import utc_now
from trintena.registry.database import Database
from trintena.registry.experiments import find_experiment
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial

FINISHED: tuple[TrialState, ...] = ("COMPLETE", "PRUNED")


class Trials(Database):
    """The part of the registry that keeps trials."""

    def record_trial(
        self,
        experiment_id: int,
        trial: TrialResult,
        metrics: dict[str, Any],
        *,
        model_name: str | None = None,
        number: int = 0,
    ) -> None:
        """Store how a trial ended; committed when this returns.

        A trial of that architecture and number that had not finished (failed) is replaced; one that
        had is kept as it is, for nothing finished is lost. In the same transaction the weights move:
        only the COMPLETE trial of the experiment with the lowest finite validation RMSE, of equal
        ones that of the lowest architecture, keeps them. So whenever the process ends, the weights
        that a champion needs are there.
        """
        with self._writing() as session:
            find_experiment(session, experiment_id, lock=True)
            study = _study(session, experiment_id, trial.model_id, model_name)
            of_number = select(ArchitectureTrial).filter_by(study_id=study.id, number=number)
            row = session.scalar(of_number)
            if row is not None and row.state in FINISHED:
                return
            if row is None:
                row = ArchitectureTrial(study_id=study.id, number=number)
                session.add(row)
            _fill(row, trial, metrics)
            row.weights = None
            session.flush()
            if session.scalar(_ranked(experiment_id, ArchitectureTrial.id).limit(1)) == row.id:
                _clear_weights(session, experiment_id)
                row.weights = None if trial.weights is None else pack_sequence(trial.weights)

    def trials(self, experiment_id: int) -> list[TrialResult]:
        """The trials of an experiment by architecture, with their forecasts, without weights."""
        query = (
            _of(experiment_id, ArchitectureTrial, ArchitectureStudy.model_id)
            .order_by(ArchitectureStudy.model_id, ArchitectureTrial.number)
            .options(undefer(ArchitectureTrial.forecasts))
        )
        with self._reading() as session:
            find_experiment(session, experiment_id)
            return [_trial(row, model_id) for row, model_id in session.execute(query)]

    def trial_metrics(self, experiment_id: int) -> dict[int, dict[str, Any]]:
        """The metrics recorded with trial 0 of each architecture, by its id."""
        query = _of(experiment_id, ArchitectureStudy.model_id, ArchitectureTrial.metrics)
        with self._reading() as session:
            find_experiment(session, experiment_id)
            return dict(session.execute(query.where(ArchitectureTrial.number == 0)).all())

    def best_weights(self, experiment_id: int) -> tuple[int, tuple[np.ndarray, ...]] | None:
        """The leading trial's architecture and weights; None when none leads or they were dropped."""
        query = _ranked(experiment_id, ArchitectureStudy.model_id, ArchitectureTrial.weights).limit(1)
        with self._reading() as session:
            find_experiment(session, experiment_id)
            best = session.execute(query).first()
        if best is None or best[1] is None:
            return None
        return best[0], unpack_sequence(best[1])

    def drop_weights(self, experiment_id: int) -> None:
        """Forget the weights of an experiment, once its champion's files are saved."""
        with self._writing() as session:
            find_experiment(session, experiment_id)
            _clear_weights(session, experiment_id)


def _of(experiment_id: int, *what: Any) -> Select[Any]:
    """A query over the trials of one experiment."""
    return (
        select(*what)
        .select_from(ArchitectureTrial)
        .join(ArchitectureStudy, ArchitectureTrial.study_id == ArchitectureStudy.id)
        .where(ArchitectureStudy.experiment_id == experiment_id)
    )


def _ranked(experiment_id: int, *what: Any) -> Select[Any]:
    """The trials that may become champion, best first. (What is not finite was stored as null.)"""
    return (
        _of(experiment_id, *what)
        .where(ArchitectureTrial.state == "COMPLETE", ArchitectureTrial.validation_rmse.is_not(None))
        .order_by(ArchitectureTrial.validation_rmse, ArchitectureStudy.model_id, ArchitectureTrial.number)
    )


def _clear_weights(session: Session, experiment_id: int) -> None:
    studies = select(ArchitectureStudy.id).where(ArchitectureStudy.experiment_id == experiment_id)
    session.execute(
        update(ArchitectureTrial)
        .where(ArchitectureTrial.study_id.in_(studies), ArchitectureTrial.weights.is_not(None))
        .values(weights=None)
        .execution_options(synchronize_session=False)
    )


def _study(session: Session, experiment_id: int, model_id: int, name: str | None) -> ArchitectureStudy:
    query = select(ArchitectureStudy).filter_by(experiment_id=experiment_id, model_id=model_id)
    study = session.scalar(query)
    if study is None:
        study = ArchitectureStudy(experiment_id=experiment_id, model_id=model_id)
        session.add(study)
    study.model_name = study.model_name or name
    session.flush()
    return study


def _fill(row: ArchitectureTrial, trial: TrialResult, metrics: dict[str, Any]) -> None:
    rmse = trial.validation_rmse
    row.state = trial.state
    row.hyperparameters = asdict(trial.hyperparameters)
    row.seed = trial.seed
    row.n_parameters = trial.n_parameters
    row.fit_seconds = trial.fit_seconds
    row.elapsed_seconds = trial.elapsed_seconds
    row.train_losses = list(trial.train_losses)
    row.validation_rmse = rmse if rmse is not None and math.isfinite(rmse) else None
    row.metrics = metrics
    row.forecasts = pack(trial.forecasts)
    row.reason = trial.reason
    row.finished_at = utc_now()


def _trial(row: ArchitectureTrial, model_id: int) -> TrialResult:
    return TrialResult(
        model_id=model_id,
        state=row.state,
        hyperparameters=Hyperparameters(**row.hyperparameters),
        seed=row.seed,
        n_parameters=row.n_parameters,
        fit_seconds=row.fit_seconds,
        elapsed_seconds=row.elapsed_seconds,
        train_losses=tuple(math.nan if loss is None else loss for loss in row.train_losses),
        validation_rmse=row.validation_rmse,
        forecasts=unpack(row.forecasts),
        reason=row.reason,
    )
