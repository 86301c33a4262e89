"""What the files of a model say, read with nothing but Keras, NumPy and the formulas of the protocol."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from trintena.domain import PriceSeries
from trintena.windows import Segments


@cache
def _opened(path: Path, written_at_ns: int) -> Any:
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def forecasts(model_path: Path, series: PriceSeries, origins: range | list[int]) -> np.ndarray:
    """Forecasts (origin, horizon) in units of the target, from a `.keras` file and its `.scaler`."""
    scaler = json.loads(Path(str(model_path).removesuffix(".keras") + ".scaler").read_text("utf-8"))
    lookback = scaler["lookback"]
    steps = np.log if scaler["target"] == "log_return" else np.asarray
    tables = {name: series.values[:, series.columns.index(name)] for name in scaler["columns"]}
    close = steps(tables["close"])
    windows, scales = [], []
    for t in origins:
        rows = slice(t - lookback + 1, t + 1)
        scale = max(np.diff(close[rows]).std(), scaler["scale_floor"])
        window = [
            (np.log1p(values[rows]) - scaler["volume_mean"]) / scaler["volume_deviation"]
            if name == "volume"
            else (steps(values[rows]) - close[t]) / (scale * np.sqrt(lookback))
            for name, values in tables.items()
        ]
        windows.append(np.stack(window, axis=1))
        scales.append(scale)
    model = _opened(model_path, model_path.stat().st_mtime_ns)
    outputs = model.predict_on_batch(np.array(windows, np.float32)).astype(np.float64)
    assert outputs.shape == (len(scales), scaler["horizon"])
    return np.asarray(outputs * np.array(scales)[:, None])


def targets(series: PriceSeries, target: str, origins: range, horizon: int) -> np.ndarray:
    """What really happened, (origin, horizon), in units of the target."""
    levels = np.log(series.close) if target == "log_return" else series.close
    return np.array([[levels[t + k] - levels[t] for k in range(1, horizon + 1)] for t in origins])


def rmse(errors: np.ndarray) -> float:
    return float(np.sqrt((errors**2).mean()))


def figures(
    forecast: np.ndarray, series: PriceSeries, target: str, segments: Segments, segment: str
) -> dict[str, float]:
    """The figures of forecasts (origin, horizon) for a segment, from the formulas of the protocol alone."""
    origins, horizon = segments[segment], forecast.shape[1]
    actual = targets(series, target, origins, horizon)
    last = series.close[np.asarray(origins)][:, None]
    to_price = (lambda y: last * np.exp(y)) if target == "log_return" else (lambda y: last + y)
    errors, price_errors = actual - forecast, to_price(actual) - to_price(forecast)
    levels = np.log(series.close) if target == "log_return" else series.close
    steps = np.diff(levels[: segments.train.stop])
    drift = steps.mean() * np.arange(1, horizon + 1)
    moved = actual[:, -1] != 0
    ups = (actual[moved, -1] > 0).mean()
    return {
        "rmse": rmse(errors),
        "mae": float(np.abs(errors).mean()),
        "price_rmse": rmse(price_errors),
        "price_mae": float(np.abs(price_errors).mean()),
        "skill": 1 - rmse(errors) / rmse(actual),
        "skill_against_drift": 1 - rmse(errors) / rmse(actual - drift),
        "directional_accuracy": float((np.sign(actual) == np.sign(forecast))[moved, -1].mean()),
        "majority_share": float(max(ups, 1 - ups)),
    }
