"""Fitted baselines: computed once for each experiment, for it takes seconds."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import undefer

from trintena.domain import FittedBaseline
from trintena.registry.arrays import pack, unpack
from trintena.registry.database import Database
from trintena.registry.experiments import find_experiment
from trintena.registry.tables import ExperimentBaseline


class Baselines(Database):
    """The part of the registry that keeps what baselines forecast."""

    def record_baselines(self, experiment_id: int, fitted: Iterable[FittedBaseline]) -> None:
        """Store baselines of an experiment, all or none; those that are there already are replaced."""
        with self._writing() as session:
            find_experiment(session, experiment_id)
            query = select(ExperimentBaseline).filter_by(experiment_id=experiment_id)
            rows = {row.key: row for row in session.scalars(query)}
            for each in fitted:
                row = rows.get(each.key) or ExperimentBaseline(experiment_id=experiment_id, key=each.key)
                row.fit_seconds, row.reason = each.fit_seconds, each.reason
                row.forecasts = pack(each.forecasts)
                session.add(row)

    def baselines(self, experiment_id: int) -> list[FittedBaseline]:
        """The fitted baselines of an experiment, in the order in which they were stored."""
        query = (
            select(ExperimentBaseline)
            .filter_by(experiment_id=experiment_id)
            .order_by(ExperimentBaseline.id)
            .options(undefer(ExperimentBaseline.forecasts))
        )
        with self._reading() as session:
            return [
                FittedBaseline(row.key, row.fit_seconds, unpack(row.forecasts), row.reason)
                for row in session.scalars(query)
            ]
