"""The real `trintena` command in processes of its own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")

MODELS = (1, 2, 3, 6, 9)
"""Quick ones, and enough of them that there is time to interrupt a run between the first and the last."""
CHOICE = ("--models", ",".join(map(str, MODELS)), "--lookback", "10", "--workers", "1")
GONE_WITHIN_S = 5.0
"""The promise: rows exist, cancelled runs end and orphans are gone within this time."""
PATIENCE_S = 60.0
"""For what is promised no time: a cold compilation on a busy machine."""


def write_prices(path: Path, n_rows: int = 900, *, glitch: float | None = None) -> Path:
    """A random walk over business days with all columns; `glitch` replaces one opening price."""
    rng = np.random.default_rng(0)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, n_rows)))
    opening = close * np.exp(rng.normal(0.0, 0.003, n_rows))
    high, low = np.maximum(opening, close) * 1.004, np.minimum(opening, close) * 0.996
    volume = rng.integers(100_000, 900_000, n_rows)
    if glitch is not None:
        opening[n_rows // 3] = glitch
    days = np.busday_offset("2018-01-01", np.arange(n_rows), roll="forward")
    lines = ["date,open,high,low,close,volume"]
    for day, *prices, traded in zip(days, opening, high, low, close, volume, strict=True):
        lines.append(f"{day},{','.join(f'{price:.4f}' for price in prices)},{traded}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def environment(home: Path, **variables: str) -> dict[str, str]:
    """What a command is told: a home of its own, and the compiled programs that all tests share."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TRINTENA_") and name not in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS")
    }
    cache = str(Path(os.environ["JAX_COMPILATION_CACHE_DIR"]).parent)
    told = {"TRINTENA_HOME": str(home), "TRINTENA_CACHE": cache, "TRINTENA_LANG": "en"}
    return {**kept, "PYTHONIOENCODING": "utf-8", **told, **variables}


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    home: Path
    code: int
    out: str
    err: str
    answer_file: Path | None = None

    @property
    def answer(self) -> Any:
        """The file of `--json`, read strictly: NaN and Infinity are no JSON."""
        assert self.answer_file is not None
        return json.loads(self.answer_file.read_text("utf-8"), parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def trintena(home: Path, *words: object, **variables: str) -> Done:
    """Run a command to its end."""
    with begun(home, *words, **variables) as running:
        return running.done()


@contextmanager
def begun(home: Path, *words: object, **variables: str) -> Iterator[Running]:
    """A command that runs in the background; afterwards it and its children are gone in any case.

    It leads a process group of its own, as a command does that was typed into a terminal.
    """
    home.mkdir(exist_ok=True)
    logs = home.parent / f"{home.name}.out", home.parent / f"{home.name}.err"
    with logs[0].open("wb") as out, logs[1].open("wb") as err:
        popen = subprocess.Popen(
            [sys.executable, "-m", "trintena", *map(str, words)],
            env=environment(home, **variables),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            process_group=0,
        )
    after = words[words.index("--json") + 1 :] if "--json" in words else ()
    answer_file = home / str(after[0]) if after else None  # other commands print their JSON
    running = Running(home, popen, logs, answer_file)
    try:
        yield running
    finally:
        left = running.children()
        popen.kill()
        popen.wait()
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True, eq=False)
class Running:
    """A command that may still run."""

    home: Path
    popen: subprocess.Popen[bytes]
    logs: tuple[Path, Path]
    answer_file: Path | None

    def done(self, timeout_s: float = PATIENCE_S) -> Done:
        """Wait for its end."""
        code = self.popen.wait(timeout_s)
        out, err = (log.read_text("utf-8") for log in self.logs)
        return Done(self.home, code, out, err, self.answer_file)

    def children(self) -> list[int]:
        """The processes that it has started and that are alive, the oldest first."""
        return children_of(self.popen.pid)

    def wait_for(self, look: Callable[[], Value], what: str, timeout_s: float = PATIENCE_S) -> Value:
        """What `look` sees, as soon as it is something; the command must still run by then."""

        def look_again() -> Value:
            if self.popen.poll() is not None:
                raise AssertionError(f"it ended before there was {what}: {self.done()}")
            return look()

        return wait_for(look_again, what, timeout_s)

    def pause_after_first_trial(self) -> int:
        """Stop its only worker in mid-trial, and give that worker's number.

        From here on nothing depends on time: the training stays where it is until the worker goes on.
        """
        (worker,) = self.wait_for(self.children, "a worker")
        self.wait_for(lambda: trials(self.home), "a finished trial")
        os.kill(worker, signal.SIGSTOP)
        assert len(trials(self.home)) < len(MODELS), "the machine was too busy to stop the worker in time"
        return worker


def wait_for(look: Callable[[], Value], what: str, timeout_s: float = GONE_WITHIN_S) -> Value:
    """What `look` sees, as soon as it is something."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"after {timeout_s} s there was no {what}"
        time.sleep(0.02)  # looking must not take the processor from what is looked at
    return seen


def are_gone(pids: list[int]) -> bool:
    """Whether none of the processes is alive."""
    return not {pid for pid, _, _ in _processes()} & set(pids)


def children_of(pid: int) -> list[int]:
    """The living processes that a process has started, the oldest first."""
    return [child for child, parent, _ in _processes() if parent == pid]


def _processes() -> list[tuple[int, int, str]]:
    """Number, parent and state of every living process; one that ended and was not reaped has ended."""
    # `ps` is the one way to ask that Linux and macOS share.
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True)
    assert listing.returncode == 0, listing.stderr
    found = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    return sorted((int(pid), int(parent), state) for pid, parent, state in found if not state.startswith("Z"))


def select(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the database, read without writing anything; none while there is no such table yet."""
    file = home / "trintena.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if query.split(" FROM ")[1].split()[0] not in tables:
            return []
        return connection.execute(query).fetchall()


def experiments(home: Path) -> list[tuple[int, str]]:
    """Number and state of every experiment."""
    return select(home, "SELECT id, state FROM experiments ORDER BY id")


def trials(home: Path) -> dict[int, tuple[str, str]]:
    """State and time of the end of every trial of fast mode that has ended, by architecture."""
    query = """SELECT s.model_id, t.state, t.finished_at FROM architecture_trials t
               JOIN architecture_studies s ON s.id = t.study_id WHERE t.finished_at IS NOT NULL"""
    return {model_id: (state, finished_at) for model_id, state, finished_at in select(home, query)}


def trained_since_last_start(home: Path) -> set[int]:
    """The architectures whose trials ended in the newest run of the newest experiment."""
    query = "SELECT kind, payload FROM events ORDER BY id"
    events = [(kind, json.loads(payload)) for kind, payload in select(home, query)]
    start = max(i for i, (kind, _) in enumerate(events) if kind == "running")
    return {payload["model_id"] for kind, payload in events[start:] if kind == "trial"}


def figures(answer: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """The rows of an answer by architecture, without places and times: what a second run must repeat."""
    return {
        row["model_id"]: {
            key: value for key, value in row.items() if key not in ("rank", "fit_seconds", "elapsed_time")
        }
        for row in answer["results"]
    }
