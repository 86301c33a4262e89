"""The command line as people use it, run in the process of a test."""

from __future__ import annotations

import io
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trintena.cli import main


@dataclass(frozen=True)
class Shown:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@contextmanager
def commands_in(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shown]]:
    """Runs commands of the real entry point in a home; `answer` is typed where one asks."""
    terminate = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("TRINTENA_HOME", str(home))
    monkeypatch.chdir(home)

    def run(*words: object, answer: str = "") -> Shown:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["trintena", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Shown(int(ended.value.code or 0), out, err)

    yield run
    signal.signal(signal.SIGTERM, terminate)
