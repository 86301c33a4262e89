"""Time a search over hyper-parameters against KerasTuner: the same trials, on TensorFlow and by the engine.

    make bench-peer

Architectures 1, 11 and 26, 8 settings each, drawn once from the default space; every trial is trained to
its end, with early stopping and a rate that is halved on a plateau, and none is fitted again. They run on
ten years of the sample and on a series with a planted signal, where there is something to find: a
strong one, so that what the champions have learned differs by more than the luck of their first weights.
Ours runs from an empty cache of compiled programs, once before the peer and once after it, since the
speed of a machine drifts. Writes `benchmarks/tuner.json` and a table of `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

import machine
import planted
from case import SEED, SYMBOL, Case, listed_trials
from readme import write_part
from trintena.zoo import choose
from tuner_report import table

HERE = Path(__file__).parent
MODELS, N_TRIALS = "1,11,26", 8
PERSISTENCE = 0.6
"""Of the planted signal: its oracle has a skill of 20 % in expectation (`benchmarks/LOG.md`)."""


def main() -> None:
    options = _options()
    model_ids = [recipe.id for recipe in choose(options.models)]
    plan = listed_trials(model_ids, options.trials, options.most_epochs)
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as name:
        folder = Path(name)
        (folder / "trials.json").write_text(json.dumps(plan), "utf-8")
        planted.write(folder / "planted.csv", PERSISTENCE)
        cases = {}
        for label, symbol in (("sample", SYMBOL), ("planted", str(folder / "planted.csv"))):
            (folder / label).mkdir()
            print(f"{label}: {options.trials} trials of each of {options.models}", flush=True)
            cases[label] = measure(symbol, options, folder / label)
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "machine": machine.description(),
        "versions": {name: version(name) for name in ("trintena", "jax", "jaxlib", "numpy")},
        "seed": SEED,
        "trials": plan["trials"],
        "cases": cases,
    }
    print(table(results))
    if (options.models, options.trials, options.most_epochs) == (MODELS, N_TRIALS, None):
        (HERE / "tuner.json").write_text(json.dumps(results, indent=2) + "\n", "utf-8")
        write_part("tuner", table(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], epilog="Only the comparison without options is written down."
    )
    parser.add_argument("--peer-python", type=Path, required=True, help="an interpreter with KerasTuner")
    parser.add_argument("--models", default=MODELS, help="as in `trintena train`")
    parser.add_argument("--trials", type=int, default=N_TRIALS, help="of each architecture")
    parser.add_argument("--most-epochs", type=int, help="cut every trial short, to try the comparison out")
    return parser.parse_args()


def measure(symbol: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Both sides on one series, ours before and after; then the command as people run it, with pruning."""
    case = Case.of(symbol)
    before = _ours(symbol, folder / "before")
    peer = _peer(case, options.peer_python, folder / "peer")
    after = _ours(symbol, folder / "after")
    command = _command(symbol, options, folder / "command")
    seconds = [before["seconds"], after["seconds"]]
    oracle_skill = None
    if symbol != SYMBOL:
        oracle_skill = planted.oracle_skill(case.series.close, np.asarray(case.segments.test), PERSISTENCE)
    return {
        "windows": {name: len(case.segments[name]) for name in ("train", "validation", "test")},
        "ratio": peer["seconds"] / mean(seconds),
        "oracle_skill": oracle_skill,
        "same_scores": _scores(before) == _scores(after),
        "ours": {**before, "seconds": mean(seconds), "seconds_of_each": seconds, **_found(before)},
        "peer": {**peer, **_found(peer)},
        "command": {**command, "ratio": peer["seconds"] / command["seconds"]},
    }


def _ours(symbol: str, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    environment = os.environ | {"TRINTENA_HOME": str(folder), "TRINTENA_CACHE": str(folder / "cache")}
    answer = folder / "answer.json"
    words = [str(HERE / "tuner_ours.py"), symbol, str(folder.parents[1] / "trials.json"), str(answer)]
    return _timed("Trintena, cold", [sys.executable, *words], environment, answer)


def _peer(case: Case, python: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    windows, answer = folder / "windows.npz", folder / "answer.json"
    case.write_windows(windows)
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "src")}
    files = [windows, folder.parents[1] / "trials.json", answer, folder / "checkpoints"]
    words = [str(HERE / "tuner_peer.py"), *map(str, files)]
    return _timed("KerasTuner on TensorFlow", [str(python), *words], environment, answer)


def _command(symbol: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """`trintena train` from nothing, with its imports, pruning, refits, test segment and champion."""
    folder.mkdir()
    environment = os.environ | {"TRINTENA_HOME": str(folder), "TRINTENA_CACHE": str(folder / "cache")}
    answer = folder / "answer.json"
    series = ["--symbol", symbol] if symbol == SYMBOL else ["--csv", symbol]
    words = ["train", *series, "--mode", "optimized", "--models", options.models, "--json", str(answer)]
    words += ["--trials", str(options.trials)]
    trintena = str(Path(sys.executable).with_name("trintena"))
    usage = machine.run([trintena, *words], environment, folder / "command.log")
    winner = json.loads(answer.read_text("utf-8"))["winner"]
    print(f"  trintena train, with pruning and refits: {usage.seconds:.1f} s", flush=True)
    return {
        "seconds": usage.seconds,
        "test_skill": winner["skill"],
        "skill_of_each_fit": winner["seeds"]["skill"],
    }


def _timed(name: str, command: list[str], environment: dict[str, str], answer: Path) -> dict[str, Any]:
    """What a side answered; it is told last when it was started."""
    usage = machine.run([*command, repr(time.time())], environment, answer.with_suffix(".log"))
    told: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    print(f"  {name}: {told['seconds']:.1f} s", flush=True)
    return {**told, "peak_bytes": usage.peak_bytes}


def _scores(side: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = ("model_id", "number", "state", "epochs", "validation_rmse", "test_skill")
    return [tuple(trial.get(name) for name in names) for trial in side["trials"]]


def _found(side: dict[str, Any]) -> dict[str, Any]:
    """What the search came to, and the champion so far at every moment at which it changed."""
    complete = [trial for trial in side["trials"] if trial["state"] == "COMPLETE"]
    if not complete:
        raise SystemExit("no trial ended with a model")
    line: list[dict[str, float]] = []
    for trial in sorted(complete, key=lambda trial: trial["ended_s"]):
        if not line or trial["validation_rmse"] < line[-1]["validation_rmse"]:
            line.append({name: trial[name] for name in ("ended_s", "validation_rmse", "test_skill")})
    best: dict[str, dict[str, Any]] = {}
    for trial in sorted(complete, key=lambda trial: trial["validation_rmse"]):
        best.setdefault(str(trial["model_id"]), trial)
    return {
        "epochs": sum(trial["epochs"] for trial in side["trials"]),
        "test_skill": line[-1]["test_skill"],
        "test_skill_of_each": {model_id: trial["test_skill"] for model_id, trial in best.items()},
        "time_line": line,
    }


if __name__ == "__main__":
    main()
