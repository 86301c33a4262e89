"""Run both modes on the two samples and on NVDA, and write what came out: `docs/results.md` in two languages.

    make results                                    # NVDA is fetched from Yahoo Finance
    make results RESULTS="--nvda-csv NVDA.csv"      # or read from a file of your own
    make results RESULTS="--series nasdaq --budget 30m"

Each run is kept as a small file in `docs/results/`: its board, its verdict and its intervals, no price among
them. The pages are made of these files alone: `--pages` writes them anew without training anything, `--check`
fails when they are not what the files say.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from results_page import FOLDER, SERIES, pages
from trintena import train_all_models_fast_mode, train_all_models_with_optimization
from trintena.settings import usable_cores

SEED = 0
VERSIONS = ("trintena", "jax", "keras", "numpy", "optuna")
ABOUT = (
    "status",
    "mode",
    "target",
    "measures",
    "lookback",
    "horizon",
    "seed",
    "dataset_hash",
    "segments",
    "verdict",
    "intervals",
    "test_consulted",
    "optimization_strategy",
    "trial_counts",
    "pruning",
    "budget_s",
)
"""What is kept of an answer beside its rows."""
OF_A_ROW = (
    "rank",
    "model_id",
    "model_name",
    "key",
    "name",
    "state",
    "reason",
    "rmse",
    "best_rmse",
    "best_params",
    "n_trials",
    "seeds",
    "validation_rmse",
    "validation_skill",
    "test_rmse",
    "skill",
    "skill_against_drift",
    "test_directional_accuracy",
    "test_majority_share",
    "test_direction_p",
    "test_persistence_clone",
)
OF_THE_TEST = (
    "mase",
    "mape",
    "r2",
    "directional_accuracy",
    "majority_share",
    "direction_p",
    "change_correlation",
    "best_shift",
)
"""Of the figures on the test segment, those that the evidence is told of; none in units of a price."""
DIGITS = 7


def kept(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what a page has no use for: figures by step, files, and every price."""
    boards = {name: answer[name] for name in ("results", "all_results", "baselines") if name in answer}
    short: dict[str, Any] = _rounded(
        {
            **{name: answer[name] for name in ABOUT if name in answer},
            **{name: [_row(row) for row in rows] for name, rows in boards.items()},
        }
    )
    return short


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    short = {name: row[name] for name in OF_A_ROW if name in row}
    if test := row["metrics"].get("test"):
        short["metrics"] = {"test": {name: test[name] for name in OF_THE_TEST}}
    return short


def _rounded(value: Any) -> Any:
    """The same with every number to seven significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def run(series: str, mode: str, source: Mapping[str, Any], budget: str, code: str) -> dict[str, Any]:
    """One training of all thirty on the whole series, as it is kept; `code` is the commit that runs."""
    made = {
        "series": series,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": code,
        "python": ".".join(map(str, sys.version_info[:3])),
        "cores": len(usable_cores()),
        "versions": {name: version(name) for name in VERSIONS},
    }
    if mode == "fast":
        answer = train_all_models_fast_mode(**source, years=None, seed=SEED)
    else:
        answer = train_all_models_with_optimization(**source, years=None, seed=SEED, budget=budget)
    if answer["status"] != "success":
        raise SystemExit(f"{mode} mode on {series} ended as {answer['status']}: nothing is written.")
    return {**made, **kept(answer)}


def commit() -> str:
    """What was run; `+` when the checkout held more than its commit."""
    words = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    return subprocess.run(words, cwd=FOLDER.parent, capture_output=True, text=True, check=True).stdout.strip()


def write_record(record: Mapping[str, Any]) -> Path:
    """One line for each row of a board, so that a change shows where it is."""
    lines = []
    for name, value in record.items():
        if name in ("results", "all_results", "baselines"):
            rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value)
            lines.append(f" {json.dumps(name)}: [\n{rows}\n ]")
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    path = FOLDER / f"{record['series']}-{record['mode']}.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return path


def train(wanted: list[str], budget: str, nvda_csv: Path | None) -> None:
    """Run both modes on each series, in a home of its own, so that its test is consulted twice."""
    code = commit()  # before anything is written to the checkout
    for series in wanted:
        source: dict[str, Any] = {"symbol": SERIES[series].symbol}
        if series == "nvda" and nvda_csv is not None:
            source = {"csv": nvda_csv.resolve()}
        with tempfile.TemporaryDirectory() as home:
            os.environ["TRINTENA_HOME"] = home
            for mode in ("fast", "optimized"):
                print(f"{series}, {mode} mode …", flush=True)
                print(f"  {write_record(run(series, mode, source, budget, code)).name}", flush=True)


def stale() -> list[str]:
    """The names of the pages that differ from what the files say."""
    return [
        path.name for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text
    ]


def main() -> int:
    """Train and write, or only write, or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--series", default=",".join(SERIES), help="which of them, separated by commas")
    parser.add_argument("--budget", default="5m", help="of each search (optimized mode)")
    parser.add_argument("--nvda-csv", type=Path, help="a file with the prices of NVDA, instead of the source")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--pages", action="store_true", help="train nothing; write the pages anew")
    only.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    options = parser.parse_args()
    if options.check:
        if names := stale():
            print(f"Stale in docs/: {', '.join(names)}. Run `make docs` and commit what it wrote.")
            return 1
        print(f"{len(pages())} pages of results are current.")
        return 0
    if not options.pages:
        wanted = options.series.split(",")
        if unknown := sorted(set(wanted) - SERIES.keys()):
            parser.error(f"no series {', '.join(unknown)}; there are {', '.join(SERIES)}")
        train(wanted, options.budget, options.nvda_csv)
    for path, text in pages().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
