"""The pages of results say what the files of the runs say, and these hold figures and no prices.

That the committed pages are current is for `make check-docs` to see.
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
RECORDS = sorted((DOCS / "results").glob("*.json"))


@pytest.fixture(scope="module")
def results() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        yield importlib.import_module("results")


def names(value: Any) -> Iterator[str]:
    """Every name at any depth."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from names(each)


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_holds_no_price_and_no_file(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    assert not {name for name in names(record) if "price" in name or name in ("forecast", "files", "by_step")}
    assert ".csv" not in path.read_text("utf-8")
    assert record["commit"][-1] != "+"


def test_what_is_kept_of_an_answer_has_no_price_in_it(results: ModuleType) -> None:
    figures = dict.fromkeys(results.OF_THE_TEST, 0.123456789)
    test = {**figures, "price_rmse": 1.0, "by_step": {"rmse": [1.0]}}
    row = {
        "rank": 1,
        "model_id": 6,
        "skill": 0.01,
        "metrics": {"test": test, "validation": {}},
        "elapsed_time": 3,
    }
    answer = {"status": "success", "results": [row], "baselines": [], "forecast": {"last_value": 101.0}}
    kept = results.kept(answer)
    short = dict.fromkeys(results.OF_THE_TEST, 0.1234568)
    assert kept == {
        "status": "success",
        "results": [{"rank": 1, "model_id": 6, "skill": 0.01, "metrics": {"test": short}}],
        "baselines": [],
    }


def test_the_pages_follow_the_files(results: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(DOCS / "results", folder)
    before = {path.name: text for path, text in results.pages(folder).items()}
    assert before == {name: (DOCS / name).read_text("utf-8") for name in ("results.md", "resultados.md")}
    path = folder / RECORDS[0].name
    record = json.loads(path.read_text("utf-8"))
    rows = record.get("all_results") or record["results"]
    for row in (*rows, *record["baselines"]):
        for text in before.values():
            assert row.get("model_name", row.get("name")) in text or row.get("key") in (
                "last_value",
                "drift",
                "ridge",
            )
    rows[0]["skill"] = -0.98765
    record["verdict"]["skill"] = 0.43210
    path.write_text(json.dumps(record), "utf-8")
    after = {path.name: text for path, text in results.pages(folder).items()}
    for name, figures in (("results.md", ("-98.77%", "43.21%")), ("resultados.md", ("-98,77%", "43,21%"))):
        for figure in figures:
            assert figure in after[name]
            assert figure not in before[name]


def test_the_summary_calls_worse_what_is_worse(results: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    record = json.loads((DOCS / "results" / "sp500-fast.json").read_text("utf-8"))
    record["verdict"] |= {"skill": -0.114, "dm_p": 0.98}
    (folder / "sp500-fast.json").write_text(json.dumps(record), "utf-8")
    pages = {path.name: text for path, text in results.pages(folder).items()}
    assert "| worse than the last value |" in pages["results.md"]
    assert "Worse than repeating the last value on the test segment" in pages["results.md"]
    assert "| pior que o último valor |" in pages["resultados.md"]


def test_beside_an_alarm_stands_what_was_looked_for_and_what_was_not(results: ModuleType) -> None:
    pages = {path.name: text for path, text in results.pages().items()}
    assert "The program itself lets nothing of the future through" in pages["results.md"]
    assert "Whether the data holds something of the future, that test cannot tell." in pages["results.md"]
    assert "Se os dados trazem algo do futuro, esse teste não sabe dizer." in pages["resultados.md"]
