from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from trintena.registry import Registry
from trintena.report import judgment

Trintena = Callable[..., Any]
KINDS = ("keras", "scaler", "md", "json")


@pytest.fixture
def challenger(registry: Registry, home: Path) -> int:
    """A second version: copies of the champion's files under a name of their own."""
    model = asdict(registry.version(1))
    stem = model["stem"].replace("_9_2", "_9_3")
    for kind in KINDS:
        (home / "models" / f"{stem}.{kind}").write_bytes(
            (home / "models" / f"{model['stem']}.{kind}").read_bytes()
        )
    del model["version"]
    return registry.register_version(**{**model, "stem": stem, "is_winner": False}).version


def test_lists_models_with_their_figures(trintena: Trintena, home: Path) -> None:
    (row,) = trintena("models", "list", "--json").json
    assert (row["version"], row["symbol"], row["is_winner"]) == (1, "walk", True)
    assert (row["model_id"], row["model_name"]) == (9, "GRU Residual Dense")
    result = trintena("experiments", "show", 1, "--json").json["results"][0]
    assert (row["rmse"], row["test_rmse"], row["skill"]) == (
        result["rmse"],
        result["test_rmse"],
        result["skill"],
    )
    assert "★ 1" in trintena("models", "list").out


def test_a_symbol_chooses_its_own(trintena: Trintena, home: Path) -> None:
    assert len(trintena("models", "list", "--symbol", "walk", "--json").json) == 1
    assert trintena("models", "list", "--symbol", "NVDA", "--json").json == []
    assert "trintena train --symbol NVDA" in trintena("models", "list", "--symbol", "NVDA").out


def test_shows_figures_beside_the_last_value_and_whole_files(trintena: Trintena, home: Path) -> None:
    row = trintena("models", "show", 1, "--json").json
    assert row["parameters"]["lookback"] == 8
    assert row["versions"].keys() >= {"trintena", "keras", "jax"}
    assert {file["kind"]: file["condition"] for file in row["files"]} == dict.fromkeys(KINDS, "whole")
    assert all((home / file["path"]).is_file() for file in row["files"])
    baselines = trintena("experiments", "show", 1, "--json").json["result"]["baselines"]
    (last_value,) = [baseline for baseline in baselines if baseline["key"] == "last_value"]
    (line,) = [
        line for line in trintena("models", "show", 1).out.splitlines() if line.startswith("RMSE of the last")
    ]
    shown = [float(word) for word in line.split()[-2:]]
    assert shown == pytest.approx([last_value["validation_rmse"], last_value["test_rmse"]], rel=1e-5)


def judge_anew(home: Path, **verdict: Any) -> None:
    """Have the model of a home judged otherwise than it was."""
    database = sqlite3.connect(home / "trintena.db")
    with closing(database), database:
        changed = "json_patch(json_extract(metrics, '$.verdict'), ?)"
        database.execute(
            f"UPDATE model_registry SET metrics = json_set(metrics, '$.verdict', {changed})",
            (json.dumps(verdict),),
        )


def test_shows_the_verdict_as_the_board_does(trintena: Trintena, home: Path) -> None:
    answer = trintena("experiments", "show", 1, "--json").json["result"]
    assert judgment.of_answer(answer) in trintena("models", "show", 1).out.splitlines()
    assert "!" not in trintena("models", "list").out


def test_an_alarm_is_raised_wherever_the_model_is(trintena: Trintena, home: Path) -> None:
    judge_anew(home, suspect_leakage=["skill"], code="beats_last_value", skill=0.05, skill_against_drift=0.04)
    shown = trintena("models", "show", 1).out.splitlines()
    told = next(i for i, line in enumerate(shown) if line.startswith("Beats repeating the last value"))
    assert shown[told + 1].startswith("Suspect leakage: its error is more than 3% below the last value's.")
    listed = trintena("models", "list").out
    assert "9 GRU Residual Dense !" in listed
    warning = "! version 1: Too good: suspected leak from the future. More: trintena models show 1"
    assert warning in listed.splitlines()


def test_shows_which_file_is_not_whole(trintena: Trintena, home: Path) -> None:
    files = {path.suffix: path for path in (home / "models").iterdir()}
    files[".keras"].write_bytes(files[".keras"].read_bytes()[:-1])
    files[".scaler"].unlink()
    files[".json"].unlink()
    files[".json"].mkdir()
    shown = trintena("models", "show", 1, "--json")
    conditions = {file["kind"]: file["condition"] for file in shown.json["files"]}
    assert conditions == {"keras": "changed", "scaler": "missing", "md": "whole", "json": "unreadable"}
    assert shown.code == 0


def test_promoting_moves_the_title(trintena: Trintena, challenger: int) -> None:
    assert trintena("models", "promote", challenger).code == 0
    rows = trintena("models", "list", "--json").json
    assert {row["version"]: row["is_winner"] for row in rows} == {challenger: True, 1: False}


