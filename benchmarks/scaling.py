"""How seconds and memory grow with the rows, the lookback and the horizon of an hourly series.

    make bench-scaling

Each point is a whole `trintena train` in a home of its own, of the two architectures named below, on a made
series of hourly values that are no prices. Along each axis the other two stay at their base; the last point
has every length at once. Writes `benchmarks/scaling.json` and a part of `benchmarks/README.md`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import machine
from readme import write_part
from scaling_report import section

HERE = Path(__file__).parent
MODELS = "6,9"
SEED = 0


@dataclass(frozen=True)
class Point:
    """One run: how many rows there are, how many a forecast reads, and how many it is of."""

    rows: int = 10_000
    lookback: int = 64
    horizon: int = 1


AXES = {
    "rows": [Point(rows=rows) for rows in (5_000, 10_000, 20_000, 40_000)],
    "lookback": [Point(lookback=lookback) for lookback in (64, 128, 256, 512)],
    "horizon": [Point(horizon=horizon) for horizon in (1, 24, 96, 168)],
}
ALL_AT_ONCE = Point(rows=40_000, lookback=512, horizon=168)


def main() -> None:
    measured: dict[Point, dict[str, Any]] = {}
    for point in dict.fromkeys([*(each for axis in AXES.values() for each in axis), ALL_AT_ONCE]):
        print(f"{point}", flush=True)
        measured[point] = run(point)
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "machine": machine.description(),
        "versions": {name: version(name) for name in ("trintena", "jax", "jaxlib", "numpy")},
        "models": MODELS,
        "axes": {
            name: [{**asdict(point), **measured[point]} for point in points] for name, points in AXES.items()
        },
        "all_at_once": {**asdict(ALL_AT_ONCE), **measured[ALL_AT_ONCE]},
    }
    (HERE / "scaling.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_part("scaling", section(results))
    print(section(results))


def run(point: Point) -> dict[str, Any]:
    """What one training takes: in all, of it in epochs, and the most memory of all its processes together."""
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as home:
        folder = Path(home)
        write_hours(folder / "hours.csv", point.rows)
        command = [
            *(sys.executable, "-m", "trintena", "train", "--csv", str(folder / "hours.csv")),
            *("--years", "all", "--models", MODELS, "--seed", str(SEED), "--json", str(folder / "a.json")),
            *("--lookback", str(point.lookback), "--horizon", str(point.horizon)),
        ]
        used = machine.run(command, os.environ | {"TRINTENA_HOME": home}, folder / "log")
        answer = json.loads((folder / "a.json").read_text("utf-8"))
    finished = [row for row in answer["results"] if row["state"] == "COMPLETE"]
    if len(finished) != len(MODELS.split(",")):
        raise SystemExit(f"not every architecture ended with a model: {answer['results']}")
    return {
        "seconds": used.seconds,
        "fit_seconds": sum(row["fit_seconds"] for row in finished),
        "peak_bytes": used.peak_bytes,
        "skill": answer["winner"]["skill"],
    }


def write_hours(path: Path, n_rows: int) -> None:
    """A day's and a year's course, and what deviates from them: r[t] = 0.97 r[t-1] + e[t]."""
    hours, noise = np.arange(n_rows), np.random.default_rng(SEED).normal(0.0, 0.5, n_rows)
    deviation = np.zeros(n_rows)
    for t in range(1, n_rows):
        deviation[t] = 0.97 * deviation[t - 1] + noise[t]
    year, day = np.cos(hours * 2 * np.pi / 8766), np.cos((hours - 15) * 2 * np.pi / 24)
    values = 12.0 - 9.0 * year + 4.0 * day + deviation
    dates = np.datetime64("2015-01-01T00", "h") + hours
    lines = [f"{date}:00:00,{value:.2f}" for date, value in zip(dates, values, strict=True)]
    path.write_text("\n".join(["time,temperature", *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
