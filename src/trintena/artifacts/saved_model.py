"""A saved model brought back: its files, verified, and the forecasts that it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from trintena.artifacts.bands import SavedBands
from trintena.artifacts.files import ModelFiles, read_model_files
from trintena.data.calendars import next_dates
from trintena.domain import Measures, ModelVersion, PriceSeries
from trintena.errors import ArtifactError, DataError
from trintena.language import phrase
from trintena.windows.frame import Transformation

Network = Callable[[Path, str, np.ndarray], np.ndarray]
"""Computes what the network in a `.keras` file, with this SHA-256, says of some scaled windows."""

STALE_AFTER = np.timedelta64(30, "D")


def notice_of(measures: Measures) -> tuple[str, str]:
    """What every forecast comes with, in English, as files keep it, and in Portuguese."""
    if measures == "price":
        return (
            "Not investment advice. A forecast of prices is uncertain; see the figures beside the last "
            "value.",
            "Não é recomendação de investimento. Uma previsão de preços é incerta; veja os números ao lado "
            "do último valor.",
        )
    return (
        "A forecast is uncertain; see the figures beside the last value.",
        "Uma previsão é incerta; veja os números ao lado do último valor.",
    )


@dataclass(frozen=True, eq=False)
class Forecast:
    """The next steps of a series, from its last row. Prices are in the series' own units."""

    origin: np.datetime64
    last_value: float
    dates: np.ndarray[Any, np.dtype[np.datetime64]]
    changes: Float[np.ndarray, " horizon"]
    """In units of the target: log return, or difference, from the last value."""
    prices: Float[np.ndarray, " horizon"]
    intervals: dict[int, tuple[Float[np.ndarray, " horizon"], Float[np.ndarray, " horizon"]]]
    """By level in percent, the prices between which it is meant to come; empty where none were calibrated."""

    def to_json(self, version: ModelVersion, now: datetime) -> dict[str, Any]:
        """The answer of `predict`; `warnings` says so when the last row is over 30 days old.

        `remarks`, what there is to say about the data, is for whoever obtained it to fill.
        """
        age = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "s") - self.origin
        en, pt = notice_of(version.measures)
        origin, *dates = _date_texts(np.array([self.origin, *self.dates]))
        return {
            "symbol": version.symbol,
            "model_id": version.model_id,
            "model_name": version.model_name,
            "version": version.version,
            "origin": origin,
            "last_value": self.last_value,
            "forecast": [
                {
                    "date": date,
                    "price": float(self.prices[k]),
                    "change": float(self.changes[k]),
                    "intervals": {
                        str(level): [float(lower[k]), float(upper[k])]
                        for level, (lower, upper) in self.intervals.items()
                    },
                }
                for k, date in enumerate(dates)
            ],
            "target": version.target,
            "measures": version.measures,
            "age_days": int(age / np.timedelta64(1, "D")),
            "warnings": ["old_data"] if age > STALE_AFTER else [],
            "remarks": [],
            "notice": phrase(en=en, pt=pt),
        }


def _date_texts(dates: np.ndarray[Any, np.dtype[np.datetime64]]) -> list[str]:
    """Calendar dates where all are at midnight, else each with its time, midnight too."""
    days = dates.astype("datetime64[D]")
    return [str(date) for date in (days if (days == dates).all() else dates)]


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A registered version with its files at hand."""

    version: ModelVersion
    files: ModelFiles
    transformation: Transformation

    @classmethod
    def open(cls, folder: Path, version: ModelVersion) -> SavedModel:
        """Open a version's files.

        Raises:
            ArtifactError: one is missing, was cut short or has changed since it was registered.
        """
        files = read_model_files(folder, version.stem, version.checksums)
        try:
            transformation = Transformation.from_json(files.scaler)
        except TypeError as error:
            raise ArtifactError(
                phrase(
                    en=f"{version.stem}.scaler is not of this version of Trintena: {error}.",
                    pt=f"{version.stem}.scaler não é desta versão da Trintena: {error}.",
                )
            ) from error
        return cls(version, files, transformation)

    def forecasts(
        self, series: PriceSeries, origins: range | np.ndarray, network: Network
    ) -> Float[np.ndarray, "origin horizon"]:
        """Forecasts in units of the target for some origins of a series.

        Raises:
            DataError: the series lacks a column that the model reads, or is too short.
        """
        at = np.asarray(origins)
        lookback = self.transformation.lookback
        if len(at) and at.min() < lookback - 1:
            raise DataError(
                phrase(
                    en=f"A forecast of version {self.version.version} reads {lookback} rows; "
                    f"{series.symbol} has {len(series)}, of which {at.min() + 1} before the first forecast.",
                    pt=f"Uma previsão da versão {self.version.version} lê {lookback} linhas; "
                    f"{series.symbol} tem {len(series)}, {at.min() + 1} delas antes da primeira previsão.",
                ),
                field="symbol",
            )
        frame = self.transformation.frame(series)
        outputs = network(self.files.keras_path, self.version.checksums["keras"], frame.windows(at))
        return np.asarray(outputs * frame.scale[at][:, None])

    @cached_property
    def bands(self) -> SavedBands | None:
        """What its intervals are made from; a model saved before there were any has none."""
        stored = self.files.manifest.get("intervals")
        return None if stored is None else SavedBands.from_json(stored)

    def next_forecast(self, series: PriceSeries, network: Network) -> Forecast:
        """The forecast from the last row of a series, with its intervals."""
        transformation, bands = self.transformation, self.bands
        origins = range(len(series) - 1, len(series))
        if bands is not None:
            origins = bands.origins(series, transformation.lookback)
        changes = self.forecasts(series, origins, network)
        widths = {}
        if bands is not None:
            widths = bands.widths(transformation.frame(series), transformation.scale_floor, origins, changes)
        last, own = series.close[-1:], changes[-1:]
        intervals = {
            level: (
                transformation.prices(own - half, last)[0],
                transformation.prices(own + half, last)[0],
            )
            for level, half in widths.items()
        }
        prices = transformation.prices(own, last)[0]
        dates = next_dates(series.symbol, series.dates, transformation.horizon)
        return Forecast(series.dates[-1], float(last[0]), dates, own[0], prices, intervals)
