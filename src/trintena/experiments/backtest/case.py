"""A backtest's rows: what is forecast, in which blocks, and what each block is fitted on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from trintena.evaluation.baselines.simple import drift
from trintena.evaluation.scores import Judge
from trintena.experiments.backtest.plan import FEWEST_ORIGINS
from trintena.report import TestForecast
from trintena.windows import Segments, Transformation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trintena.domain import Backtest, ExperimentSpec, FittedBaseline, PriceSeries, TrialResult
    from trintena.registry import ExperimentRecord, Registry

TEST = "test"
"""What the segment that is forecast is called, here as in a training."""


@dataclass(frozen=True, eq=False)
class BacktestCase:
    """What a backtest rolls over, and the rows that it uses."""

    experiment_id: int
    spec: ExperimentSpec
    backtest: Backtest
    series: PriceSeries
    stretch: range
    """The origins whose targets all lie in the stretch."""
    fresh: range
    """Those of them whose targets the version was neither trained, selected nor calibrated on."""

    @classmethod
    def load(cls, registry: Registry, record: ExperimentRecord) -> BacktestCase:
        """Of an experiment as the database holds it, with its dataset."""
        spec, backtest = record.spec, record.spec.backtest
        assert backtest is not None
        whole = registry.load_dataset(spec.dataset_hash)
        start, last = np.searchsorted(whole.dates, [_moment(spec.start), _moment(spec.end)])
        series = whole.rows(int(start), int(last) + 1)
        first = int(np.searchsorted(series.dates, _moment(backtest.first)))
        stretch = range(first - 1, len(series) - spec.horizon)
        made = int(np.searchsorted(series.dates, _moment(backtest.calibrated_to), side="right"))
        fresh = range(min(max(made - 1, stretch.start), stretch.stop), stretch.stop)
        return cls(record.id, spec, backtest, series, stretch, fresh)

    @property
    def is_refitted(self) -> bool:
        """Whether the weights are fitted anew; they are those of the saved version else."""
        return self.backtest.refit_every is not None

    @property
    def n_in_sample(self) -> int:
        """Origins whose targets the weights, or their choice, have seen; a refit has seen none."""
        return 0 if self.is_refitted else len(self.stretch) - len(self.fresh)

    @property
    def judged(self) -> range:
        """The origins that the figures are of: where enough are out of sample, those alone."""
        if self.is_refitted or len(self.fresh) < FEWEST_ORIGINS:
            return self.stretch
        return self.fresh

    @property
    def blocks(self) -> list[range]:
        """The judged origins, cut where something is fitted anew."""
        judged, rows = self.judged, self.backtest.refit_every or len(self.judged)
        return [judged[start : start + rows] for start in range(0, len(judged), rows)]

    def segments(self, block: range) -> Segments:
        """A block as the test segment, and before it all that is fitted on; nothing in between.

        What is refitted sees every row up to the block's first target. Beside frozen weights the baselines
        see the rows that these were trained on, unless the stretch begins among them.
        """
        border = block.start + 1
        if not self.is_refitted:
            trained_to = _moment(self.backtest.trained_to)
            border = min(border, int(np.searchsorted(self.series.dates, trained_to, side="right")))
        stop = border - self.spec.horizon  # the purge: every target lies before the border
        none = range(stop, stop)
        return Segments(range(self.spec.lookback - 1, stop), none, none, block, (border, border, border))

    def transformation(self, segments: Segments) -> Transformation:
        """What is fitted on the training part, as the networks are."""
        spec = self.spec
        return Transformation.fit(
            self.series,
            segments,
            target=spec.target,
            features=spec.features,
            lookback=spec.lookback,
            horizon=spec.horizon,
        )

    def judge(self) -> RollingJudge:
        """Who scores the judged origins as one test segment; the scales are those of the first fit."""
        segments = self.segments(self.blocks[0])
        whole = Segments(segments.train, range(0), range(0), self.judged, segments.borders)
        return RollingJudge(self, whole)

    def forecast_dates(self, origins: range) -> tuple[np.datetime64, np.datetime64]:
        """The first and the last date that some origins forecast."""
        dates = self.series.dates
        return dates[origins.start + 1], dates[origins.stop - 1 + self.spec.horizon]

    def model_forecast(self, trials: Sequence[TrialResult]) -> np.ndarray:
        """What the network forecast of the judged origins, from all of its stored blocks."""
        blocks = sorted((trial for trial in trials if TEST in trial.forecasts), key=lambda each: each.number)
        return np.concatenate([trial.forecasts[TEST] for trial in blocks]).astype(np.float64)

    def judged_forecast(self, trials: Sequence[TrialResult]) -> TestForecast:
        """The same beside what came, to be drawn."""
        judge, origins = self.judge(), np.asarray(self.judged)
        forecast, actual, last = self.model_forecast(trials), judge.actual(TEST), self.series.close[origins]
        with np.errstate(over="ignore"):  # a network that exploded
            prices = judge.transformation.prices(forecast, last)
        return TestForecast(
            model_id=self.spec.model_ids[0],
            target=self.spec.target,
            dates=self.series.dates[origins[:, None] + np.arange(1, self.spec.horizon + 1)],
            forecast=forecast,
            actual=actual,
            last=last,
            prices=prices,
            actual_prices=judge.transformation.prices(actual, last),
        )


class RollingJudge(Judge):
    """Scores forecasts of all blocks together; drift is fitted anew where everything else is."""

    def __init__(self, case: BacktestCase, segments: Segments) -> None:
        self.transformation = case.transformation(segments)
        self._case = case
        super().__init__(case.series, self.transformation, segments)

    def drift(self, segment: str) -> np.ndarray:
        """Of every block what the rows before it say."""
        case = self._case
        return np.concatenate([drift(self.frame, case.segments(block), block) for block in case.blocks])

    def joined(self, key: str, fitted: Mapping[tuple[int, str], FittedBaseline]) -> FittedBaseline:
        """A fitted baseline over all blocks; where one block has no forecast, why."""
        own = [fitted[number, key] for number in range(len(self._case.blocks))]
        seconds = sum(each.fit_seconds for each in own)
        reason = next((each.reason for each in own if each.reason is not None), None)
        if reason is not None:
            return replace(own[0], key=key, fit_seconds=seconds, forecasts={}, reason=reason)
        forecast = np.concatenate([each.forecasts[TEST] for each in own])
        return replace(own[0], key=key, fit_seconds=seconds, forecasts={TEST: forecast})


def _moment(date: str) -> np.datetime64:
    return np.datetime64(date, "s")
