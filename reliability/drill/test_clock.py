"""A clock that is set back: by a person, by a battery, by the system's own correction."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from integration.training.running import begun, select, trintena
from reliability.drill.faults import suffers
from reliability.drill.runs import JSON, Run, assert_ends_like, assert_no_traceback, board_of, ended, sound

pytestmark = suffers("clock")
_SOURCE = Path(__file__).with_name("clock.c")
_MINUTE, _DAY = 60, 86_400


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands between a process and its clock."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("moving the clock of a process needs Linux and a C compiler")
    built = tmp_path_factory.mktemp("clock") / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, _SOURCE, "-ldl"], check=True)
    return built


@pytest.fixture
def clock(tmp_path: Path, library: Path) -> dict[str, str]:
    """Variables under which a command reads a clock of the test's own, and its children too."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    return {"LD_PRELOAD": str(library), "DRILL_CLOCK": str(offset)}


def set_back(tmp_path: Path, seconds: int) -> None:
    written = tmp_path / "offset.new"
    written.write_text(str(-seconds))
    written.replace(tmp_path / "offset")  # at once, for whoever reads it now


@pytest.mark.parametrize("seconds", [2 * _MINUTE, _DAY, 400 * _DAY])
def test_in_mid_run(
    seconds: int,
    run: Run,
    tmp_path: Path,
    prices: Path,
    clock: dict[str, str],
) -> None:
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON, **clock) as running:
        running.wait_for(lambda: ended(home), "a finished trial")
        set_back(tmp_path, seconds)
        done = running.done()
    assert done.code == 0, done.err
    assert_no_traceback(done)
    assert not re.search(r"-\d+ ?(s|min|h)\b", done.out + done.err), done.out
    assert_ends_like(home, prices, run)


def test_between_two_runs_the_newest_champion_forecasts_and_no_name_is_given_twice(
    tmp_path: Path, prices: Path, fast: Run, clock: dict[str, str]
) -> None:
    home = Path(shutil.copytree(fast.home, tmp_path / "home"))
    set_back(tmp_path, 3 * _DAY)
    done = trintena(home, "train", "--csv", prices, *fast.words, "--seed", 1, "--horizon", 2, *JSON, **clock)
    assert done.code == 0, done.err
    sound(home)
    stems = [stem for (stem,) in select(home, "SELECT stem FROM model_registry")]
    assert len(set(stems)) == 2
    predicted = json.loads(trintena(home, "predict", "--json", **clock).out)
    assert predicted["version"] == 2, "the newest champion is the one that was trained last"
    again = trintena(home, "train", "--csv", prices, *fast.words, *JSON, **clock)
    assert again.code == 0, again.err
    assert {model_id: row["rmse"] for model_id, row in board_of(again.answer).items()} == {
        model_id: row["rmse"] for model_id, row in fast.board.items()
    }
    listed = json.loads(trintena(home, "experiments", "list", "--json").out)
    rows = listed["experiments"] if isinstance(listed, dict) else listed
    assert [row["id"] for row in rows] == [3, 2, 1]


def test_a_budget_holds(tmp_path: Path, prices: Path, clock: dict[str, str]) -> None:
    home = tmp_path / "home"
    words = ("--models", "6,9", "--lookback", 10, "--workers", 1, "--mode", "optimized", "--trials", 400)
    began = time.monotonic()
    with begun(home, "train", "--csv", prices, *words, "--budget", "60s", *JSON, **clock) as running:
        running.wait_for(lambda: ended(home), "a finished trial")
        set_back(tmp_path, 60 * _MINUTE)
        done = running.done(180)
    assert done.code == 0, done.err
    assert time.monotonic() - began < 120
    sound(home)
