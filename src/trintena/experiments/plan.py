"""From what a person asks for to an experiment that can be run, refused before anything is trained."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np

from trintena.data import select_rows
from trintena.domain import ExperimentSpec, Features, Measures, Mode, PriceSeries, Search, Split, Target
from trintena.errors import UsageError, one_of
from trintena.language import number, phrase
from trintena.search import total_trials
from trintena.windows import Segments, Transformation, segments_of
from trintena.zoo import choose

if TYPE_CHECKING:
    from trintena.registry import Registry

MAXIMUM_LOOKBACK = 2048
MAXIMUM_HORIZON = 512
MAXIMUM_SEED = 2**63 - 1
"""The largest that a database keeps."""
MINIMUM_BUDGET_S = 60.0
"""Less leaves no time to train anything beside the start and the end of a run."""
DEFAULT_YEARS = 10
DEFAULT_SPLIT = Split()
USUAL_TARGETS: dict[Measures, Target] = {"price": "log_return", "value": "difference"}
"""Prices move in proportion to their level; a temperature has no such level, and may be zero."""


@dataclass(frozen=True)
class Request:
    """What a person may choose about an experiment, beside the series."""

    mode: Mode = "fast"
    search: Search | None = None
    """How optimized mode searches; None: as the specification's defaults say."""
    refit_all: bool = False
    """Optimized mode: whether the champion's setting is trained once more, on all rows, to serve."""
    model_ids: str | Sequence[int] | None = None
    lookback: int = 60
    horizon: int = 1
    target: Target | None = None
    """None: the usual one of what the series measures, see `USUAL_TARGETS`."""
    features: Features = "ohlcv"
    measures: Measures | None = None
    """Whether the series is of prices or of other values; None: as the series itself says."""
    years: int | None = DEFAULT_YEARS
    """Counted back from the last date; ignored when `start` is given; None for all rows."""
    start: str | None = None
    end: str | None = None
    split: Split = DEFAULT_SPLIT
    seed: int = 0


def budget_seconds(value: str | float | None) -> float | None:
    """Seconds, from a number of them or from text such as `90s`, `10m` or `1h30m`.

    Raises:
        UsageError: it is no span of time.
    """
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = str(value).strip().lower()
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+)s?)?", text)
    if parts is None or not text:
        raise UsageError(
            phrase(
                en=f"A budget is a span of time such as 90s, 10m or 1h30m, not {value!r}.",
                pt=f"O orçamento é um tempo como 90s, 10m ou 1h30m, e não {value!r}.",
            ),
            field="budget",
        )
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return 3600.0 * hours + 60.0 * minutes + seconds


def plan(
    request: Request,
    series: PriceSeries,
    registry: Registry,
    *,
    enqueued: bool = False,
    submission_key: str | None = None,
    executor: str = "local",
) -> int:
    """Store the series and the experiment, and give the experiment's id.

    Args:
        request: what to run.
        series: on which prices.
        registry: where both are kept.
        enqueued: whether a worker is to run it, not the process that asks.
        submission_key: of two submissions with the same key the second gives the first's id.
        executor: where its trials are to run.

    Raises:
        UsageError: the request makes no sense, or the series is too short for it.
        DataError: the series cannot be used for the target.
    """
    search = _search_of(request)
    if request.measures is not None:
        one_of("measures", request.measures, get_args(Measures))
        series = replace(series, measures=request.measures)
    target = request.target or USUAL_TARGETS[series.measures]
    for name, word, words in (
        ("mode", request.mode, get_args(Mode)),
        ("target", target, get_args(Target)),
        ("features", request.features, get_args(Features)),
    ):
        one_of(name, word, words)
    for name, value, most in (
        ("lookback", request.lookback, MAXIMUM_LOOKBACK),
        ("horizon", request.horizon, MAXIMUM_HORIZON),
    ):
        if value > most:
            raise UsageError(
                phrase(
                    en=f"The {name} must be at most {most} rows, not {value}.",
                    pt=f"O {name} deve ser de no máximo {most} linhas, e não {value}.",
                ),
                field=name,
            )
    if not 0 <= request.seed <= MAXIMUM_SEED:
        raise UsageError(
            phrase(
                en=f"The seed must be a whole number from 0 to {MAXIMUM_SEED}, not {request.seed}.",
                pt=f"A semente deve ser um inteiro de 0 a {MAXIMUM_SEED}, e não {request.seed}.",
            ),
            field="seed",
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
        target=target,
        features="close" if series.columns == ("close",) else request.features,
        start=str(used.dates[0]),
        end=str(used.dates[-1]),
        split=request.split,
        seed=request.seed,
        search=search,
        refit_all=request.refit_all,
        measures=series.measures,
    )
    used, _, transformation = windows_of(spec, series)
    # Fitting looks at training rows only; a price that the target cannot use may stand in a later one.
    transformation.frame(used)
    registry.save_dataset(series)
    return registry.create_experiment(
        spec, enqueued=enqueued, submission_key=submission_key, executor=executor
    )


def _search_of(request: Request) -> Search | None:
    """The search of an optimized experiment, with its number of trials; fast mode has none."""
    if request.mode == "fast":
        if request.search is not None or request.refit_all:
            raise UsageError(
                phrase(
                    en="Fast mode searches for nothing: it trains every architecture once, as it is.",
                    pt="O modo rápido não busca nada: treina cada arquitetura uma vez, como ela é.",
                ),
                field="mode",
                hint=phrase(en="Choose mode optimized.", pt="Escolha o modo optimized."),
            )
        return None
    search = request.search or Search()
    if not 0.0 <= search.exploration <= 1.0:
        raise UsageError(
            phrase(
                en=f"The share of exploration must be from 0 to 1, not {search.exploration:g}.",
                pt=f"A parcela de exploração deve estar entre 0 e 1, e não {search.exploration:g}.",
            ),
            field="exploration",
        )
    if search.budget_s is not None and not MINIMUM_BUDGET_S <= search.budget_s < math.inf:
        raise UsageError(
            phrase(
                en=f"A budget must be of at least {number(MINIMUM_BUDGET_S, 'g')} seconds, "
                f"not {number(search.budget_s, '.12g')}.",
                pt=f"O orçamento deve ser de no mínimo {number(MINIMUM_BUDGET_S, 'g')} segundos, "
                f"e não {number(search.budget_s, '.12g')}.",
            ),
            field="budget",
        )
    return replace(search, n_trials=total_trials(search))


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
