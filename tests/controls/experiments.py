"""Experiments for the controls, and everything that one of them found."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from integration.champion.lab import Lab, autoregressive, series_of, write_csv
from trintena import train_all_models_fast_mode, train_all_models_with_optimization
from trintena.domain import FittedBaseline, PriceSeries, Split, TrialResult
from trintena.evaluation.bands import banded
from trintena.experiments.case import Case
from trintena.intervals import conformal_scores, ewma_volatility

N_ROWS = 1_000
LOOKBACK, HORIZON = 8, 3
SPLIT = Split(fractions=(0.5, 0.2, 0.1))
SMALL: dict[str, Any] = {"model_ids": (3, 9), "lookback": LOOKBACK, "horizon": HORIZON, "split": SPLIT}
"""With the batch normalization of model 3, which would mix rows, had they met."""


def of(symbol: str = "WALK", *, n_rows: int = N_ROWS, seed: int = 11) -> PriceSeries:
    """Open, high, low, close and volume, with returns that follow the last one a little.

    On a random walk the statistical models would repeat the last value, and could leak nothing.
    """
    generator = np.random.default_rng(seed)
    close = 40 * np.exp(np.cumsum(autoregressive(n_rows, 0.3, 0.02, seed)))
    spread = 1 + 0.01 * generator.random((2, n_rows))
    return series_of(
        symbol,
        close,
        open=close,
        high=close * spread[0],
        low=close / spread[1],
        volume=generator.lognormal(12, 0.5, n_rows),
    )


def poisoned(series: PriceSeries, border: int) -> PriceSeries:
    """The series with every price from a row on multiplied by a random factor, and every volume by another.

    The factors are not so large that the import refuses the file for its jumps.
    """
    values = series.values.copy()
    factors = np.random.default_rng(5).uniform(0.6, 1.6, (len(values) - border, 2))
    is_volume = np.array([column == "volume" for column in series.columns], dtype=int)
    values[border:] *= factors[:, is_volume]
    return PriceSeries(f"{series.symbol}-{border}", series.dates, series.columns, values, series.source)


def train_fast(lab: Lab, series: PriceSeries, **request: Any) -> dict[str, Any]:
    """Fast mode by the public function, on a file of the series."""
    path = write_csv(lab.home / f"{series.symbol}.csv", series)
    return train_all_models_fast_mode(csv=path, years=None, **request)


def train_optimized(lab: Lab, series: PriceSeries, **request: Any) -> dict[str, Any]:
    """Optimized mode by the public function, on a file of the series."""
    path = write_csv(lab.home / f"{series.symbol}.csv", series)
    return train_all_models_with_optimization(csv=path, years=None, **request)


@dataclass(frozen=True, eq=False)
class Found:
    """What an experiment left: its answer, what the database holds of it, and its series as it saw it."""

    lab: Lab
    answer: dict[str, Any]
    case: Case
    trials: list[TrialResult]
    baselines: list[FittedBaseline]

    @classmethod
    def after(cls, lab: Lab, series: PriceSeries, **request: Any) -> Found:
        """A small experiment in the lab."""
        return cls.by(lab, lab.train(series, **{**SMALL, **request}))

    @classmethod
    def by(cls, lab: Lab, answer: dict[str, Any]) -> Found:
        """Of the experiment with this answer."""
        assert answer["status"] == "success", answer
        registry, number = lab.app.registry, answer["experiment_id"]
        case = Case.load(registry, registry.experiment(number))
        return cls(lab, answer, case, registry.trials(number), registry.baselines(number))

    def forecasts(self) -> dict[str, np.ndarray]:
        """Every forecast of every trial and every fitted baseline (origin, horizon), by a name."""
        named = {f"{t.model_id} {t.purpose} {t.number}": t.forecasts for t in self.trials}
        named |= {each.key: each.forecasts for each in self.baselines}
        return {f"{who} {segment}": each for who, own in named.items() for segment, each in own.items()}

    def known_at(self, border: int) -> dict[str, Any]:
        """All that rows before the border decide, by a name.

        What validation decides is in it from the border of calibration on.
        """
        segments = self.case.segments
        known: dict[str, Any] = {
            f"forecast: {name}": each[: border - segments[name.rpartition(" ")[2]].start]
            for name, each in self.forecasts().items()
            if segments[name.rpartition(" ")[2]].start < border
        }
        known |= {f"losses {t.model_id} {t.purpose} {t.number}": t.train_losses for t in self.trials}
        known["transformation"] = self.case.transformation
        known["borders"] = segments.borders
        if border >= segments.calibration.start + 1:
            known |= self._chosen()
        if border >= segments.test.start + 1:
            known |= self._bands(border)
        return known

    def _chosen(self) -> dict[str, Any]:
        """What validation decided: the ranking, the figures, the champion's weights, the verdict's inputs."""
        rows = self.answer.get("all_results") or self.answer["results"]
        version = self.lab.version(self.answer)
        settings = {name: value for name, value in version.parameters.items() if name != "source"}
        chosen = {
            **_weights(self.lab.file(version, "keras")),
            "ranking": [(row["rank"], row["model_id"], row["state"], row["reason"]) for row in rows],
            "settings": [(t.model_id, t.state, t.hyperparameters, t.seed) for t in self.trials],
            "curves": [(t.validation_rmse, t.validation_curve, t.learning_rates) for t in self.trials],
            "champion": (version.model_id, settings),
            "scaler": self.lab.file(version, "scaler").read_bytes(),
        }
        for row in (*rows, *self.answer["baselines"]):
            chosen[f"validated: {row.get('model_id') or row['key']}"] = row["metrics"].get("validation")
        for name in ("validation_skill", "luck_level", "n_trials"):
            chosen[name] = self.answer["verdict"][name]
        return chosen

    def _bands(self, border: int) -> dict[str, Any]:
        """The conformal scores that are known before the border, and the bands issued before it."""
        known: dict[str, Any] = {}
        segments, judge = self.case.segments, self.case.judge
        floor = self.case.transformation.scale_floor
        origins = np.arange(segments.calibration.start, segments.newest.stop)
        volatility = ewma_volatility(judge.frame.table[:, 0], floor)[origins]
        arrives = origins[:, None] + np.arange(1, self.case.spec.horizon + 1)
        for trial in (t for t in self.trials if "newest" in t.forecasts):
            forecast = banded(trial.forecasts)
            name = f"{trial.model_id} {trial.purpose} {trial.number}"
            scores = conformal_scores(judge.frame.targets[origins], forecast, volatility)
            known[f"scores: {name}"] = scores[arrives < border]
            for level, half in judge.bands(trial.forecasts).widths().items():
                known[f"{level} % band: {name}"] = half[: border - segments.test.start]
        return known


def _weights(path: Path) -> dict[str, np.ndarray]:
    """What a `.keras` file holds, by a name."""
    with zipfile.ZipFile(path) as saved, saved.open("model.weights.h5") as file, h5py.File(file) as stored:
        found: dict[str, np.ndarray] = {}
        stored.visititems(
            lambda name, each: found.update({name: each[()]} if isinstance(each, h5py.Dataset) else {})
        )
    assert found
    return {f"weights: {name}": each for name, each in found.items()}


def assert_same(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Bit for bit, each by its name."""
    assert first.keys() == second.keys()
    for name, value in first.items():
        if isinstance(value, np.ndarray):
            assert value.size, name
            assert np.array_equal(value, second[name], equal_nan=True), name
        else:
            assert value == second[name], name
