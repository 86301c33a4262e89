"""Figures of merit, each a plain function of arrays; undefined is None, never NaN.

Targets and forecasts are (origin, horizon), in units of the target (log return, or difference); both are
changes from the last known value, so the last-value forecast is zero. A figure pools all steps of its
arrays, but for direction and lag, which look at the last one. `by_step` gives any of them for
each step alone. Forecasts of a network that exploded may hold infinities: their errors are infinite.
"""

from trintena.metrics.arrays import Array, by_step
from trintena.metrics.direction import directional_accuracy, majority_share, pesaran_timmermann
from trintena.metrics.intervals import coverage, crps, mean_width, pinball, winkler
from trintena.metrics.persistence import best_shift, change_correlation, is_persistence_clone
from trintena.metrics.points import (
    OneStepScales,
    mae,
    mape,
    mase,
    one_step_scales,
    out_of_sample_r2,
    rmse,
    rmsse,
    skill,
    smape,
)

__all__ = [
    "Array",
    "OneStepScales",
    "best_shift",
    "by_step",
    "change_correlation",
    "coverage",
    "crps",
    "directional_accuracy",
    "is_persistence_clone",
    "mae",
    "majority_share",
    "mape",
    "mase",
    "mean_width",
    "one_step_scales",
    "out_of_sample_r2",
    "pesaran_timmermann",
    "pinball",
    "rmse",
    "rmsse",
    "skill",
    "smape",
    "winkler",
]
