"""A series as a network sees it: one table, and for every origin its scale and targets.

x = ln p for target `log_return`, x = p for `difference`. The window of origin t holds
(x - x[t]) / (s[t] √L) for the price columns, where s[t] is the deviation of the window's one-step
changes of the close, at least a tenth of the training part's. Columns that are no prices are
standardized on the training rows. The network's output is in units of s[t].

The windows themselves are never made here: the training program gathers them from the table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from jaxtyping import Float

from trintena.domain import PRICE_COLUMNS, Features, PriceSeries, Target
from trintena.errors import DataError
from trintena.language import number, phrase

if TYPE_CHECKING:
    from trintena.windows.segments import Segments

SCALE_FLOOR_SHARE = 0.1
_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Frame:
    """A series transformed, ready to be gathered from. Column 0 is the close.

    Shapes: table (row, feature); scale (row,), in units of x, NaN before the first whole window;
    anchored (feature,), True for prices; targets (row, horizon), in units of x, NaN at the end.
    """

    table: Float[np.ndarray, "row feature"]
    scale: Float[np.ndarray, " row"]
    anchored: np.ndarray[Any, np.dtype[np.bool_]]
    targets: Float[np.ndarray, "row horizon"]
    lookback: int

    @property
    def factors(self) -> Float[np.ndarray, "row feature"]:
        """What the gathered (anchored) value of each column is multiplied by, for each origin."""
        price = 1.0 / (self.scale * np.sqrt(self.lookback))
        return np.where(self.anchored, price[:, None], 1.0)

    @property
    def scaled_targets(self) -> Float[np.ndarray, "row horizon"]:
        """The targets in units of the window's step size, which the network learns."""
        scaled: np.ndarray = self.targets / self.scale[:, None]
        return scaled

    def windows(self, origins: range | np.ndarray) -> Float[np.ndarray, "window lookback feature"]:
        """The scaled windows of some origins, for a few forecasts or a check; training gathers its own."""
        at = np.asarray(origins)
        rows = at[:, None] + np.arange(1 - self.lookback, 1)
        anchors = self.table[at, 0][:, None, None] * self.anchored
        windows: np.ndarray = (self.table[rows] - anchors) * self.factors[at][:, None, :]
        return windows


