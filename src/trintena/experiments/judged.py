"""What the leader of a finished experiment forecast on the test segment, beside what came.

Forecasts that nobody scored stay unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.intervals import ewma_volatility
from trintena.report import TestForecast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trintena.domain import TrialResult
    from trintena.experiments.case import Case


def judged_forecast(
    case: Case, answer: Mapping[str, Any], trials: Sequence[TrialResult]
) -> TestForecast | None:
    """The forecasts of an answer's leader; None where the answer judged nobody.

    Args:
        case: the experiment.
        answer: how it ended.
        trials: its trials with their forecasts; of a search the refits alone will do.
    """
    row = answer.get("winner")
    if row is None:
        return None
    row = next((ranked for ranked in _rows(answer) if ranked["rank"] == 1), row)
    if row.get("test_rmse") is None:
        return None
    trial = _judged_trial(row, trials)
    if trial is None:
        return None
    origins = np.asarray(case.segments.test)
    forecast, last = trial.forecasts["test"], case.series.close[origins]
    actual = case.judge.frame.targets[origins]
    steps = np.arange(1, case.spec.horizon + 1)
    prices_of, floor = case.transformation.prices, case.transformation.scale_floor
    with np.errstate(over="ignore"):
        prices = prices_of(forecast, last)
    # How wide its bands were at each test origin: what the answer judged, made again.
    widths = case.judge.bands(trial.forecasts).widths() if answer.get("intervals") else {}
    return TestForecast(
        model_id=trial.model_id,
        target=case.spec.target,
        dates=case.series.dates[origins[:, None] + steps],
        forecast=forecast,
        actual=actual,
        last=last,
        prices=prices,
        actual_prices=prices_of(actual, last),
        volatility=ewma_volatility(case.judge.frame.table[:, 0], floor)[origins],
        widths=widths,
        bounds={
            level: (prices_of(forecast - half, last), prices_of(forecast + half, last))
            for level, half in widths.items()
        },
    )


def _rows(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = answer.get("all_results") or answer.get("results") or []
    return rows


def _judged_trial(row: Mapping[str, Any], trials: Sequence[TrialResult]) -> TrialResult | None:
    """The fit behind a row's figures: the refit (in fast mode, the trial) with its validation RMSE."""
    rmse = float(row["best_rmse"] if "best_rmse" in row else row["rmse"])
    fits = [
        trial
        for trial in trials
        if trial.model_id == row["model_id"]
        and trial.validation_rmse is not None
        and "test" in trial.forecasts
    ]
    refits = [trial for trial in fits if trial.purpose == "refit"] or fits
    return min(refits, key=lambda trial: abs((trial.validation_rmse or 0.0) - rmse), default=None)
