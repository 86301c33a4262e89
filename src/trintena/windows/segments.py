"""Which origins belong to which segment, with a purge at every border.

A sample with origin t reads rows t-L+1 … t and has targets t+1 … t+h. Segments are ranges of
*target* rows: a sample belongs to [a, b) iff a <= t+1 and t+h <= b-1, so h-1 origins are dropped at
each border. Inputs may reach back over a border, targets never.

Reference: López de Prado 2018, chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.domain import Split
from trintena.errors import DataError, UsageError

if TYPE_CHECKING:
    from trintena.domain import PriceSeries

LONG_SERIES = 3000
"""From this many rows on, the last three segments have fixed lengths, below it fixed shares."""
FIXED_LENGTHS = (504, 252, 504)
DEFAULT_FRACTIONS = (0.70, 0.12, 0.06)
MINIMUM_ORIGINS = {"validation": 100, "calibration": 50, "test": 100}
MINIMUM_TRAIN_LOOKBACKS = 10


@dataclass(frozen=True)
class Segments:
    """The origins of each segment, contiguous and in time order."""

    train: range
    validation: range
    calibration: range
    test: range
    borders: tuple[int, int, int]
    """The first target row of validation, calibration and test."""

    def __getitem__(self, name: str) -> range:
        """The origins of the segment with that name."""
        origins: range = getattr(self, name)
        return origins

    def joined(self) -> Segments:
        """Every origin, purged ones included, as one training segment; the others are empty."""
        none = range(0)
        return Segments(range(self.train.start, self.test.stop), none, none, none, self.borders)


def borders_of(dates: np.ndarray[Any, np.dtype[np.datetime64]], split: Split) -> tuple[int, int, int]:
    """The first target rows of validation, calibration and test.

    Raises:
        UsageError: fractions or dates that make no split.
    """
    if split.dates is not None:
        return _date_borders(dates, split.dates)
    n_rows = len(dates)
    if split.fractions is None and n_rows >= LONG_SERIES:
        validation, calibration, test = FIXED_LENGTHS
        return (n_rows - validation - calibration - test, n_rows - calibration - test, n_rows - test)
    fractions = split.fractions or DEFAULT_FRACTIONS
    # Less a hair, too: 0.7 + 0.2 + 0.1 is a little less than 1 in binary.
    if not (all(share > 0 for share in fractions) and sum(fractions) < 1 - 1e-9):
        raise UsageError(
            f"A split needs three fractions above 0 with a sum below 1 (train, validation, calibration; "
            f"test takes the rest), not {', '.join(f'{share:g}' for share in fractions)}.",
            field="split",
        )
    first, second, third = np.cumsum(fractions)
    # A hair is added before rounding down: 0.7 + 0.12 + 0.06 is a little less than 0.88 in binary.
    return (int(n_rows * first + 1e-9), int(n_rows * second + 1e-9), int(n_rows * third + 1e-9))


def _date_borders(
    dates: np.ndarray[Any, np.dtype[np.datetime64]], texts: tuple[str, str, str]
) -> tuple[int, int, int]:
    try:
        borders = [np.datetime64(text, "s") for text in texts]
    except ValueError as error:
        raise UsageError(
            f"A split by dates needs three ISO dates such as 2023-01-02, not {', '.join(texts)}.",
            field="split",
        ) from error
    if not (dates[0] < borders[0] < borders[1] < borders[2] <= dates[-1]):
        raise UsageError(
            f"The three dates of a split must rise within the series, {dates[0].item():%Y-%m-%d} to "
            f"{dates[-1].item():%Y-%m-%d}; these are {', '.join(texts)}.",
            field="split",
        )
    first, second, third = (int(row) for row in np.searchsorted(dates, borders))
    return (first, second, third)


def segment_origins(n_rows: int, borders: tuple[int, int, int], lookback: int, horizon: int) -> Segments:
    """The origins of each segment.

    Raises:
        UsageError: lookback or horizon out of range.
        DataError: a segment has too few origins to be trusted; the message says the numbers.
    """
    if lookback < 2:
        raise UsageError(f"The lookback must be at least 2 rows, not {lookback}.", field="lookback")
    if horizon < 1:
        raise UsageError(f"The horizon must be at least 1 row, not {horizon}.", field="horizon")
    edges = [0, *borders, n_rows]
    ranges = [range(max(start - 1, lookback - 1), stop - horizon) for start, stop in pairwise(edges)]
    train, validation, calibration, test = ranges
    segments = Segments(train, validation, calibration, test, borders)
    minimum = {"train": MINIMUM_TRAIN_LOOKBACKS * lookback, **MINIMUM_ORIGINS}
    short = [
        f"{name} has {len(segments[name])} origins and needs {needed}"
        for name, needed in minimum.items()
        if len(segments[name]) < needed
    ]
    if short:
        raise DataError(
            f"Too few rows: with {n_rows} rows, lookback {lookback} and horizon {horizon}, "
            f"{'; '.join(short)}.",
            field="split",
            hint="Use a longer series (--years all), a shorter --lookback or --horizon, or another --split.",
        )
    return segments


def segments_of(series: PriceSeries, split: Split, lookback: int, horizon: int) -> Segments:
    """The segments of a series under a split."""
    return segment_origins(len(series), borders_of(series.dates, split), lookback, horizon)
