from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from trintena.domain import PriceSeries
from trintena.evaluation.baselines.simple import drift
from trintena.evaluation.scores import Judge
from trintena.windows.segments import UNTRAINED

SEGMENTS = ("train", "validation", "calibration", "test")


@pytest.mark.parametrize("segment", SEGMENTS)
@pytest.mark.parametrize("horizon", [1, 4])
def test_the_last_value_scores_a_skill_of_exactly_zero(
    judge: Callable[..., Judge], segment: str, horizon: int
) -> None:
    asked = judge(horizon=horizon)
    scores = asked.scores(segment, np.zeros_like(asked.actual(segment)))
    assert scores["skill"] == 0.0
    assert scores["directional_accuracy"] is None
    assert scores["persistence_clone"] is True


@pytest.mark.parametrize("segment", SEGMENTS)
def test_drift_scores_a_skill_of_exactly_zero_against_itself(
    judge: Callable[..., Judge], segment: str
) -> None:
    asked = judge(horizon=4)
    scores = asked.scores(segment, drift(asked.frame, asked.segments, asked.segments[segment]))
    assert scores["skill_against_drift"] == 0.0
    assert scores["skill"] != 0.0


@pytest.mark.parametrize("target", ["log_return", "difference"])
@pytest.mark.parametrize("horizon", [1, 3])
def test_a_perfect_forecast_makes_no_error(
    judge: Callable[..., Judge], series: PriceSeries, target: str, horizon: int
) -> None:
    asked = judge(horizon=horizon, target=target)
    levels = np.log(series.close) if target == "log_return" else series.close
    origins = np.asarray(asked.segments.test)
    truth = np.stack([levels[origins + k] - levels[origins] for k in range(1, horizon + 1)], axis=1)
    scores = asked.scores("test", truth)
    for name in ("rmse", "mae", "price_rmse", "price_mae"):
        assert scores[name] == pytest.approx(0.0, abs=1e-10)
    assert scores["skill"] == pytest.approx(1.0)
    assert scores["skill_against_drift"] == pytest.approx(1.0)
    assert scores["directional_accuracy"] == 1.0
    assert scores["persistence_clone"] is False


def test_every_figure_from_its_formula(judge: Callable[..., Judge], series: PriceSeries) -> None:
    horizon = 3
    asked = judge(horizon=horizon)
    origins = np.asarray(asked.segments.validation)
    forecast = np.random.default_rng(5).normal(0.0, 0.004, (len(origins), horizon))
    scores = asked.scores("validation", forecast)

    close = series.close
    actual_prices = np.stack([close[origins + k] for k in (1, 2, 3)], axis=1)
    errors = np.log(actual_prices / close[origins][:, None]) - forecast
    price_errors = actual_prices - close[origins][:, None] * np.exp(forecast)
    mean_return = np.diff(np.log(close[: asked.segments.train.stop])).mean()
    drift_errors = np.log(actual_prices / close[origins][:, None]) - mean_return * np.array([1, 2, 3])
    root = np.sqrt((errors**2).sum() / errors.size)
    went_up = actual_prices[:, -1] > close[origins]

    assert scores["rmse"] == pytest.approx(root)
    assert scores["mae"] == pytest.approx(np.abs(errors).mean())
    assert scores["price_rmse"] == pytest.approx(np.sqrt((price_errors**2).mean()))
    assert scores["price_mae"] == pytest.approx(np.abs(price_errors).mean())
    assert scores["skill"] == pytest.approx(
        1 - root / np.sqrt((np.log(actual_prices / close[origins][:, None]) ** 2).mean())
    )
    assert scores["skill_against_drift"] == pytest.approx(1 - root / np.sqrt((drift_errors**2).mean()))
    assert scores["directional_accuracy"] == pytest.approx(((forecast[:, -1] > 0) == went_up).mean())
    assert scores["majority_share"] == pytest.approx(max(went_up.mean(), 1 - went_up.mean()))


def test_differences_are_scored_in_units_of_the_series(judge: Callable[..., Judge]) -> None:
    # Up by two, down by one, and so on: the last value errs by two and one in turn.
    close = np.cumsum(np.tile([2.0, -1.0], 500)) - 100.0
    asked = judge(close, target="difference")
    scores = asked.scores("test", np.zeros((len(asked.segments.test), 1)))
    assert scores["rmse"] == pytest.approx(np.sqrt(2.5))
    assert scores["price_rmse"] == scores["rmse"]
    assert scores["mae"] == scores["price_mae"] == pytest.approx(1.5)
    assert scores["majority_share"] == 0.5


def test_the_unit_of_the_price_changes_price_errors_alone(
    judge: Callable[..., Judge], series: PriceSeries
) -> None:
    honest, dearer = judge(horizon=2), judge(7.3 * series.close, horizon=2)
    forecast = np.random.default_rng(5).normal(0.0, 0.004, (len(honest.segments.test), 2))
    ours, theirs = honest.scores("test", forecast), dearer.scores("test", forecast)
    for name, value in ours.items():
        scaled = 7.3 * value if name.startswith("price_") else value
        assert theirs[name] == pytest.approx(scaled, rel=1e-9, abs=1e-12)


