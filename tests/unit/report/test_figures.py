"""What the figures show, computed by other ways; that Plotly takes them is tried with Plotly itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from trintena import metrics
from trintena.domain import Hyperparameters, TrialResult
from trintena.report import Report, TestForecast
from trintena.report.changes import changes
from trintena.report.choices import importance, parallel_coordinates
from trintena.report.figure import FAINT, LAST_VALUE, MODEL, Figure, view
from trintena.report.judged import error_saved, price_path, saved_share
from trintena.report.learning import learning_curves, training_losses
from trintena.report.searching import best_so_far, history_by_time, history_by_trial

FIGURES = (
    learning_curves,
    training_losses,
    history_by_trial,
    history_by_time,
    importance,
    parallel_coordinates,
    error_saved,
    changes,
    price_path,
)


def drawn(figure: Figure | str) -> Figure:
    assert isinstance(figure, Figure), figure
    return figure


def coloured(value: Any) -> Any:
    """With a colour in place of each name of one."""
    if isinstance(value, str):
        return "#123456" if value.startswith("var(--") else value
    if isinstance(value, list):
        return [coloured(item) for item in value]
    if isinstance(value, dict):
        return {key: coloured(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("figure_of", FIGURES, ids=lambda function: function.__name__)
def test_plotly_knows_every_property_and_json_every_number(
    figure_of: Callable[[Report], Figure | str], optimized: Report
) -> None:
    figure = drawn(figure_of(optimized))
    go.Figure(data=coloured(figure.data), layout=coloured(figure.layout))
    json.dumps([figure.data, figure.layout], allow_nan=False)
    assert figure.finding.endswith(".")


@pytest.mark.parametrize("figure_of", FIGURES, ids=lambda function: function.__name__)
def test_fast_mode_leaves_search_and_curves_out_with_a_reason(
    figure_of: Callable[[Report], Figure | str], optimized: Report
) -> None:
    setting = Hyperparameters()
    trials = [
        TrialResult(
            1, "COMPLETE", setting, 0, validation_rmse=0.01, validation_curve=(0.01,), train_losses=(1.0,)
        )
    ]
    spec = replace(optimized.spec, mode="fast", search=None)
    fast = replace(optimized, spec=spec, trials=tuple(trials), test=None)
    why = figure_of(fast)
    assert isinstance(why, str)
    assert why.endswith(".")


def test_nothing_yet_leaves_everything_out_with_a_reason(optimized: Report) -> None:
    nothing = replace(optimized, answer={}, trials=(), finished_s={}, importance={}, test=None)
    for figure_of in FIGURES:
        assert isinstance(figure_of(nothing), str)


# Learning curves


def test_the_best_trial_of_each_architecture_is_drawn_with_the_leader_standing_out(optimized: Report) -> None:
    figure = drawn(learning_curves(optimized))
    *curves, last = figure.data
    assert [curve["meta"]["model"] for curve in curves] == [t.model_id for t in optimized.best_trials()]
    winner = optimized.answer["winner"]["model_id"]
    colours = {curve["meta"]["model"]: curve["line"]["color"] for curve in curves}
    assert colours == {m: MODEL if m == winner else FAINT for m in colours}
    best = optimized.best_trials()[0]
    np.testing.assert_allclose(curves[0]["y"], best.validation_curve, rtol=1e-6)
    assert last["line"] == {"color": LAST_VALUE, "width": 2, "dash": "dash"}
    assert set(last["y"]) == {optimized.last_value_rmse}


def test_an_epoch_that_was_not_finite_leaves_a_gap(
    search_trials: list[TrialResult], optimized: Report
) -> None:
    best = optimized.best_trials()[0]
    gap = replace(best, train_losses=(1.0, math.nan, 0.5), validation_curve=(0.02, math.inf, 0.0001))
    report = replace(optimized, trials=(gap,))
    assert drawn(learning_curves(report)).data[0]["y"] == [0.02, None, 0.0001]
    assert drawn(training_losses(report)).data[0]["y"] == [1.0, None, 0.5]


def test_one_wild_value_does_not_press_the_others_flat() -> None:
    wild = [0.01 + 0.0001 * i for i in range(20)] + [50.0]
    low, high = view(wild, whole=[0.0105]) or (0, 0)
    assert low < 0.01
    assert 0.0115 < high < 0.013
    low, high = view([1.0, 50.0], whole=[50.0]) or (0, 0)
    assert high > 50
    assert view([None, math.nan], whole=[None]) is None


# History


def test_the_best_so_far_falls_only_and_ends_at_the_best(optimized: Report) -> None:
    complete = [t for t in optimized.search_trials if t.state == "COMPLETE"]
    for figure in (drawn(history_by_trial(optimized)), drawn(history_by_time(optimized))):
        *models, overall, _ = figure.data
        for trace in (*models, overall):
            assert all(after <= before for before, after in pairwise(trace["y"]))
            assert all(before <= after for before, after in pairwise(trace["x"]))
        for trace in models:
            own = [t.validation_rmse for t in complete if t.model_id == trace["meta"]["model"]]
            assert trace["y"][-1] == pytest.approx(min(own), rel=1e-6)
        assert overall["y"][-1] == pytest.approx(min(t.validation_rmse for t in complete), rel=1e-6)


def test_the_best_so_far_by_hand() -> None:
    def trial(rmse: float) -> TrialResult:
        return TrialResult(1, "COMPLETE", Hyperparameters(), 0, validation_rmse=rmse)

    points = [(2.0, trial(3.0)), (1.0, trial(5.0)), (2.0, trial(2.0)), (3.0, trial(4.0)), (4.0, trial(1.0))]
    assert [(at, t.validation_rmse) for at, t in best_so_far(points)] == [(1.0, 5.0), (2.0, 2.0), (4.0, 1.0)]


def test_pruned_trials_are_counted_and_not_ranked(optimized: Report) -> None:
    low = [replace(t, validation_rmse=1e-9) if t.state == "PRUNED" else t for t in optimized.trials]
    figure = drawn(history_by_trial(replace(optimized, trials=tuple(low))))
    assert figure.finding == drawn(history_by_trial(optimized)).finding
    assert "96 trials" in figure.finding


def test_time_is_left_out_where_it_was_not_recorded(optimized: Report) -> None:
    assert "not recorded" in str(history_by_time(replace(optimized, finished_s={})))


# Choices


def test_too_few_trials_and_chance_are_told_apart(optimized: Report) -> None:
    assert "Too few" in str(importance(replace(optimized, importance={})))
    assert "chance" in str(importance(replace(optimized, importance={"epochs": 0.0, "activation": 0.0})))
    figure = drawn(importance(replace(optimized, importance={"epochs": 0.75, "activation": 0.25})))
    assert figure.data[0]["x"] == [0.25, 0.75]  # bars are drawn from below
    assert "epochs (75%)" in figure.finding


def test_every_complete_trial_is_a_line_through_its_own_values(optimized: Report) -> None:
    (trace,) = drawn(parallel_coordinates(optimized)).data
    axes = {axis["label"]: axis for axis in trace["dimensions"]}
    complete = [t for t in optimized.search_trials if t.state == "COMPLETE"]
    assert {len(axis["values"]) for axis in axes.values()} == {len(complete)}
    errors = axes["validation RMSE"]["values"]
    assert errors == sorted(errors, reverse=True)  # the best are drawn last, on top
    last = optimized.best_trials()[0].hyperparameters
    shown = {}
    for name, axis in axes.items():
        if name != "validation RMSE":
            shown[name] = dict(zip(axis["tickvals"], axis["ticktext"], strict=True))[axis["values"][-1]]
    assert shown == {
        "learning rate": f"{last.learning_rate:g}",
        "batch size": str(last.batch_size),
        "dropout": f"{last.dropout_rate:g}",
        "epochs": str(last.epochs),
        "activation": last.activation,
    }
    assert axes["learning rate"]["range"] == [-4.0, -2.0]  # of powers of ten
    assert axes["dropout"]["range"] == [0.1, 0.4]


def test_what_never_varied_has_no_axis(optimized: Report) -> None:
    same = tuple(
        replace(t, hyperparameters=replace(t.hyperparameters, batch_size=32)) for t in optimized.trials
    )
    (trace,) = drawn(parallel_coordinates(replace(optimized, trials=same))).data
    assert "batch size" not in {axis["label"] for axis in trace["dimensions"]}


# The test segment


def test_what_is_saved_ends_where_the_skill_says(forecast_with: Callable[..., TestForecast]) -> None:
    for horizon in (1, 5):
        test = forecast_with(1, horizon=horizon)
        skill = metrics.skill(test.actual, test.forecast)
        assert skill is not None
        share = saved_share(test)
        assert share is not None
        assert share[-1] == pytest.approx(1 - (1 - skill) ** 2)


def test_the_last_value_saves_nothing(optimized: Report, forecast_with: Callable[..., TestForecast]) -> None:
    test = forecast_with(1)
    still = replace(test, forecast=np.zeros_like(test.forecast))
    assert set(drawn(error_saved(replace(optimized, test=still))).data[0]["y"]) == {0.0}
    flat = replace(test, actual=np.zeros_like(test.actual))
    assert "never changed" in str(error_saved(replace(optimized, test=flat)))


def test_changes_and_prices_are_those_of_the_last_step(
    optimized: Report, forecast_with: Callable[..., TestForecast]
) -> None:
    test = forecast_with(1, horizon=3)
    report = replace(optimized, test=test)
    cloud = drawn(changes(report)).data[-1]
    np.testing.assert_allclose(cloud["x"], test.actual[:, 2], rtol=1e-6)
    np.testing.assert_allclose(cloud["y"], test.forecast[:, 2], rtol=1e-6)
    layout = drawn(changes(report)).layout
    assert layout["xaxis"]["range"] == layout["yaxis"]["range"]
    figure = drawn(price_path(report))
    actual, forecast, last = figure.data
    np.testing.assert_allclose(actual["y"], test.actual_prices[:, 2], rtol=1e-6)
    np.testing.assert_allclose(forecast["y"], test.prices[:, 2], rtol=1e-6)
    np.testing.assert_allclose(last["y"], test.last, rtol=1e-6)
    assert actual["x"][0] == str(test.dates[0, 2].astype("datetime64[D]"))
    assert "flatters" in figure.note
    assert "3 steps ahead" in figure.note


def test_a_network_that_exploded_is_drawn_as_far_as_numbers_reach(
    optimized: Report, forecast_with: Callable[..., TestForecast]
) -> None:
    test = forecast_with(1)
    prices = test.prices.copy()
    prices[5] = np.inf
    report = replace(optimized, test=replace(test, prices=prices))
    assert drawn(price_path(report)).data[1]["y"][5] is None
