"""The cache of compiled programs: a convenience that must never decide what comes out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.training.running import trintena
from reliability.drill.faults import suffers
from reliability.drill.runs import JSON, Run, assert_ends_like, assert_no_traceback

pytestmark = suffers("cache")


def _programs(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "programs").rglob("*-cache") if path.is_file())


def _cut(programs: list[Path]) -> None:
    for path in programs:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(programs: list[Path]) -> None:
    for path in programs:
        path.write_bytes(b"")


def _flip(programs: list[Path]) -> None:
    """One bit in the middle of each."""
    for path in programs:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


@pytest.mark.parametrize("damage", [_cut, _empty, _flip], ids=lambda damage: damage.__name__.strip("_"))
def test_damaged_programs_are_compiled_again(
    damage: Callable[[list[Path]], None],
    run: Run,
    tmp_path: Path,
    prices: Path,
) -> None:
    cache = tmp_path / "cache"
    first = trintena(tmp_path / "first", "train", "--csv", prices, *run.words, TRINTENA_CACHE=str(cache))
    assert first.code == 0, first.err
    programs = _programs(cache)
    assert programs
    damage(programs)
    home = tmp_path / "home"
    done = trintena(home, "train", "--csv", prices, *run.words, *JSON, TRINTENA_CACHE=str(cache))
    assert done.code == 0, done.err
    assert_no_traceback(done)
    assert_ends_like(home, prices, run)


def test_programs_of_another_processor_are_left_alone(tmp_path: Path, prices: Path, fast: Run) -> None:
    cache = tmp_path / "cache"
    older = {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"}
    first = trintena(
        tmp_path / "first", "train", "--csv", prices, *fast.words, TRINTENA_CACHE=str(cache), **older
    )
    assert first.code == 0, first.err
    foreign = {path.name for path in _programs(cache)}
    home = tmp_path / "home"
    done = trintena(home, "train", "--csv", prices, *fast.words, *JSON, TRINTENA_CACHE=str(cache))
    assert done.code == 0, done.err
    assert {path.name for path in _programs(cache)} > foreign
    assert_ends_like(home, prices, fast)


@pytest.mark.parametrize("what", ["file", "read-only", "missing"])
def test_a_cache_that_cannot_be_used_only_costs_time(
    what: str, tmp_path: Path, prices: Path, fast: Run
) -> None:
    cache = tmp_path / "cache"
    if what == "file":
        cache.write_text("no folder")
    elif what == "read-only":
        cache.mkdir()
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        cache.chmod(0o500)
    else:
        shutil.rmtree(cache, ignore_errors=True)
    home = tmp_path / "home"
    done = trintena(home, "train", "--csv", prices, *fast.words, *JSON, TRINTENA_CACHE=str(cache))
    assert done.code == 0, done.err
    assert_no_traceback(done)
    assert_ends_like(home, prices, fast)
