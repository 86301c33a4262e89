"""Intervals around any forecast, as wide as its own past errors were: conformal, by horizon step.

The score of step k at origin t is |y - ŷ| / (σ[t] √k), with σ[t] the volatility at the origin, and the
band of a level is ŷ ± q σ[t] √k, where q is the ceil((n + 1)(1 - α))-th smallest of the known scores.
At first α is the share that the level may miss. From then on every score that becomes known moves it:
up by γα where the band had held the value, down by γ(1 - α) where it had missed (adaptive conformal
inference). A step at origin t is known at origin t + k and no earlier: so are its score, and the miss of
the band that was issued at t.

Levels are in percent. Scores are numbers of σ; widths, like targets, log returns or differences.

References: Gibbs & Candès 2021, arXiv:2106.00170; for several steps Wang & Hyndman 2024,
arXiv:2410.13115; σ as in RiskMetrics 1996.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

LEVELS = (80, 90, 95)
WINDOW = 252
"""How many of the last known scores of each step count."""
GAMMA = 0.01
DECAY = 0.94
SCORE_DECIMALS = 6

_MISS_SHARES = np.array([[(100 - level) / 100] for level in LEVELS])
_HAIR = 1e-9

Widths = dict[int, np.ndarray]
"""The half-width by level, in units of the target."""


def ewma_volatility(levels: Float[np.ndarray, " row"], floor: float) -> Float[np.ndarray, " row"]:
    """The deviation of the one-step changes at every row, by those up to it: recent ones weigh more.

    σ²[t] is the mean of the squared changes so far, of which each weighs 0.94 times the one after it;
    at least `floor`, which is all that the first row has. The mean starts from nothing but the first
    change: of two series that share their last m changes σ² differs by some 0.94^m of it, which for 400
    rows is 2e-11.

    Args:
        levels: x, the series in units of the target: ln p or p.
        floor: the least σ, above 0: `Transformation.scale_floor`.
    """
    variances, total, weight = [0.0], 0.0, 0.0
    for square in np.square(np.diff(levels)).tolist():
        total, weight = DECAY * total + square, DECAY * weight + 1.0
        variances.append(total / weight)
    return np.maximum(np.sqrt(variances), floor)


def conformal_scores(
    actual: Float[np.ndarray, "origin horizon"],
    forecast: Float[np.ndarray, "origin horizon"],
    volatility: Float[np.ndarray, " origin"],
) -> Float[np.ndarray, "origin horizon"]:
    """|y - ŷ| / (σ √k), NaN where the actual value is; `volatility` is that of the origins.

    Six decimals, millionths of σ, are kept, so that stored scores are short and lose nothing.
    """
    scores = np.abs(actual - forecast) / (volatility[:, None] * _roots(actual.shape[1]))
    rounded: np.ndarray = np.round(scores, SCORE_DECIMALS)
    return rounded


def conformal_quantile(
    scores: Float[np.ndarray, "origin horizon"], alphas: Float[np.ndarray, "level horizon"]
) -> Float[np.ndarray, "level horizon"]:
    """The ceil((n + 1)(1 - α))-th smallest of the n scores of each step; NaN is no score.

    Beyond the largest it would be infinite, and is the largest; before the smallest, 0.

    Raises:
        ValueError: a step without a score.
    """
    ordered = np.sort(scores, axis=0)  # NaN comes last
    n_scores = len(scores) - np.isnan(scores).sum(axis=0)
    if not n_scores.all():
        raise ValueError(
            f"the {len(scores)} origins given hold no score of step {np.argmin(n_scores) + 1}, which becomes "
            "known that many origins later; give at least as many origins as there are steps"
        )
    # Less a hair: an α that has come to 0.16 in steps is 0.15999999999999998 in binary.
    ranks = np.ceil((n_scores + 1) * (1.0 - alphas) - _HAIR).astype(int)
    places = np.minimum(np.maximum(ranks, 1), n_scores) - 1
    # Plain indices: of a whole board's bands this is called some ten thousand times.
    return np.where(ranks < 1, 0.0, ordered[places, np.arange(scores.shape[1])])


@dataclass(frozen=True, eq=False)
class Calibration:
    """All that the bands of the next forecast depend on, at the origin where that forecast is made."""

    scores: Float[np.ndarray, "row horizon"]
    """The last known scores: a row holds what became known at one origin, the newest last."""
    alphas: Float[np.ndarray, "level horizon"]
    """The share that each band aims to miss for the time being."""
    radii: Float[np.ndarray, "level horizon horizon"]
    """How wide the bands of the last origins were, in units of the scores: (level, origin, step).

    The newest origin, the state's own, is the last; NaN where no band was issued.
    """

    @classmethod
    def fit(cls, scores: Float[np.ndarray, "origin horizon"]) -> Calibration:
        """Start at the origin that follows the last row, with the plain split-conformal band.

        Args:
            scores: of contiguous origins. Of the last ones a few steps are not known yet, whether NaN
                or not: they are not read.

        Raises:
            ValueError: fewer rows than steps, or a known score that is no number.
        """
        horizon = scores.shape[1]
        none = np.full((len(LEVELS), horizon, horizon), np.nan)
        alphas = np.repeat(_MISS_SHARES, horizon, axis=1)
        return cls(_by_day_known(scores)[-WINDOW:], alphas, none)._issued()

    def extended(self, scores: Float[np.ndarray, "origin horizon"]) -> Calibration:
        """Rolled on, origin by origin, to the origin that follows the last row.

        Args:
            scores: of contiguous origins, from the one horizon - 1 before this state's on, because
                their last steps become known after it. What is not known yet is not read.

        Raises:
            ValueError: fewer rows than horizon - 1, or a known score that is no number.
        """
        horizon = self.scores.shape[1]
        if len(scores) < horizon - 1:
            raise ValueError(
                f"the scores must begin {horizon - 1} origins before the state's, of which there are "
                f"{len(scores)}"
            )
        state = self
        for known in _by_day_known(scores)[horizon - 1 :]:
            state = state._after(known)
        return state

    def widths(self, volatility: float) -> Widths:
        """The half-widths (horizon,) of the forecast that comes next; `volatility` is σ at its origin."""
        widths = self.radii[:, -1] * volatility * _roots(self.scores.shape[1])
        return dict(zip(LEVELS, widths, strict=True))

    def to_json(self) -> dict[str, Any]:
        """As JSON values; `from_json` gives it back, to the last digit."""
        pending = _pending(self.scores.shape[1])
        return {
            "scores": [_listed(row) for row in self.scores],
            "levels": {
                str(level): {"alphas": alphas.tolist(), "radii": _listed(radii[pending])}
                for level, alphas, radii in zip(LEVELS, self.alphas, self.radii, strict=True)
            },
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibration:
        """Read what `to_json` wrote."""
        scores = np.array(values["scores"], dtype=float)  # None becomes NaN
        horizon = scores.shape[1]
        levels = [values["levels"][str(level)] for level in LEVELS]
        radii = np.full((len(LEVELS), horizon, horizon), np.nan)
        radii[:, _pending(horizon)] = np.array([level["radii"] for level in levels], dtype=float)
        return cls(scores, np.array([level["alphas"] for level in levels]), radii)

    def _after(self, known: Float[np.ndarray, " horizon"]) -> Calibration:
        """One origin on, where the score of every step k, issued k origins before, becomes known."""
        horizon = len(known)
        steps = np.arange(horizon)
        # Step k is judged by the band that was shown for it: the newest one for k = 1.
        judges = self.radii[:, horizon - 1 - steps, steps]
        moved = self.alphas + GAMMA * (_MISS_SHARES - (known > judges))
        # At α = 1 the band is empty already: series that stand still would carry α on for ever. Below 0,
        # where the band is the widest, it goes on: overlapping steps are missed in runs, and cut off
        # there, what a run has cost would never be made up for.
        alphas = np.where(np.isnan(judges), self.alphas, np.minimum(moved, 1.0))
        scores = np.concatenate([self.scores, known[None]])[-WINDOW:]
        return Calibration(scores, alphas, self.radii)._issued()

    def _issued(self) -> Calibration:
        """With the bands of the state's own origin as the newest."""
        quantiles = conformal_quantile(self.scores, self.alphas)
        # Each level goes its own way: now and then the 80 % band would be wider than the 90 % band.
        newest = np.maximum.accumulate(quantiles)[:, None]
        return Calibration(self.scores, self.alphas, np.concatenate([self.radii[:, 1:], newest], axis=1))


