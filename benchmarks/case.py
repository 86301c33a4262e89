"""A series as every side of a comparison sees it, and trials that all of them run on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.data import fetch, select_rows
from trintena.domain import SearchSpace, Split
from trintena.metrics import rmse
from trintena.windows import Transformation, segments_of

if TYPE_CHECKING:
    from trintena.domain import PriceSeries
    from trintena.windows import Frame, Segments

SYMBOL, YEARS, LOOKBACK, HORIZON, FEATURES = "sample:nasdaq", 10, 60, 1, "ohlcv"
SEED = 0


@dataclass(frozen=True, eq=False)
class Case:
    """A series in its segments and windows, exactly as `trintena train` makes them."""

    series: PriceSeries
    segments: Segments
    transformation: Transformation
    frame: Frame

    @classmethod
    def of(cls, reference: str) -> Case:
        """Of a series named as in `trintena train`: `sample:nasdaq`, or the path of a CSV file."""
        series = select_rows(fetch(reference), YEARS, None, None)
        segments = segments_of(series, Split(), LOOKBACK, HORIZON)
        transformation = Transformation.fit(
            series, segments, target="log_return", features=FEATURES, lookback=LOOKBACK, horizon=HORIZON
        )
        return cls(series, segments, transformation, transformation.frame(series))

    def test_skill(self, forecast: np.ndarray) -> float:
        """Skill of forecasts (test origin, horizon), in log returns, against the last value."""
        actual = self.frame.targets[np.asarray(self.segments.test)]
        return 1 - rmse(actual, forecast) / rmse(actual, np.zeros_like(actual))

    def write_windows(self, path: Path) -> None:
        """What the peer fits: every window and target, in float32, and the unit of each target."""
        arrays = {}
        for segment in ("train", "validation", "test"):
            origins = np.asarray(self.segments[segment])
            arrays[f"{segment}_windows"] = self.frame.windows(origins).astype(np.float32)
            arrays[f"{segment}_targets"] = self.frame.scaled_targets[origins].astype(np.float32)
            arrays[f"{segment}_scale"] = self.frame.scale[origins]
        np.savez(path, **arrays)


def listed_trials(model_ids: Sequence[int], n_trials: int, most_epochs: int | None) -> dict[str, Any]:
    """The space, and settings of each architecture drawn from it at random, none of them twice.

    `most_epochs` cuts their training short, to try the comparison out.
    """
    space = asdict(SearchSpace())
    combinations = [dict(zip(space, values, strict=True)) for values in product(*space.values())]
    trials = {}
    for model_id in model_ids:
        drawn = np.random.default_rng([SEED, model_id]).choice(len(combinations), n_trials, replace=False)
        trials[str(model_id)] = [
            {**combinations[i], "epochs": min(combinations[i]["epochs"], most_epochs or 2**31)} for i in drawn
        ]
    return {"space": space, "trials": trials}
