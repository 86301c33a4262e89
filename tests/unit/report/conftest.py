"""Reports over made trials: what a search of some architectures leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import numpy as np
import pytest

from trintena import metrics
from trintena.domain import ExperimentSpec, Hyperparameters, Search, SearchSpace, TrialResult
from trintena.intervals import LEVELS
from trintena.report import Report, TestForecast
from trintena.search.importance import importance
from trintena.zoo.catalog import architecture

MODELS = (1, 6, 9, 26)
LAST_VALUE_RMSE = 0.0100
MAJORITY = 0.53


def make_search(n_trials: int = 24, models: tuple[int, ...] = MODELS, seed: int = 0) -> list[TrialResult]:
    """Random search where the learning rate decides: 0.001 is best, then its neighbours.

    Of every architecture the third trial diverged, and every fifth was pruned after one epoch.
    """
    random = np.random.default_rng(seed)
    space = SearchSpace()
    trials = []
    for model_id in models:
        for number in range(n_trials):
            settings = {name: random.choice(choice).item() for name, choice in vars(space).items()}
            setting = Hyperparameters(**settings)
            error = 0.0098 + 0.0001 * models.index(model_id)
            error += 0.0006 * abs(np.log10(setting.learning_rate / 0.001)) + random.uniform(0, 0.0001)
            n_epochs = setting.epochs
            curve = error * (1 + 0.5 * np.exp(-np.arange(n_epochs) / 3))
            trial = TrialResult(
                model_id,
                "COMPLETE",
                setting,
                seed=0,
                number=number,
                n_parameters=1_000 * model_id,
                fit_seconds=2.0,
                elapsed_seconds=3.0,
                train_losses=tuple(np.linspace(1.2, 0.9, n_epochs)),
                validation_curve=tuple(curve),
                learning_rates=(setting.learning_rate,) * n_epochs,
                validation_rmse=float(curve.min()),
            )
            if number == 2:
                trial = TrialResult(
                    model_id, "FAIL", setting, 0, number, elapsed_seconds=1.0, reason="diverged in epoch 2"
                )
            elif number % 5 == 4:
                first = (float(curve[0]),)
                trial = replace(trial, state="PRUNED", validation_curve=first, validation_rmse=first[0])
            trials.append(trial)
    return trials


def make_refits(best: TrialResult) -> list[TrialResult]:
    """Three fits with other seeds, the second one the median."""
    rmse = best.validation_rmse
    assert rmse is not None
    return [
        replace(best, purpose="refit", number=i, seed=i + 1, validation_rmse=rmse * factor)
        for i, factor in enumerate((1.01, 1.02, 1.06))
    ]


def make_row(rank: int, trials: list[TrialResult], refits: list[TrialResult]) -> dict[str, Any]:
    """A row of the board of optimized mode, as the specification words it."""
    best = min((t for t in trials if t.state == "COMPLETE"), key=lambda t: t.validation_rmse or 1)
    errors = [t.validation_rmse for t in refits]
    states = [t.state for t in trials]
    return {
        "rank": rank,
        "model_id": best.model_id,
        "model_name": architecture(best.model_id).name,
        "category": "lstm",
        "state": "COMPLETE",
        "reason": None,
        "best_rmse": errors[1],
        "best_params": vars(best.hyperparameters),
        "n_trials": len(trials),
        "elapsed_time": 120.0,
        "trial_counts": {s: states.count(s) for s in ("WAITING", "RUNNING", "COMPLETE", "PRUNED", "FAIL")},
        "trial_rmse": best.validation_rmse,
        "seeds": {
            "rmse": errors,
            "mean": float(np.mean(errors)),
            "std": float(np.std(errors)),
            "min": errors[0],
            "max": errors[2],
        },
        "parameters": best.n_parameters,
        "validation_skill": 0.01,
        "test_rmse": 0.0121,
        "skill": 0.002,
        "skill_against_drift": -0.001,
        "test_directional_accuracy": 0.52,
        "test_majority_share": MAJORITY,
        "test_persistence_clone": False,
    }


def make_test(model_id: int, n: int = 120, horizon: int = 1, seed: int = 3) -> TestForecast:
    """Forecasts that know a tenth of what comes."""
    random = np.random.default_rng(seed)
    actual = random.normal(0, 0.01, (n, horizon))
    forecast = 0.1 * actual + random.normal(0, 0.001, (n, horizon))
    last = 100 * np.exp(np.cumsum(actual[:, 0]))
    days = np.busday_offset("2024-01-01", np.arange(n + horizon), roll="forward").astype("datetime64[s]")
    return TestForecast(
        model_id=model_id,
        target="log_return",
        dates=days[np.arange(n)[:, None] + np.arange(1, horizon + 1)],
        forecast=forecast,
        actual=actual,
        last=last,
        prices=last[:, None] * np.exp(forecast),
        actual_prices=last[:, None] * np.exp(actual),
    )


def with_bands(test: TestForecast) -> TestForecast:
    """With the volatility of each origin and bands that grow with it, the 90% band 1.6 of it wide."""
    volatility = 0.01 * (1 + np.arange(len(test.last)) % 7 / 10)
    widths = {
        level: np.outer(wide * volatility, np.sqrt(np.arange(1, test.actual.shape[1] + 1)))
        for level, wide in zip(LEVELS, (1.2, 1.6, 2.0), strict=True)
    }
    bounds = {
        level: tuple(test.last[:, None] * np.exp(test.forecast + sign * half) for sign in (-1, 1))
        for level, half in widths.items()
    }
    return replace(test, volatility=volatility, widths=widths, bounds=bounds)


def scored(actual: np.ndarray, forecast: np.ndarray) -> dict[str, Any]:
    """Every figure of a row on the test segment, as far as a report reads them."""
    steps = {
        "rmse": metrics.by_step(metrics.rmse, actual, forecast),
        "skill": metrics.by_step(metrics.skill, actual, forecast),
    }
    return {
        "directional_accuracy": 0.56,
        "majority_share": MAJORITY,
        "direction_p": 0.2,
        "change_correlation": [0.5, 0.4, 0.6],
        "best_shift": 0,
        "by_step": steps,
    }


def make_judged(report: Report, n: int = 300, horizon: int = 1) -> Report:
    """The same experiment as it is judged today: with all figures, evidence, and intervals."""
    assert report.test is not None
    test = with_bands(make_test(report.test.model_id, n, horizon))
    random = np.random.default_rng(8)
    rows = []
    for row in report.rows:
        if row["rank"] is not None:
            of_row = test.forecast if row["rank"] == 1 else random.normal(0, 0.001, test.actual.shape)
            row = {**row, "test_rmse": metrics.rmse(test.actual, of_row)}
            row["metrics"] = {"test": scored(test.actual, of_row)}
        rows.append(row)
    baselines = []
    fitted = {"key": "auto_ets", "name": "AutoETS", "validation_rmse": 0.0101}
    for row in (*report.answer["baselines"], fitted):
        of_row = np.full_like(test.actual, {"last_value": 0.0, "drift": 0.0003}.get(row["key"], -0.0005))
        figures = {"test": scored(test.actual, of_row)}
        row = {**row, "test_rmse": metrics.rmse(test.actual, of_row), "reason": None, "metrics": figures}
        baselines.append(row)
    reason = "the series is too short"
    lost = {"key": "ridge", "name": "Ridge on the window", "validation_rmse": None, "reason": reason}
    levels = {
        str(level): {
            "coverage": metrics.coverage(test.actual, test.forecast - half, test.forecast + half),
            "split_coverage": level / 100 - 0.05,
            "mean_width": float(2 * half.mean()),
            "winkler": 0.05,
            "coverage_by_step": [level / 100] * horizon,
        }
        for level, half in test.widths.items()
    }
    verdict = {
        **report.answer["verdict"],
        "dm_p": 0.21,
        "dm_p_against_drift": 0.6,
        "spa_p": 0.31,
        "confidence_set": {"level": 0.9, "model_ids": [1, 6], "baselines": ["last_value"]},
        "n_trials": 96,
        "luck_level": 0.012,
        "validation_skill": 0.01,
        "shrinkage": 0.008,
        "suspect_leakage": [],
    }
    answer = {
        **report.answer,
        "all_results": rows,
        "baselines": [*baselines, lost],
        "verdict": verdict,
        "intervals": {"model": {"levels": levels}, "last_value": {"levels": levels}},
        "horizon": horizon,
    }
    return replace(report, answer=answer, test=test, spec=replace(report.spec, horizon=horizon))


def make_optimized(trials: list[TrialResult], **changes: Any) -> Report:
    """A finished experiment in optimized mode over these search trials."""
    models = list(dict.fromkeys(trial.model_id for trial in trials))
    of_model = {m: [t for t in trials if t.model_id == m] for m in models}
    best = {
        m: min((t for t in own if t.state == "COMPLETE"), key=lambda t: t.validation_rmse or 1)
        for m, own in of_model.items()
    }
    order = sorted(models, key=lambda m: best[m].validation_rmse or 1)
    refits = {m: make_refits(best[m]) for m in models}
    rows = [make_row(rank, of_model[m], refits[m]) for rank, m in enumerate(order, 1)]
    failed = {"rank": None, "model_id": 11, "model_name": architecture(11).name, "state": "FAIL"}
    rows.append({**failed, "reason": "worker died twice\n<b>out of memory</b>", "trial_counts": {"FAIL": 6}})
    spec = ExperimentSpec(
        "sample:nasdaq",
        "ab" * 32,
        (*models, 11),
        "2009-01-02T00:00:00",
        "2018-12-31T00:00:00",
        mode="optimized",
        search=Search(),
    )
    winner = rows[0]
    shares = {"test_rmse": 0.01212, "skill": 0.0, "skill_against_drift": -0.003}
    answer = {
        "status": "success",
        "mode": "optimized",
        "winner": {key: winner[key] for key in ("model_id", "model_name", "best_rmse", "best_params")},
        "total_models_tested": len(models),
        "total_time": 1_234.0,
        "optimization_strategy": "random",
        "all_results": rows,
        "baselines": [
            {"name": "Last value", "key": "last_value", "validation_rmse": LAST_VALUE_RMSE, **shares},
            {"name": "Drift", "key": "drift", "validation_rmse": 0.01002, **shares},
        ],
        "verdict": {
            "code": "not_distinguishable",
            "skill": winner["skill"],
            "skill_against_drift": winner["skill_against_drift"],
            "persistence_clone": False,
        },
        "champion": {
            "version": 3,
            "is_winner": True,
            "title": {"incumbent": None, "reason": "first"},
            "files": ["models/a.keras", "models/a.scaler", "models/a.json"],
        },
        "forecast": {
            "forecast": [{"date": "2019-01-02", "price": 6646.18}],
            "last_value": 6635.28,
            "origin": "2018-12-31",
        },
        "serving": {"version": 4, "is_winner": True, "frozen_twin": 3, "files": []},
        "n_combinations": 3_360,
        "trial_counts": {
            state: sum(t.state == state for t in trials) for state in ("COMPLETE", "PRUNED", "FAIL")
        },
        "test_consulted": 2,
        "segments": {
            "train": {"first": "2009-03-31T00:00:00", "last": "2015-12-30T00:00:00", "origins": 1701},
            "test": {"first": "2017-10-18T00:00:00", "last": "2018-12-31T00:00:00", "origins": 302},
        },
    }
    ends = accumulate(trial.elapsed_seconds or 0.0 for trial in trials)
    report = Report(
        experiment_id=3,
        state="succeeded",
        spec=spec,
        answer=answer,
        n_rows=2_516,
        n_trials=len(of_model[models[0]]),
        created_at=datetime(2026, 11, 23, 18, 25, tzinfo=UTC),
        trials=(*trials, *(fit for own in refits.values() for fit in own)),
        finished_s={(t.model_id, t.purpose, t.number): end for t, end in zip(trials, ends, strict=True)},
        importance=importance(SearchSpace(), trials),
        test=make_test(winner["model_id"]),
    )
    return replace(report, **changes)


@pytest.fixture
def search_trials() -> list[TrialResult]:
    """Of four architectures, 24 each."""
    return make_search()


@pytest.fixture
def optimized(search_trials: list[TrialResult]) -> Report:
    """A finished experiment in optimized mode."""
    return make_optimized(search_trials)


@pytest.fixture
def optimized_with() -> Callable[..., Report]:
    """Makes a finished experiment from search trials."""
    return make_optimized


@pytest.fixture
def forecast_with() -> Callable[..., TestForecast]:
    """Makes forecasts of a test segment."""
    return make_test


@pytest.fixture
def judged(optimized: Report) -> Report:
    """A finished experiment as it is judged today."""
    return make_judged(optimized)


@pytest.fixture
def judged_with(optimized: Report) -> Callable[..., Report]:
    """Makes one of so many origins and steps."""
    return lambda **changes: make_judged(optimized, **changes)
