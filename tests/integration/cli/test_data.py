from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trintena.cli.output import screen
from trintena.cli.sparkline import BLOCKS
from trintena.jobs.file_locks import FileLocks
from trintena.jobs.locks import ExperimentLock
from trintena.registry import Registry
from trintena.registry.tables import Dataset
from trintena.settings import Settings

Trintena = Callable[..., Any]
Prices = Callable[..., Path]


def settings_of(home: Path) -> Settings:
    return Settings.from_environment({"TRINTENA_HOME": str(home)})


def test_importing_tells_what_was_understood_and_stores(trintena: Trintena, prices: Prices) -> None:
    shown = trintena("data", "import", prices(n_rows=400), "--name", "my prices")
    assert shown.code == 0
    assert "Dates from 'date'" in shown.out
    assert "400 of 400 dated rows kept" in shown.out
    assert [line.split()[0] for line in shown.out.splitlines() if line[:2] in ("20", "…")] == [
        "2018-01-01",
        "2019-07-12",
    ]
    assert "trintena train --symbol 'my prices'" in shown.out
    (row,) = trintena("data", "list", "--json").json
    assert row["symbol"] == "my prices"
    assert row["n_rows"] == 400
    assert row["source"] == "csv:walk.csv"
    assert row["dataset_hash"][:12] in shown.out


def test_importing_as_json(trintena: Trintena, prices: Prices) -> None:
    row = trintena("data", "import", prices(n_rows=400), "--json").json
    assert (row["symbol"], row["n_rows"], row["first_date"]) == ("walk", 400, "2018-01-01")
    assert row["stored"]
    assert row["understood"]
    assert row["facts"]["separator"] == ","
    assert row["warnings"] == []
    assert row["dataset_hash"] == trintena("data", "show", "walk", "--json").json["dataset_hash"]


def test_what_a_file_measures_can_be_said(trintena: Trintena, tmp_path: Path) -> None:
    file = tmp_path / "load.csv"
    file.write_text("date,MWh\n" + "".join(f"2020-01-{day:02d},{500 + day}\n" for day in range(1, 31)))
    shown = trintena("data", "import", file)
    assert "Taken for values that are not prices." in shown.out
    assert "value from 501 to 530" in shown.out
    assert trintena("data", "list", "--json").json[0]["measures"] == "value"
    shown = trintena("data", "show", "load")
    assert "close" not in shown.out
    assert "price" not in shown.out

    row = trintena("data", "import", file, "--measures", "price", "--json").json
    assert (row["measures"], row["facts"]["measures"]) == ("price", "price")
    assert trintena("data", "show", "load", "--json").json["measures"] == "price"
    assert "close" in trintena("data", "show", "load").out

    shown = trintena("data", "import", file, "--measures", "money")
    assert shown.code == 2
    assert "Unknown measures 'money'; it is one of price, value." in shown.err


def test_a_dry_run_says_the_same_and_touches_nothing(trintena: Trintena, prices: Prices, empty: Path) -> None:
    file = prices(n_rows=400)
    shown = trintena("data", "import", file, "--dry-run")
    assert shown.code == 0
    assert "400 of 400 dated rows kept" in shown.out
    assert "Nothing was stored" in shown.out
    dry = trintena("data", "import", file, "--dry-run", "--json").json
    assert list(empty.iterdir()) == []
    assert {**dry, "stored": True} == trintena("data", "import", file, "--json").json


