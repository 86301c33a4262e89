"""Every figure of one forecast on one segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trintena import metrics
from trintena.evaluation.bands import BANDED, Bands, banded
from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.baselines.simple import drift

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trintena.domain import FittedBaseline, PriceSeries
    from trintena.evaluation.baselines import Baseline
    from trintena.windows.frame import Frame, Transformation
    from trintena.windows.segments import Segments

Scores = dict[str, Any]


class Judge:
    """Scores forecasts of one series under one split; every row of a board asks the same judge."""

    def __init__(self, series: PriceSeries, transformation: Transformation, segments: Segments) -> None:
        self._close = series.close
        self._transformation = transformation
        self.frame: Frame = transformation.frame(series)
        self.segments = segments
        train = np.asarray(segments.train)
        self.train_mean = self.frame.targets[train].mean(axis=0)
        """The mean targets of the training part, (horizon,)."""
        self._scales = metrics.one_step_scales(self.frame.table[: segments.train.stop, 0])

    def actual(self, segment: str) -> np.ndarray:
        """What came, for each origin of a segment and each step, in units of the target."""
        actual: np.ndarray = self.frame.targets[np.asarray(self.segments[segment])]
        return actual

    def drift(self, segment: str) -> np.ndarray:
        """What drift forecasts of a segment, against which `skill_against_drift` is."""
        return drift(self.frame, self.segments, self.segments[segment])

    def baseline_forecasts(
        self, row: Baseline, segments: Iterable[str], fitted: Mapping[str, FittedBaseline]
    ) -> dict[str, np.ndarray]:
        """What a baseline forecasts of some segments, from the stored ones if it is one that is fitted.

        Nothing where it could not be fitted, or has not been yet.
        """
        if row in BASELINES:
            return {each: row.forecast(self.frame, self.segments, self.segments[each]) for each in segments}
        stored = fitted[row.key].forecasts if row.key in fitted else {}
        return {each: stored[each] for each in segments if each in stored}

    def scores(self, segment: str, forecast: np.ndarray) -> Scores:
        """Scores of a forecast (origin, horizon), in units of the target, pooled over a segment's steps.

        `rmse`, `mae`: in units of the target; `price_rmse`, `price_mae`: in units of the series, `mape`
        and `smape` of it in percent; `skill` and `skill_against_drift`: 1 - RMSE / the baseline's RMSE;
        `r2` against the train mean; `mase` and `rmsse` in one-step changes of the training part;
        `directional_accuracy` beside `majority_share`, what naming the commoner direction scores;
        `change_correlation` with its 95 % interval; `best_shift`, the lag in steps at which the forecast
        path fits the actual one best; `persistence_clone`: what it adds to the last value cannot be
        told from noise.
        """
        actual, levels = self.actual(segment), self.frame.table[:, 0]
        origins = np.asarray(self.segments[segment])
        return {
            **self._figures(*self._arrays(segment, forecast)),
            "change_correlation": _correlation(actual, forecast),
            **_following(levels, origins, actual, forecast),
        }

    def all_scores(self, segment: str, forecast: np.ndarray) -> Scores:
        """`scores`, the p-value of the direction (Pesaran and Timmermann), and `by_step`.

        The latter has a list for each of these figures, with a value for each step; whether a forecast is
        a clone, up to each step. The p-value is of origins as many steps apart as were forecast, whose
        changes do not overlap.
        """
        actual, levels = self.actual(segment), self.frame.table[:, 0]
        origins = np.asarray(self.segments[segment])
        steps = metrics.by_step(self._figures, *self._arrays(segment, forecast))
        for k, step in enumerate(steps, 1):
            step["change_correlation"] = _correlation(actual[:, k - 1 : k], forecast[:, k - 1 : k], k)
            step |= _following(levels, origins, actual[:, :k], forecast[:, :k])
            step["direction_p"] = metrics.pesaran_timmermann(actual[::k, :k], forecast[::k, :k])
        by_step = {name: [step[name] for step in steps] for name in steps[0]}
        return {
            **self.scores(segment, forecast),
            "direction_p": by_step["direction_p"][-1],
            "by_step": {name: _short(values) for name, values in by_step.items()},
        }

    def board_scores(self, forecasts: Mapping[str, np.ndarray]) -> dict[str, Scores]:
        """The scores of forecasts of validation and test, as a board shows them: of the test every one.

        With them `intervals`, what the bands around the forecasts of the test held, where `forecasts`
        also has the stretches that these learn from.
        """
        scores = {}
        if "validation" in forecasts:
            scores["validation"] = self.scores("validation", forecasts["validation"])
        if "test" in forecasts:
            scores["test"] = self.all_scores("test", forecasts["test"])
            if all(name in forecasts for name in BANDED):
                scores["test"]["intervals"] = self.bands(forecasts).figures()
        return scores

    def bands(self, forecasts: Mapping[str, np.ndarray]) -> Bands:
        """The bands around the forecasts of the test, from those of calibration on."""
        floor = self._transformation.scale_floor
        return Bands(self.frame, self.segments, floor, banded(forecasts))

    def _arrays(self, segment: str, forecast: np.ndarray) -> tuple[np.ndarray, ...]:
        """What the figures are made of: changes and prices, of what came, the forecast, and drift."""
        origins = np.asarray(self.segments[segment])
        actual, last = self.actual(segment), self._close[origins]
        # A network that exploded may name a log return whose price no number holds: infinite, then.
        with np.errstate(over="ignore"):
            prices = self._transformation.prices(forecast, last)
        actual_prices = self._transformation.prices(actual, last)
        return actual, forecast, self.drift(segment), actual_prices, prices, self.train_mean

    def _figures(
        self,
        actual: np.ndarray,
        forecast: np.ndarray,
        of_drift: np.ndarray,
        actual_prices: np.ndarray,
        prices: np.ndarray,
        train_mean: np.ndarray,
    ) -> Scores:
        return {
            "rmse": metrics.rmse(actual, forecast),
            "mae": metrics.mae(actual, forecast),
            "price_rmse": metrics.rmse(actual_prices, prices),
            "price_mae": metrics.mae(actual_prices, prices),
            "mape": metrics.mape(actual_prices, prices),
            "smape": metrics.smape(actual_prices, prices),
            "skill": metrics.skill(actual, forecast),
            "skill_against_drift": metrics.skill(actual, forecast, of_drift),
            "r2": metrics.out_of_sample_r2(actual, forecast, train_mean),
            "mase": metrics.mase(actual, forecast, self._scales),
            "rmsse": metrics.rmsse(actual, forecast, self._scales),
            "directional_accuracy": metrics.directional_accuracy(actual, forecast),
            "majority_share": metrics.majority_share(actual),
        }


def _following(levels: np.ndarray, origins: np.ndarray, actual: np.ndarray, forecast: np.ndarray) -> Scores:
    """Whether the forecast does more than follow the last value."""
    shift = metrics.best_shift(levels, origins, forecast)
    return {
        "best_shift": shift,
        "persistence_clone": metrics.is_persistence_clone(shift, actual, forecast),
    }


def _correlation(actual: np.ndarray, forecast: np.ndarray, horizon: int | None = None) -> list[float] | None:
    found = metrics.change_correlation(actual, forecast, horizon)
    return None if found is None else list(found)


def _short(value: Any) -> Any:
    """The same with seven significant digits: a board of many steps has thousands of these."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return [_short(each) for each in value] if isinstance(value, list) else value
