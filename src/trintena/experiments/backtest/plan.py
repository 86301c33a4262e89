"""From what a person asks for to a backtest that can be run, refused before anything is forecast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.data import select_rows
from trintena.data.words import day
from trintena.domain import Backtest, ExperimentSpec, Hyperparameters
from trintena.errors import DataError, UsageError
from trintena.language import number, phrase
from trintena.windows.segments import MINIMUM_TRAIN_LOOKBACKS

if TYPE_CHECKING:
    from trintena.artifacts.saved_model import SavedModel
    from trintena.domain import ModelVersion, PriceSeries
    from trintena.registry import Registry

FEWEST_ORIGINS = 100
"""As a test segment has at least."""
MOST_REFITS = 500


@dataclass(frozen=True)
class BacktestRequest:
    """What a person may choose about a backtest, beside the version."""

    start: str | None = None
    """The first date that is forecast; None: the first that follows all that the version was made from."""
    end: str | None = None
    """The last one; None: that of the newest row."""
    refit_every: int | None = None
    """Rows; None: the weights stay as they were saved."""


def plan_backtest(
    request: BacktestRequest,
    saved: SavedModel,
    series: PriceSeries,
    registry: Registry,
    *,
    enqueued: bool = False,
    submission_key: str | None = None,
    executor: str = "local",
) -> int:
    """Store the series and the experiment, and give the experiment's id.

    Args:
        request: where, and how often it is refitted.
        saved: the version, its files whole.
        series: the newest rows of the version's own series.
        registry: where both are kept.
        enqueued: whether a worker is to run it, not the process that asks.
        submission_key: of two submissions with the same key the second gives the first's id.
        executor: where its trials are to run.

    Raises:
        UsageError: too few rows in the stretch or before it, or refits that make no sense.
        DataError: dates that are none, or not in the series.
    """
    version = saved.version
    made = _made_from(saved)
    first, stop = _stretch(request, made, version, series)
    _check_refits(request.refit_every, stop - first - version.horizon + 1, version)
    start = _first_row(made, first, version, series)
    lookback = saved.transformation.lookback
    spec = ExperimentSpec(
        symbol=series.symbol,
        dataset_hash=series.content_hash,
        model_ids=(version.model_id,),
        start=str(series.dates[start]),
        end=str(series.dates[stop - 1]),
        mode=version.mode,
        lookback=lookback,
        horizon=version.horizon,
        target=version.target,
        features=version.parameters["features"],
        seed=version.parameters["seed"],
        hyperparameters=hyperparameters_of(version),
        measures=version.measures,
        backtest=Backtest(
            version=version.version,
            first=str(series.dates[first]),
            last=str(series.dates[stop - 1]),
            n_origins=stop - first - version.horizon + 1,
            refit_every=request.refit_every,
            tested_to=_tested_to(saved),
            **{name: str(made[name]) for name in ("trained_to", "selected_to", "calibrated_to")},
        ),
    )
    saved.transformation.frame(series)  # refuses a series that lacks a column, or holds what has no logarithm
    registry.save_dataset(series)
    return registry.create_experiment(
        spec, enqueued=enqueued, submission_key=submission_key, executor=executor
    )


def hyperparameters_of(version: ModelVersion) -> Hyperparameters:
    """What a version was trained with."""
    names = Hyperparameters.__dataclass_fields__
    return Hyperparameters(**{name: version.parameters[name] for name in names})


def learning_rates_of(version: ModelVersion) -> list[float]:
    """Of the epochs that a version was trained for, each at its own rate; none if nobody wrote them down."""
    rates: list[float] = version.metrics.get("learning_rates") or []
    return rates[: version.parameters.get("epochs_trained", len(rates))]


def _made_from(saved: SavedModel) -> dict[str, Any]:
    """The first and last dates of the rows that a version was made from, as its manifest tells them."""
    segments = saved.files.manifest["segments"]
    trained = segments["train"]
    # One that was trained on all rows has no segment but that.
    ends = [segments.get(name, trained)["last"] for name in ("train", "validation", "calibration")]
    trained_to, selected_to, calibrated_to = (np.datetime64(end, "s") for end in ends)
    return {
        "first": np.datetime64(trained["first"], "s"),
        "trained_to": trained_to,
        "selected_to": selected_to,
        "calibrated_to": calibrated_to,
    }


def _tested_to(saved: SavedModel) -> str | None:
    """Up to which date a version was judged and did not beat the last value."""
    manifest = saved.files.manifest
    verdict = manifest["metrics"].get("verdict", {}).get("code")
    if verdict != "not_distinguishable" or "test" not in manifest["segments"]:
        return None
    return str(np.datetime64(manifest["segments"]["test"]["last"], "s"))


def _stretch(
    request: BacktestRequest, made: dict[str, Any], version: ModelVersion, series: PriceSeries
) -> tuple[int, int]:
    """The first row that is forecast, and the row after the last.

    Raises:
        UsageError: it has too few origins.
        DataError: the dates are none, or not in the series.
    """
    horizon, lookback = version.horizon, int(version.parameters["lookback"])
    chosen = select_rows(series, None, request.start, request.end)
    stop = int(np.searchsorted(series.dates, chosen.dates[-1])) + 1
    if request.start is None:
        first = int(np.searchsorted(series.dates, made["calibrated_to"], side="right"))
    else:
        first = max(int(np.searchsorted(series.dates, chosen.dates[0])), lookback)
    n_origins = max(stop - first - horizon + 1, 0)
    if n_origins >= FEWEST_ORIGINS:
        return first, stop
    latest = stop - horizon - FEWEST_ORIGINS + 1
    raise UsageError(
        phrase(
            en=f"A backtest needs at least {FEWEST_ORIGINS} forecasts; of what comes after "
            f"{day(series.dates[first - 1])}, up to {day(series.dates[stop - 1])}, there are "
            f"{number(n_origins)}.",
            pt=f"Um teste retroativo precisa de pelo menos {FEWEST_ORIGINS} previsões; do que vem depois de "
            f"{day(series.dates[first - 1])}, até {day(series.dates[stop - 1])}, há {number(n_origins)}.",
        ),
        field="start",
        hint=_remedy(version, series, latest if latest >= lookback else None),
    )


def _remedy(version: ModelVersion, series: PriceSeries, latest: int | None) -> str:
    """What helps where a stretch is too short; `latest` is the last row at which one may begin."""
    if latest is None:
        told = phrase(en="Use a longer series.", pt="Use uma série mais longa.")
    else:
        date = series.dates[latest].astype("datetime64[D]")
        told = phrase(en=f"Start on {date} or before.", pt=f"Comece em {date} ou antes.")
    twin = version.parameters.get("frozen_twin")
    if twin is None:
        return told
    return told + phrase(
        en=f" Version {version.version} was trained on all rows; its frozen twin, version {twin}, was not.",
        pt=f" A versão {version.version} foi treinada com todas as linhas; sua gêmea congelada, a versão "
        f"{twin}, não.",
    )


def _check_refits(refit_every: int | None, n_origins: int, version: ModelVersion) -> None:
    if refit_every is None:
        return
    if not learning_rates_of(version):
        raise UsageError(
            phrase(
                en=f"Version {version.version} cannot be fitted anew: it was saved without its learning "
                "rates.",
                pt=f"A versão {version.version} não pode ser ajustada de novo: foi salva sem suas taxas de "
                "aprendizado.",
            ),
            field="refit_every",
            hint=phrase(
                en="Keep its weights, or train the model again.",
                pt="Mantenha os pesos, ou treine o modelo de novo.",
            ),
        )
    if refit_every < 1:
        raise UsageError(
            phrase(
                en=f"A refit comes after at least 1 row, not {refit_every}.",
                pt=f"Um novo ajuste vem depois de no mínimo 1 linha, e não {refit_every}.",
            ),
            field="refit_every",
            hint=phrase(
                en="Leave it out to keep the weights as they were saved.",
                pt="Deixe de fora para manter os pesos como foram salvos.",
            ),
        )
    if (n_refits := math.ceil(n_origins / refit_every)) > MOST_REFITS:
        least = math.ceil(n_origins / MOST_REFITS)
        raise UsageError(
            phrase(
                en=f"Refitting every {number(refit_every)} rows makes {number(n_refits)} refits; at most "
                f"{MOST_REFITS} are possible.",
                pt=f"Ajustar de novo a cada {number(refit_every)} linhas dá {number(n_refits)} ajustes; são "
                f"possíveis no máximo {MOST_REFITS}.",
            ),
            field="refit_every",
            hint=phrase(
                en=f"Refit every {number(least)} rows or more, or take a shorter stretch.",
                pt=f"Ajuste a cada {number(least)} linhas ou mais, ou escolha um trecho menor.",
            ),
        )


def _first_row(made: dict[str, Any], first: int, version: ModelVersion, series: PriceSeries) -> int:
    """Where the rows begin that anything is fitted on: at the version's own, or at all that there are.

    Raises:
        UsageError: too few rows before the stretch.
    """
    lookback = int(version.parameters["lookback"])
    needed = MINIMUM_TRAIN_LOOKBACKS * lookback + lookback - 1 + version.horizon
    own = max(int(np.searchsorted(series.dates, made["first"])) - lookback, 0)
    if first - own >= needed:
        return own
    if first >= needed:
        return 0
    if needed < len(series):
        date = series.dates[needed].astype("datetime64[D]")
        hint = phrase(en=f"Start on {date} or later.", pt=f"Comece em {date} ou depois.")
    else:
        hint = phrase(en="Use a longer series.", pt="Use uma série mais longa.")
    raise DataError(
        phrase(
            en=f"Before {day(series.dates[first])} there are {number(first)} rows; the baselines, and every "
            f"refit, need {number(needed)}.",
            pt=f"Antes de {day(series.dates[first])} há {number(first)} linhas; as referências e cada novo "
            f"ajuste precisam de {number(needed)}.",
        ),
        field="start",
        hint=hint,
    )
