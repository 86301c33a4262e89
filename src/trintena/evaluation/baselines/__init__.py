"""Forecasts that anyone can make without a network: on every board, never eligible as champion.

`BASELINES` are computed on the fly, in microseconds. `FITTED` take seconds: they are fitted on the
training part, frozen, and rolled over the origins. Each call fits anew, so ask once for all the origins
that are wanted, say from the first of validation to the last of test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from trintena.evaluation.baselines.arima import Arima
from trintena.evaluation.baselines.ets import ExponentialSmoothing
from trintena.evaluation.baselines.ridge import ridge_forecast
from trintena.evaluation.baselines.rolling import rolled
from trintena.evaluation.baselines.simple import drift, last_value
from trintena.evaluation.baselines.theta import Theta

if TYPE_CHECKING:
    from trintena.windows.frame import Frame
    from trintena.windows.segments import Segments

__all__ = ["ALL", "BASELINES", "FITTED", "Baseline"]


@dataclass(frozen=True)
class Baseline:
    """A forecast for any origins of a frame, fitted on the training part at most.

    Forecasts are in units of the target: the change of x from the origin, for each step.
    """

    key: str
    name: str
    forecast: Callable[[Frame, Segments, range], Float[np.ndarray, "origin horizon"]]


BASELINES = (
    Baseline("last_value", "Last value", last_value),
    Baseline("drift", "Drift", drift),
)

FITTED = (
    Baseline("ridge", "Ridge on the window", ridge_forecast),
    Baseline("auto_arima", "AutoARIMA", rolled("AutoARIMA", Arima.fit)),
    Baseline("auto_ets", "AutoETS", rolled("AutoETS", ExponentialSmoothing.fit)),
    Baseline("auto_theta", "AutoTheta", rolled("AutoTheta", Theta.fit)),
)

ALL = BASELINES + FITTED
