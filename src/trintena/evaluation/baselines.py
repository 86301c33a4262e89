"""Forecasts that anyone can make without a network: on every board, never eligible as champion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from trintena.windows.frame import Frame
    from trintena.windows.segments import Segments


@dataclass(frozen=True)
class Baseline:
    """A forecast for any origins of a frame, fitted on the training part at most."""

    key: str
    name: str
    forecast: Callable[[Frame, Segments, range], Float[np.ndarray, "origin horizon"]]


def _last_value(frame: Frame, segments: Segments, origins: range) -> Float[np.ndarray, "origin horizon"]:
    """Repeating the last known value: a change of zero."""
    return np.zeros((len(origins), frame.targets.shape[1]))


def _drift(frame: Frame, segments: Segments, origins: range) -> Float[np.ndarray, "origin horizon"]:
    """The mean one-step change of the training part, k steps on: the line from its first to its last row."""
    level = frame.table[: segments.train.stop, 0]
    mean_change = (level[-1] - level[0]) / (len(level) - 1)
    steps = np.arange(1, frame.targets.shape[1] + 1)
    return np.tile(mean_change * steps, (len(origins), 1))


BASELINES = (
    Baseline("last_value", "Last value", _last_value),
    Baseline("drift", "Drift", _drift),
)
