"""What a backtest forecasts and measures: by which rows it is fitted, and what the figures are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integration.backtest.conftest import Bench, benched
from integration.champion.lab import autoregressive, prices
from trintena.domain import PriceSeries
from trintena.evaluation.baselines import ALL, FITTED
from trintena.metrics import rmse, skill

FIGURES = ("rmse", "mae", "skill", "skill_against_drift", "r2", "mase", "directional_accuracy")
CLOSE_TO_THE_BOARD = {"rel": 1e-5, "abs": 1e-6}
"""The saved network and the training program agree to less than 1e-6 of an RMSE."""


def poisoned(series: PriceSeries, row: int) -> PriceSeries:
    """The same up to a row, from which on every price is multiplied by a factor of its own."""
    values = series.values.copy()
    values[row:] *= np.random.default_rng(0).uniform(0.5, 2.0, (len(series) - row, 1))
    return replace(series, values=values)


def stored(bench: Bench, experiment_id: int) -> dict[tuple[int, str], np.ndarray]:
    """What was forecast, by block, of the network and of every fitted baseline."""
    registry = bench.lab.app.registry
    found = {(trial.number, "model"): trial.forecasts["test"] for trial in registry.trials(experiment_id)}
    for each in registry.baselines(experiment_id):
        number, _, key = each.key.partition("/")
        found[int(number), key] = each.forecasts["test"]
    return found


def test_frozen_weights_over_the_test_segment_have_the_figures_of_the_board(bench: Bench) -> None:
    answer = bench.run(bench.plan())
    board = bench.trained
    test = board["segments"]["test"]
    assert (answer["first"], answer["last"], answer["n_origins"]) == (
        test["first"],
        test["last"],
        test["origins"],
    )
    assert (answer["n_in_sample"], answer["n_refits"], answer["refit_every"]) == (0, 0, None)
    expected = {"model": board["winner"]["metrics"]["test"]}
    expected |= {row["key"]: row["metrics"]["test"] for row in board["baselines"]}
    found = {"model": answer["model"], **{row["key"]: row for row in answer["baselines"]}}
    assert found.keys() == expected.keys() == {"model", *(row.key for row in ALL)}
    for key, figures in expected.items():
        for name in FIGURES:
            came = (
                figures[name] if figures[name] is None else pytest.approx(figures[name], **CLOSE_TO_THE_BOARD)
            )
            assert found[key][name] == came, (key, name)
        by_step = found[key]["by_step"]["rmse"]
        assert by_step == pytest.approx(figures["by_step"]["rmse"], **CLOSE_TO_THE_BOARD)


def test_it_counts_as_a_look_at_the_test(bench: Bench) -> None:
    before = bench.run(bench.plan())["test_consulted"]
    assert bench.run(bench.plan())["test_consulted"] == before + 1


def test_figures_are_those_of_the_forecasts_of_all_blocks(bench: Bench) -> None:
    experiment_id = bench.plan(refit_every=50)
    answer = bench.run(experiment_id)
    case = bench.case(experiment_id)
    assert [len(block) for block in case.blocks] == [50, 50, 15]
    assert answer["n_refits"] == 3
    close = np.log(bench.series.close)
    origins = np.concatenate([np.asarray(block) for block in case.blocks])
    actual = np.stack([close[origins + 1], close[origins + 2]], axis=1) - close[origins][:, None]
    forecasts = stored(bench, experiment_id)
    assert len(forecasts) == 3 * (1 + len(FITTED))
    rows: dict[str, dict[str, Any]] = {"model": answer["model"]}
    rows |= {row["key"]: row for row in answer["baselines"] if row["key"] not in ("last_value", "drift")}
    for key, row in rows.items():
        forecast = np.concatenate([forecasts[number, key] for number in range(3)])
        assert row["rmse"] == pytest.approx(rmse(actual, forecast))
        assert row["skill"] == pytest.approx(skill(actual, forecast))
    # Of each block the mean step of the rows whose targets lie before it.
    steps = np.concatenate(
        [np.full(len(b), (close[b.start - 2] - close[0]) / (b.start - 2)) for b in case.blocks]
    )
    drift = next(row for row in answer["baselines"] if row["key"] == "drift")
    assert drift["rmse"] == pytest.approx(rmse(actual, steps[:, None] * np.array([1.0, 2.0])))


def test_nothing_forecast_before_a_row_depends_on_it(bench: Bench) -> None:
    """Control of future poison, from the first target of the second block on."""
    first = bench.plan(refit_every=50)
    bench.run(first)
    border = bench.case(first).blocks[1].start + 1
    second = bench.plan(refit_every=50, series=poisoned(bench.series, border))
    bench.run(second)
    before, after = stored(bench, first), stored(bench, second)
    for number, key in before:
        same = before[number, key] == after[number, key]
        if number == 0:
            assert same.all(), key  # its origins and its fit lie before the border
        if number == 1:
            assert same[0].all(), key  # what it was fitted on has no target behind its first origin
            assert not same[1:].all(), key
        if number == 2:
            assert not same.all(), key


def test_rows_that_the_weights_have_seen_are_counted_and_left_out(bench: Bench) -> None:
    whole = bench.run(bench.plan(start=bench.date(500)))
    fresh = bench.run(bench.plan())
    assert whole["n_in_sample"] == whole["n_origins"] - fresh["n_origins"] > 0
    assert whole["judged"] == fresh["judged"]
    assert whole["model"] == fresh["model"]
    assert whole["warnings"] == ["in_sample"]


def test_a_stretch_that_the_weights_have_seen_is_not_judged(bench: Bench) -> None:
    before = bench.run(bench.plan())["test_consulted"]
    answer = bench.run(bench.plan(start=bench.date(400), end=bench.date(560)))
    assert answer["n_in_sample"] == answer["n_origins"] == answer["judged"]["origins"] == 160
    assert (answer["verdict"]["code"], answer["verdict"]["reason"]) == ("not_judged", "in_sample")
    assert answer["test_consulted"] is None
    assert bench.run(bench.plan())["test_consulted"] == before + 1  # nothing of the test was looked at
    assert {row["state"] for row in answer["baselines"]} == {"COMPLETE"}


def test_refits_have_seen_nothing_but_their_setting_may_have(bench: Bench) -> None:
    answer = bench.run(bench.plan(start=bench.date(640), refit_every=120))
    assert answer["n_in_sample"] == 0
    assert answer["n_origins"] == answer["judged"]["origins"]
    assert answer["first"] <= answer["selected_to"]
    assert answer["warnings"] == ["setting_seen"]
    assert answer["verdict"]["code"] != "beats_last_value"


def test_intervals_learn_from_the_first_half_and_are_judged_on_the_rest(bench: Bench) -> None:
    intervals = bench.run(bench.plan(start=bench.date(640), refit_every=320))["intervals"]
    assert (intervals["n_calibrating"], intervals["n_judged"]) == (158, 160)
    for name in ("model", "last_value"):
        levels = intervals[name]["levels"]
        assert levels["80"]["mean_width"] < levels["90"]["mean_width"] < levels["95"]["mean_width"]
        assert 0.8 < levels["90"]["coverage"] < 0.98


def test_a_longer_series_goes_on_after_all_that_the_version_was_made_from(bench: Bench) -> None:
    """Newest rows that came after the training are forecast, too, from the same first date on."""
    series = bench.series
    more = np.busday_offset(series.dates[-1].astype("datetime64[D]"), np.arange(1, 41), roll="forward")
    close = series.close[-1] * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, 40)))
    longer = replace(
        series,
        dates=np.concatenate([series.dates, more.astype("datetime64[s]")]),
        values=np.concatenate([series.values, close[:, None]]),
    )
    own, answer = bench.run(bench.plan()), bench.run(bench.plan(series=longer))
    assert answer["first"] == own["first"]
    assert answer["n_origins"] == own["n_origins"] + 40
    assert answer["n_in_sample"] == 0


def test_days_on_which_the_board_found_no_lead_prove_none_once_more(tmp_path: Path) -> None:
    with benched(tmp_path, prices("strong", autoregressive(2_000, 0.8)), model_ids="9") as bench:
        registry = bench.lab.app.registry
        planned = bench.plan()
        spec = registry.experiment(planned).spec
        assert spec.backtest is not None
        assert spec.backtest.tested_to is None, "the board found a lead"
        assert bench.run(planned)["verdict"]["code"] == "beats_last_value"
        for tested_to, code, reason in (
            (spec.backtest.first, "not_distinguishable", "board_disagrees"),
            (spec.backtest.calibrated_to, "beats_last_value", None),
        ):
            again = replace(spec, backtest=replace(spec.backtest, tested_to=tested_to))
            verdict = bench.run(registry.create_experiment(again))["verdict"]
            assert (verdict["code"], verdict["reason"]) == (code, reason)


def test_up_to_where_a_board_found_no_lead_is_kept_with_the_backtest(bench: Bench) -> None:
    backtest = bench.case(bench.plan()).backtest
    assert bench.trained["verdict"]["code"] == "not_distinguishable"
    assert backtest.tested_to == bench.trained["segments"]["test"]["last"]
