"""The two forecasts that need no fit to speak of: the last value, and the line of the training part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from trintena.windows.frame import Frame
    from trintena.windows.segments import Segments


def last_value(frame: Frame, segments: Segments, origins: range) -> Float[np.ndarray, "origin horizon"]:
    """Repeating the last known value: a change of zero."""
    return np.zeros((len(origins), frame.targets.shape[1]))


def drift(frame: Frame, segments: Segments, origins: range) -> Float[np.ndarray, "origin horizon"]:
    """The mean one-step change of the training part, k steps on: the line from its first to its last row."""
    level = frame.table[: segments.train.stop, 0]
    mean_change = (level[-1] - level[0]) / (len(level) - 1)
    steps = np.arange(1, frame.targets.shape[1] + 1)
    return np.tile(mean_change * steps, (len(origins), 1))
