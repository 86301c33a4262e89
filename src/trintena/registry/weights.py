"""Weights: the few trials that keep them, and for how long.

Of all search trials of an experiment only the leading one keeps its weights, so that a search of
hundreds of trials takes no more room than one network. Each refit keeps them, because which one is
saved is known only when all are judged; that ends with `drop_weights`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from trintena.domain import TrialResult
from trintena.registry.arrays import pack_sequence, unpack_sequence
from trintena.registry.database import Database
from trintena.registry.experiments import find_experiment
from trintena.registry.tables import ArchitectureStudy, ArchitectureTrial
from trintena.registry.trial_rows import trials_of

_SEARCH = ArchitectureTrial.purpose == "search"


class Weights(Database):
    """The part of the registry that keeps weights; `Trials.record_trial` stores them."""

    def best_weights(self, experiment_id: int) -> tuple[int, tuple[np.ndarray, ...]] | None:
        """Architecture and weights of the leading search trial; None when none leads or they were dropped."""
        query = _ranked(experiment_id, ArchitectureStudy.model_id, ArchitectureTrial.weights).limit(1)
        with self._reading() as session:
            find_experiment(session, experiment_id)
            best = session.execute(query).first()
        if best is None or best[1] is None:
            return None
        return best[0], unpack_sequence(best[1])

    def refit_weights(self, experiment_id: int, model_id: int, number: int) -> tuple[np.ndarray, ...] | None:
        """The weights of a refit; None when there is no such refit, it failed, or they were dropped."""
        query = trials_of(experiment_id, ArchitectureTrial.weights).where(
            ArchitectureStudy.model_id == model_id,
            ArchitectureTrial.purpose == "refit",
            ArchitectureTrial.number == number,
        )
        with self._reading() as session:
            find_experiment(session, experiment_id)
            packed = session.scalar(query)
        return None if packed is None else unpack_sequence(packed)

    def drop_weights(self, experiment_id: int) -> None:
        """Forget the weights of an experiment, once its champion's files are saved."""
        with self._writing() as session:
            find_experiment(session, experiment_id)
            _forget(session, experiment_id)


def keep_weights(session: Session, experiment_id: int, row: ArchitectureTrial, trial: TrialResult) -> None:
    """Give a trial that has just ended its weights, if it is one that keeps them.

    Of the search trials only the COMPLETE one with the lowest finite validation RMSE does, of equal ones
    that of the lowest architecture and number, and takes them from whoever led before.
    """
    row.weights = None
    session.flush()
    if trial.purpose == "refit":
        keeps = trial.state == "COMPLETE"
    else:
        keeps = session.scalar(_ranked(experiment_id, ArchitectureTrial.id).limit(1)) == row.id
        if keeps:
            _forget(session, experiment_id, _SEARCH)
    if keeps and trial.weights is not None:
        row.weights = pack_sequence(trial.weights)


def _ranked(experiment_id: int, *what: Any) -> Select[Any]:
    """The search trials that may become champion, best first. (What is not finite was stored as null.)"""
    return (
        trials_of(experiment_id, *what)
        .where(_SEARCH, ArchitectureTrial.state == "COMPLETE", ArchitectureTrial.validation_rmse.is_not(None))
        .order_by(ArchitectureTrial.validation_rmse, ArchitectureStudy.model_id, ArchitectureTrial.number)
    )


def _forget(session: Session, experiment_id: int, *which: ColumnElement[bool]) -> None:
    """Forget the weights of all trials of an experiment, or of `which`."""
    studies = select(ArchitectureStudy.id).where(ArchitectureStudy.experiment_id == experiment_id)
    session.execute(
        update(ArchitectureTrial)
        .where(ArchitectureTrial.study_id.in_(studies), ArchitectureTrial.weights.is_not(None), *which)
        .values(weights=None)
        .execution_options(synchronize_session=False)
    )
