"""A series over time as a small picture of letters, with prices beside it and dates under it.

Drawn here, in NumPy, rather than with plotille (6.0.5, MIT), which was tried: it marks every line with
whatever value falls on it, 53.2 and 25.3 rather than 50 and 20, cuts dates to nine letters, and has
no logarithmic scale, without which decades of a share are a flat line with a wall at its end. What
would have been left to it are the dots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from trintena.language import number

LOGARITHMIC_FROM = 20.0
"""Positive values whose highest is this many times the lowest are drawn on a logarithmic scale."""
HEIGHT = 12
"""Lines of the picture itself; the dates under it take two more."""
_MOST_TICKS = 6
_MOST_DATES = 5
_NARROWEST = 20
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""What each dot of a letter of braille, four high and two wide, adds to its code."""
_BRAILLE = 0x2800

Dates = np.ndarray[Any, np.dtype[np.datetime64]]
Values = Float[np.ndarray, " row"]


@dataclass(frozen=True)
class Plot:
    """The picture, ready to print."""

    lines: tuple[str, ...]
    is_logarithmic: bool
    """Whether equal heights are equal ratios; a reader must be told."""


def plot(dates: Dates, values: Values, *, width: int = 80) -> Plot:
    """Draw finite values over increasing dates, at least one, in lines of at most `width` letters.

    Where more rows fall on one column of dots than it can show, it reaches from the lowest of them to
    the highest: no day is lost.
    """
    scale = _Scale.of(values)
    labels = {_line_at(scale.share(tick)): scale.label(tick) for tick in scale.ticks()}
    margin = max(map(len, labels.values()))
    columns = max(width - margin - 2, _NARROWEST)

    time = (dates - dates[0]) / max(dates[-1] - dates[0], np.timedelta64(1, "s"))
    if len(dates) == 1:
        time = np.array([0.5])
    picture = _letters(_dots(time, scale.share(values), 4 * HEIGHT, 2 * columns))
    lines = [
        f"{labels.get(line, ''):>{margin}} {'┤' if line in labels else '│'}{letters}".rstrip()
        for line, letters in enumerate(picture)
    ]
    axis = [" " * (margin + 1) + text for text in _date_axis(dates, columns)]
    return Plot((*lines, *axis), scale.is_logarithmic)


@dataclass(frozen=True)
class _Scale:
    """From values to shares of the height of the picture, and which values to name beside it."""

    low: float
    high: float
    is_logarithmic: bool

    @classmethod
    def of(cls, values: Values) -> _Scale:
        low, high = float(values.min()), float(values.max())
        is_wide = low > 0 and math.log(high) - math.log(low) >= math.log(LOGARITHMIC_FROM)
        return cls(low, high, is_wide)

    @property
    def half_span(self) -> float:
        """Halved first: the span of the largest numbers would overflow. Zero if nothing moves."""
        half = self.high / 2 - self.low / 2
        return half if half > 1e-12 * max(abs(self.low), abs(self.high)) and half > 1e-300 else 0.0

    def share(self, value: Any) -> Any:
        """How high a value, or each of an array, stands between the lowest (0) and the highest (1)."""
        if self.is_logarithmic:
            low, high = math.log(self.low), math.log(self.high)
            return (np.log(value) - low) / (high - low)
        if not self.half_span:
            return np.full_like(value, 0.5, dtype=np.float64)
        return (value / 2 - self.low / 2) / self.half_span

    def ticks(self) -> list[float]:
        """Up to six round values, none below the lowest and none above the highest."""
        if self.is_logarithmic:
            return self._logarithmic_ticks()
        if not self.half_span:
            return [self.low]
        step = self._step
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [step * multiple for multiple in range(first, last + 1)]

    @property
    def _step(self) -> float:
        """The smallest of 1, 2 and 5 times a power of ten that fits five times at most into the span."""
        wanted = self.half_span / 2.5
        power = 10.0 ** math.floor(math.log10(wanted))
        return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= wanted)

    def _logarithmic_ticks(self) -> list[float]:
        powers = range(math.floor(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
        for digits in ((1, 2, 5), (1, 3), (1,)):
            ticks = [d * 10.0**p for p in powers for d in digits if self.low <= d * 10.0**p <= self.high]
            if len(ticks) <= _MOST_TICKS:
                return ticks
        return ticks[:: math.ceil(len(ticks) / _MOST_TICKS)]

    def label(self, tick: float) -> str:
        """A tick as readers write it, with the same decimals as the others of its scale."""
        if self.is_logarithmic or not self.half_span:
            return number(tick, ",.10g")
        decimals = max(0, -math.floor(math.log10(self._step)))
        return number(tick, f"z,.{decimals}f" if decimals < 9 and abs(tick) < 1e12 else ",.6g")


def _line_at(share: float) -> int:
    """The line of the picture, the highest being 0, on which a dot of that height is set."""
    return HEIGHT - 1 - round(share * (4 * HEIGHT - 1)) // 4


def _dots(
    time: Float[np.ndarray, " row"], share: Float[np.ndarray, " row"], n_high: int, n_wide: int
) -> Bool[np.ndarray, "high wide"]:
    """Which dots are set, the highest first; times and shares lie between 0 and 1."""
    edges = np.interp(np.linspace(0.0, 1.0, n_wide + 1), time, share, left=np.nan, right=np.nan)
    lowest, highest = np.fmin(edges[:-1], edges[1:]), np.fmax(edges[:-1], edges[1:])
    column = np.minimum((time * n_wide).astype(np.intp), n_wide - 1)
    np.fmin.at(lowest, column, share)
    np.fmax.at(highest, column, share)
    level = np.arange(n_high)[::-1, np.newaxis]
    first, last = np.round(lowest * (n_high - 1)), np.round(highest * (n_high - 1))
    dots: Bool[np.ndarray, "high wide"] = (first <= level) & (level <= last)
    return dots


def _letters(dots: Bool[np.ndarray, "high wide"]) -> list[str]:
    high, wide = dots.shape
    codes = (dots.reshape(high // 4, 4, wide // 2, 2) * _DOTS[:, np.newaxis, :]).sum(axis=(1, 3))
    return ["".join(chr(_BRAILLE + code) if code else " " for code in line) for line in codes.tolist()]


def _date_axis(dates: Dates, columns: int) -> tuple[str, str]:
    """The line under the picture, and some dates under it, the first and the last among them."""
    first, last = dates[0], dates[-1]
    are_days = bool((dates == dates.astype("datetime64[D]")).all())
    unit = "D" if are_days or last - first >= np.timedelta64(_MOST_DATES, "D") else "m"
    begin, end = first.astype(f"datetime64[{unit}]"), last.astype(f"datetime64[{unit}]")
    length, span = len(str(begin)), int((end - begin).astype(np.int64))
    line, names = ["─"] * columns, [" "] * columns
    for part in (0.0, 1.0, *np.linspace(0.0, 1.0, _MOST_DATES)[1:-1]) if span else (0.0,):
        moment = begin + round(span * part)
        share = (moment - first) / (last - first) if span else 0.5
        at = min(max(round(float(share) * (columns - 1)), 0), columns - 1)
        start = min(max(at - length // 2, 0), columns - length)
        if "".join(names[max(start - 2, 0) : start + length + 2]).isspace():  # apart from its neighbours
            line[at] = "┬"
            names[start : start + length] = str(moment).replace("T", " ")
    return f"└{''.join(line)}", f" {''.join(names)}".rstrip()
