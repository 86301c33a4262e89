"""The runs that the drill disturbs, and what must hold in a home after any fault."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from browser.serving import Server, serve
from integration.training.running import PATIENCE_S, Done, experiments, select, trintena, wait_for

ALIKE = ("--lookback", 10, "--workers", 1)
FAST = ("--models", "1,2,3,6,9", *ALIKE)
OPTIMIZED = (
    *("--models", "6,9", *ALIKE, "--mode", "optimized", "--trials", 4),
    *("--epochs", "2,4", "--activation", "tanh"),
)
JSON = ("--json", "answer.json")
SYMBOL = "walk"
STATES = ("queued", "running", "succeeded", "failed", "cancelled")
_TIMES = ("fit_seconds", "elapsed_time", "rank")


@dataclass(frozen=True)
class Run:
    """A run that nobody disturbed: how long it takes and what comes of it."""

    words: tuple[object, ...]
    seconds: float
    board: dict[int, dict[str, Any]]
    forecast: list[dict[str, Any]]
    home: Path

    @property
    def is_search(self) -> bool:
        """Whether it searches, or is of fast mode."""
        return "--trials" in self.words

    @property
    def order(self) -> dict[str, Any]:
        """The same run as a request."""
        models = str(self.words[self.words.index("--models") + 1])
        order: dict[str, Any] = {"symbol": SYMBOL, "lookback": 10, "years": "all"}
        order["model_ids"] = [int(one) for one in models.split(",")]
        if self.is_search:
            space = {"epochs": [2, 4], "activation": ["tanh"]}
            order |= {"mode": "optimized", "n_trials": 4, "space": space}
        return order


def board_of(answer: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """The rows by architecture, without times: what every run of the same must repeat to the last bit."""
    rows = answer.get("all_results") or answer["results"]
    return {row["model_id"]: {key: row[key] for key in row if key not in _TIMES} for row in rows}


def undisturbed(home: Path, prices: Path, words: tuple[object, ...]) -> Run:
    """Run it to its end twice, the second time timed: the first may have to compile."""
    for name in ("warm", home.name):
        began = monotonic()
        done = trintena(home.parent / name, "train", "--csv", prices, *words, *JSON)
        seconds = monotonic() - began
        assert done.code == 0, done.err
    answer = done.answer
    return Run(words, seconds, board_of(answer), answer["forecast"]["forecast"], home)


def sound(home: Path) -> None:
    """What holds in a home whatever happened to it: rows, files and the next commands."""
    file = home / "trintena.db"
    if not file.exists():
        return
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert {state for _, state in experiments(home)} <= set(STATES)
    for stem, checksums in select(home, "SELECT stem, checksums FROM model_registry"):
        for kind, expected in json.loads(checksums).items():
            found = hashlib.sha256((home / "models" / f"{stem}.{kind}").read_bytes()).hexdigest()
            assert found == expected, f"{stem}.{kind} is not what its row says"
    for words in (("experiments", "list"), ("models", "list"), ("data", "list")):
        listed = trintena(home, *words, "--json")
        assert listed.code == 0, listed.err
        assert_no_traceback(listed)


def assert_no_traceback(done: Done) -> None:
    """What a person reads is a sentence."""
    assert "Traceback" not in done.err + done.out


def ended(home: Path) -> dict[tuple[Any, ...], tuple[str, str]]:
    """State and time of the end of every trial that has ended, by experiment, architecture and number."""
    query = """SELECT s.experiment_id, s.model_id, t.purpose, t.number, t.state, t.finished_at
               FROM architecture_trials t JOIN architecture_studies s ON s.id = t.study_id
               WHERE t.finished_at IS NOT NULL"""
    return {
        (number, model_id, *key): (state, at) for number, model_id, *key, state, at in select(home, query)
    }


@contextmanager
def handed_in(home: Path, prices: Path, run: Run) -> Iterator[Server]:
    """A server over a home, which was just handed the run."""
    assert trintena(home, "data", "import", prices, "--name", SYMBOL).code == 0
    with serve(home) as server:
        accepted = httpx.post(
            f"{server.address}/api/train-advanced",
            json=run.order,
            headers={"Prefer": "respond-async"},
            timeout=PATIENCE_S,
        )
        assert accepted.status_code == 202, accepted.text
        yield server


def until_succeeded(address: str) -> None:
    """Wait for the end of a server's one experiment."""

    def has_succeeded() -> bool:
        found = httpx.get(f"{address}/api/experiments/1", timeout=PATIENCE_S).json()
        assert found["state"] != "failed", found
        return bool(found["state"] == "succeeded")

    wait_for(has_succeeded, "end of the experiment", 2 * PATIENCE_S)


def finish(home: Path, prices: Path, run: Run) -> Done:
    """Go on with the one experiment of a home as its user would, or begin it where there is none yet."""
    states = dict(experiments(home))
    if states.get(1) == "succeeded":
        done = trintena(home, "experiments", "show", 1, "--json")
        assert done.code == 0, done.err
        return done
    words = ("--resume", 1, "--workers", 1) if states else ("--csv", prices, *run.words)
    return trintena(home, "train", *words, *JSON)


def assert_ends_like(home: Path, prices: Path, run: Run) -> None:
    """After a fault: nothing finished is lost or done again, and the end is that of the undisturbed run."""
    sound(home)
    kept = ended(home)
    done = finish(home, prices, run)
    assert done.code == 0, done.err
    assert_no_traceback(done)
    sound(home)
    after = ended(home)
    assert {key: after.get(key) for key in kept} == kept, "a finished trial was lost or run again"
    assert [state for _, state in experiments(home)] == ["succeeded"]
    answer = done.answer if done.answer_file else json.loads(done.out)["result"]
    assert board_of(answer) == run.board
    predicted = trintena(home, "predict", "--json")
    assert predicted.code == 0, predicted.err
    assert json.loads(predicted.out)["forecast"] == run.forecast
    assert select(home, "SELECT version, is_winner FROM model_registry") == [(1, 1)]
