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
from trintena.language import phrase

if TYPE_CHECKING:
    from trintena.domain import PriceSeries

LONG_SERIES = 3000
"""From this many rows on, the last three segments have fixed lengths, below it fixed shares."""
FIXED_LENGTHS = (504, 252, 504)
DEFAULT_FRACTIONS = (0.70, 0.12, 0.06)
MINIMUM_ORIGINS = {"validation": 100, "calibration": 50, "test": 100}
MINIMUM_TRAIN_LOOKBACKS = 10
JUDGED = ("validation", "test")
"""The segments that a board has figures of."""
UNTRAINED = ("validation", "calibrating", "test", "newest")
"""The stretches of origins that lie behind the training segment, as `Segments` names them."""


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
        """The origins of the segment with that name, or of `calibrating` or `newest`."""
        origins: range = getattr(self, name)
        return origins

    @property
    def calibrating(self) -> range:
        """The origins of calibration, and the purged ones between it and the test."""
        return range(self.calibration.start, self.test.start)

    @property
    def newest(self) -> range:
        """The origins behind the test up to the last row: nobody knows all that they forecast yet."""
        horizon = self.test.start - self.calibration.stop + 1
        return range(self.test.stop, self.test.stop + horizon)

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
        given = ", ".join(f"{share:g}" for share in fractions)
        raise UsageError(
            phrase(
                en="A split needs three fractions above 0 with a sum below 1 (train, validation, "
                f"calibration; test takes the rest), not {given}.",
                pt="Uma divisão precisa de três frações acima de 0 com soma abaixo de 1 (treino, validação, "
                f"calibração; o teste fica com o resto), e não {given}.",
            ),
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
            phrase(
                en=f"A split by dates needs three ISO dates such as 2023-01-02, not {', '.join(texts)}.",
                pt="Uma divisão por datas precisa de três datas ISO, como 2023-01-02, e não "
                f"{', '.join(texts)}.",
            ),
            field="split",
        ) from error
    if not (dates[0] < borders[0] < borders[1] < borders[2] <= dates[-1]):
        first_day, last_day = (f"{day.item():%Y-%m-%d}" for day in (dates[0], dates[-1]))
        raise UsageError(
            phrase(
                en=f"The three dates of a split must rise within the series, {first_day} to {last_day}; "
                f"these are {', '.join(texts)}.",
                pt=f"As três datas de uma divisão devem crescer dentro da série, de {first_day} a "
                f"{last_day}; estas são {', '.join(texts)}.",
            ),
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
        raise UsageError(
            phrase(
                en=f"The lookback must be at least 2 rows, not {lookback}.",
                pt=f"O lookback deve ser de no mínimo 2 linhas, e não {lookback}.",
            ),
            field="lookback",
        )
    if horizon < 1:
        raise UsageError(
            phrase(
                en=f"The horizon must be at least 1 row, not {horizon}.",
                pt=f"O horizon deve ser de no mínimo 1 linha, e não {horizon}.",
            ),
            field="horizon",
        )
    edges = [0, *borders, n_rows]
    ranges = [range(max(start - 1, lookback - 1), stop - horizon) for start, stop in pairwise(edges)]
    train, validation, calibration, test = ranges
    segments = Segments(train, validation, calibration, test, borders)
    minimum = {"train": MINIMUM_TRAIN_LOOKBACKS * lookback, **MINIMUM_ORIGINS}
    short = [
        phrase(
            en=f"{name} has {len(segments[name])} origins and needs {needed}",
            pt=f"{name} tem {len(segments[name])} origens e precisa de {needed}",
        )
        for name, needed in minimum.items()
        if len(segments[name]) < needed
    ]
    if short:
        raise DataError(
            phrase(
                en=f"Too few rows: with {n_rows} rows, lookback {lookback} and horizon {horizon}, ",
                pt=f"Poucas linhas: com {n_rows} linhas, lookback {lookback} e horizon {horizon}, ",
            )
            + f"{'; '.join(short)}.",
            field="split",
            hint=phrase(
                en="Use a longer series (--years all), a shorter --lookback or --horizon, or another "
                "--split.",
                pt="Use uma série mais longa (--years all), um --lookback ou --horizon menor, ou outro "
                "--split.",
            ),
        )
    return segments


def segments_of(series: PriceSeries, split: Split, lookback: int, horizon: int) -> Segments:
    """The segments of a series under a split."""
    return segment_origins(len(series), borders_of(series.dates, split), lookback, horizon)
