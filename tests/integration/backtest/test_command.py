"""`trintena backtest` as people use it, and how `trintena experiments` shows what it left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from commands import Shown, commands_in
from integration.backtest.conftest import Bench
from integration.champion.lab import environment_of
from trintena.experiments import tracking


@pytest.fixture
def trintena(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shown]]:
    for name, value in environment_of(bench.lab.home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "1000")
    with commands_in(bench.lab.home, capsys, monkeypatch) as run:
        yield run


def test_a_backtest_in_the_terminal(
    trintena: Callable[..., Shown], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    monkeypatch.setattr(tracking, "_is_installed", lambda: False)
    ran = trintena("backtest", "--symbol", "walk", "--end", bench.date(950), "--json", "answer.json")
    assert ran.code == 0, ran.err
    answer = json.loads((bench.lab.home / "answer.json").read_text("utf-8"))
    assert (answer["status"], answer["version"]) == ("success", bench.version.version)
    assert "MLflow" not in ran.err, "a backtest is not logged there"
    assert answer["last"][:10] == bench.date(950)
    number = answer["experiment_id"]
    assert f"Experiment {number}: backtest of version {bench.version.version} on walk, workers: 1" in ran.err
    lines = ran.out.splitlines()
    assert lines[0].split()[:4] == ["Forecast", "RMSE", "MAE", "Skill"]
    assert lines[1].startswith("6 GRU Classic (64/32)")
    assert "Last value (baseline)" in ran.out
    assert f"{answer['n_origins']} forecasts, Mar 28, 2011 to " in ran.out
    assert "Not investment advice." in ran.out

    shown = trintena("experiments", "show", number)
    assert "weights as saved" in shown.out
    assert lines[1] in shown.out
    assert trintena("experiments", "show", number, "--json").json["result"]["model"] == answer["model"]
    ids = [row["id"] for row in trintena("experiments", "list", "--backtests", "--json").json]
    assert number in ids
    assert bench.trained["experiment_id"] not in ids
    ids = [row["id"] for row in trintena("experiments", "list", "--json").json]
    assert ids == [bench.trained["experiment_id"]]
    refused = trintena("report", number)
    assert (refused.code, "is a backtest" in refused.err) == (2, True)


def test_one_that_was_cancelled_is_resumed(trintena: Callable[..., Shown], bench: Bench) -> None:
    number = bench.plan(refit_every=60)
    assert trintena("experiments", "cancel", number).code == 0
    shown = trintena("experiments", "show", number).out
    assert f"`trintena backtest --resume {number}`" in shown
    assert "refitted every 60 rows (2 refits)" in shown
    refused = trintena("backtest", "--resume", number, "--start", "2010-01-01")
    assert (refused.code, "takes no --start" in refused.err) == (2, True)
    ran = trintena("experiments", "resume", number)
    assert ran.code == 0, ran.err
    assert "its setting fitted anew every 60 rows (refits: 2)" in ran.out


def test_a_stretch_that_is_too_short_is_bad_input(trintena: Callable[..., Shown]) -> None:
    refused = trintena("backtest", "--start", "2011-08-01")
    assert (refused.code, refused.out) == (2, "")
    assert "at least 100 forecasts" in refused.err
