"""Forecasts that are drawn, not trained, judged as if they were: what is known of them is known exactly.

A race is an experiment without networks. Ten years of a sample are divided as usual, as many forecasts as
there are architectures are drawn for its real targets, validation chooses one, and the test segment is there
to judge it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from scipy.signal import lfilter

from trintena import metrics
from trintena.data.sources import fetch
from trintena.data.sources.sample import PREFIX, SAMPLES
from trintena.domain import ExperimentSpec, PriceSeries, Split
from trintena.evaluation.baselines import BASELINES
from trintena.evaluation.scores import Judge, Scores
from trintena.evaluation.significance import diebold_mariano, losses
from trintena.evaluation.verdict import SIGNIFICANCE, Contest, verdict
from trintena.windows import Transformation, segments_of
from trintena.zoo import ARCHITECTURES

LOOKBACK = ExperimentSpec.lookback
TEN_YEARS = 2520
"""Rows."""
SIZES = (0.01, 0.1)
"""Between which the size of a forecast that knows nothing is drawn, in usual moves."""
KNOWN = 0.002
"""How much of its target an even forecast knows."""
SHARED = 0.9
"""Which part of their variance alike forecasts have in common."""
SMOOTH = 0.95
"""The correlation of a smooth forecast with the one a row before."""

Forecasts = np.ndarray[Any, np.dtype[np.float64]]
"""(model, origin, horizon), in units of the target."""


@cache
def sample(name: str) -> PriceSeries:
    """A sample, read once."""
    return fetch(PREFIX + name)


@dataclass(frozen=True, eq=False)
class Divided:
    """A series under the usual split and target."""

    series: PriceSeries
    horizon: int = 1

    @cached_property
    def transformation(self) -> Transformation:
        """Fitted on the training part."""
        segments = segments_of(self.series, Split(), LOOKBACK, self.horizon)
        shape = {"lookback": LOOKBACK, "horizon": self.horizon}
        return Transformation.fit(self.series, segments, target="log_return", features="close", **shape)

    @cached_property
    def judge(self) -> Judge:
        """Of forecasts of it."""
        segments = segments_of(self.series, Split(), LOOKBACK, self.horizon)
        return Judge(self.series, self.transformation, segments)


def stretch(rng: np.random.Generator, n_rows: int = TEN_YEARS) -> PriceSeries:
    """So many rows of one of the samples, from a day drawn at random; all of one where it has no more."""
    series = sample(str(rng.choice(list(SAMPLES))))
    start = int(rng.integers(max(1, len(series) - n_rows + 1)))
    return series.rows(start, start + n_rows)


@dataclass(frozen=True)
class Crowd:
    """How forecasts are drawn: each is `knows` times its target, and normal noise.

    The noise has the size `size` in usual moves, the root mean squared target of the segment; None draws
    one for each model from `SIZES`, evenly over orders of magnitude. Over several steps a forecast goes on
    in its direction.
    """

    knows: float = 0.0
    size: float | None = None
    alike: bool = False
    smooth: bool = False
    horizon: int = 1

    @classmethod
    def even(cls, *, alike: bool = False, smooth: bool = False, horizon: int = 1) -> Crowd:
        """Each as good as the last value, on average over its noise, which takes back what it knows."""
        return cls(KNOWN, float(np.sqrt(2 * KNOWN - KNOWN**2)), alike, smooth, horizon)

    @classmethod
    def explaining(cls, share: float) -> Crowd:
        """Alike forecasts, each of which explains that share of the variance of its target."""
        return cls(share, float(np.sqrt(share * (1 - share))), alike=True)

    def drawn(self, rng: np.random.Generator, n_models: int, *targets: np.ndarray) -> list[Forecasts]:
        """What each model forecasts of some segments, whose targets (origin, horizon) are given."""
        sizes = self.size or np.exp(rng.uniform(np.log(SIZES[0]), np.log(SIZES[1]), n_models))
        forecasts = []
        for actual in targets:
            usual = np.sqrt(np.square(actual).mean(axis=0))
            noise = self._noise(rng, n_models, len(actual))[:, :, None]
            forecasts.append(self.knows * actual + np.reshape(sizes, (-1, 1, 1)) * noise * usual)
        return forecasts

    def _noise(self, rng: np.random.Generator, n_models: int, n_origins: int) -> np.ndarray:
        z = rng.standard_normal((n_models + 1, n_origins))
        if self.smooth:
            z[:, 1:] *= np.sqrt(1 - SMOOTH**2)
            z = lfilter([1.0], [1.0, -SMOOTH], z, axis=1)
        shared = SHARED if self.alike else 0.0
        noise: np.ndarray = np.sqrt(shared) * z[0] + np.sqrt(1 - shared) * z[1:]
        return noise


@dataclass(frozen=True, eq=False)
class Race:
    """What was drawn, and the number of the model that validation chose."""

    judge: Judge
    validation: Forecasts
    test: Forecasts

    @classmethod
    def run(
        cls,
        rng: np.random.Generator,
        crowd: Crowd,
        *,
        n_models: int = len(ARCHITECTURES),
        judge: Judge | None = None,
    ) -> Race:
        """Draw a crowd, and ten years for it to forecast unless a judge is given."""
        judge = judge or Divided(stretch(rng), crowd.horizon).judge
        return cls(judge, *crowd.drawn(rng, n_models, judge.actual("validation"), judge.actual("test")))

    @cached_property
    def champion(self) -> int:
        """The model with the lowest validation error."""
        return self._best("validation")

    @cached_property
    def best_on_test(self) -> int:
        """The model with the lowest test error, which nobody may choose."""
        return self._best("test")

    def _best(self, segment: str) -> int:
        errors = np.square(self.judge.actual(segment) - self.forecasts(segment)).mean(axis=(1, 2))
        return int(errors.argmin())

    def forecasts(self, segment: str) -> Forecasts:
        """Of every model."""
        return self.validation if segment == "validation" else self.test

    def first(self, n_models: int) -> Race:
        """The same race with fewer models."""
        return Race(self.judge, self.validation[:n_models], self.test[:n_models])

    def seems_better(self, model: int, segment: str = "test") -> bool:
        """Whether a Diebold-Mariano test finds a model better than the last value."""
        actual = self.judge.actual(segment)
        loss, of_last = (
            losses(actual, each) for each in (self.forecasts(segment)[model], np.zeros_like(actual))
        )
        p = diebold_mariano(loss, of_last, actual.shape[1])
        return p is not None and p < SIGNIFICANCE

    @cached_property
    def scores(self) -> Scores:
        """Of the champion on the test segment."""
        return self.judge.scores("test", self.test[self.champion])

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """What a board would say of the champion."""
        judge, validation = self.judge, self.validation[self.champion]
        row = {
            "model_id": self.champion,
            "skill": self.scores["skill"],
            "skill_against_drift": self.scores["skill_against_drift"],
            "validation_skill": metrics.skill(judge.actual("validation"), validation),
            "test_persistence_clone": self.scores["persistence_clone"],
        }
        baselines = {
            each.key: each.forecast(judge.frame, judge.segments, judge.segments.test) for each in BASELINES
        }
        contest = Contest(dict(enumerate(self.test)), baselines, list(self.validation))
        return verdict(row, judge, contest, is_price=True)

    def beats(self) -> bool:
        """Whether the verdict is "beats the last value"; it is asked only where it can be, for it is slow."""
        ahead = self.scores["skill"] > 0 and self.scores["skill_against_drift"] > 0
        may = ahead and not self.scores["persistence_clone"] and self.seems_better(self.champion)
        return bool(may) and self.verdict["code"] == "beats_last_value"
