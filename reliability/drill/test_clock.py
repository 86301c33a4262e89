"""A clock that is set back: by a person, by a battery, by the system's own correction."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

import pytest

from drill.faults import suffers
from drill.runs import JSON, Run, assert_ends_like, assert_no_traceback, board_of, ended, sound
from integration.training.running import begun, select, trintena

pytestmark = suffers("clock")
_PLACES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")
FAKETIME = next((path for place in _PLACES for path in Path("/").glob(place.lstrip("/"))), None)


@pytest.fixture
def clock(tmp_path: Path) -> dict[str, str]:
    """Variables under which a command reads a clock of the test's own, and its children too."""
    if FAKETIME is None:
        pytest.skip("needs libfaketime (Debian: apt-get install faketime)")
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_back(tmp_path: Path, how: str) -> None:
    (tmp_path / "offset").write_text(f"{how}\n")


@pytest.mark.parametrize("how", ["-90s", "-1d", "-400d"])
@pytest.mark.parametrize("mode", ["fast", "optimized"])
def test_in_mid_run(
    how: str,
    mode: str,
    tmp_path: Path,
    prices: Path,
    clock: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    run: Run = request.getfixturevalue(mode)
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON, **clock) as running:
        running.wait_for(lambda: ended(home), "a finished trial")
        set_back(tmp_path, how)
        done = running.done()
    assert done.code == 0, done.err
    assert_no_traceback(done)
    assert not re.search(r"-\d+ ?(s|min|h)\b", done.out + done.err), done.out
    assert_ends_like(home, prices, run)


def test_between_two_runs_the_newest_champion_forecasts_and_no_name_is_given_twice(
    tmp_path: Path, prices: Path, fast: Run, clock: dict[str, str]
) -> None:
    home = Path(shutil.copytree(fast.home, tmp_path / "home"))
    set_back(tmp_path, "-3d")
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
    with begun(home, "train", "--csv", prices, *words, "--budget", "20s", *JSON, **clock) as running:
        running.wait_for(lambda: ended(home), "a finished trial")
        set_back(tmp_path, "-1h")
        done = running.done(120)
    assert done.code == 0, done.err
    assert time.monotonic() - began < 60
    sound(home)
