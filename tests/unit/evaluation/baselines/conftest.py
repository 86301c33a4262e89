"""Paths of a known kind: they begin at zero, and their one-step changes have a deviation of 1."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from trintena.domain import PriceSeries


def path_of(levels: np.ndarray) -> np.ndarray:
    path: np.ndarray = (levels - levels[0]) / np.diff(levels).std()
    return path


@pytest.fixture
def series() -> PriceSeries:
    """A thousand rows of a price with momentum; what the judge is asked about."""
    steps = lfilter([1.0], [1.0, -0.3], np.random.default_rng(4).normal(5e-4, 0.01, 1000))
    dates = np.datetime64("2018-01-01", "s") + np.arange(1000) * np.timedelta64(1, "D")
    close = 50.0 * np.exp(np.cumsum(steps))
    return PriceSeries("MOMENTUM", dates, ("close",), close[:, None], "test")


@pytest.fixture
def walk() -> np.ndarray:
    """A random walk with heavy tails."""
    return path_of(np.cumsum(np.random.default_rng(3).standard_t(4, 600)))


@pytest.fixture
def momentum() -> np.ndarray:
    """Each change repeats 0.3 of the one before."""
    return path_of(np.cumsum(lfilter([1.0], [1.0, -0.3], np.random.default_rng(6).normal(size=1500))))


@pytest.fixture
def reverting() -> np.ndarray:
    """Half of the distance from the level is left after a step."""
    return path_of(lfilter([1.0], [1.0, -0.5], np.random.default_rng(5).normal(size=600)))


@pytest.fixture
def climb() -> np.ndarray:
    """A line with noise around it."""
    return path_of(0.4 * np.arange(400.0) + np.random.default_rng(1).normal(size=400))