def test_rows_after_a_segment_change_none_of_its_scores(
    judge: Callable[..., Judge], series: PriceSeries
) -> None:
    honest = judge(horizon=3)
    border = honest.segments.borders[1]
    close = series.close.copy()
    close[border:] *= np.random.default_rng(1).uniform(0.2, 5.0, len(close) - border)
    poisoned = judge(close, horizon=3)
    forecast = np.random.default_rng(5).normal(0.0, 0.004, (len(honest.segments.validation), 3))
    assert poisoned.scores("validation", forecast) == honest.scores("validation", forecast)


def test_a_segment_that_never_changes_has_neither_skill_nor_direction(
    judge: Callable[..., Judge], series: PriceSeries
) -> None:
    close = series.close.copy()
    close[-200:] = close[-200]
    asked = judge(close)
    scores = asked.scores("test", np.full((len(asked.segments.test), 1), 0.01))
    assert scores["rmse"] == pytest.approx(0.01)
    assert scores["skill"] is None
    assert scores["directional_accuracy"] is None
    assert scores["majority_share"] is None


def test_a_forecast_beyond_all_numbers_is_judged_like_any_other(judge: Callable[..., Judge]) -> None:
    # exp(5000) is no float64; the errors of the target itself stay exact.
    asked = judge()
    scores = asked.scores("test", np.full((len(asked.segments.test), 1), 5000.0))
    assert scores["rmse"] == pytest.approx(5000.0, rel=1e-4)
    assert scores["skill"] is not None
    assert scores["skill"] < -1e5
    assert scores["price_rmse"] == np.inf


def test_scores_are_plain_numbers(judge: Callable[..., Judge]) -> None:
    asked = judge()
    forecast = np.random.default_rng(5).normal(0.0, 0.004, (len(asked.segments.test), 1))
    scores = asked.all_scores("test", forecast.astype(np.float32))
    assert json.loads(json.dumps(scores)) == scores


def test_every_step_has_the_figures_that_its_column_has_alone(judge: Callable[..., Judge]) -> None:
    asked = judge(horizon=3)
    forecast = np.random.default_rng(5).normal(0.0, 0.004, (len(asked.segments.test), 3))
    scores = asked.all_scores("test", forecast)
    assert {len(values) for values in scores["by_step"].values()} == {3}
    actual = asked.actual("test")
    for k in range(3):
        of_step = {name: values[k] for name, values in scores["by_step"].items()}
        error = actual[:, k] - forecast[:, k]
        assert of_step["rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-6)
        assert of_step["skill"] == pytest.approx(
            1 - np.sqrt((error**2).mean() / (actual[:, k] ** 2).mean()), rel=1e-5
        )
        went = ((forecast[:, k] > 0) == (actual[:, k] > 0)).mean()
        assert of_step["directional_accuracy"] == pytest.approx(went, rel=1e-6)
        correlation = np.corrcoef(actual[:, k], forecast[:, k])[0, 1]
        assert of_step["change_correlation"][0] == pytest.approx(correlation, rel=1e-6)
        assert of_step["best_shift"] in range(k + 4)
    assert scores["rmse"] ** 2 == pytest.approx(np.mean(np.square(scores["by_step"]["rmse"])), rel=1e-6)
    assert 0 < scores["direction_p"] < 1
    by_step = scores.pop("by_step")
    assert set(by_step) == set(scores), "every figure has its steps"
    for name in ("direction_p", "best_shift", "persistence_clone", "directional_accuracy"):
        assert by_step[name][-1] == pytest.approx(scores[name], rel=1e-6), "which looks at the last step"


def test_a_board_has_the_bands_of_whoever_forecast_the_calibration_too(judge: Callable[..., Judge]) -> None:
    asked, horizon = judge(horizon=3), 3
    forecasts = {
        name: np.random.default_rng(5).normal(0.0, 0.004, (len(asked.segments[name]), horizon))
        for name in UNTRAINED
    }
    scores = asked.board_scores(forecasts)
    assert set(scores) == {"validation", "test"}
    assert json.loads(json.dumps(scores)) == scores
    found = scores["test"]["intervals"]
    assert found["crps"] == pytest.approx(np.mean(found["crps_by_step"]), rel=1e-6)
    for level, figures in found["levels"].items():
        assert figures["coverage"] == pytest.approx(int(level) / 100, abs=0.15)
        for name in ("coverage", "mean_width", "winkler", "pinball"):
            by_step = figures[f"{name}_by_step"]
            assert len(by_step) == horizon
            assert figures[name] == pytest.approx(np.mean(by_step), rel=1e-6), "pooled over the steps"
    del forecasts["calibrating"]
    assert "intervals" not in asked.board_scores(forecasts)["test"]


def test_scaled_errors_use_the_steps_of_the_training_part(
    judge: Callable[..., Judge], series: PriceSeries
) -> None:
    asked = judge()
    zero = np.zeros_like(asked.actual("test"))
    scores = asked.scores("test", zero)
    returns = np.diff(np.log(series.close[: asked.segments.train.stop]))
    assert scores["mase"] == pytest.approx(np.abs(asked.actual("test")).mean() / np.abs(returns).mean())
    assert scores["rmsse"] == pytest.approx(
        np.sqrt(np.square(asked.actual("test")).mean() / np.square(returns).mean())
    )
    mean = asked.frame.targets[np.asarray(asked.segments.train)].mean()
    against = np.square(asked.actual("test") - mean).sum()
    assert scores["r2"] == pytest.approx(1 - np.square(asked.actual("test")).sum() / against)
