"""The same files through the doors that people use: `trintena data import` and `POST /api/datasets`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from reliability.csv_files.reading import Outcome
from reliability.serving import Served, serving

COMMANDS_PER_REQUEST = 4
"""A command starts a process: it is asked more rarely than the server."""
_GIVEN_S = 60.0
_EXIT = {"read": 0, "refused": 2}
_STATUS = {"read": 200, "refused": 422}


class Surfaces:
    """A server and a home in which commands import."""

    def __init__(self, server: Served, every: int) -> None:
        self._server, self._every = server, every
        self.counts: Counter[str] = Counter()

    def faults(self, number: int, path: Path, options: Mapping[str, Any], outcome: Outcome) -> list[str]:
        """What differs from how the file was read already; of every so many files."""
        found: list[str] = []
        if number % self._every == 0:
            found += self._by_request(path, options, outcome)
        if number % (self._every * COMMANDS_PER_REQUEST) == 0:
            found += self._by_command(path, options, outcome)
        return found

    def _by_request(self, path: Path, options: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
        fields = {
            name: str(value).lower() if isinstance(value, bool) else value for name, value in options.items()
        }
        answer = httpx.post(
            f"{self._server.address}/api/datasets",
            data={"name": "X", **fields},
            files={"file": ("prices.csv", path.read_bytes(), "text/csv")},
            timeout=_GIVEN_S,
        )
        self.counts[f"POST /api/datasets, {answer.status_code}"] += 1
        wanted = _STATUS[outcome.kind]
        if any(len(str(value)) > 200 for value in fields.values()):
            wanted = 422
        if answer.status_code != wanted:
            yield f"POST /api/datasets answered {answer.status_code}, not {wanted}: {answer.text[:500]}"
        elif wanted == 200 and answer.json()["dataset_hash"] != outcome.told["hash"]:
            yield "POST /api/datasets has read another series"
        elif wanted == 422 and not answer.json()["error"]["message"]:
            yield "POST /api/datasets refuses without a reason"

    def _by_command(self, path: Path, options: Mapping[str, Any], outcome: Outcome) -> Iterator[str]:
        words = [
            sys.executable,
            "-m",
            "trintena",
            "data",
            "import",
            str(path),
            "--name",
            "X",
            *_words(options),
        ]
        done = subprocess.run(
            words,
            env={**os.environ, **self._server.environment, "TRINTENA_LANG": "en"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_GIVEN_S,
            check=False,
        )
        self.counts[f"trintena data import, exit code {done.returncode}"] += 1
        shown = (done.stdout + done.stderr).decode("utf-8", "replace")
        if done.returncode != _EXIT[outcome.kind]:
            yield f"trintena data import: exit code {done.returncode} of a file that was {outcome.kind}: "
            f"{shown[-800:]}"
        if "Traceback" in shown:
            yield f"trintena data import shows a traceback: {shown[-2000:]}"


def _words(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if name == "day_first":
            yield "--dayfirst" if value else "--monthfirst"
        elif name == "allow_jumps":
            yield "--allow-jumps"
        elif "\x00" not in value:  # which no command line can hold
            yield f"--{name}={value}"


@contextmanager
def surfaces(folder: Path, every: int) -> Iterator[Surfaces]:
    """A server over an empty home in a folder, for as long as the context lasts."""
    with serving(folder / "home") as server:
        yield Surfaces(server, every)
