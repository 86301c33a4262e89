"""Time fast mode over all thirty architectures against the same ones under Keras on TensorFlow.

    make bench

Ours is the whole command, `trintena train`, as a person types it: imports, database, training, the
judged board, the saved champion and its forecast. A round runs it once cold (an empty cache of
compiled programs) and then warm. One round comes before the peer and one after it, since the speed of
a machine drifts; the peer runs once, on the same windows. Writes `benchmarks/results.json` and the
table of `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import machine
from case import FEATURES, LOOKBACK, SYMBOL, YEARS
from readme import write_part
from report import table
from trintena.zoo import choose
from workload import CONTENT_HASH, FAST_MODE, Workload

HERE = Path(__file__).parent


def main() -> None:
    options = _options()
    model_ids = [recipe.id for recipe in choose(options.models)]
    workload = Workload()
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as name:
        results = measure(workload, model_ids, options, Path(name))
    print(table(results))
    if options.models == "all" and options.peer_python:
        (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
        write_part("results", table(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", default="all", help="as in `trintena train`; only `all` is written down")
    parser.add_argument("--peer-python", type=Path, help="an interpreter with TensorFlow; without it no peer")
    parser.add_argument("--warm-runs", type=int, default=2, help="in each round")
    return parser.parse_args()


def measure(
    workload: Workload, model_ids: list[int], options: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    print("Single-precision matrix products, every core busy", flush=True)
    gflops = machine.sgemm_gflops()
    rounds = [_round(model_ids, folder / "before", options.warm_runs)]
    peer = None
    if options.peer_python:
        peer = _peer(workload, model_ids, options.peer_python, folder)
        rounds.append(_round(model_ids, folder / "after", options.warm_runs))
    runs = {
        "cold": [runs[0] for runs in rounds],
        "warm": [run for runs in rounds for run in runs[1:]],
    }
    seconds = {name: statistics.median(run["seconds"] for run in each) for name, each in runs.items()}
    first, *others = [run for each in rounds for run in each]
    floor = workload.flop(model_ids) / (gflops * 1e9)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "machine": machine.description(),
        "versions": {name: version(name) for name in ("trintena", "jax", "jaxlib", "keras", "numpy")},
        "workload": {
            "symbol": SYMBOL,
            "content_hash": CONTENT_HASH,
            "years": YEARS,
            "features": FEATURES,
            "lookback": LOOKBACK,
            "batch_size": FAST_MODE.batch_size,
            "seed": 0,
            "models": len(model_ids),
            "windows": {name: len(workload.segments[name]) for name in ("train", "validation", "test")},
            "tflop": workload.flop(model_ids) / 1e12,
        },
        "sgemm_gflops": gflops,
        "sgemm_floor_seconds": floor,
        "seconds": seconds,
        "seconds_of_each": {name: [run["seconds"] for run in each] for name, each in runs.items()},
        "sgemm_share": {name: floor / value for name, value in seconds.items()},
        "ratio": {name: peer["seconds"] / value for name, value in seconds.items()} if peer else None,
        "peak_bytes": max(run["peak_bytes"] for run in (first, *others)),
        "last_value_test_rmse": workload.last_value_test_rmse(),
        "test_rmse": first["test_rmse"],
        "same_scores_cold_and_warm": all(run["test_rmse"] == first["test_rmse"] for run in others),
        "peer": peer,
    }


def _round(model_ids: list[int], folder: Path, n_warm: int) -> list[dict[str, Any]]:
    """One cold run, then warm ones, on a cache of their own."""
    folder.mkdir()
    print("Trintena, cold, then warm", flush=True)
    return [_ours(model_ids, folder, f"run-{i}") for i in range(1 + n_warm)]


def _ours(model_ids: list[int], folder: Path, name: str) -> dict[str, Any]:
    home, answer = folder / name, folder / f"{name}.json"
    home.mkdir()
    environment = os.environ | {"TRINTENA_HOME": str(home), "TRINTENA_CACHE": str(folder / "cache")}
    models = ",".join(map(str, model_ids))
    command = [sys.executable, "-m", "trintena", "train", "--symbol", SYMBOL, "--models", models]
    usage = machine.run([*command, "--json", str(answer)], environment, folder / f"{name}.log")
    print(f"  {usage.seconds:.1f} s", flush=True)
    rows = json.loads(answer.read_text("utf-8"))["results"]
    return {
        "seconds": usage.seconds,
        "peak_bytes": usage.peak_bytes,
        "test_rmse": {str(row["model_id"]): row["test_rmse"] for row in rows},
    }


def _peer(workload: Workload, model_ids: list[int], python: Path, folder: Path) -> dict[str, Any]:
    print("The peer: keras.Model.fit on TensorFlow, one architecture after the other", flush=True)
    windows, answer = folder / "windows.npz", folder / "peer.json"
    workload.write_windows(windows)
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "src")}
    words = [
        str(windows),
        str(answer),
        json.dumps(asdict(FAST_MODE)),
        repr(time.time()),
        *map(str, model_ids),
    ]
    usage = machine.run([str(python), str(HERE / "peer.py"), *words], environment, folder / "peer.log")
    peer: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    print(f"  {peer['seconds']:.1f} s", flush=True)
    return {**peer, "peak_bytes": usage.peak_bytes}


if __name__ == "__main__":
    main()