def rolling_widths(
    scores: Float[np.ndarray, "origin horizon"], first: int, volatility: Float[np.ndarray, " test"]
) -> Widths:
    """The half-widths (test origin, horizon) as they were at each test origin, by what was known there.

    Args:
        scores: of contiguous origins, from the calibration's first to the test's last, purged ones too.
        first: the row of the first test origin.
        volatility: σ at the test origins.

    Raises:
        ValueError: as `Calibration.fit`.
    """
    state = Calibration.fit(scores[:first])
    radii = [state.radii[:, -1]]
    for known in _by_day_known(scores[:-1])[first:]:
        state = state._after(known)
        radii.append(state.radii[:, -1])
    return _in_target_units(np.stack(radii, axis=1), volatility)


def split_widths(
    scores: Float[np.ndarray, "origin horizon"], first: int, volatility: Float[np.ndarray, " test"]
) -> Widths:
    """The same by the plain split-conformal band: every score known at row `first`, and none after it.

    Raises:
        ValueError: as `Calibration.fit`.
    """
    known = _by_day_known(scores[:first])
    alphas = np.repeat(_MISS_SHARES, scores.shape[1], axis=1)
    radii = conformal_quantile(known, alphas)[:, None]
    return _in_target_units(np.repeat(radii, len(volatility), axis=1), volatility)


def _in_target_units(
    radii: Float[np.ndarray, "level test horizon"], volatility: Float[np.ndarray, " test"]
) -> Widths:
    return dict(zip(LEVELS, radii * volatility[:, None] * _roots(radii.shape[2]), strict=True))


def _by_day_known(scores: Float[np.ndarray, "origin horizon"]) -> Float[np.ndarray, "row horizon"]:
    """Row i holds what becomes known at origin i + 1: each step k of origin i + 1 - k.

    NaN where that origin lies before the first.
    """
    known = np.full_like(scores, np.nan)
    for step in range(min(scores.shape)):
        known[step:, step] = scores[: len(scores) - step, step]
        if not np.isfinite(known[step:, step]).all():
            raise ValueError(
                f"a score of step {step + 1} that is known by the last origin is no finite number; "
                "check the forecasts, and that the actual values reach that far"
            )
    return known


def _pending(horizon: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which radii (origin, step) still judge a score to come: of step k those of the last k origins."""
    return np.tri(horizon, dtype=bool)[:, ::-1]


def _roots(horizon: int) -> Float[np.ndarray, " horizon"]:
    """√k, by which the error of a random walk grows with the step k."""
    return np.sqrt(np.arange(1, horizon + 1))


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
