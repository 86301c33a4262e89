"""From a file of prices to a forecast, by the two commands that a person types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

PROGRAMS = Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
N_ROWS, HORIZON = 1_500, 5
FIRST_DAY = np.datetime64("2019-01-01")
WITHIN_S = 60.0


def write_prices(path: Path) -> list[str]:
    """Weekdays of open, high, low, close and volume; gives the dates."""
    generator = np.random.default_rng(1)
    close = 120.0 * np.exp(np.cumsum(generator.normal(0.0004, 0.02, N_ROWS)))
    opening = close * np.exp(generator.normal(0.0, 0.005, N_ROWS))
    high, low = np.maximum(opening, close) * 1.01, np.minimum(opening, close) * 0.99
    volume = generator.integers(1_000_000, 9_000_000, N_ROWS)
    days = [str(day) for day in np.busday_offset(FIRST_DAY, np.arange(N_ROWS), roll="forward")]
    lines = ["Date,Open,High,Low,Close,Volume"]
    for day, *prices, traded in zip(days, opening, high, low, close, volume, strict=True):
        lines.append(",".join([day, *(f"{price:.2f}" for price in prices), str(traded)]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return days


def test_a_file_becomes_a_forecast_within_a_minute(tmp_path: Path) -> None:
    days = write_prices(tmp_path / "acme.csv")
    home = tmp_path / "home"
    environment = {"TRINTENA_HOME": str(home), "TRINTENA_CACHE": str(PROGRAMS.parent)}

    def trintena(*words: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "trintena", *map(str, words)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    started = time.monotonic()
    trained = trintena(
        "train", "--csv", "acme.csv", "--models", "6,9,28", "--lookback", 20, "--horizon", HORIZON
    )
    forecast = json.loads(trintena("predict", "--json").stdout)
    assert time.monotonic() - started < WITHIN_S

    assert "acme_" in trained.stdout
    assert (forecast["symbol"], forecast["version"], forecast["origin"]) == ("acme", 1, days[-1])
    assert forecast["model_id"] in {6, 9, 28}
    dates = [step["date"] for step in forecast["forecast"]]
    assert len(dates) == HORIZON
    assert [days[-1], *dates] == sorted({days[-1], *dates}), "after the last row, each after the one before"
    assert np.is_busday(np.array(dates, "datetime64[D]")).all()
    for step in forecast["forecast"]:
        assert step["price"] == pytest.approx(forecast["last_value"], rel=0.1)
    models = sorted(path.suffix for path in (home / "models").iterdir())
    assert models == [".json", ".keras", ".md", ".scaler"]
