"""What the terminal and Python show of Yahoo's bad days."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integration.yahoo.server import Reply, Yahoo, chart, program, weekdays
from trintena import load_champion

Command = Callable[..., Any]

N_ROWS = 900
DAYS = weekdays("2022-01-03", N_ROWS)
CLOSE = (100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, N_ROWS)))).tolist()
WHOLE = chart(DAYS, CLOSE)
SHORTER = chart(DAYS[:-2], CLOSE[:-2])
LIMITED = Reply(b"Too Many Requests", 429)
DOWN = Reply(b"<html>down</html>", 503)


def started(yahoo: Yahoo, home: Path, *words: str) -> subprocess.Popen[str]:
    """A command in a process of its own, as a shell starts it, but for Yahoo's address."""
    return subprocess.Popen(
        [sys.executable, "-c", program(yahoo.address, LIMITED_WAITS_S=(60.0,)), *words],
        env={**os.environ, "TRINTENA_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_rate_limit_is_said_on_standard_error_alone(yahoo: Yahoo, command: Command) -> None:
    yahoo.answers(LIMITED, LIMITED, WHOLE)
    shown = command("data", "fetch", "NVDA", "--json")
    assert shown.code == 0
    assert "Yahoo limits requests; trying again in 0 s (2 of 4).\n" in shown.err
    assert json.loads(shown.out)["n_rows"] == N_ROWS


def test_with_nothing_stored_the_way_out_is_named(yahoo: Yahoo, command: Command) -> None:
    yahoo.answers(DOWN)
    for words in (("data", "fetch"), ("train",)):
        shown = command(*words)
        assert (shown.code, shown.out) == (2, "")
        assert "its server fails (HTTP 503)" in shown.err
        assert "trintena data import FILE --name NVDA" in shown.err
        assert "Traceback" not in shown.err


def test_fetching_what_is_stored_from_a_source_that_fails_is_no_success(
    yahoo: Yahoo, command: Command
) -> None:
    yahoo.answers(WHOLE)
    assert command("data", "fetch").code == 0
    yahoo.answers(DOWN)
    shown = command("data", "fetch")
    assert shown.code == 1
    assert f"they end on {DAYS[-1]}" in shown.err


@pytest.mark.slow
def test_what_a_symbol_is_trained_on_and_forecast_from_is_said(
    yahoo: Yahoo, command: Command, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    yahoo.answers(SHORTER)
    assert command("data", "fetch").code == 0
    yahoo.answers(WHOLE)
    trained = command("train", "--models", "9", "--lookback", "8", "--workers", "1")
    assert trained.code == 0, trained.err
    told = f"2 new rows since {DAYS[-3]}."
    assert trained.err.index(told) < trained.err.index("Experiment 1")

    good = command("predict")
    assert (good.code, json.loads(good.out)["remarks"]) == (0, [])
    yahoo.answers(DOWN)
    shown = command("predict", "--symbol", "NVDA")
    answer = json.loads(shown.out)
    assert shown.code == 0
    assert "source_unavailable" in answer["warnings"]
    assert answer["forecast"] == json.loads(good.out)["forecast"]
    assert f"Warning: {answer['remarks'][0]}\n" in shown.err
    assert f"they end on {DAYS[-1]}" in shown.err

    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert "Aviso: O Yahoo não entregou preços de 'NVDA'" in command("predict").err

    caplog.clear()
    (remark,) = load_champion("NVDA").forecast()["remarks"]
    said = [record for record in caplog.records if record.name == "trintena"]
    assert [(record.levelname, record.getMessage()) for record in said] == [("WARNING", remark)]


def test_a_fetch_in_a_process_of_its_own_prints_no_warning_of_a_library(yahoo: Yahoo, home: Path) -> None:
    yahoo.answers(WHOLE)
    out, err = (process := started(yahoo, home, "data", "fetch", "--json")).communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["n_rows"] == N_ROWS
    assert "Pandas" not in err
    assert "deprecated" not in err


def test_an_interrupt_ends_the_wait_at_once(yahoo: Yahoo, home: Path) -> None:
    yahoo.answers(LIMITED)
    process = started(yahoo, home, "data", "fetch")
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("Yahoo limits requests; trying again in ")
    assert line.endswith(" s (2 of 2).\n")
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert time.monotonic() - begun < 5


@pytest.mark.slow
def test_a_model_forecasts_from_its_own_kind_of_source(
    yahoo: Yahoo, command: Command, tmp_path: Path
) -> None:
    def write(close: list[float]) -> Path:
        lines = [f"{day},{price}\n" for day, price in zip(DAYS, close, strict=True)]
        (tmp_path / "NVDA.csv").write_text("date,close\n" + "".join(lines), "utf-8")
        return tmp_path / "NVDA.csv"

    few = ("train", "--models", "9", "--lookback", "8", "--workers", "1")
    file = write([10 + price for price in CLOSE])
    yahoo.answers(WHOLE)
    assert command(*few).code == 0
    trained = command(*few, "--csv", file)
    assert trained.code == 0
    assert "Until now NVDA was yahoo; now it is csv:NVDA.csv." in trained.err

    def last_value(version: int) -> float:
        return float(command("predict", "--model", version).json["last_value"])

    for _ in range(2):
        assert last_value(1) == pytest.approx(CLOSE[-1])
        assert last_value(2) == pytest.approx(CLOSE[-1] + 10)
        assert command("data", "fetch", "NVDA").code == 0

    listed = command("data", "list", "--json").json
    (of_file,) = [row["dataset_hash"] for row in listed if row["source"] == "csv:NVDA.csv"]
    refused = command("data", "delete", of_file)
    assert (refused.code, "model version 2." in refused.err) == (2, True)
    assert command("data", "delete", of_file, "--force", "--yes").code == 0
    refused = command("predict", "--model", 2)
    assert (refused.code, refused.out) == (2, "")
    assert "trintena data import FILE --name NVDA" in refused.err
    assert last_value(1) == pytest.approx(CLOSE[-1])

    (of_yahoo,) = [row["dataset_hash"] for row in listed if row["source"] == "yahoo"]
    assert command("data", "delete", of_yahoo, "--force", "--yes").code == 0
    assert command("data", "import", file).code == 0
    yahoo.answers(DOWN)
    refused = command("predict", "--model", 1)
    assert (refused.code, refused.out) == (2, "")
    assert "A file needs a model of its own" in refused.err
