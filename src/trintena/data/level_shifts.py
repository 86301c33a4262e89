"""Steps of a close that look like a split which was not adjusted, and not like a crash.

A split and a crash are both large against the moves around them, and both stay. They differ in the
bar of the day: a split lies between two days, so the day already opens on the new level, and the
moves after it are as large as those before, in proportion. A crash happens within the day (1987,
bitcoin in March 2020), or it is news overnight and seldom near a ratio of small whole numbers.

In the last rows, where nothing can be seen to stay, only steps near a split count. What is not found
at all: a split that the moves around could explain, as with volatile prices, and any step smaller
than 3:2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Bool, Float, Int

AROUND = 30
"""Steps on either side by which the usual size of a move is judged."""
STAYING = 20
"""Rows on either side whose middle levels are compared."""
FEWEST = 5
"""The least number of them; at the end of a series fewer have to do if the step is near a split."""
SIGMAS = 10.0
"""How many robust standard deviations of the steps around make a step large."""
SMALL_SIGMAS = 20.0
"""The same for steps of less than twofold: news overnight has often made a third of a price vanish."""
TOLERANCE = 0.06
"""Of the logarithm: how far a ratio may be off a simple one, at most. The day's own move is in it."""
COMMON = 0.01
"""Where more steps than this share are as large as a split, none of them stands out."""
STRANGE_SIGMAS = 15.0
"""A ratio that is near no split must be at least twofold, and this large."""

_RATIOS = [(3, 2), (2, 1), (5, 2)] + [(n, 1) for n in (3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100)]
SPLITS = [*_RATIOS, *((old, new) for new, old in _RATIOS)]
"""New shares for old ones. Smaller splits, such as 5:4, cannot be told from a bad day."""
SMALLEST = float(np.log(1.5)) - TOLERANCE


@dataclass(frozen=True)
class LevelShift:
    """The first row on the new level, its close divided by the one before, and the split it is near."""

    row: int
    ratio: float
    split: tuple[int, int] | None


def level_shifts(
    close: Float[np.ndarray, " row"], prices: Float[np.ndarray, "row 4"] | None = None
) -> list[LevelShift]:
    """The steps of `close` that look like an unadjusted split or like two files joined.

    Args:
        close: in any unit; a series with a close of zero or less has no ratios, and no shifts.
        prices: open, high, low and close where there are all four; they tell a split from a crash.
    """
    if len(close) < 2 * FEWEST or not (close > 0).all():
        return []
    logs = np.log(close)
    steps = np.diff(logs)
    candidates = np.flatnonzero(np.abs(steps) >= SMALLEST)
    if not 0 < len(candidates) <= max(10, COMMON * len(steps)):
        return []
    usual = _usual_move(steps, candidates)
    large = np.abs(steps[candidates]) >= SIGMAS * usual
    found = []
    for step, sigma in zip(candidates[large], usual[large], strict=True):
        move = float(steps[step])
        split = _nearest_split(move, float(sigma))
        if split is None and abs(move) < max(np.log(2.0), STRANGE_SIGMAS * sigma):
            continue
        if abs(move) < np.log(2.0) - TOLERANCE and abs(move) < SMALL_SIGMAS * sigma:
            continue
        if _stays(logs, int(step), move, split is not None) and _lies_between_days(
            prices, int(step), move, float(sigma)
        ):
            found.append(LevelShift(int(step) + 1, float(np.exp(move)), split))
    return found


def _usual_move(
    steps: Float[np.ndarray, " step"], places: Int[np.ndarray, " place"]
) -> Float[np.ndarray, " place"]:
    """The robust standard deviation of the steps before or after each of `places`: the larger one."""
    offsets = np.concatenate([np.arange(-AROUND, 0), np.arange(1, AROUND + 1)])
    around = places[:, None] + offsets
    outside: Bool[np.ndarray, "place offset"] = (around < 0) | (around >= len(steps))
    sizes = np.where(outside, np.nan, np.abs(steps[around.clip(0, len(steps) - 1)]))
    # after a crash the moves stay large, after a split they do not: the wilder side is the measure
    medians = [_median(sizes[:, :AROUND]), _median(sizes[:, AROUND:])]
    usual = 1.4826 * np.maximum(medians[0], medians[1])
    if (usual == 0).any():
        # prices that mostly stand still: the moves that there are, throughout the series
        moves = np.abs(steps[steps != 0])
        usual = np.where(usual == 0, 1.4826 * np.median(moves) if len(moves) > FEWEST else np.inf, usual)
    return cast("Float[np.ndarray, ' place']", usual)


def _median(sizes: Float[np.ndarray, "place offset"]) -> Float[np.ndarray, " place"]:
    """Of the sizes that there are in each row; 0 where there is none."""
    empty: Bool[np.ndarray, " place"] = np.isnan(sizes).all(axis=1)
    return np.asarray(np.nanmedian(np.where(empty[:, None], 0.0, sizes), axis=1))


def _nearest_split(move: float, sigma: float) -> tuple[int, int] | None:
    """The split that would change the price by about exp(`move`): 2:1 where it halves."""
    misses = [abs(move + np.log(new / old)) for new, old in SPLITS]
    best = int(np.argmin(misses))
    return SPLITS[best] if misses[best] <= min(TOLERANCE, 3 * sigma) else None


def _stays(logs: Float[np.ndarray, " row"], step: int, move: float, near_split: bool) -> bool:
    before = logs[max(0, step + 1 - STAYING) : step + 1]
    after = logs[step + 1 : step + 1 + STAYING]
    if len(before) < FEWEST or (len(after) < FEWEST and not near_split):
        return False
    return abs(float(np.median(after) - np.median(before)) - move) < 0.35 * abs(move)


def _lies_between_days(
    prices: Float[np.ndarray, "row 4"] | None, step: int, move: float, sigma: float
) -> bool:
    """Whether the new row opens on the new level, as far as its open says anything."""
    if prices is None or not (prices[step + 1] > 0).all():
        return True
    opened, high, low, close = prices[step + 1]
    if opened == high == low == close:
        return True  # a close alone
    within = abs(float(np.log(close / opened)))
    return within <= max(3 * sigma, 0.1 * abs(move))
