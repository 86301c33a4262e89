"""What the statistical models share: which rows they see, and how they are rolled over the origins.

A model is fitted once, on the training rows, and frozen. At each origin it reads the rows up to there,
in one pass over the series, and forecasts every step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from jaxtyping import Float

from trintena.evaluation.baselines.refusals import finite, never_changes, not_finite

if TYPE_CHECKING:
    from trintena.windows.frame import Frame
    from trintena.windows.segments import Segments

NEWEST_ROWS = 5000
"""A fit sees the newest training rows, no more than these: what it costs stays bounded."""


class Model(Protocol):
    """A fitted model with frozen parameters."""

    def changes(
        self, path: Float[np.ndarray, " row"], origins: np.ndarray, horizon: int
    ) -> Float[np.ndarray, "origin horizon"]:
        """The expected change of the path from each origin, which reads no row after itself."""
        ...


def rolled(
    name: str, fit: Callable[[Float[np.ndarray, " row"]], Model]
) -> Callable[[Frame, Segments, range], Float[np.ndarray, "origin horizon"]]:
    """The forecast of a baseline from the fit of its model.

    The model meets a path that begins at zero and whose one-step changes have a deviation of 1 on the
    rows of the fit: what it finds depends neither on the unit nor on the level of the series.
    """

    def forecast(frame: Frame, segments: Segments, origins: range) -> Float[np.ndarray, "origin horizon"]:
        """Fitted on training rows, rolled over the origins, which lie after them.

        Raises:
            TrialError: nothing could be fitted, or a price or a forecast is not finite.
            ValueError: origins from before the end of the training part.
        """
        end = segments.train.stop
        start = max(0, end - NEWEST_ROWS)
        if origins.start < end:
            raise ValueError(f"Expected origins from row {end} on, after the training part; got {origins}.")
        levels = frame.table[start : origins.stop, 0]
        if not np.isfinite(levels).all():
            raise not_finite(name)
        unit = float(np.diff(levels[: end - start]).std())
        if unit == 0.0:
            raise never_changes(name, end - start)
        path = (levels - levels[0]) / unit
        model = fit(path[: end - start])
        changes = model.changes(path, np.asarray(origins) - start, frame.targets.shape[1])
        return finite(name, unit * changes)

    return forecast
