"""Having files read by a process that this one only talks to."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    told: Mapping[str, Any]
    """As `reader.outcome` says it; empty where the process ended before it could."""
    status: int
    """0, or minus the number of the signal that ended it."""
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def kind(self) -> str:
        """`read`, `refused`, `crashed` or `died`."""
        return str(self.told["kind"]) if self.told else "died"


class Reader:
    """A running `reader` and its folder."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self._folder = process, folder

    def __call__(self, path: Path, options: Mapping[str, Any]) -> Outcome:
        """Have a file read."""
        outcome = self._folder / "outcome.pickle"
        outcome.unlink(missing_ok=True)
        order = {"path": str(path), "options": dict(options), "outcome": str(outcome)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        reply = json.loads(self._process.stdout.readline())
        told = pickle.loads(outcome.read_bytes()) if outcome.exists() else {}
        return Outcome(told, **reply)


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """A process that reads, for as long as the context lasts."""
    told = {"TRINTENA_LANG": "en", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "reliability.csv_files.reader"],
        cwd=ROOT,
        env={**os.environ, **told},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Reader(process, folder)
    finally:
        process.communicate(timeout=60)
