"""From what a person asks for to an experiment that can be run, refused before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from trintena.data import select_rows
from trintena.domain import ExperimentSpec, Features, Mode, PriceSeries, Split, Target
from trintena.errors import UsageError
from trintena.windows import Segments, Transformation, segments_of
from trintena.zoo import choose

if TYPE_CHECKING:
    from trintena.registry import Registry

MAXIMUM_LOOKBACK = 2048
MAXIMUM_HORIZON = 512
MAXIMUM_SEED = 2**63 - 1
"""The largest that a database keeps."""
DEFAULT_YEARS = 10
DEFAULT_SPLIT = Split()


@dataclass(frozen=True)
class Request:
    """What a person may choose about an experiment, beside the series; the defaults are fast mode's."""

    mode: Mode = "fast"
    model_ids: str | Sequence[int] | None = None
    lookback: int = 60
    horizon: int = 1
    target: Target = "log_return"
    features: Features = "ohlcv"
    years: int | None = DEFAULT_YEARS
    """Counted back from the last date; ignored when `start` is given; None for all rows."""
    start: str | None = None
    end: str | None = None
    split: Split = DEFAULT_SPLIT
    seed: int = 0


def plan(request: Request, series: PriceSeries, registry: Registry) -> int:
    """Store the series and the experiment, and give the experiment's id.

    Raises:
        UsageError: the request makes no sense, or the series is too short for it.
        DataError: the series cannot be used for the target.
    """
    if request.mode != "fast":
        raise UsageError(f"Mode {request.mode!r} is not available in this version; use fast.", field="mode")
    for name, word, words in (
        ("target", request.target, get_args(Target)),
        ("features", request.features, get_args(Features)),
    ):
        if word not in words:
            raise UsageError(f"Unknown {name} {word!r}; it is one of {', '.join(words)}.", field=name)
    for name, value, most in (
        ("lookback", request.lookback, MAXIMUM_LOOKBACK),
        ("horizon", request.horizon, MAXIMUM_HORIZON),
    ):
        if value > most:
            raise UsageError(f"The {name} must be at most {most} rows, not {value}.", field=name)
    if not 0 <= request.seed <= MAXIMUM_SEED:
        raise UsageError(
            f"The seed must be a whole number from 0 to {MAXIMUM_SEED}, not {request.seed}.", field="seed"
        )
    chosen = choose(request.model_ids)
    years = request.years if request.start is None else None
    used = select_rows(series, years, request.start, request.end)
    spec = ExperimentSpec(
        symbol=series.symbol,
        dataset_hash=series.content_hash,
        model_ids=tuple(row.id for row in chosen),
        mode=request.mode,
        lookback=request.lookback,
        horizon=request.horizon,
        target=request.target,
        features=request.features,
        start=str(used.dates[0]),
        end=str(used.dates[-1]),
        split=request.split,
        seed=request.seed,
    )
    used, _, transformation = windows_of(spec, series)
    # Fitting looks at training rows only; a price that the target cannot use may stand in a later one.
    transformation.frame(used)
    registry.save_dataset(series)
    return registry.create_experiment(spec)


def windows_of(spec: ExperimentSpec, series: PriceSeries) -> tuple[PriceSeries, Segments, Transformation]:
    """The rows that an experiment uses, their segments and the transformation fitted on training.

    Raises:
        UsageError, DataError: as `plan`.
    """
    first, last = np.datetime64(spec.start, "s"), np.datetime64(spec.end, "s")
    start, stop = np.searchsorted(series.dates, first), np.searchsorted(series.dates, last, side="right")
    used = series.rows(int(start), int(stop))
    segments = segments_of(used, spec.split, spec.lookback, spec.horizon)
    transformation = Transformation.fit(
        used,
        segments,
        target=spec.target,
        features=spec.features,
        lookback=spec.lookback,
        horizon=spec.horizon,
    )
    return used, segments, transformation
