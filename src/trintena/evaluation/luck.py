"""How much skill luck alone would show: the best of all trials, were none of them to know anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from trintena.metrics import Array

_CHUNK = 2_000_000
"""Forecasts held at once, 16 MB of them: thousands of trials over long horizons must fit a small machine."""


def luck_level(
    actual: Array,
    forecasts: Iterable[Array],
    gap: int,
    draws: int = 500,
    quantile: float = 0.95,
    seed: int = 0,
) -> float | None:
    """The skill over the last value that the best of these trials reaches by luck, once in twenty.

    Every trial's forecasts are moved on by the same number of origins, in a circle and by more than `gap`
    (lookback + horizon) either way: what they know of their own targets is lost, their size, smoothness
    and likeness to each other are kept. The best skill among them is what luck gives so many trials, and
    the level its 95 % point over all such shifts, or over `draws` of them where there are more. A search
    whose best validation skill is not above it has found nothing that luck would not have.

    Args:
        actual: targets of the validation segment.
        forecasts: of each finished trial, at the same origins; read one after the other and not kept, so a
            generator may load them. Those that are not finite are left out.
        gap: the fewest origins that make a forecast forget its target.
        draws: how many shifts at most; none is used twice.
        quantile: which point of the best skills, 0 to 1.
        seed: of the choice among more shifts than `draws`.

    Returns:
        None without a finite trial, without a shift that is long enough, or where nothing ever moves.

    Raises:
        ValueError: a trial forecasts other origins, or another horizon.
    """
    n = len(actual)
    shifts = np.arange(gap + 1, n - gap)
    reference = np.mean(np.square(actual, dtype=np.float64))
    if not len(shifts) or reference == 0.0:
        return None
    if len(shifts) > draws:
        shifts = np.random.default_rng(seed).choice(shifts, draws, replace=False)
    least = np.full(len(shifts), np.inf)
    spectrum = np.fft.rfft(actual, axis=0)
    for chunk in _chunks(forecasts, actual.shape):
        # MSE at a shift = mean y² + mean f² - 2 mean y·f shifted; the last one, for all shifts at once,
        # is a product of spectra.
        products = (spectrum * np.fft.rfft(chunk, axis=1).conj()).sum(axis=2)
        together = np.fft.irfft(products, n, axis=1)[:, shifts] / actual.size
        errors = reference + np.square(chunk).mean(axis=(1, 2))[:, None] - 2.0 * together
        least = np.minimum(least, errors.min(axis=0))
    if not np.isfinite(least).all():
        return None
    skill = 1.0 - np.sqrt(np.maximum(least, 0.0) / reference)  # a perfect fit may round below 0
    return float(np.quantile(skill, quantile))


def _chunks(forecasts: Iterable[Array], shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """The usable forecasts, (trial, origin, horizon), a few at a time."""
    usable = (each for each in forecasts if _is_usable(each, shape))
    n_trials = max(1, _CHUNK // (shape[0] * shape[1]))
    while chunk := list(islice(usable, n_trials)):
        yield np.stack(chunk).astype(np.float64, copy=False)


def _is_usable(forecast: Array, shape: tuple[int, ...]) -> bool:
    """Whether its squared error is a number."""
    if forecast.shape != shape:
        raise ValueError(
            f"expected forecasts of shape {shape}, (origin, horizon), like the targets, not {forecast.shape}"
        )
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.square(forecast, dtype=np.float64).sum()))
