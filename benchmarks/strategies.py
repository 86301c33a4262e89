"""Compare the strategies on recorded trainings: how good is the best setting after so many trials?

    make bench-strategies

GRU Classic is trained on the series with a planted signal with each of the 840 settings of learning rate,
batch size, dropout and activation, for 50 epochs; what fewer epochs would have come to is read off the
learning curve. That table then answers for the engine: the study of each seed asks for its trials and gets
the recorded ones, so that hundreds of searches take minutes. Writes `benchmarks/response.json` (with
`--train`, the trainings themselves), `benchmarks/strategies.json`, the plot in `benchmarks/strategies.svg`
and a part of `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import machine
import planted
from curves import Line, write_svg
from readme import write_part
from trintena.data import fetch
from trintena.domain import ExperimentSpec, Hyperparameters, Search, SearchSpace, Split, TrialResult
from trintena.experiments.study import Study
from trintena.experiments.workplace import WARM_UP, training_environment
from trintena.jobs.executors import EXECUTORS
from trintena.jobs.protocol import Finished, Task
from trintena.settings import Settings
from trintena.training.course import Course, Paused
from trintena.windows import Transformation, segments_of

HERE = Path(__file__).parent
GRU_CLASSIC, LOOKBACK, MOST_EPOCHS = 6, 10, 50
N_TRIALS, N_SEEDS = 20, 200
Table = dict[tuple[float, int, float, str], list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--train", action="store_true", help="record the trainings anew")
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    options = parser.parse_args()
    if options.train:
        record()
    table = read()
    results = compare(table, options.seeds)
    print(section(results))
    if options.seeds == N_SEEDS:
        (HERE / "strategies.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        draw(results)
        write_part("strategies", section(results))


def record() -> None:
    """Train every setting once and write down its validation curve."""
    space = SearchSpace()
    settings = [
        Hyperparameters(rate, batch, dropout, MOST_EPOCHS, activation)
        for rate, batch, dropout, activation in product(
            space.learning_rate, space.batch_size, space.dropout_rate, space.activation
        )
    ]
    with tempfile.TemporaryDirectory(prefix="trintena-bench-") as folder:
        file = Path(folder) / "planted.csv"
        planted.write(file)
        series = fetch(str(file))
        segments = segments_of(series, Split(), LOOKBACK, 1)
        transformation = Transformation.fit(
            series, segments, target="log_return", features="close", lookback=LOOKBACK, horizon=1
        )
        home = Settings.from_environment({"TRINTENA_HOME": folder})
        environment = training_environment(home)
        began, curves = time.monotonic(), {}
        with EXECUTORS["local"](home, environment=environment, warm=WARM_UP) as executor:
            for number, setting in enumerate(settings):
                trial = TrialResult(GRU_CLASSIC, "RUNNING", setting, 0, number)
                kwargs = {
                    "series": series,
                    "transformation": transformation,
                    "segments": segments,
                    "trial": trial,
                }
                task = Task(number, "trintena.training.trial:run_trial", kwargs, group=setting.activation)
                executor.submit(task)
            for event in executor.events():
                if isinstance(event, Finished):
                    curves[event.key] = event.result
                    if len(curves) % 100 == 0:
                        print(
                            f"  {len(curves)}/{len(settings)}  {time.monotonic() - began:.0f} s", flush=True
                        )
    rows = [
        {
            "learning_rate": setting.learning_rate,
            "batch_size": setting.batch_size,
            "dropout_rate": setting.dropout_rate,
            "activation": setting.activation,
            "state": curves[number].state,
            "curve": [float(f"{rmse:.7g}") for rmse in curves[number].validation_curve],
        }
        for number, setting in enumerate(settings)
    ]
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "architecture": GRU_CLASSIC,
        "lookback": LOOKBACK,
        "trainings": len(rows),
        "seconds": time.monotonic() - began,
    }
    text = ",\n".join(json.dumps(row) for row in rows)
    (HERE / "response.json").write_text(f'{{"about": {json.dumps(about)},\n"rows": [\n{text}\n]}}\n', "utf-8")


def read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "response.json").read_text("utf-8"))
    return found


class Lab:
    """Answers for the engine with recorded curves."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self._rows = {
            (row["learning_rate"], row["batch_size"], row["dropout_rate"], row["activation"]): row
            for row in recorded["rows"]
        }

    def run(self, trial: TrialResult, until: int | None) -> TrialResult | Paused:
        """The trial up to an epoch, or to its end."""
        s = trial.hyperparameters
        row = self._rows[s.learning_rate, s.batch_size, s.dropout_rate, s.activation]
        curve = row["curve"][: s.epochs]
        if until is not None and until < len(curve):
            course = Course(s.learning_rate, validation_curve=list(curve[:until]))
            return Paused(course.told(trial, "RUNNING"), course, ())
        diverged = row["state"] == "FAIL" and len(row["curve"]) <= s.epochs
        state = "FAIL" if diverged else "COMPLETE"
        value = None if diverged else min(curve)
        reason = "diverged" if diverged else None
        return replace(
            trial, state=state, validation_curve=tuple(curve), validation_rmse=value, reason=reason
        )

    def search(self, strategy: str, seed: int, *, pruning: bool) -> tuple[list[float], int]:
        """The best value after each trial, and the epochs that were trained."""
        search = Search(strategy=strategy, n_trials=N_TRIALS, pruning=pruning)  # type: ignore[arg-type]
        spec = ExperimentSpec("planted", "", (GRU_CLASSIC,), "", "", "optimized", seed=seed, search=search)
        study = Study(spec, GRU_CLASSIC)
        while not study.is_exhausted:
            work = list(study.next_round().work)
            while work:
                each = work.pop(0)
                work += study.take(self.run(each.trial, each.until)).work
        best = np.inf
        curve = []
        for trial in study.trials:
            if trial.state == "COMPLETE" and trial.validation_rmse is not None:
                best = min(best, trial.validation_rmse)
            curve.append(best)
        return curve, sum(len(trial.validation_curve) for trial in study.trials)


