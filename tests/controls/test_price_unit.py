"""Control 5: prices times 7.3 are the same series in another unit: same forecasts, same verdict."""

from __future__ import annotations

import numpy as np
import pytest

from controls.experiments import Found, of, train_fast
from integration.champion.lab import Lab
from trintena.domain import PriceSeries

FACTOR = 7.3
CLOSE_ENOUGH = 1e-5
"""Of log forecasts."""
SEARCHED = ("auto_arima", "auto_ets", "auto_theta")
"""Their coefficients are found by climbing a likelihood until it is nearly flat, and where that is depends
on the last digits of the logs."""


def dearer(series: PriceSeries) -> PriceSeries:
    factors = np.array([1.0 if column == "volume" else FACTOR for column in series.columns])
    values = series.values * factors
    return PriceSeries(f"{series.symbol}-DEARER", series.dates, series.columns, values, series.source)


def assert_alike(ours: Found, theirs: Found) -> None:
    assert len(ours.trials) == len(theirs.trials)
    others = theirs.forecasts()
    for name, forecast in ours.forecasts().items():
        tolerance = 10 * CLOSE_ENOUGH if name.startswith(SEARCHED) else CLOSE_ENOUGH
        np.testing.assert_allclose(others[name], forecast, rtol=0, atol=tolerance, err_msg=name)
    # The same is said of them.
    for name in ("code", "persistence_clone", "suspect_leakage", "confidence_set", "n_trials"):
        assert theirs.answer["verdict"][name] == ours.answer["verdict"][name]
    for name in ("skill", "skill_against_drift", "validation_skill", "luck_level"):
        expected = ours.answer["verdict"][name]
        assert theirs.answer["verdict"][name] == pytest.approx(expected, abs=1e-4), name
    assert theirs.answer["winner"]["model_id"] == ours.answer["winner"]["model_id"]
    for name in ("price_rmse", "price_mae"):
        mine, other = (each.answer["winner"]["metrics"]["test"][name] for each in (ours, theirs))
        assert other == pytest.approx(FACTOR * mine, rel=1e-4), name
    # What comes next, in prices: the forecast and its intervals.
    mine, other = (each.lab.predict(each.case.spec.symbol)["forecast"] for each in (ours, theirs))
    assert len(mine) == ours.case.spec.horizon
    for step, dearer_step in zip(mine, other, strict=True):
        assert dearer_step["date"] == step["date"]
        assert dearer_step["price"] == pytest.approx(FACTOR * step["price"], rel=CLOSE_ENOUGH)
        assert list(step["intervals"]) == ["80", "90", "95"]
        for level, bounds in step["intervals"].items():
            expected = [FACTOR * bound for bound in bounds]
            assert dearer_step["intervals"][level] == pytest.approx(expected, rel=1e-4)


def test_the_unit_of_the_price_changes_no_log_forecast_and_no_verdict(lab: Lab, honest: Found) -> None:
    assert all(np.abs(each.forecasts["test"]).max() > 20 * CLOSE_ENOUGH for each in honest.trials)
    assert_alike(honest, Found.after(lab, dearer(of())))


@pytest.mark.slow
def test_the_unit_of_the_price_changes_nothing_for_all_thirty(at_home: Lab) -> None:
    series = of("UNIT", n_rows=2_520)
    ours, theirs = (Found.by(at_home, train_fast(at_home, each)) for each in (series, dearer(series)))
    assert len(ours.trials) == 30
    assert_alike(ours, theirs)
