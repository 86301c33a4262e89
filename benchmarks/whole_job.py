"""Time the specification's whole job: thirty architectures, twenty trials each, on ten years of prices.

    make bench-search

Searches from nothing: no compiled program is kept from before. Random and bayesian run one after the other,
then a sample without pruning, each in a home of its own. While they do, the memory of all processes, the
trials that have ended and the time that is said to be left are noted every two seconds. Writes
`benchmarks/search.json`, the curves in `benchmarks/search.svg`, and a part of `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

import machine
from case import SYMBOL, YEARS
from curves import Line, write_svg
from readme import write_part
from trintena import train_all_models_with_optimization
from trintena.registry import Registry
from whole_job_report import section

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.experiments import Progress

HERE = Path(__file__).parent
N_TRIALS, N_SAMPLE = 20, 2
STEADY_AFTER = 50
"""Trials after which memory should no longer grow."""
FIRST_TENTH = 0.1
_WATCH_S, _NOTES_KEPT = 2.0, 15


class Watch:
    """An observer that notes how a run goes."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.notes: list[dict[str, Any]] = []
        self._me = psutil.Process()

    def __call__(self, progress: Progress) -> None:
        elapsed = time.monotonic() - self.began
        if not self.notes or elapsed >= self.notes[-1]["seconds"] + _WATCH_S:
            self.notes.append(
                {
                    "seconds": elapsed,
                    "trials": progress.n_ended,
                    "seconds_left": progress.seconds_left,
                    "bytes": machine.resident(self._me),
                }
            )


def main() -> None:
    options = _options()
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "machine": machine.description(),
        "versions": {name: version(name) for name in ("trintena", "jax", "jaxlib", "optuna", "numpy")},
        "symbol": SYMBOL,
        "years": YEARS,
        "runs": {},
    }
    wanted = [(name, name, options.trials, True) for name in options.strategies.split(",") if name]
    if options.sample:
        wanted.append(("without pruning", "random", options.sample, False))
    for name, strategy, n_trials, pruning in wanted:
        print(f"{name}: {n_trials} trials of each architecture", flush=True)
        results["runs"][name] = whole_job(strategy, options.models, n_trials, pruning=pruning)
        print(section(results), flush=True)
    if options.models == "all" and options.trials == N_TRIALS:
        (HERE / "search.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        curves = [
            Line(name, *zip(*run["best_by_second"], strict=True), steps=True)
            for name, run in results["runs"].items()
            if run["pruning"]
        ]
        title = f"Best validation RMSE so far, {SYMBOL}, 30 architectures x {N_TRIALS} trials"
        write_svg(HERE / "search.svg", title, "seconds", "validation RMSE", curves)
        write_part("search", section(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", default="all", help="as in `trintena train`; only `all` is written down")
    parser.add_argument("--trials", type=int, default=N_TRIALS, help="of each architecture")
    parser.add_argument("--strategies", default="random,bayesian")
    parser.add_argument("--sample", type=int, default=N_SAMPLE, help="trials without pruning; 0: none")
    return parser.parse_args()


def whole_job(strategy: str, models: str, n_trials: int, *, pruning: bool) -> dict[str, Any]:
    """Run it once, from nothing, and say what it took."""
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as home:
        os.environ["TRINTENA_HOME"] = home
        watch = Watch()
        answer = train_all_models_with_optimization(
            symbol=SYMBOL,
            years=YEARS,
            model_ids=models,
            optimization_strategy=strategy,  # type: ignore[arg-type]
            n_trials=n_trials,
            pruning=pruning,
            observe=watch,
        )
        seconds = time.monotonic() - watch.began
        with Registry.open(f"sqlite:///{home}/trintena.db") as registry:
            trials = registry.trials(answer["experiment_id"], forecasts=False)
            finished = registry.finish_times(answer["experiment_id"])
            started = registry.experiment(answer["experiment_id"]).started_at
    assert started is not None
    since = {key: (at - started).total_seconds() for key, at in finished.items()}
    return {
        "strategy": strategy,
        "pruning": pruning,
        "n_trials": n_trials,
        "seconds": seconds,
        "trial_counts": answer["trial_counts"],
        **_work(trials),
        **_memory(watch.notes),
        **_promises(watch.notes, seconds),
        "notes": watch.notes[::_NOTES_KEPT],
        "best_by_second": _best_so_far(trials, since),
        "winner": answer["winner"],
        "verdict": answer["verdict"],
        "baselines": answer["baselines"],
        "board": answer["all_results"],
    }


def _work(trials: list[TrialResult]) -> dict[str, Any]:
    """What the workers did, in seconds of one core and in epochs."""
    worked: Counter[str] = Counter()
    fitted: Counter[str] = Counter()
    epochs: Counter[str] = Counter()
    for trial in trials:
        worked[trial.purpose] += trial.elapsed_seconds or 0.0  # type: ignore[assignment]
        fitted[trial.purpose] += trial.fit_seconds or 0.0  # type: ignore[assignment]
        epochs[trial.purpose] += len(trial.train_losses)
    return {
        "core_seconds": dict(worked),
        "training_core_seconds": dict(fitted),
        "epochs": dict(epochs),
        "compiling_share": 1.0 - fitted.total() / worked.total(),
    }


def _memory(notes: list[dict[str, Any]]) -> dict[str, Any]:
    """The most that all processes held together, and its growth after the first trials.

    Growth compares the highest of the last fifth of the run with the highest up to the fiftieth trial and
    the fifth of the run after it: what single programs need goes up and down with their size.
    """
    steady = [note["bytes"] for note in notes if note["trials"] >= STEADY_AFTER]
    fifth = max(len(steady) // 5, 1)
    growth = max(steady[-fifth:]) / max(steady[:fifth]) - 1.0 if steady else None
    return {"peak_bytes": max(note["bytes"] for note in notes), "growth_when_steady": growth}


def _promises(notes: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """How right the time left was, once a tenth of the run had passed: shares of the time that was left."""
    errors = [
        note["seconds_left"] / (seconds - note["seconds"]) - 1.0
        for note in notes
        if note["seconds_left"] is not None and FIRST_TENTH <= note["seconds"] / seconds <= 0.95
    ]
    return (
        {"time_left_errors": {"first": errors[0], "low": min(errors), "high": max(errors)}} if errors else {}
    )


def _best_so_far(trials: list[TrialResult], since: dict[Any, float]) -> list[tuple[float, float]]:
    """Seconds and validation RMSE of every search trial that led when it ended."""
    best, leaders = float("inf"), []
    search = [trial for trial in trials if trial.purpose == "search" and trial.state == "COMPLETE"]
    for at, rmse in sorted((since[t.model_id, t.purpose, t.number], t.validation_rmse) for t in search):
        if rmse is not None and rmse < best:
            best = rmse
            leaders.append((at, rmse))
    return leaders


if __name__ == "__main__":
    main()
