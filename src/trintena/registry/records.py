"""What the registry answers with, beside the values of `domain`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from trintena.domain import FINISHED, ExperimentSpec, Measures, State, TrialState


@dataclass(frozen=True)
class DatasetRow:
    """One stored dataset without its prices. Dates are those of `PriceSeries`: naive, to the second."""

    content_hash: str
    symbol: str
    columns: tuple[str, ...]
    n_rows: int
    first_date: np.datetime64
    last_date: np.datetime64
    source: str
    created_at: datetime
    measures: Measures = "price"


@dataclass(frozen=True)
class ExperimentRecord:
    """One experiment: what it runs, how far it is and, once it ended, what it answered."""

    id: int
    spec: ExperimentSpec
    spec_hash: str
    state: State
    message: str | None
    """Why it is in this state: the reason of a failure, or what it is waiting for."""
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    trial_counts: dict[TrialState, int]
    """Search trials of all architectures by state, 0 where there are none; fast mode has one for each."""
    result: dict[str, Any] | None
    enqueued_at: datetime | None = None
    """When it was handed to the queue; None: the process that submitted it runs it."""
    position: int | None = None
    """Its place among those that wait in the queue, 1 for the next; None where it does not wait there."""
    executor: str = "local"
    """Where its trials were asked to run."""

    @property
    def n_models(self) -> int:
        """Architectures that it is to train."""
        return len(self.spec.model_ids)

    @property
    def n_finished(self) -> int:
        """Search trials that ended with a result: COMPLETE or PRUNED."""
        return sum(self.trial_counts[state] for state in FINISHED)

    @property
    def n_failed(self) -> int:
        """Search trials that ended without one."""
        return self.trial_counts["FAIL"]


@dataclass(frozen=True)
class Standing:
    """What changes while an experiment waits or runs, without its trials and its answer."""

    experiment_id: int
    state: State
    message: str | None
    cancel_requested: bool
    progress: dict[str, Any] | None
    """As `Progress.to_json` gave it, about a second old; None where no run goes on."""
    position: int | None
    """Its place among those that wait in the queue, 1 for the next; None where it does not wait there."""


@dataclass(frozen=True)
class Event:
    """Something that happened in an experiment; `id` rises with time."""

    id: int
    experiment_id: int
    at: datetime
    kind: str
    payload: dict[str, Any]
