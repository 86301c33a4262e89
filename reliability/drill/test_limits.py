"""Limits that the system sets to a process that trains, hit in the middle of a trial."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from integration.training.running import begun, experiments
from reliability.drill.faults import suffers
from reliability.drill.runs import JSON, Run, assert_ends_like, assert_no_traceback, ended, sound

pytestmark = [
    suffers("limits"),
    pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set on Linux alone"),
]


@pytest.mark.parametrize("spare_mib", [0, 1, 8, 64])
def test_memory_runs_out_in_a_training_process(
    spare_mib: int, run: Run, tmp_path: Path, prices: Path
) -> None:
    home = tmp_path / "home"
    with begun(home, "train", "--csv", prices, *run.words, *JSON) as running:
        (worker,) = running.wait_for(running.children, "a worker")
        running.wait_for(lambda: ended(home), "a finished trial")
        process = psutil.Process(worker)
        n_bytes = process.memory_info().vms + (spare_mib << 20)
        process.rlimit(psutil.RLIMIT_AS, (n_bytes, n_bytes))
        done = running.done()
    assert done.code == 0, done.err
    assert_no_traceback(done)
    sound(home)
    rows = done.answer.get("all_results") or done.answer["results"]
    assert {row["model_id"] for row in rows} == run.board.keys()
    failed = [row for row in rows if row["state"] != "COMPLETE"]
    assert all(row["reason"] for row in failed)
    for row in rows:
        if row["state"] == "COMPLETE" and not run.is_search:
            expected = run.board[row["model_id"]]
            assert row["rmse"] == expected["rmse"]
    if not failed and not run.is_search:
        assert_ends_like(home, prices, run)


@pytest.mark.parametrize("n_kib", [16, 64, 1024])
@pytest.mark.parametrize("whom", ["command", "trainer"])
def test_files_may_not_grow(n_kib: int, whom: str, tmp_path: Path, prices: Path, fast: Run) -> None:
    """Beyond a size that its log does not reach: where nothing can be written, nothing can be said."""
    home = tmp_path / "home"
    with begun(
        home, "train", "--csv", prices, *fast.words, *JSON, TRINTENA_CACHE=str(home / "cache")
    ) as running:
        (worker,) = running.wait_for(running.children, "a worker")
        running.wait_for(lambda: ended(home), "a finished trial")
        process = psutil.Process(worker if whom == "trainer" else running.popen.pid)
        process.rlimit(psutil.RLIMIT_FSIZE, (n_kib * 1024, n_kib * 1024))
        done = running.done(120)
    assert_no_traceback(done)
    assert done.code in (0, 1), done.err
    if done.code:
        assert whom == "command"
        assert "File too large" in done.err or "disk I/O" in done.err or "full" in done.err, done.err
    assert experiments(home)
    assert_ends_like(home, prices, fast)
