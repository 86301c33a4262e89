"""The end of a backtest: the network's figures beside those of every baseline, and what they allow to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.evaluation.bands import Bands
from trintena.evaluation.baselines import ALL
from trintena.evaluation.significance import (
    diebold_mariano,
    losses,
    superior_predictive_ability,
    suspect_leakage,
)
from trintena.evaluation.verdict import SIGNIFICANCE, not_judged
from trintena.experiments.backtest.case import TEST
from trintena.intervals import WINDOW
from trintena.windows import Segments
from trintena.windows.segments import MINIMUM_ORIGINS
from trintena.zoo import architecture

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec
    from trintena.experiments.backtest.case import BacktestCase, RollingJudge
    from trintena.registry import ExperimentRecord, Registry

Forecasts = dict[str, np.ndarray]


def stopped_answer(record: ExperimentRecord) -> dict[str, Any]:
    """Of a backtest that was stopped: what it was to be, and no figure yet."""
    none: dict[str, Any] = {"model": None, "baselines": [], "intervals": None, "test_consulted": None}
    return {
        **_about(record.id, record.spec),
        **none,
        "status": "cancelled",
        "partial": True,
        "n_in_sample": None,
        "verdict": not_judged(),
        "warnings": [],
    }


def final_answer(registry: Registry, case: BacktestCase) -> dict[str, Any]:
    """The answer of a backtest whose blocks are all stored.

    Its looks at dates that the version has not seen count as looks at the test.
    """
    spec, judge = case.spec, case.judge()
    fitted = {
        (int(number), key): each
        for each in registry.baselines(case.experiment_id)
        for number, _, key in [each.key.partition("/")]
    }
    zero = np.zeros((len(case.judged), spec.horizon))
    forecasts: Forecasts = {"last_value": zero, "drift": judge.drift(TEST)}
    reasons: dict[str, str | None] = {}
    for row in ALL:
        if row.key not in forecasts:
            joined = judge.joined(row.key, fitted)
            reasons[row.key] = joined.reason
            if joined.reason is None:
                forecasts[row.key] = joined.forecasts[TEST]
    model = case.model_forecast(registry.trials(case.experiment_id))
    first, last = case.forecast_dates(case.judged)
    consulted = None
    if case.n_in_sample < len(case.stretch):
        registry.record_test_pass(case.experiment_id, spec.symbol, first, last)
        consulted = registry.count_test_passes(spec.symbol, first, last)
    own = judge.all_scores(TEST, model)
    intervals = _intervals(case, judge, model)
    return {
        **_about(case.experiment_id, spec),
        "status": "success",
        "partial": False,
        "n_in_sample": case.n_in_sample,
        "judged": {"first": str(first), "last": str(last), "origins": len(case.judged)},
        "model": own,
        "baselines": [_row(judge, row.key, row.name, forecasts, reasons.get(row.key)) for row in ALL],
        "verdict": _verdict(case, judge, model, own, forecasts),
        "intervals": intervals,
        "test_consulted": consulted,
        "warnings": _warnings(case, intervals),
    }


def _about(experiment_id: int, spec: ExperimentSpec) -> dict[str, Any]:
    """What was asked for; `first` and `last` are the first and the last date that is forecast."""
    backtest = spec.backtest
    assert backtest is not None
    (model_id,) = spec.model_ids
    return {
        "experiment_id": experiment_id,
        "version": backtest.version,
        "model_id": model_id,
        "model_name": architecture(model_id).name,
        "symbol": spec.symbol,
        "target": spec.target,
        "measures": spec.measures,
        "lookback": spec.lookback,
        "horizon": spec.horizon,
        "dataset_hash": spec.dataset_hash,
        "refit_every": backtest.refit_every,
        "n_refits": backtest.n_refits,
        "first": backtest.first,
        "last": backtest.last,
        "n_origins": backtest.n_origins,
        "trained_to": backtest.trained_to,
        "selected_to": backtest.selected_to,
        "calibrated_to": backtest.calibrated_to,
    }


def _row(
    judge: RollingJudge, key: str, name: str, forecasts: Forecasts, reason: str | None
) -> dict[str, Any]:
    about = {"key": key, "name": name, "state": "COMPLETE" if reason is None else "FAIL", "reason": reason}
    return {**about, **(judge.all_scores(TEST, forecasts[key]) if reason is None else {})}


def _verdict(
    case: BacktestCase, judge: RollingJudge, model: np.ndarray, own: dict[str, Any], forecasts: Forecasts
) -> dict[str, Any]:
    """As a board's, of one network alone: `spa_p` takes in no other architecture.

    `not_judged`, with the `reason`, where the weights have seen the judged rows (`in_sample`), or where
    what is ahead owes its setting to some of them (`setting_seen`). Weights that did not beat the last value
    on a board cannot do so by the same days once more (`board_disagrees`): there the test was of all
    architectures.
    """
    actual, horizon = judge.actual(TEST), case.spec.horizon
    loss = losses(actual, model)
    of_last, of_drift = (losses(actual, forecasts[key]) for key in ("last_value", "drift"))
    told = {
        "skill": own["skill"],
        "skill_against_drift": own["skill_against_drift"],
        "dm_p": diebold_mariano(loss, of_last, horizon),
        "dm_p_against_drift": diebold_mariano(loss, of_drift, horizon),
        "spa_p": superior_predictive_ability(of_last, {case.backtest.version: loss}, horizon),
        "persistence_clone": own["persistence_clone"],
        "suspect_leakage": suspect_leakage(actual, model, judge.train_mean)
        if case.spec.measures == "price"
        else [],
    }
    if case.n_in_sample and case.judged == case.stretch:
        return {**not_judged(), "reason": "in_sample", **told}
    is_ahead = all(told[key] is not None and told[key] > 0 for key in ("skill", "skill_against_drift"))
    is_proved = all(told[key] is not None and told[key] < SIGNIFICANCE for key in ("dm_p", "spa_p"))
    if not (is_ahead and is_proved) or own["persistence_clone"]:
        return {"code": "not_distinguishable", "reason": None, **told}
    if _setting_seen(case):
        return {**not_judged(), "reason": "setting_seen", **told}
    if _judged_before(case):
        return {"code": "not_distinguishable", "reason": "board_disagrees", **told}
    return {"code": "beats_last_value", "reason": None, **told}


def _setting_seen(case: BacktestCase) -> bool:
    """Whether the setting that is refitted was chosen by some of the rows that are forecast."""
    return case.is_refitted and case.backtest.first <= case.backtest.selected_to


def _judged_before(case: BacktestCase) -> bool:
    """Whether a board judged the same weights on some of these days, and found no lead."""
    tested_to = case.backtest.tested_to
    if case.is_refitted or tested_to is None:
        return False
    first, _ = case.forecast_dates(case.judged)
    return bool(first <= np.datetime64(tested_to, "s"))


def _warnings(case: BacktestCase, intervals: dict[str, Any] | None) -> list[str]:
    codes = {
        "in_sample": case.n_in_sample > 0,
        "setting_seen": _setting_seen(case),
        "no_intervals": intervals is None,
    }
    return [code for code, holds in codes.items() if holds]


def _intervals(case: BacktestCase, judge: RollingJudge, model: np.ndarray) -> dict[str, Any] | None:
    """How bands around the forecasts did, which learned from the judged origins' first half.

    From the first 252 at most. None where too few are left to learn from.
    """
    judged, horizon = case.judged, case.spec.horizon
    n_calibrating = min(WINDOW, len(judged) // 2 - (horizon - 1))
    if n_calibrating < MINIMUM_ORIGINS["calibration"]:
        return None
    calibration = range(judged.start, judged.start + n_calibrating)
    test = range(calibration.stop + horizon - 1, judged.stop)
    segments = Segments(judge.segments.train, range(0), calibration, test, judge.segments.borders)
    floor = judge.transformation.scale_floor
    unseen = np.zeros((horizon, horizon))  # of the origins behind the last one, which are not judged
    figures = {
        name: Bands(judge.frame, segments, floor, np.concatenate([forecast, unseen])).figures()
        for name, forecast in (("model", model), ("last_value", np.zeros_like(model)))
    }
    return {**figures, "n_calibrating": n_calibrating, "n_judged": len(test)}
