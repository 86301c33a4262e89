"""What a long run leaves: a JSON file of runs, which are parts of one another.

Each run has its seed, its commit, its machine and what it counted. With `append` a run joins those that
are there, in place of an earlier one with its seed: ten thousand files may be read a thousand at a time.
"""

from __future__ import annotations

import json
import subprocess
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import machine

FOLDER = Path(__file__).parent
Run = Mapping[str, Any]


def about(seed: int, packages: tuple[str, ...]) -> dict[str, Any]:
    """When, where and with what a run was made; asked for before it begins."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": machine.description(),
        "versions": {name: version(name) for name in ("trintena", *packages)},
        "seed": seed,
    }


def commit() -> str:
    """What runs; `+` when the checkout holds more than its commit, records and pages of other runs aside."""
    words = [
        "git",
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        ":!reliability/*.json",
        ":!docs",
    ]
    changed = subprocess.run(words, cwd=FOLDER.parent, capture_output=True, text=True, check=True).stdout
    return machine.commit() if changed else machine.commit().rstrip("+")


def add_options(parser: ArgumentParser, of: str) -> None:
    """What every long run is told: the seed of what it makes up, and what becomes of its record."""
    parser.add_argument("--seed", type=int, default=0, help=f"of {of} (default 0)")
    parser.add_argument("--append", action="store_true", help="record beside the runs with other seeds")
    parser.add_argument("--no-record", action="store_true", help="record nothing")


def runs_of(name: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The runs that are recorded under a name; none where there is no record."""
    file = folder / f"{name}.json"
    if not file.exists():
        return []
    runs: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["runs"]
    return runs


def write(name: str, run: Run, *, append: bool, folder: Path = FOLDER) -> Path:
    """Record a run, as the only one or beside the others."""
    others = [each for each in runs_of(name, folder) if each["seed"] != run["seed"]] if append else []
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"runs": [*others, run]}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file
