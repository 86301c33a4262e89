"""Every figure of one forecast on one segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trintena import metrics
from trintena.evaluation.baselines import BASELINES

if TYPE_CHECKING:
    from trintena.domain import PriceSeries
    from trintena.windows.frame import Frame, Transformation
    from trintena.windows.segments import Segments

Scores = dict[str, float | bool | None]


class Judge:
    """Scores forecasts of one series under one split; every row of a board asks the same judge."""

    def __init__(self, series: PriceSeries, transformation: Transformation, segments: Segments) -> None:
        self._close = series.close
        self._transformation = transformation
        self.frame: Frame = transformation.frame(series)
        self.segments = segments

    def baseline_forecasts(self, segment: str) -> dict[str, np.ndarray]:
        """What each baseline forecasts for a segment, by its key."""
        origins = self.segments[segment]
        return {row.key: row.forecast(self.frame, self.segments, origins) for row in BASELINES}

    def scores(self, segment: str, forecast: np.ndarray) -> Scores:
        """Scores of a forecast (origin, horizon), in units of the target, on a segment.

        `rmse`, `mae`: in units of the target; `price_rmse`, `price_mae`: in units of the series;
        `skill` and `skill_against_drift`: 1 - RMSE / the baseline's RMSE;
        `directional_accuracy` beside `majority_share`, what naming the commoner direction scores;
        `persistence_clone`: in practice it repeats the last value.
        """
        origins = np.asarray(self.segments[segment])
        actual = self.frame.targets[origins]
        last = self._close[origins]
        # A network that exploded may name a log return whose price no number holds: infinite, then.
        with np.errstate(over="ignore"):
            prices = self._transformation.prices(forecast, last)
        actual_prices = self._transformation.prices(actual, last)
        drift = self.baseline_forecasts(segment)["drift"]
        return {
            "rmse": metrics.rmse(actual, forecast),
            "mae": metrics.mae(actual, forecast),
            "price_rmse": metrics.rmse(actual_prices, prices),
            "price_mae": metrics.mae(actual_prices, prices),
            "skill": metrics.skill(actual, forecast),
            "skill_against_drift": metrics.skill(actual, forecast, drift),
            "directional_accuracy": metrics.directional_accuracy(actual, forecast),
            "majority_share": metrics.majority_share(actual),
            "persistence_clone": metrics.is_persistence_clone(
                self.frame.table[:, 0], origins, actual, forecast
            ),
        }
