"""No space, or no permission to write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from integration.training.running import begun, experiments, select, trintena
from reliability.drill.faults import suffers
from reliability.drill.places import fill, read_only, resize, small
from reliability.drill.runs import JSON, Run, assert_ends_like, assert_no_traceback, ended, sound

MIB = 1 << 20
_LARGE = 64 * MIB


@suffers("disk_full_models")
@pytest.mark.parametrize("n_kib", [4, 16, 32, 64])
def test_there_is_no_space_for_the_champion(n_kib: int, run: Run, tmp_path: Path, prices: Path) -> None:
    home = tmp_path / "home"
    with small(home / "models", n_kib * 1024) as models:
        done = trintena(home, "train", "--csv", prices, *run.words)
        assert done.code == 1, done.out
        assert "No space left on device" in done.err
        assert_no_traceback(done)
        assert select(home, "SELECT version FROM model_registry") == []
        assert list(models.iterdir()) == [], "half a model was left behind"
        sound(home)
        kept = ended(home)
        assert kept
        resize(models, _LARGE)
        assert_ends_like(home, prices, run)
        assert ended(home) == kept, "something was trained again"


@suffers("disk_full_home")
@pytest.mark.parametrize("n_trials", [0, 1, 2, 3])
def test_the_disk_fills_up_in_mid_run(n_trials: int, run: Run, tmp_path: Path, prices: Path) -> None:
    home = tmp_path / "home"
    with small(home, _LARGE):
        with begun(home, "train", "--csv", prices, *run.words, *JSON) as running:
            running.wait_for(lambda: experiments(home) and len(ended(home)) >= n_trials, "trials")
            filler = fill(home)
            waits = running.logs[1]
            running.wait_for(lambda: "Waiting for it" in waits.read_text("utf-8"), "word of it")
            filler.unlink()
            done = running.done()
        assert done.code == 0, done.err
        assert_no_traceback(done)
        assert "can be used again" in done.err
        assert_ends_like(home, prices, run)


@suffers("read_only")
@pytest.mark.parametrize(
    "words",
    [
        ("train", "--csv", "PRICES", "--models", "9", "--lookback", 10),
        ("data", "import", "PRICES", "--name", "other"),
        ("models", "delete", 1, "--yes"),
        ("experiments", "delete", 1, "--yes"),
        ("models", "promote", 1),
        ("serve", "--port", 54321),
        ("predict", "--json"),
        ("models", "list"),
        ("experiments", "show", 1),
    ],
    ids=lambda words: "-".join(map(str, words[:2])),
)
def test_a_home_that_cannot_be_written_is_said(
    words: tuple[object, ...], tmp_path: Path, prices: Path, fast: Run
) -> None:
    home = tmp_path / "home"
    with small(home, _LARGE):
        shutil.copytree(fast.home, home, dirs_exist_ok=True)
        before = select(home, "SELECT id, state FROM experiments"), ended(home)
        with read_only(home):
            done = trintena(home, *[prices if word == "PRICES" else word for word in words])
            assert done.code in (1, 2), done.out
            assert_no_traceback(done)
            assert "read-only" in done.err.lower() or "readonly" in done.err.lower(), done.err
        assert (select(home, "SELECT id, state FROM experiments"), ended(home)) == before
        assert_ends_like(home, prices, fast)


@suffers("read_only")
def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, prices: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = trintena(
        tmp_path / "home", "train", "--csv", prices, TRINTENA_HOME=str(tmp_path / "file" / "home")
    )
    assert done.code in (1, 2), done.out
    assert_no_traceback(done)
    assert str(tmp_path / "file") in done.err
