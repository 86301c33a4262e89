"""Save and register a model again and again, killed one step later each time, until nothing is left to kill.

Run as `python save_until_killed.py HOME`; prints the number of steps. A step is a line of the rooms
under test, so that the kill falls before, between and after every call to the system. Each attempt
is a real process, forked from this one, that ends itself with SIGKILL.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trintena.artifacts
import trintena.registry
from trintena.artifacts.files import write_model_files
from trintena.registry import Registry

ROOMS = tuple(str(Path(str(room.__file__)).parent) for room in (trintena.artifacts, trintena.registry))


def die_at(last_step: int) -> None:
    """From here on, end this process when it comes to the given line."""
    n_steps = 0

    def on_line(frame: Any, event: str, argument: object) -> Any:
        nonlocal n_steps
        if event == "line":
            n_steps += 1
            if n_steps == last_step:
                os.kill(os.getpid(), signal.SIGKILL)
        return on_line

    def on_call(frame: Any, event: str, argument: object) -> Any:
        return on_line if frame.f_code.co_filename.startswith(ROOMS) else None

    sys.settrace(on_call)


def save_and_register(home: Path, attempt: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=attempt)
    manifest = {"attempt": attempt}
    with Registry.open(f"sqlite:///{home / 'trintena.db'}") as registry:
        die_at(attempt)
        saved = write_model_files(
            home / "models", "NVDA", 1, moment, os.urandom(30_000), {"scale": 2.0}, manifest
        )
        registry.register_version(
            symbol="NVDA",
            model_id=1,
            model_name="LSTM Classic (64/32)",
            mode="fast",
            target="log_return",
            horizon=1,
            experiment_id=None,
            dataset_hash="ab" * 32,
            created_at=moment,
            stem=saved.stem,
            checksums=saved.checksums,
            metrics={},
            parameters={},
            versions={},
            is_winner=True,
        )
        sys.settrace(None)


def main(home: Path) -> None:
    Registry.open(f"sqlite:///{home / 'trintena.db'}").close()
    for attempt in itertools.count(1):
        if (child := os.fork()) == 0:
            save_and_register(home, attempt)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            print(attempt)
            return
        if os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"attempt {attempt} ended with status {status}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