@dataclass(frozen=True)
class Transformation:
    """Everything between prices and the network, fitted on training origins: what `.scaler` keeps."""

    target: Target
    columns: tuple[str, ...]
    lookback: int
    horizon: int
    scale_floor: float
    """The least s[t], in units of x."""
    volume_mean: float | None = None
    volume_deviation: float | None = None
    """Of ln(1 + volume) over the rows that training windows read."""

    @classmethod
    def fit(
        cls,
        series: PriceSeries,
        segments: Segments,
        *,
        target: Target,
        features: Features,
        lookback: int,
        horizon: int,
    ) -> Transformation:
        """Fit on the rows that the training origins see; later rows change nothing.

        Raises:
            DataError: prices that the target cannot use, or a training part that never changes.
        """
        columns = _columns(series, features)
        seen = series.rows(0, segments.train.stop)
        close = _levels(seen, "close", target)
        deviation = float(np.diff(close).std())
        if deviation == 0.0:
            raise DataError(
                phrase(
                    en=f"The training part of {series.symbol} never changes: all {len(seen)} values are "
                    f"{number(seen.close[0], 'g')}. There is nothing to learn; use another series or split.",
                    pt=f"A parte de treino de {series.symbol} nunca muda: os {len(seen)} valores são todos "
                    f"{number(seen.close[0], 'g')}. Não há o que aprender; use outra série ou divisão.",
                ),
                field="symbol",
            )
        fitted: dict[str, float] = {}
        if "volume" in columns:
            volume = np.log1p(seen.values[:, seen.columns.index("volume")])
            fitted = {"volume_mean": float(volume.mean()), "volume_deviation": float(volume.std()) or 1.0}
        return cls(target, columns, lookback, horizon, SCALE_FLOOR_SHARE * deviation, **fitted)

    def frame(self, series: PriceSeries) -> Frame:
        """The series in this transformation.

        Raises:
            DataError: the series lacks a column, or holds prices that the target cannot use.
        """
        levels = []
        for column in self.columns:
            if column not in series.columns:
                raise DataError(
                    phrase(
                        en=f"The model reads {', '.join(self.columns)}; {series.symbol} has no {column}.",
                        pt=f"O modelo lê {', '.join(self.columns)}; {series.symbol} não tem {column}.",
                    ),
                    field="symbol",
                )
            if column == "volume":
                volume = np.log1p(series.values[:, series.columns.index(column)])
                levels.append(
                    (volume - cast("float", self.volume_mean)) / cast("float", self.volume_deviation)
                )
            else:
                levels.append(_levels(series, column, self.target))
        close = levels[0]
        anchored = np.array([column in PRICE_COLUMNS for column in self.columns])
        targets = np.full((len(series), self.horizon), np.nan)
        for k in range(1, self.horizon + 1):
            targets[:-k, k - 1] = close[k:] - close[:-k]
        table = np.stack(levels, axis=1)
        # The first close is taken from every price, which no window notices: it keeps the digits
        # that float32 has for the differences.
        table = table - np.where(anchored, close[0], 0.0)
        scale = np.maximum(_rolling_deviation(np.diff(close), self.lookback - 1), self.scale_floor)
        return Frame(table, scale, anchored, targets, self.lookback)

    def prices(
        self, forecasts: Float[np.ndarray, "origin horizon"], last: Float[np.ndarray, " origin"]
    ) -> Float[np.ndarray, "origin horizon"]:
        """Forecasts of the target as prices, from the last known price of each origin."""
        if self.target == "log_return":
            prices: np.ndarray = last[:, None] * np.exp(forecasts)
        else:
            prices = last[:, None] + forecasts
        return prices

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` gives it back, to the last digit."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Transformation:
        """Read what `to_json` wrote."""
        return cls(**{**values, "columns": tuple(values["columns"])})


def _columns(series: PriceSeries, features: Features) -> tuple[str, ...]:
    """The columns that the network reads, the close first."""
    others = tuple(column for column in series.columns if column != "close") if features == "ohlcv" else ()
    return ("close", *others)


def _levels(series: PriceSeries, column: str, target: Target) -> Float[np.ndarray, " row"]:
    values = series.values[:, series.columns.index(column)]
    if target == "difference":
        return values
    bad = np.flatnonzero(values <= 0)
    if len(bad):
        value, day = number(values[bad[0]], "g"), f"{series.dates[bad[0]].item():%Y-%m-%d}"
        raise DataError(
            phrase(
                en=f"Target log_return needs positive values; {column} of {series.symbol} is {value} on "
                f"{day} ({len(bad)} such rows).",
                pt=f"O alvo log_return precisa de valores positivos; {column} de {series.symbol} é {value} "
                f"em {day} ({len(bad)} linhas assim).",
            ),
            field="target",
            hint=phrase(en="Use --target difference.", pt="Escolha --target difference."),
        )
    logarithms: np.ndarray = np.log(values)
    return logarithms


def _rolling_deviation(changes: np.ndarray, width: int) -> Float[np.ndarray, " row"]:
    """The deviation of the last `width` changes at every row, NaN while there are fewer.

    Each row is computed from its own changes alone: a running sum would carry rounding, and with it
    traces of other rows, along the series.
    """
    deviations = np.full(len(changes) + 1, np.nan)
    if len(changes) < width:
        return deviations
    views = np.lib.stride_tricks.sliding_window_view(changes, width)
    for start in range(0, len(views), _CHUNK_ROWS):
        chunk = views[start : start + _CHUNK_ROWS].std(axis=1)
        deviations[width + start : width + start + len(chunk)] = chunk
    return deviations
