from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trintena.zoo import ARCHITECTURES, WindowShape, architecture


def test_lists_every_architecture(trintena: Callable[..., Any]) -> None:
    rows = trintena("zoo", "list", "--json").json
    assert [row["model_id"] for row in rows] == [recipe.id for recipe in ARCHITECTURES]
    assert rows[23] == {
        "model_id": 24,
        "model_name": architecture(24).name,
        "category": "residual",
        "parameters": architecture(24).count_parameters(WindowShape(60, 5, 1)),
        "reference": architecture(24).reference,
    }


def test_the_table_has_a_line_for_each_and_cuts_none(trintena: Callable[..., Any]) -> None:
    lines = trintena("zoo", "list").out.splitlines()
    assert len(lines) == 1 + len(ARCHITECTURES)
    for line, recipe in zip(lines[1:], ARCHITECTURES, strict=True):
        assert line.split()[0] == str(recipe.id)
        assert recipe.name in line
        assert recipe.reference in line


def test_a_category_chooses_its_own(trintena: Callable[..., Any]) -> None:
    rows = trintena("zoo", "list", "--category", "gru", "--json").json
    assert {row["category"] for row in rows} == {"gru"}
    assert [row["model_id"] for row in rows] == [6, 7, 8, 9, 10]


def test_shows_builder_diagram_and_parameters_for_the_window_asked_for(trintena: Callable[..., Any]) -> None:
    words = ("zoo", "show", 24, "--lookback", 30, "--features-count", 1, "--horizon", 5)
    row = trintena(*words, "--json").json
    expected = architecture(24).count_parameters(WindowShape(30, 1, 5))
    assert row["parameters"] == expected
    assert row["window"] == {"lookback": 30, "n_features": 1, "horizon": 5}
    assert row["description"].startswith((architecture(24).builder.__doc__ or "").splitlines()[0])
    shown = trintena(*words).out
    assert row["diagram"] in shown
    assert f"{expected:,}" in shown


@pytest.mark.parametrize(
    "words",
    [("show", "31"), ("show", "gru"), ("list", "--category", "gruu"), ("show", "24", "--lookback", "0")],
)
def test_what_is_not_there_is_refused(trintena: Callable[..., Any], words: tuple[str, ...]) -> None:
    shown = trintena("zoo", *words)
    assert shown.code == 2
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert shown.err


@pytest.mark.parametrize("words", [["--help"], ["zoo", "list"], ["zoo", "show", "9"], ["cache", "show"]])
def test_what_needs_no_data_loads_no_heavy_library(words: list[str], tmp_path: Path) -> None:
    program = (
        "import json, sys\n"
        f"sys.argv = ['trintena', *{words!r}]\n"
        "from trintena.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'keras', 'jax', 'pandas', 'sqlalchemy', 'arch', 'yfinance', 'exchange_calendars'}\n"
        "print(json.dumps(sorted(heavy & sys.modules.keys())))\n"
    )
    environment = {"TRINTENA_HOME": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(shown.stdout.splitlines()[-1]) == []
    assert list(tmp_path.iterdir()) == []
