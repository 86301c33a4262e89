"""The figures of the test segment beyond its path, computed by other ways or by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.stats import kurtosis, rankdata, spearmanr
from statsmodels.tsa.stattools import acf

from trintena import metrics
from trintena.report import Report, TestForecast
from trintena.report.breakdown import best_fitted, board_by_step, by_step, by_volatility
from trintena.report.coverage import calibration, coverage_over_time, coverage_table, rolling_share
from trintena.report.figure import MODEL, Figure
from trintena.report.judged import price_path
from trintena.report.residuals import autocorrelation, autocorrelations, ljung_box, spread
from trintena.report.selecting import chance_of, ranks, spearman

FIGURES = (by_step, by_volatility, calibration, coverage_over_time, autocorrelation, spread, price_path)
JudgedWith = Callable[..., Report]


def drawn(figure: Figure | str) -> Figure:
    assert isinstance(figure, Figure), figure
    return figure


def coloured(value: Any) -> Any:
    """With a colour in place of each name of one."""
    if isinstance(value, dict):
        return {key: coloured(item) for key, item in value.items()}
    if isinstance(value, list):
        return [coloured(item) for item in value]
    return "#123456" if isinstance(value, str) and value.startswith("var(--") else value


def of_errors(report: Report, errors: np.ndarray) -> Report:
    """With a forecast of no change that misses by these at the first step."""
    test = report.test
    assert test is not None
    n = len(errors)
    return replace(
        report,
        test=replace(
            test,
            dates=test.dates[:n],
            actual=errors[:, None],
            forecast=np.zeros((n, 1)),
            last=test.last[:n],
            prices=test.prices[:n],
            actual_prices=test.actual_prices[:n],
            volatility=None,
        ),
    )


@pytest.mark.parametrize("figure_of", FIGURES, ids=lambda function: function.__name__)
def test_plotly_knows_every_property_and_json_every_number(
    figure_of: Callable[[Report], Figure | str], judged_with: JudgedWith
) -> None:
    figure = drawn(figure_of(judged_with(horizon=3)))
    go.Figure(data=coloured(figure.data), layout=coloured(figure.layout))
    json.dumps([figure.data, figure.layout], allow_nan=False)
    assert figure.finding.endswith(".")


@pytest.mark.parametrize("figure_of", [*FIGURES, ranks], ids=lambda function: function.__name__)
def test_nothing_judged_is_said_in_a_sentence(
    figure_of: Callable[[Report], Figure | str], optimized: Report
) -> None:
    why = figure_of(replace(optimized, answer={}, trials=(), test=None))
    assert isinstance(why, str)
    assert why.endswith(".")


# The path


def test_the_band_lies_around_the_forecast_as_it_was_at_each_origin(judged: Report) -> None:
    figure, test = drawn(price_path(judged)), judged.test
    assert test is not None
    low, high = figure.data[3:]
    np.testing.assert_allclose(low["y"], test.bounds[90][0][:, 0], rtol=1e-6)
    np.testing.assert_allclose(high["y"], test.bounds[90][1][:, 0], rtol=1e-6)
    assert (high["fill"], low["zorder"], high["name"]) == ("tonexty", -1, "90% band")
    held = metrics.coverage(test.actual, test.forecast - test.widths[90], test.forecast + test.widths[90])
    assert f"it held {held:.1%} of the segment." in figure.note
    bottom, top = figure.layout["yaxis"]["range"]
    assert bottom < min(low["y"][-60:])
    assert top > max(high["y"][-60:])


def test_answers_without_bands_have_a_path_without_one(optimized: Report) -> None:
    figure = drawn(price_path(optimized))
    assert len(figure.data) == 3
    assert "band" not in figure.note


# Intervals


def test_the_table_has_every_level_beside_the_plain_band(judged: Report) -> None:
    rows = str(coverage_table(judged)).split("<tr")[2:]
    assert len(rows) == 3
    for level, row in zip((80, 90, 95), rows, strict=True):
        own = judged.answer["intervals"]["model"]["levels"][str(level)]
        for told in (f"{level}%", f"{own['coverage']:.1%}", f"{level - 5:.1f}%"):
            assert told in row


def test_the_calibration_names_the_level_furthest_from_its_promise(judged: Report) -> None:
    levels = {
        str(level): {"coverage": held, "split_coverage": 0.5}
        for level, held in ((80, 0.79), (90, 0.87), (95, 0.96))
    }
    answer = {**judged.answer, "intervals": {"model": {"levels": levels}}}
    figure = drawn(calibration(replace(judged, answer=answer)))
    assert "is that of 90%: it held 87.0%" in figure.finding
    _, adaptive, plain, of_last = figure.data
    assert (adaptive["x"], adaptive["y"]) == ([0.8, 0.9, 0.95], [0.79, 0.87, 0.96])
    assert plain["y"] == [0.5] * 3
    assert of_last["y"] == [None] * 3


def test_the_moving_share_by_hand() -> None:
    inside = np.array([[True, True], [False, True], [False, False], [True, True]])
    np.testing.assert_allclose(rolling_share(inside, 2), [0.75, 0.25, 0.5])


def test_the_share_over_time_has_one_line_and_one_promise_for_each_level(judged: Report) -> None:
    figure, test = drawn(coverage_over_time(judged)), judged.test
    assert test is not None
    assert [trace["y"][0] for trace in figure.data[1::2]] == [0.8, 0.9, 0.95]
    inside = np.abs(test.actual - test.forecast)[:, 0] <= test.widths[90][:, 0]
    assert figure.data[2]["y"][-1] == pytest.approx(inside[-100:].mean())
    assert figure.data[2]["x"][-1] == str(test.dates[-1, 0].astype("datetime64[D]"))
    assert len(figure.data[2]["y"]) == len(test.last) - 99


def test_a_short_segment_has_no_moving_share(judged_with: JudgedWith) -> None:
    assert "too short" in str(coverage_over_time(judged_with(n=199)))
    drawn(coverage_over_time(judged_with(n=200)))


# Steps


def test_each_step_has_its_own_skill(judged_with: JudgedWith) -> None:
    report = judged_with(horizon=4)
    test = report.test
    assert test is not None
    figure = drawn(by_step(report))
    champion, drift, fitted, last = figure.data
    expected = [metrics.skill(test.actual[:, [k]], test.forecast[:, [k]]) for k in range(4)]
    assert champion["y"] == pytest.approx(expected, rel=1e-6)
    assert (drift["name"], fitted["name"]) == ("Drift", "AutoETS")
    assert last["y"] == [0.0] * 4
    assert "at 4 of 4 steps." in figure.finding
    assert f"{metrics.rmse(test.actual[:, [2]], test.forecast[:, [2]]):#.6g}" in str(figure.table)


def test_the_fitted_baseline_is_chosen_on_validation(judged: Report) -> None:
    first = {**judged.answer["baselines"][2], "key": "auto_arima", "validation_rmse": 0.02, "test_rmse": 0.0}
    baselines = [first, *judged.answer["baselines"]]
    assert best_fitted(replace(judged, answer={**judged.answer, "baselines": baselines})) == "auto_ets"
    assert best_fitted(replace(judged, answer={**judged.answer, "baselines": baselines[1:3]})) is None


def test_the_board_by_step_has_everybody_and_of_long_horizons_some_steps(judged_with: JudgedWith) -> None:
    text = str(board_by_step(judged_with(horizon=24)))
    heads = text[text.index("<thead>") : text.index("</thead>")]
    assert heads.count("<th ") == 11
    assert ">1<" in heads
    assert ">24<" in heads
    for name in ("1 LSTM Classic", "26 Self-Attention", "Last value", "Drift", "AutoETS"):
        assert name in text
    assert "Ridge" not in text


def test_of_one_step_there_is_no_board_by_step(judged: Report, optimized: Report) -> None:
    assert board_by_step(judged) is None
    assert board_by_step(optimized) is None
    assert "one step" in str(by_step(judged))


# Volatility


def test_thirds_by_volatility_by_hand(judged: Report, forecast_with: Callable[..., TestForecast]) -> None:
    """Perfect in calm times, of no use in usual ones, wrong in wild ones."""
    actual = np.array([[1.0], [3.0], [1.0], [3.0], [1.0], [3.0]])
    forecast = np.array([[-1.0], [0.0], [1.0], [3.0], [0.0], [-3.0]])
    test = replace(
        forecast_with(1, n=6),
        actual=actual,
        forecast=forecast,
        volatility=np.array([9.0, 5.0, 1.0, 2.0, 4.0, 8.0]),
    )
    (bars,) = drawn(by_volatility(replace(judged, test=test))).data
    assert bars["x"] == ["calm", "usual", "wild"]
    assert bars["y"] == [1.0, 0.0, -1.0]


def test_a_network_that_exploded_has_bars_as_far_as_numbers_reach(judged: Report) -> None:
    assert judged.test is not None
    forecast = judged.test.forecast.copy()
    forecast[np.argmax(judged.test.volatility)] = 1e200
    figure = drawn(by_volatility(replace(judged, test=replace(judged.test, forecast=forecast))))
    assert figure.data[0]["y"][2] is None
    assert None not in figure.data[0]["y"][:2]
    json.dumps([figure.data, figure.layout], allow_nan=False)


# Residuals


def test_autocorrelations_are_those_of_statsmodels() -> None:
    errors = np.random.default_rng(4).normal(size=200).cumsum()
    np.testing.assert_allclose(autocorrelations(errors, 20), acf(errors, nlags=20, fft=False)[1:])
    assert len(autocorrelations(errors[:40], 20)) == 10


def test_ljung_box_by_its_formula() -> None:
    from scipy.stats import chi2

    errors = np.random.default_rng(5).normal(size=150)
    n, r = len(errors), autocorrelations(errors, 10)
    statistic = n * (n + 2) * np.sum(r**2 / (n - np.arange(1, 11)))
    assert ljung_box(errors, 10) == pytest.approx(chi2.sf(statistic, 10))


def test_errors_that_hang_together_are_told_from_those_that_do_not(judged: Report) -> None:
    noise = np.random.default_rng(6).normal(size=300)
    linked = noise.copy()
    for i in range(1, 300):
        linked[i] += 0.5 * linked[i - 1]
    alone = drawn(autocorrelation(of_errors(judged, noise)))
    together = drawn(autocorrelation(of_errors(judged, linked)))
    assert "Nothing says that they hang together" in alone.finding
    assert "hang together more than chance has it (Ljung-Box, p < 0.001)" in together.finding
    bound = together.data[1]["y"][0]
    assert bound == pytest.approx(1.96 / np.sqrt(300), rel=1e-4)
    outside = sum(abs(value) > bound for value in together.data[0]["y"])
    assert f"one-step errors {outside} lie outside" in together.finding


def test_the_histogram_counts_every_error_and_the_curve_has_its_area(judged: Report) -> None:
    errors = np.random.default_rng(7).standard_t(3, size=299)
    figure = drawn(spread(of_errors(judged, errors)))
    bars, curve = figure.data
    assert sum(bars["y"]) == 299
    inside = np.trapezoid(curve["y"], curve["x"])
    assert inside == pytest.approx(299 * bars["width"], rel=0.01)
    far = np.mean(np.abs(errors - errors.mean()) > 3 * errors.std())
    assert kurtosis(errors) > 1
    assert figure.finding.startswith(f"{far:.1%} of the one-step errors are beyond 3 standard deviations; ")
    assert "of normal ones 0.3% would be" in figure.finding


def test_errors_that_are_no_numbers_or_never_vary_are_not_drawn(judged: Report) -> None:
    for errors in (np.full(200, 0.01), np.r_[np.ones(199), np.inf], np.r_[np.ones(199), 1e200]):
        for figure_of in (autocorrelation, spread):
            assert "cannot be drawn" in str(figure_of(of_errors(judged, errors)))


# Ranks


def ranked(report: Report, validation: list[float], test: list[float]) -> Report:
    """With so many architectures that have these errors."""
    rows = [
        {"rank": i + 1, "model_id": i + 1, "best_rmse": ours, "test_rmse": theirs}
        for i, (ours, theirs) in enumerate(zip(validation, test, strict=True))
    ]
    return replace(report, answer={**report.answer, "all_results": rows})


def test_ranks_and_their_correlation_are_those_of_scipy(judged: Report) -> None:
    random = np.random.default_rng(9)
    validation, test = np.sort(random.normal(size=12)), random.normal(size=12).round(1)
    figure = drawn(ranks(ranked(judged, validation.tolist(), test.tolist())))
    points = figure.data[1]
    assert points["x"] == rankdata(validation).tolist()
    assert points["y"] == rankdata(test).tolist()
    assert f"Spearman {spearmanr(validation, test).statistic:+.2f}" in figure.finding
    assert points["marker"]["color"].count(MODEL) == 1
    assert points["marker"]["color"][0] == MODEL
    assert f"The first on validation, 1 LSTM Classic (64/32), is number {points['y'][0]:g} of 12" in (
        figure.finding
    )
    go.Figure(data=coloured(figure.data), layout=coloured(figure.layout))


def test_the_same_order_says_something_and_the_opposite_little(judged: Report) -> None:
    order = [0.1 * i for i in range(8)]
    same = drawn(ranks(ranked(judged, order, order)))
    turned = drawn(ranks(ranked(judged, order, order[::-1])))
    assert "(Spearman +1.00, p < 0.001): the selection says something." in same.finding
    assert "(Spearman -1.00, p > 0.99): being first on validation says little." in turned.finding
    assert "no order" in str(ranks(ranked(judged, order, [0.5] * 8)))
    assert "Too few architectures were judged (4)" in str(ranks(ranked(judged, order[:4], order[:4])))


def test_the_chance_of_an_order_is_counted_over_shuffles() -> None:
    """Of five, each of the 120 orders is as likely: the same one comes once, and once with two swapped..."""
    same = np.arange(1.0, 6.0)
    assert chance_of(same, same) == pytest.approx(1 / 120, abs=0.003)
    assert chance_of(same, same[::-1]) == 1.0
    assert spearman(same, np.ones(5)) is None
