"""The files of a champion say what was judged: the same forecasts, the same figures, their own origin."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any

import numpy as np
import pytest

from integration.champion import plain
from integration.champion.lab import Lab, autoregressive, series_of
from trintena import load_champion
from trintena.domain import ModelVersion, PriceSeries, Split, TrialResult
from trintena.windows import Segments, segments_of

HORIZON, LOOKBACK, SEED = 3, 8, 5
MODELS = {"log_return": "3,9", "difference": "3,28"}
"""Batch normalization, a residual block, a convolution."""
pytestmark = [
    pytest.mark.usefixtures("at_home"),
    # Keras's own: its convolution on NumPy hands a Keras variable to JAX.
    pytest.mark.filterwarnings("ignore:.*__array__ implementation:DeprecationWarning"),
]


@dataclass(frozen=True)
class Judged:
    """An experiment that has ended, beside what it was about."""

    series: PriceSeries
    segments: Segments
    answer: dict[str, Any]
    champion: ModelVersion
    trial: TrialResult
    manifest: dict[str, Any]


def with_volume(symbol: str) -> PriceSeries:
    """Fifteen hundred days of open, high, low, close and volume, whose returns can be forecast."""
    generator = np.random.default_rng(3)
    close = 50.0 * np.exp(np.cumsum(autoregressive(1_500, 0.6, seed=3)))
    opening = close * np.exp(generator.normal(0.0, 0.003, len(close)))
    return series_of(
        symbol,
        close,
        open=opening,
        high=np.maximum(opening, close) * 1.003,
        low=np.minimum(opening, close) * 0.997,
        volume=generator.integers(100_000, 900_000, len(close)).astype(float),
    )


@pytest.fixture(scope="module", params=["log_return", pytest.param("difference", marks=pytest.mark.slow)])
def judged(request: pytest.FixtureRequest, lab: Lab) -> Judged:
    series = lab.store(with_volume(f"BARS-{request.param}"))
    answer = lab.train(
        series,
        model_ids=MODELS[request.param],
        lookback=LOOKBACK,
        horizon=HORIZON,
        target=request.param,
        seed=SEED,
    )
    champion = lab.version(answer)
    (trial,) = (
        trial
        for trial in lab.app.registry.trials(answer["experiment_id"])
        if trial.model_id == champion.model_id
    )
    manifest = json.loads(lab.file(champion, "json").read_text("utf-8"))
    segments = segments_of(series, Split(), LOOKBACK, HORIZON)
    return Judged(series, segments, answer, champion, trial, manifest)


def reread(judged: Judged, lab: Lab, origins: range | list[int]) -> np.ndarray:
    return plain.forecasts(lab.file(judged.champion, "keras"), judged.series, origins)


# Forecasts


@pytest.mark.parametrize("segment", ["validation", "test"])
def test_the_files_forecast_what_was_judged(judged: Judged, lab: Lab, segment: str) -> None:
    registered = judged.trial.forecasts[segment]
    again = reread(judged, lab, judged.segments[segment])
    assert registered.shape == again.shape == (len(judged.segments[segment]), HORIZON)
    np.testing.assert_allclose(again, registered, rtol=0, atol=1e-5)
    assert registered.std() > 1e-3, "forecasts this even would agree whatever the files say"


def test_every_way_to_ask_gives_the_forecast_of_the_files(judged: Judged, lab: Lab) -> None:
    trained = judged.answer["forecast"]
    assert lab.predict(judged.series.symbol) == trained
    assert load_champion(judged.series.symbol).forecast() == trained

    last = float(judged.series.close[-1])
    assert (trained["symbol"], trained["version"]) == (judged.series.symbol, judged.champion.version)
    assert trained["model_id"] == judged.champion.model_id
    assert trained["last_value"] == last
    assert trained["origin"] == str(judged.series.dates[-1])[:10]
    changes = np.array([step["change"] for step in trained["forecast"]])
    np.testing.assert_allclose(changes, reread(judged, lab, [len(judged.series) - 1])[0], rtol=0, atol=1e-5)
    expected = last * np.exp(changes) if judged.champion.target == "log_return" else last + changes
    np.testing.assert_allclose([step["price"] for step in trained["forecast"]], expected, rtol=1e-12)
    dates = [step["date"] for step in trained["forecast"]]
    assert len(dates) == HORIZON
    assert [trained["origin"], *dates] == sorted({trained["origin"], *dates})


@pytest.mark.parametrize("judged", ["log_return"], indirect=True)
def test_the_command_gives_the_same_forecast(judged: Judged) -> None:
    asked = [sys.executable, "-m", "trintena", "predict", "--symbol", judged.series.symbol, "--json"]
    command = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert json.loads(command.stdout) == judged.answer["forecast"]


# Figures


@pytest.mark.parametrize("segment", ["validation", "test"])
def test_the_figures_are_those_of_the_saved_weights(judged: Judged, lab: Lab, segment: str) -> None:
    registered = judged.champion.metrics[segment]
    forecast = reread(judged, lab, judged.segments[segment])
    again = plain.figures(forecast, judged.series, judged.champion.target, judged.segments, segment)
    assert {name: registered[name] for name in again} == pytest.approx(again, rel=1e-5, abs=1e-5)
    assert judged.manifest["metrics"][segment] == registered
    (row,) = (row for row in judged.answer["results"] if row["model_id"] == judged.champion.model_id)
    assert row == judged.answer["winner"]
    if segment == "test":
        assert (row["test_rmse"], row["skill"]) == (registered["rmse"], registered["skill"])
    else:
        assert row["rmse"] == row["validation_rmse"] == judged.trial.validation_rmse
        assert row["rmse"] == pytest.approx(registered["rmse"], rel=1e-12)


def test_the_champion_has_the_lowest_validation_error(judged: Judged, lab: Lab) -> None:
    trials = lab.app.registry.trials(judged.answer["experiment_id"])
    errors = {trial.model_id: trial.validation_rmse for trial in trials}
    assert len(errors) == 2
    assert judged.champion.model_id == min(errors, key=lambda model_id: errors[model_id] or np.inf)


# The manifest


def test_the_manifest_says_where_the_model_comes_from(judged: Judged, lab: Lab) -> None:
    manifest, champion = judged.manifest, judged.champion
    for name in ("symbol", "model_id", "model_name", "mode", "target", "horizon", "dataset_hash"):
        assert manifest[name] == getattr(champion, name)
    for name in ("metrics", "parameters", "versions", "experiment_id"):
        assert manifest[name] == getattr(champion, name)
    assert manifest["dataset_hash"] == judged.series.content_hash == judged.answer["dataset_hash"]
    assert lab.app.registry.load_dataset(manifest["dataset_hash"]).content_hash == manifest["dataset_hash"]
    assert manifest["parameters"]["seed"] == SEED
    fast = {"learning_rate": 0.001, "batch_size": 32, "dropout_rate": 0.2, "epochs": 1, "activation": "relu"}
    assert manifest["parameters"].items() >= {**fast, "lookback": LOOKBACK}.items()
    assert manifest["versions"]["python"] == platform.python_version()
    for library in ("trintena", "keras", "jax", "numpy"):
        assert manifest["versions"][library] == installed_version(library)
    assert manifest["created_at"] == champion.created_at.isoformat()
    assert "ot investment advice" in manifest["notice"]
    test = manifest["segments"]["test"]
    assert test["origins"] == len(judged.segments.test)
    assert test["last"] == str(judged.series.dates[-1])


def test_the_manifest_vouches_for_the_other_files(judged: Judged, lab: Lab) -> None:
    found = {
        kind: hashlib.sha256(lab.file(judged.champion, kind).read_bytes()).hexdigest()
        for kind in ("keras", "scaler", "md", "json")
    }
    assert judged.champion.checksums == found
    assert judged.manifest["sha256"] == {kind: found[kind] for kind in ("keras", "scaler", "md")}
    assert judged.answer["champion"]["files"] == [f"models/{judged.champion.stem}.{kind}" for kind in found]
    assert len(list(lab.models.glob(f"{judged.champion.stem}*"))) == 4
