"""What tests of several folders share."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.training.running import experiments, select
from trintena.cli import main


@pytest.fixture
def refused(
    tmp_path: Path, prices: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., str]]:
    """Gives what is said of a training that is refused, after looking that nothing else has happened.

    The real entry point, in this process: a second of Python starting for each would be too long.
    """
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("TRINTENA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRINTENA_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.chdir(tmp_path)
    terminate = signal.getsignal(signal.SIGTERM)

    def run(*words: object, csv: Path | None = prices) -> str:
        series = () if csv is None else ("--csv", csv)
        words = ("train", *series, "--workers", 1, *words)
        monkeypatch.setattr(sys, "argv", ["trintena", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert (ended.value.code, out) == (2, ""), err
        assert not (home / "models").exists()
        assert experiments(home) == select(home, "SELECT content_hash FROM datasets") == []
        return err

    yield run
    signal.signal(signal.SIGTERM, terminate)
