"""What happened in an experiment, and how often test segments were looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import func, select

from trintena.registry.database import Database
from trintena.registry.experiments import find_experiment
from trintena.registry.records import Event
from trintena.registry.tables import ExperimentEvent, TestPass

DATABASE_AWAY = "database_away"
"""The kind of event that says that a run had to wait for its database."""


class Events(Database):
    """The part of the registry that keeps events and test passes."""

    def add_event(self, experiment_id: int, kind: str, payload: dict[str, Any] | None = None) -> int:
        """Note that something happened; gives the event's number, which rises with time."""
        with self._writing() as session:
            find_experiment(session, experiment_id)
            row = ExperimentEvent(experiment_id=experiment_id, kind=kind, payload=payload or {})
            session.add(row)
            session.flush()
            return row.id

    def note_absence(self, experiment_id: int, message: str, seconds: float) -> None:
        """Note that a run was without its database for a while: as an event, and in its state's message."""
        with self._writing() as session:
            find_experiment(session, experiment_id).message = message
            payload = {"message": message, "seconds": seconds}
            session.add(ExperimentEvent(experiment_id=experiment_id, kind=DATABASE_AWAY, payload=payload))

    def events(self, experiment_id: int, after: int = 0) -> list[Event]:
        """The events of an experiment numbered above `after`, oldest first."""
        query = (
            select(ExperimentEvent)
            .where(ExperimentEvent.experiment_id == experiment_id, ExperimentEvent.id > after)
            .order_by(ExperimentEvent.id)
        )
        with self._reading() as session:
            find_experiment(session, experiment_id)
            return [
                Event(row.id, row.experiment_id, row.at, row.kind, row.payload)
                for row in session.scalars(query)
            ]

    def record_test_pass(
        self, experiment_id: int, symbol: str, first: np.datetime64, last: np.datetime64
    ) -> None:
        """Note that an experiment looked at the test segment of these target days, both inclusive.

        An experiment looks once: noted again, as when it is resumed, nothing changes.
        """
        with self._writing() as session:
            find_experiment(session, experiment_id)
            if session.scalar(select(TestPass.id).where(TestPass.experiment_id == experiment_id)) is None:
                session.add(
                    TestPass(experiment_id=experiment_id, symbol=symbol, first_date=first, last_date=last)
                )

    def count_test_passes(self, symbol: str, first: np.datetime64, last: np.datetime64) -> int:
        """How many experiments looked at test days of a symbol within these dates, both inclusive.

        Whatever their dataset, and also when the experiment has been deleted since.
        """
        overlapping = select(func.count()).where(
            TestPass.symbol == symbol, TestPass.first_date <= last, TestPass.last_date >= first
        )
        with self._reading() as session:
            return session.scalars(overlapping).one()
