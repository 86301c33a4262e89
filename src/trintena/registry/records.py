"""What the registry answers with, beside the values of `domain`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from trintena.domain import ExperimentSpec, State


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
    n_finished: int
    """Trials that ended with a result: COMPLETE or PRUNED."""
    n_failed: int
    result: dict[str, Any] | None


@dataclass(frozen=True)
class Event:
    """Something that happened in an experiment; `id` rises with time."""

    id: int
    experiment_id: int
    at: datetime
    kind: str
    payload: dict[str, Any]
