from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from damage import change, cut

Trintena = Callable[..., Any]


def test_forecasts_from_the_newest_data_as_json_and_warns_in_words(trintena: Trintena, home: Path) -> None:
    shown = trintena("predict")
    assert shown.code == 0
    answer = shown.json
    assert (answer["symbol"], answer["model_id"], answer["version"]) == ("walk", 9, 1)
    assert answer["origin"] == "2022-08-05"
    assert [step["date"] for step in answer["forecast"]] == ["2022-08-08"]
    assert answer["forecast"][0]["price"] == pytest.approx(answer["last_value"], rel=0.2)
    # What the evaluated model said when it was trained, from the same last row.
    trained = trintena("experiments", "show", 1, "--json").json["result"]["forecast"]
    assert answer["forecast"] == trained["forecast"]
    assert answer["warnings"] == ["old_data"]
    assert "2022-08-05" in shown.err
    assert "ot investment advice" in shown.err


def test_a_table_for_people(trintena: Trintena, home: Path) -> None:
    shown = trintena("predict", "--symbol", "walk", "--table")
    assert shown.code == 0
    assert "GRU Residual Dense, version 1" in shown.out
    assert "2022-08-08" in shown.out
    (step,) = trintena("predict", "--symbol", "walk").json["forecast"]
    for level in ("80", "95"):
        low, high = step["intervals"][level]
        assert f"{low:,.2f} and {high:,.2f}" in shown.out
        assert f"{level}% between" in shown.out


def test_a_table_in_portuguese(trintena: Trintena, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    shown = trintena("predict", "--table")
    assert "GRU Residual Dense, versão 1" in shown.out
    assert "retorno logarítmico desde o último valor" in shown.out
    assert "Aviso: O dado mais novo de walk" in shown.err
    assert "Não é recomendação de investimento." in shown.err


def test_prices_of_a_file_that_are_gone_are_not_looked_up_elsewhere(trintena: Trintena, home: Path) -> None:
    assert trintena("data", "delete", "walk", "--force", "--yes").code == 0
    shown = trintena("predict")
    assert (shown.code, shown.out) == (2, "")
    assert "came from a file and are no longer stored" in shown.err
    assert "trintena data import FILE --name walk" in shown.err


@pytest.mark.parametrize("harm", [cut, change, Path.unlink])
@pytest.mark.parametrize("kind", ["keras", "scaler", "json"])
def test_a_file_that_is_not_whole_is_refused_by_name(
    trintena: Trintena, home: Path, kind: str, harm: Callable[[Path], None]
) -> None:
    (path,) = (home / "models").glob(f"*.{kind}")
    harm(path)
    shown = trintena("predict")
    assert (shown.code, shown.out) == (1, "")
    assert path.name in shown.err


@pytest.mark.parametrize(
    "words",
    [("--symbol", "NVDA"), ("--model", "99"), ("--model", "0"), ("--model", "1", "--symbol", "NVDA")],
)
def test_a_model_that_does_not_exist_is_refused(
    trintena: Trintena, home: Path, words: tuple[str, ...]
) -> None:
    shown = trintena("predict", *words)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err


def test_without_any_model_it_says_how_to_train_one(trintena: Trintena) -> None:
    shown = trintena("predict")
    assert shown.code == 2
    assert "trintena train" in shown.err


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it."""
    return subprocess.run(
        [sys.executable, "-m", "trintena", *words],
        env={"TRINTENA_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_exit_codes_and_streams_of_the_real_command(home: Path) -> None:
    good = run(home, "predict")
    assert (good.returncode, json.loads(good.stdout)["version"]) == (0, 1)
    for path in (home / "models").glob("*.scaler"):
        path.unlink()
    broken = run(home, "predict")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert ".scaler" in broken.stderr
    unknown = run(home, "models", "show", "99")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "Traceback" not in broken.stderr + unknown.stderr
    assert run(home, "models", "delete", "1").returncode == 1
    assert run(home, "nonsense").returncode == 2
