"""A thirty-first architecture is one builder and one row, and is found everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trintena.zoo

ROOT = Path(__file__).parents[2]
ADDITION = '''

def gru_tiny(window: Node) -> Node:
    """One GRU layer of 8."""
    return Dropout()(GRU(8)(window))


ARCHITECTURES = (*ARCHITECTURES, Architecture(31, "GRU Tiny (8)", gru_tiny, CHO_2014))
'''


@pytest.fixture(scope="module")
def enlarged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and of the page generator, with the addition at the end of one file."""
    folder = tmp_path_factory.mktemp("enlarged")
    package = Path(trintena.zoo.__file__).parents[1]
    shutil.copytree(package, folder / "trintena", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "generate.py", folder / "docs")
    with (folder / "trintena" / "zoo" / "families" / "gru.py").open("a", encoding="utf-8") as family:
        family.write(ADDITION)
    return folder


def output_of(enlarged: Path, *command: str) -> str:
    """What Python prints when it finds the copy before the package itself."""
    ran = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(enlarged), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_catalog_chooses_it_by_id_by_range_and_by_family(enlarged: Path) -> None:
    program = (
        "from trintena.zoo import ARCHITECTURES, choose\n"
        "print([row.id for row in ARCHITECTURES] == [*range(1, 32)])\n"
        "print([row.name for row in choose('31')], [row.id for row in choose('31,gru,1')])\n"
        "print([row.id for row in choose('29-31')], len(choose(None)), choose('31')[0].category)\n"
    )
    assert output_of(enlarged, "-c", program).splitlines() == [
        "True",
        "['GRU Tiny (8)'] [1, 6, 7, 8, 9, 10, 31]",
        "[29, 30, 31] 31 gru",
    ]


def test_the_command_line_lists_and_shows_it(enlarged: Path) -> None:
    rows = json.loads(output_of(enlarged, "-m", "trintena", "zoo", "list", "--json"))
    assert [row["model_id"] for row in rows] == [*range(1, 32)]
    assert rows[-1]["model_name"] == "GRU Tiny (8)"
    shown = output_of(enlarged, "-m", "trintena", "zoo", "show", "31")
    assert "One GRU layer of 8." in shown
    assert "GRU 8" in shown


def test_the_reference_page_describes_it(enlarged: Path) -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); import generate; print(generate.zoo_page())"
    page = output_of(enlarged, "-c", program, str(enlarged / "docs"))
    assert "| 31 | GRU Tiny (8) |" in page


def test_the_contract_runs_over_it(enlarged: Path) -> None:
    suite = ["-m", "pytest", "tests/contracts/test_architectures.py", "-k", "31-gru_tiny", "-q"]
    summary = output_of(enlarged, *suite, "-p", "no:cacheprovider").splitlines()[-1]
    assert "passed" in summary