def test_one_whose_files_are_not_whole_is_not_promoted(
    trintena: Trintena, challenger: int, registry: Registry, home: Path
) -> None:
    (home / "models" / f"{registry.version(challenger).stem}.scaler").unlink()
    shown = trintena("models", "promote", challenger)
    assert shown.code == 1
    assert f"{registry.version(challenger).stem}.scaler" in shown.err
    assert registry.version(1).is_winner


def test_exporting_copies_the_files_and_prints_their_paths(trintena: Trintena, home: Path) -> None:
    shown = trintena("models", "export", 1, home / "a" / "b")
    copies = [Path(line) for line in shown.out.splitlines()]
    assert [copy.suffix for copy in copies] == [f".{kind}" for kind in KINDS]
    for copy in copies:
        assert copy.read_bytes() == (home / "models" / copy.name).read_bytes()
    again = trintena("models", "export", 1, home / "a" / "b")
    assert again.code == 1
    assert "exists already" in again.err


def test_exporting_to_a_file_is_refused(trintena: Trintena, home: Path) -> None:
    shown = trintena("models", "export", 1, home / "walk.csv")
    assert (shown.code, shown.out) == (2, "")
    assert "is a file" in shown.err
    below = trintena("models", "export", 1, home / "walk.csv" / "below")
    assert below.code == 1
    assert "walk.csv" in below.err


def test_a_champion_with_rivals_is_not_deleted(
    trintena: Trintena, challenger: int, registry: Registry, home: Path
) -> None:
    refused = trintena("models", "delete", 1, "--yes")
    assert refused.code == 2
    assert f"trintena models promote {challenger}" in refused.err
    stem = registry.version(challenger).stem
    assert trintena("models", "delete", challenger, answer="n\n").code == 1
    assert (home / "models" / f"{stem}.keras").exists()
    assert trintena("models", "delete", challenger, answer="y\n").code == 0
    assert not list((home / "models").glob(f"{stem}.*"))
    assert len(list((home / "models").iterdir())) == 4


@pytest.mark.parametrize("command", [("show",), ("promote",), ("delete",), ("export",)])
@pytest.mark.parametrize("number", ["99", "0", str(10**30), "seven"])
def test_one_that_does_not_exist_is_refused(
    trintena: Trintena, home: Path, command: tuple[str, ...], number: str
) -> None:
    shown = trintena("models", *command, number, *(["out"] if command == ("export",) else []))
    assert (shown.code, shown.out) == (2, "")
    assert number in shown.err
    assert not (home / "out").exists()


def test_a_model_of_all_rows_says_whose_figures_it_has(trintena: Trintena, searched_home: Path) -> None:
    serving, judged = trintena("models", "list", "--json").json
    assert (serving["version"], serving["frozen_twin"], serving["is_winner"]) == (2, 1, True)
    assert (judged["version"], judged["frozen_twin"], judged["is_winner"]) == (1, None, False)
    assert serving["rmse"] == judged["rmse"]
    listed = trintena("models", "list").out
    assert "* version 2 was trained on all rows; its figures are those of version 1." in listed
    stars = [line for line in listed.splitlines() if f"{serving['model_name']} *" in line]
    assert [line.split()[:2] for line in stars] == [["★", "2"]]
    assert "figures below are those of version 1, its frozen twin" in trintena("models", "show", 2).out
    assert "frozen twin" not in trintena("models", "show", 1).out


def test_a_model_of_a_search_shows_what_other_seeds_came_to(trintena: Trintena, searched_home: Path) -> None:
    metrics = trintena("models", "show", 1, "--json").json["metrics"]
    seeds = metrics["seeds"]
    assert sorted(seeds["rmse"])[1] == metrics["validation"]["rmse"], "the median one is saved"
    shown = trintena("models", "show", 1).out
    assert f"validation RMSE {seeds['mean']:.6g} on average over 3 seeds" in shown
    assert all(f"{rmse:.6g}" in shown for rmse in seeds["rmse"])
    assert f"validation RMSE {metrics['trial_rmse']:.6g}, the best of 4 trials with one seed" in shown


def test_portuguese(trintena: Trintena, searched_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert "a versão 2 foi treinada com todas as linhas" in trintena("models", "list").out
    shown = trintena("models", "show", 2).out
    for told in (
        "2, a campeã",
        "modo otimizado",
        "na busca",
        "sua gêmea congelada",
        "ganho contra",
        "inteiro",
    ):
        assert told in shown
    assert re.search(r"RMSE +0,0\d+ +0,0\d+", shown)
    assert "agora é a campeã" in trintena("models", "promote", 1).out
    assert "Apagada a versão 2" in trintena("models", "delete", 2, answer="s\n").out
