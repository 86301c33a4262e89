"""The intervals of a saved model: what its calibration has come to, and how it goes on with newer rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from jaxtyping import Float

from trintena.intervals import WINDOW, Calibration, Widths, conformal_scores, ewma_volatility

if TYPE_CHECKING:
    from trintena.domain import PriceSeries
    from trintena.windows.frame import Frame

MOST_NEW_ROWS = 2 * WINDOW
"""Newer rows than these are not gone through one by one: the bands start anew from their scores."""


@dataclass(frozen=True, eq=False)
class SavedBands:
    """The bands of a model as they stood at a row of its series, by forecasts of rows that were new to it."""

    origin: np.datetime64
    """The date of that row."""
    calibration: Calibration

    def to_json(self) -> dict[str, Any]:
        """As the manifest of the model keeps it."""
        return {"origin": str(self.origin), **self.calibration.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(np.datetime64(values["origin"], "s"), Calibration.from_json(values))

    def origins(self, series: PriceSeries, lookback: int) -> range:
        """The origins up to the newest row that a model has to forecast, for bands around the last of them.

        Only the newest row where the series does not go on from the one at which the bands stood.
        """
        newest, horizon = len(series) - 1, self.calibration.scores.shape[1]
        row = int(np.searchsorted(series.dates, self.origin))
        # What the last origins before it forecast becomes known after it.
        first = max(row - (horizon - 1), newest - MOST_NEW_ROWS - horizon)
        goes_on = row <= newest and series.dates[row] == self.origin and first >= lookback - 1
        return range(first if goes_on else newest, newest + 1)

    def widths(
        self, frame: Frame, floor: float, origins: range, forecasts: Float[np.ndarray, "origin horizon"]
    ) -> Widths:
        """The half-widths (horizon,) at the last of some origins, which `origins` named.

        Args:
            frame: the series, transformed.
            floor: the least volatility, in units of the target.
            origins: contiguous ones up to the newest row.
            forecasts: of these origins, in units of the target.
        """
        volatility = ewma_volatility(frame.table[:, 0], floor)
        state, horizon = self.calibration, forecasts.shape[1]
        if len(origins) >= horizon:  # the series goes on
            scores = conformal_scores(frame.targets[origins], forecasts, volatility[origins])[:-1]
            if len(origins) > MOST_NEW_ROWS + horizon:
                begun = WINDOW + horizon
                state, scores = Calibration.fit(scores[:begun]), scores[begun - (horizon - 1) :]
            state = state.extended(scores)
        return state.widths(float(volatility[origins[-1]]))