def compare(recorded: dict[str, Any], n_seeds: int) -> dict[str, Any]:
    """Every strategy with every seed, without and with pruning."""
    lab = Lab(recorded)
    runs: dict[str, Any] = {}
    for pruning in (False, True):
        for strategy in ("random", "bayesian"):
            found = [lab.search(strategy, seed, pruning=pruning) for seed in range(n_seeds)]
            runs[f"{strategy}{', pruned' if pruning else ''}"] = {
                "best": np.array([curve for curve, _ in found]),
                "epochs": np.mean([epochs for _, epochs in found]),
            }
    finished = [min(row["curve"]) for row in recorded["rows"] if row["state"] == "COMPLETE"]
    paired = {
        name: _paired(runs[f"bayesian{name}"]["best"], runs[f"random{name}"]["best"])
        for name in ("", ", pruned")
    }
    return {
        "about": recorded["about"],
        "n_seeds": n_seeds,
        "n_trials": N_TRIALS,
        "table": {"best": min(finished), "median": float(np.median(finished)), "worst": max(finished)},
        "mean_best": {name: _mean(run["best"]) for name, run in runs.items()},
        "mean_epochs": {name: float(run["epochs"]) for name, run in runs.items()},
        "paired_at_the_last_trial": paired,
    }


def _mean(best: np.ndarray) -> list[float | None]:
    means = best.mean(axis=0)
    return [float(value) if np.isfinite(value) else None for value in means]


def _paired(bayesian: np.ndarray, random: np.ndarray) -> dict[str, float]:
    """Bayesian less random at the last trial, seed by seed: below zero it is better."""
    difference = bayesian[:, -1] - random[:, -1]
    half = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference))
    mean = float(difference.mean())
    return {"mean": mean, "low": mean - half, "high": mean + half, "better": float((difference < 0).mean())}


def draw(results: dict[str, Any]) -> None:
    lines = [
        Line(name, range(4, N_TRIALS + 1), values[3:])
        for name, values in results["mean_best"].items()
        if "pruned" not in name
    ]
    title = f"Best validation RMSE after so many trials, mean of {results['n_seeds']} seeds"
    write_svg(HERE / "strategies.svg", title, "trials", "validation RMSE", lines)


def section(results: dict[str, Any]) -> str:
    about, table = results["about"], results["table"]
    lines = [
        "| | mean of the best after 6, 10, 20 trials | epochs trained | bayesian less random at trial 20 |",
        "|---|---|--:|---|",
    ]
    for name, values in results["mean_best"].items():
        shown = ", ".join("-" if values[k - 1] is None else f"{values[k - 1]:.6f}" for k in (6, 10, 20))
        told = ""
        if name.startswith("bayesian"):
            paired = results["paired_at_the_last_trial"][name.removeprefix("bayesian")]
            told = (
                f"{paired['mean']:+.2e} (95 %: {paired['low']:+.2e} to {paired['high']:+.2e}); "
                f"better with {paired['better']:.0%} of the seeds"
            )
        lines.append(f"| {name} | {shown} | {results['mean_epochs'][name]:.0f} | {told} |")
    return "\n".join(
        [
            *lines,
            "",
            f"- {about['trainings']} recorded trainings of GRU Classic, lookback {about['lookback']}, on the "
            f"planted series: best {table['best']:.6f}, median {table['median']:.6f}, "
            f"worst {table['worst']:.6f}. {results['n_seeds']} seeds; both have the same first six trials.",
            f"- Recorded {about['date']}, commit {about['commit']}, in {about['seconds']:.0f} s.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
