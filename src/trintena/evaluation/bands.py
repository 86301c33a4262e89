"""The intervals of a forecast over the test segment, and how they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from trintena import metrics
from trintena.intervals import (
    WINDOW,
    Calibration,
    Widths,
    conformal_scores,
    ewma_volatility,
    rolling_widths,
    split_widths,
)

if TYPE_CHECKING:
    from trintena.windows.frame import Frame
    from trintena.windows.segments import Segments

Forecasts = Float[np.ndarray, "origin horizon"]
BANDED = ("calibrating", "test", "newest")
"""The stretches of origins whose forecasts bands are made of, contiguous."""


def banded(forecasts: Mapping[str, np.ndarray]) -> np.ndarray:
    """The forecasts of these stretches as one array, as `Bands` takes it."""
    return np.concatenate([forecasts[name] for name in BANDED])


class Bands:
    """The bands around one forecast, from the scores of the calibration segment and those that followed.

    `forecast` is of every origin from the first of calibration to the last row: (origin, horizon), in
    units of the target.
    """

    def __init__(self, frame: Frame, segments: Segments, floor: float, forecast: Forecasts) -> None:
        self._forecast = forecast
        self._first = segments.test.start - segments.calibration.start
        """The row of the first test origin."""
        self._test = slice(self._first, self._first + len(segments.test))
        origins = np.arange(segments.calibration.start, segments.newest.stop)
        self._volatility = ewma_volatility(frame.table[:, 0], floor)[origins]
        self._actual = frame.targets[origins]
        self._scores = conformal_scores(self._actual, forecast, self._volatility)

    def calibration(self) -> Calibration:
        """As it stands at the last row, for the forecasts to come."""
        before = self._first - (self._forecast.shape[1] - 1)
        return Calibration.fit(self._scores[: self._first]).extended(self._scores[before:-1])

    def widths(self) -> Widths:
        """The half-widths (test origin, horizon) as they were at each test origin."""
        return rolling_widths(self._scores[: self._test.stop], self._first, self._volatility[self._test])

    def figures(self) -> dict[str, Any]:
        """How the bands did on the test segment, each level by its percent; pooled, and for each step.

        `coverage` beside `split_coverage`, that of the plain band which learns nothing on the way;
        `mean_width`, `winkler` and `pinball` (of both bounds together) in units of the target. `crps` is
        of the whole distribution that the last scores make around the forecast. What ends in `_by_step`
        has a value for each step.
        """
        forecast, actual = self._forecast[self._test], self._actual[self._test]
        plain = split_widths(self._scores[: self._test.stop], self._first, self._volatility[self._test])
        levels = {}
        for level, half in self.widths().items():
            bounds = (actual, forecast - half, forecast + half)
            steps = metrics.by_step(_level_figures, *bounds, level=level)
            levels[str(level)] = {
                **_level_figures(*bounds, level=level),
                "split_coverage": metrics.coverage(actual, forecast - plain[level], forecast + plain[level]),
                **{f"{name}_by_step": [step[name] for step in steps] for name in steps[0]},
            }
        crps = self._crps()
        return {"levels": levels, "crps": float(np.mean(crps)), "crps_by_step": crps}

    def _crps(self) -> list[float]:
        """Of each step, with the last scores, each with its sign, as the sample of what may come."""
        with_sign = np.sign(self._actual - self._forecast) * self._scores
        horizon, each = self._forecast.shape[1], []
        for k in range(horizon):
            # Of step k + 1 the scores of origins up to k + 1 before are known.
            known = [with_sign[max(0, t - k - WINDOW) : t - k, k] for t in range(len(with_sign))[self._test]]
            fewest = min(len(scores) for scores in known)
            sample = np.stack([scores[-fewest:] for scores in known])
            spread = (self._volatility[self._test] * np.sqrt(k + 1))[:, None]
            forecast = self._forecast[self._test, k][:, None]
            samples = (forecast + spread * sample)[:, None, :]
            each.append(metrics.crps(self._actual[self._test, k : k + 1], samples))
        return each


def _level_figures(actual: Forecasts, lower: Forecasts, upper: Forecasts, level: int) -> dict[str, Any]:
    """Of one band, pooled over the steps given; `level` in percent."""
    tail = (100 - level) / 200
    return {
        "coverage": metrics.coverage(actual, lower, upper),
        "mean_width": metrics.mean_width(lower, upper),
        "winkler": metrics.winkler(actual, lower, upper, level / 100),
        "pinball": metrics.pinball(actual, lower, tail) + metrics.pinball(actual, upper, 1 - tail),
    }