def test_what_may_be_read_in_two_ways_is_asked_for(trintena: Trintena, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text("date;close\n01/02/2024;1.101\n02/03/2024;1.202\n03/04/2024;1.303\n", "utf-8")
    for options, wanted in (((), "--"), (("--decimal", ","), "--dayfirst"), (("--monthfirst",), "--decimal")):
        refused = trintena("data", "import", file, *options)
        assert (refused.code, refused.out) == (2, "")
        assert wanted in refused.err
    assert trintena("data", "list", "--json").json == []

    read = trintena("data", "import", file, "--decimal", ",", "--dayfirst", "--json").json
    assert (read["first_date"], read["facts"]["first_row"]["close"]) == ("2024-02-01", 1101.0)
    read = trintena("data", "import", file, "--decimal", ".", "--monthfirst", "--json").json
    assert (read["first_date"], read["facts"]["first_row"]["close"]) == ("2024-01-02", 1.101)
    assert trintena("data", "import", file, "--decimal", ".", "--thousands", ".").code == 2


def with_a_pause(prices: Prices) -> Path:
    """A file in which the close stays the same for a month."""
    file = prices("pause.csv", n_rows=400)
    lines = file.read_text("utf-8").splitlines()
    lines[100:125] = [f"{line.split(',')[0]},100.0" for line in lines[100:125]]
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_doubts_are_warnings_beside_the_answer(trintena: Trintena, prices: Prices) -> None:
    shown = trintena("data", "import", with_a_pause(prices))
    assert shown.code == 0
    assert shown.err.startswith("Warning: ")
    assert "Warning" not in shown.out
    seen = trintena("data", "show", "pause")
    assert seen.err == shown.err
    (warning,) = trintena("data", "show", "pause", "--json").json["warnings"]
    assert (warning["code"], warning["dates"][0]) == ("repeated_close", "2018-05-18")
    assert warning["message"] in shown.err.replace("\n", " ")


def test_a_refused_file_stores_nothing(trintena: Trintena, prices: Prices, empty: Path) -> None:
    file = prices(n_rows=400)
    file.write_text(file.read_text("utf-8").replace("2018-01-05", "2018-01-04"), "utf-8")
    for extra in ((), ("--json",), ("--dry-run",)):
        refused = trintena("data", "import", file, *extra)
        assert (refused.code, refused.out) == (2, "")
    assert list(empty.iterdir()) == []


def test_fetching_from_a_source_stores(trintena: Trintena) -> None:
    shown = trintena("data", "fetch", "sample:nasdaq")
    assert shown.code == 0
    assert "1999-01-04 to 2018-12-31" in shown.out
    assert "volume of zero" in shown.err
    assert "trintena train --symbol sample:nasdaq" in shown.out
    (row,) = trintena("data", "list", "--json").json
    assert (row["symbol"], row["source"]) == ("sample:nasdaq", "sample")
    assert row["columns"] == ["open", "high", "low", "close", "volume"]


def test_fetching_as_json_says_that_it_was_answered(trintena: Trintena) -> None:
    row = trintena("data", "fetch", "sample:sp500", "--json").json
    assert (row["answered"], row["remarks"]) == (True, [])
    assert [warning["code"] for warning in row["warnings"]] == [
        warning["code"] for warning in trintena("data", "show", "sample:sp500", "--json").json["warnings"]
    ]


def test_stored_prices_stand_in_for_a_source_that_does_not_answer(
    trintena: Trintena, prices: Prices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # the port of `discard`: nobody listens there
    nothing = trintena("data", "fetch", "NVDA")
    assert (nothing.code, nothing.out) == (2, "")
    assert "trintena data import" in nothing.err

    stored = trintena("data", "import", prices(n_rows=400), "--name", "NVDA", "--json").json
    shown = trintena("data", "fetch", "NVDA")
    assert shown.code == 1
    assert shown.err.startswith("Warning: ")
    assert stored["dataset_hash"][:12] in shown.out
    answer = trintena("data", "fetch", "NVDA", "--json")
    assert (answer.code, answer.json["answered"], len(answer.json["remarks"])) == (1, False, 1)
    assert answer.json["dataset_hash"] == stored["dataset_hash"]
    assert len(trintena("data", "list", "--json").json) == 1


def test_the_same_content_is_stored_once(trintena: Trintena, prices: Prices) -> None:
    for _ in range(2):
        trintena("data", "import", prices(n_rows=400))
    assert len(trintena("data", "list", "--json").json) == 1


def test_a_dataset_is_shown_by_symbol_and_by_the_beginning_of_its_hash(
    trintena: Trintena, prices: Prices
) -> None:
    stored = trintena("data", "import", prices(n_rows=400), "--json").json
    by_symbol = trintena("data", "show", "walk", "--json").json
    assert trintena("data", "show", stored["dataset_hash"][:6].upper(), "--json").json == by_symbol
    assert len(by_symbol["first_rows"]) == len(by_symbol["last_rows"]) == 5
    assert by_symbol["first_rows"][0]["date"] == "2018-01-01"
    assert by_symbol["close"]["last"] == by_symbol["last_rows"][-1]["close"]


def test_a_symbol_means_the_dataset_that_was_stored_last(trintena: Trintena, prices: Prices) -> None:
    trintena("data", "import", prices(n_rows=400))
    trintena("data", "import", prices(n_rows=390))
    assert trintena("data", "show", "walk", "--json").json["n_rows"] == 390
    trintena("data", "import", prices(n_rows=400))
    assert trintena("data", "show", "walk", "--json").json["n_rows"] == 400


def test_people_see_the_picture_and_the_rows(trintena: Trintena, prices: Prices) -> None:
    trintena("data", "import", prices(n_rows=400))
    shown = trintena("data", "show", "walk").out
    lines = shown.splitlines()
    assert sum("│" in line or "┤" in line for line in lines) == 12
    assert max(map(len, lines)) == 80
    (axis,) = [line for line in lines if line.strip().startswith("2018-01-01") and "2019-07-12" in line]
    assert lines[lines.index(axis) - 1].strip().startswith("└┬")
    assert sum(line.startswith(("2018-", "2019-")) for line in lines) == 10
    assert "\x1b" not in shown


def test_people_see_the_course_of_each_dataset(
    trintena: Trintena, prices: Prices, registry: Registry
) -> None:
    trintena("data", "import", prices(n_rows=390), "--name", "whole")
    damaged = trintena("data", "import", prices(n_rows=380), "--name", "broken", "--json").json
    with registry._writing() as session:
        session.get_one(Dataset, damaged["dataset_hash"]).payload = b"no prices"
    rows = {line.split()[1]: line.split() for line in trintena("data", "list").out.splitlines()[1:]}
    assert rows["broken"][-2] == "damaged"
    assert set(rows["whole"][-2]) <= set(BLOCKS)
    assert len(rows["whole"][-2]) == len(rows["walk"][-2]) == 14


def test_every_command_speaks_portuguese(
    trintena: Trintena, prices: Prices, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    imported = trintena("data", "import", with_a_pause(prices))
    assert "400 de 400 linhas" in imported.out
    assert "Treine com ele" in imported.out
    assert imported.err.startswith("Aviso: ")
    assert "Nada foi guardado" in trintena("data", "import", prices(), "--dry-run").out
    assert "linhas    5.031, de 1999-01-04" in trintena("data", "fetch", "sample:nasdaq").out
    assert trintena("data", "list").out.split()[:3] == ["hash", "símbolo", "linhas"]
    assert "fechamento" in trintena("data", "show", "pause").out
    assert "Nenhum conjunto" in trintena("data", "show", "zzz").err
    assert "experimento 1 e versão de modelo 1" in trintena("data", "delete", "walk").err
    assert "Apagado: conjunto de dados" in trintena("data", "delete", "pause", "--yes").out


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("data fetch sample:dax", "Não há amostra 'dax'.", "Há sample:nasdaq e sample:sp500."),
        ("data fetch a,b", "Não há série de preços 'a,b'.", "Esperava-se algo como sample:nasdaq, "),
        ("data fetch ./a.csv", "'./a.csv' indica um arquivo;", "Importe-o: `trintena data import ./a.csv`."),
        ("predict --symbol AB", "Ainda não há campeão de AB.", "Treine um: `trintena train --symbol AB`."),
        ("predict --symbol AB --model 1", "A versão 1 prevê walk, não AB.", "Deixe um dos dois de fora."),
        ("predict --model x", "Esperava-se um número inteiro, não 'x'.", "Os números estão em `trintena"),
        ("predict --model 0", "Não há o número 0.", "Os números estão em `trintena models list`"),
        ("train --symbol walk --end 2x", "Esperava-se uma data como 2018-12-31 em end", "Escreva ano, mês"),
        (
            "train --symbol walk --years all --start 2040-01-01",
            "walk não tem linhas desde 2040-01-01: vai",
            "",
        ),
    ],
)
def test_refusals_in_portuguese(
    trintena: Trintena, home: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str, hint: str
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    refused = trintena(*words.split())
    assert (refused.code, refused.out) == (2, "")
    assert message in refused.err
    assert hint in refused.err


def test_numbers_are_whole_in_the_list_of_a_narrow_terminal(
    trintena: Trintena, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "_force_terminal", True)
    shown = {}
    for width in (40, 75, 76):
        monkeypatch.setattr(screen, "_width", width)
        shown[width] = trintena("data", "list").out
    assert all("1,200  2018-01-01  2022-08-05" in text for text in shown.values())
    assert ["course" in text for text in shown.values()] == [False, False, True]
    assert ["source" in text for text in shown.values()] == [False, False, True]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_letters_that_a_terminal_does_not_know_end_no_command(home: Path, encoding: str) -> None:
    environment = {
        **os.environ,
        "PYTHONIOENCODING": encoding,
        "TRINTENA_HOME": str(home),
        "TRINTENA_LANG": "pt",
    }
    for words in (("list",), ("show", "walk"), ("show", "evolução ▁")):
        shown = subprocess.run(
            [sys.executable, "-m", "trintena", "data", *words],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert (shown.returncode, b"Traceback" in shown.stderr) == (2 if "▁" in words[-1] else 0, False)
        assert b"?" in shown.stdout + shown.stderr


def test_a_file_whose_name_is_no_text_ends_in_no_traceback(home: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/pre\xe7os.csv"
    Path(os.fsdecode(name)).write_text("date,close\n2024-01-02,1\n", "utf-8")
    for words in (("import", name, "--dry-run", "--name", "x"), ("fetch", name)):
        shown = subprocess.run(
            [sys.executable, "-m", "trintena", "data", *words],
            env={**os.environ, "TRINTENA_HOME": str(home)},
            capture_output=True,
            check=False,
        )
        assert (shown.returncode, b"Traceback" in shown.stderr) == (2 if "fetch" in words else 0, False)


def test_listing_nothing_says_what_to_do(trintena: Trintena) -> None:
    assert "trintena data fetch" in trintena("data", "list").out
    assert trintena("data", "list", "--json").json == []


def test_a_dataset_is_deleted_only_when_meant(trintena: Trintena, prices: Prices) -> None:
    trintena("data", "import", prices(n_rows=400), "--name", "other")
    assert trintena("data", "delete", "other", answer="n\n").code == 1
    assert trintena("data", "delete", "other").code == 1
    assert trintena("data", "show", "other").code == 0
    assert trintena("data", "delete", "other", answer="y\n").code == 0
    assert trintena("data", "show", "other").code == 2


def test_a_dataset_in_use_is_refused_before_a_question(trintena: Trintena, home: Path) -> None:
    used = trintena("data", "delete", "walk", answer="y\n")
    assert (used.code, used.out) == (2, "")
    assert "experiment 1 and model version 1" in used.err
    assert "--force" in used.err
    assert "Delete" not in used.err


def test_force_deletes_the_experiments_and_keeps_the_models(
    trintena: Trintena, home: Path, queued: int
) -> None:
    refused = trintena("data", "delete", "walk", "--force", answer="n\n")
    assert refused.code == 1
    assert f"experiments 1, {queued}?" in refused.err
    assert len(trintena("experiments", "list", "--json").json) == 2

    deleted = trintena("data", "delete", "walk", "--force", answer="y\n")
    assert deleted.code == 0
    assert "model version 1 can only forecast again once walk is fetched or imported again" in deleted.err
    assert "trintena models list" in deleted.out
    for what in ("data", "experiments"):
        assert trintena(what, "list", "--json").json == []
    assert [model["version"] for model in trintena("models", "list", "--json").json] == [1]

    assert trintena("predict", "--model", "1").code == 2
    trintena("data", "import", home / "walk.csv")
    assert trintena("predict", "--model", "1").code == 0


def test_force_does_not_reach_an_experiment_that_is_being_run(
    trintena: Trintena, home: Path, queued: int
) -> None:
    with ExperimentLock(FileLocks(settings_of(home).locks), queued):
        refused = trintena("data", "delete", "walk", "--force", "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert f"Experiment {queued} is being run" in refused.err
    assert len(trintena("experiments", "list", "--json").json) == 2
    assert trintena("data", "show", "walk").code == 0


def test_files_that_are_none_are_refused(trintena: Trintena, tmp_path: Path) -> None:
    binary = tmp_path / "prices.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01" * 50)
    for path in (tmp_path, tmp_path / "missing.csv", binary):
        shown = trintena("data", "import", path)
        assert (shown.code, shown.out) == (2, "")
        assert path.name in shown.err
    assert trintena("data", "list", "--json").json == []


@pytest.mark.parametrize("symbol", ["sample:dax", "no such symbol", ""])
def test_what_no_source_knows_is_refused(trintena: Trintena, symbol: str) -> None:
    shown = trintena("data", "fetch", symbol)
    assert (shown.code, shown.out) == (2, "")
    assert "Unknown" in shown.err


@pytest.mark.parametrize("key", ["zzz", "", "abcdef"])
def test_a_key_that_fits_no_dataset_is_refused(trintena: Trintena, home: Path, key: str) -> None:
    shown = trintena("data", "show", key)
    assert (shown.code, shown.out) == (2, "")
    assert "trintena data list" in shown.err


def test_a_file_is_not_fetched_but_imported(trintena: Trintena, prices: Prices) -> None:
    file = prices("my prices.csv", n_rows=400)
    shown = trintena("data", "fetch", file)
    assert (shown.code, shown.out) == (2, "")
    assert f"trintena data import '{file}'" in shown.err
    assert trintena("data", "list", "--json").json == []


def test_a_name_that_meant_something_else_is_told(trintena: Trintena, prices: Prices) -> None:
    assert "Until now" not in trintena("data", "import", prices(n_rows=400)).out
    assert "Until now" not in trintena("data", "import", prices(n_rows=410)).out
    shown = trintena("data", "import", prices("other.csv", n_rows=400, seed=1), "--name", "walk")
    assert "Until now walk was csv:walk.csv; now it is csv:other.csv." in shown.out
    again = trintena("data", "import", prices(n_rows=410), "--json").json
    assert again["remarks"] == ["Until now walk was csv:other.csv; now it is csv:walk.csv."]
