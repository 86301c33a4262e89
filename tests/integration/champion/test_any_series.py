"""Not only prices: whatever is measured at regular times is trained on and forecast."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integration.champion.lab import Lab, autoregressive, environment_of
from trintena.errors import DataError
from trintena.experiments import Request, plan
from trintena.experiments.plan import USUAL_TARGETS

N_ROWS = 1_200
HOUR, DAY = np.timedelta64(1, "h"), np.timedelta64(1, "D")


@dataclass(frozen=True)
class Case:
    """A file, how to train on it, and when its next steps take place."""

    header: str
    first: np.datetime64
    step: np.timedelta64
    values: Callable[[], np.ndarray]
    """(row, column)"""
    next_dates: list[str]
    request: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        stamps = self.first + self.step * np.arange(N_ROWS)
        rows = [
            ",".join([str(stamp).replace("T", " "), *(f"{value:.6f}" for value in row)])
            for stamp, row in zip(stamps, self.values(), strict=True)
        ]
        path.write_text("\n".join([self.header, *rows]) + "\n", "utf-8")
        return path


def noise(deviation: float) -> np.ndarray:
    return np.random.default_rng(8).normal(0.0, deviation, N_ROWS)


def load_of_a_grid() -> np.ndarray:
    """Megawatts: high by day, low by night."""
    return (500 + 120 * np.sin(2 * np.pi * np.arange(N_ROWS) / 24) + noise(5))[:, None]


def temperature() -> np.ndarray:
    """Degrees, half of them below zero."""
    return (15 * np.sin(2 * np.pi * np.arange(N_ROWS) / 30) + noise(1))[:, None]


def bars() -> np.ndarray:
    """Open, high, low and close of something that is traded every day of the week."""
    close = 30_000 * np.exp(np.cumsum(autoregressive(N_ROWS, 0.5)))
    opening = close * np.exp(noise(0.003))
    return np.stack([opening, np.maximum(opening, close) * 1.01, np.minimum(opening, close) * 0.99, close], 1)


def level() -> np.ndarray:
    return (100 + np.cumsum(autoregressive(N_ROWS, 0.6, 0.3)))[:, None]


# 1,200 steps after the first one stands the first forecast.
CASES = {
    "hourly": Case(
        "time,load",
        np.datetime64("2024-01-31T23:00"),
        HOUR,
        load_of_a_grid,
        ["2024-03-21T23:00:00", "2024-03-22T00:00:00", "2024-03-22T01:00:00"],
        {"horizon": 3, "lookback": 24},
    ),
    "below zero": Case(
        "date,temperature",
        np.datetime64("2020-01-01"),
        DAY,
        temperature,
        ["2023-04-15"],
        {"lookback": 12},
    ),
    "no volume": Case(
        "Date,Open,High,Low,Close", np.datetime64("2020-01-01"), DAY, bars, ["2023-04-15"], {"lookback": 8}
    ),
    "five weeks": Case(
        "date,value",
        np.datetime64("2000-01-07"),
        7 * DAY,
        level,
        ["2023-01-06", "2023-01-13", "2023-01-20", "2023-01-27", "2023-02-03"],
        {"target": "log_return", "horizon": 5, "lookback": 10},
    ),
}


@pytest.mark.parametrize(
    "name", [name if name == "hourly" else pytest.param(name, marks=pytest.mark.slow) for name in CASES]
)
def test_it_is_trained_on_and_forecast(lab: Lab, tmp_path: Path, name: str) -> None:
    case, registry = CASES[name], lab.app.registry
    series = lab.stored(case.write(tmp_path / "series.csv"), name)
    answer = lab.train_stored(series, **case.request)
    champion = lab.version(answer)
    assert champion.is_winner
    assert registry.champion(name, answer["target"], answer["horizon"]) == champion
    assert answer["winner"]["skill"] > 0.02, "these can be forecast"
    assert answer["measures"] == ("price" if name == "no volume" else "value")
    assert answer["target"] == (case.request.get("target") or USUAL_TARGETS[answer["measures"]])

    forecast = lab.predict(name)
    assert forecast["forecast"] == answer["forecast"]["forecast"]
    assert [step["date"] for step in forecast["forecast"]] == case.next_dates
    last = case.values()[-1, -1]
    assert forecast["last_value"] == pytest.approx(last, rel=1e-5, abs=1e-5)
    for step in forecast["forecast"]:
        if answer["target"] == "difference":
            assert step["price"] == pytest.approx(forecast["last_value"] + step["change"], rel=1e-12)
        else:
            assert step["price"] == pytest.approx(forecast["last_value"] * np.exp(step["change"]), rel=1e-12)
    columns = {"no volume": ("open", "high", "low", "close")}.get(name, ("close",))
    assert series.columns == columns


def test_log_returns_of_what_is_not_positive_are_refused_with_a_way_out(lab: Lab, tmp_path: Path) -> None:
    path = CASES["below zero"].write(tmp_path / "frost.csv")
    series = lab.stored(path)
    known = len(lab.app.registry.experiments())
    with pytest.raises(DataError, match=r"needs positive values.*--target difference") as refused:
        plan(Request(target="log_return", years=None, lookback=8), series, lab.app.registry)
    assert refused.value.field == "target"
    assert len(lab.app.registry.experiments()) == known

    command = subprocess.run(
        [sys.executable, "-m", "trintena", "train", "--csv", path, "--models", "9", "--target", "log_return"],
        env=environment_of(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert command.returncode == 2
    assert "--target difference" in " ".join(command.stderr.split())
    assert "Traceback" not in command.stderr
