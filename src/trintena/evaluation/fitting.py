"""What a worker process does for the board: fit the baselines that need fitting, and roll them forward."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from trintena.domain import FittedBaseline
from trintena.errors import TrintenaError
from trintena.evaluation.baselines import FITTED
from trintena.windows.segments import UNTRAINED

if TYPE_CHECKING:
    from trintena.domain import PriceSeries
    from trintena.evaluation.baselines import Baseline
    from trintena.windows.frame import Frame, Transformation
    from trintena.windows.segments import Segments


def fit_baselines(
    series: PriceSeries, transformation: Transformation, segments: Segments
) -> list[FittedBaseline]:
    """Every fitted baseline with its forecasts of all that lies behind training, or with why it has none."""
    frame = transformation.frame(series)
    return [_fitted(row, frame, segments) for row in FITTED]


def roll_baselines(
    series: PriceSeries, transformation: Transformation, segments: Segments
) -> list[FittedBaseline]:
    """The same for the test segment alone: a stretch that follows what they are fitted on."""
    frame = transformation.frame(series)
    return [_forecast(row, frame, segments, segments.test, ("test",)) for row in FITTED]


def _fitted(row: Baseline, frame: Frame, segments: Segments) -> FittedBaseline:
    # One range over all of them, so that each is fitted once; the purged origins are dropped after.
    return _forecast(row, frame, segments, range(segments.validation.start, segments.newest.stop), UNTRAINED)


def _forecast(
    row: Baseline, frame: Frame, segments: Segments, origins: range, names: tuple[str, ...]
) -> FittedBaseline:
    """A baseline with its forecasts of the named segments, all within `origins`."""
    began = time.perf_counter()
    try:
        forecast = row.forecast(frame, segments, origins).astype(np.float32)
    except TrintenaError as error:
        return FittedBaseline(row.key, time.perf_counter() - began, reason=str(error))
    except Exception as error:  # shown on the board as that of a trial; it shall not take the others down
        reason = f"{type(error).__name__}: {error}"
        return FittedBaseline(row.key, time.perf_counter() - began, reason=reason)
    parts = {
        name: forecast[segments[name].start - origins.start : segments[name].stop - origins.start]
        for name in names
    }
    return FittedBaseline(row.key, time.perf_counter() - began, parts)
