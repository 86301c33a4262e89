"""The drill: faults in real processes, and the table of what was found afterwards.

    make drill                                          all of it, recorded in reliability/drill.json
    make drill DRILL="-k kill --kills 10"               a part; only its rows of the table are replaced

A test that suffers a fault (`faults.suffers`) is one case of it.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import surroundings
from integration.training.running import write_prices
from reliability.drill.faults import FAULTS
from reliability.drill.runs import FAST, OPTIMIZED, Run, undisturbed
from reliability.record import about

surroundings.set_up()

N_KILLS = 100
MODES = ("fast", "optimized")
_CASES = pytest.StashKey[dict[str, dict[str, Any]]]()
_ABOUT = pytest.StashKey[dict[str, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options = parser.getgroup("drill")
    options.addoption("--kills", type=int, default=N_KILLS, help="SIGKILLs in all, at random moments")
    options.addoption("--drill-seed", type=int, default=0, help="of the random moments")
    options.addoption("--record", type=Path, help="the file of the table, in which rows are replaced")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(key): the row of the table that a test is a case of")
    config.stash[_ABOUT] = about(config.getoption("--drill-seed"), ("jax", "keras", "sqlalchemy"))
    config.stash[_CASES] = defaultdict(lambda: {"n": 0, "n_held": 0, "failures": [], "seconds": 0.0})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Count the case: one that could not be tried here counts for nothing."""
    report = yield
    fault = item.get_closest_marker("fault")
    if fault is not None and (report.when == "call" or report.failed):
        row = item.config.stash[_CASES][fault.args[0]]
        if not report.skipped:
            row["n"] += 1
            row["n_held"] += report.passed
            row["seconds"] += report.duration
            if report.failed:
                row["failures"].append(item.nodeid.rpartition("::")[2])
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Put the rows of this run in place of the same ones of earlier runs."""
    file: Path | None = session.config.getoption("--record")
    cases = session.config.stash[_CASES]
    if file is None or not cases:
        return
    before = json.loads(file.read_text("utf-8")) if file.exists() else {"rows": [], "runs": []}
    seconds = sum(row.pop("seconds") for row in cases.values())
    rows = {row["key"]: row for row in before["rows"]} | {key: {"key": key, **cases[key]} for key in cases}
    run = session.config.stash[_ABOUT] | {"seconds": seconds, "keys": sorted(cases)}
    older = [{**each, "keys": [key for key in each["keys"] if key not in cases]} for each in before["runs"]]
    table = [
        {**rows[fault.key], "fault": vars(fault.what), "expected": vars(fault.expected)}
        for fault in FAULTS
        if fault.key in rows
    ]
    record = {"rows": table, "runs": [*(each for each in older if each["keys"]), run]}
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_prices(tmp_path_factory.mktemp("prices") / "walk.csv")


@pytest.fixture(scope="session")
def fast(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Run:
    """Fast mode that nobody disturbed."""
    return undisturbed(tmp_path_factory.mktemp("fast") / "home", prices, FAST)


@pytest.fixture(scope="session")
def optimized(tmp_path_factory: pytest.TempPathFactory, prices: Path) -> Run:
    """A search that nobody disturbed."""
    return undisturbed(tmp_path_factory.mktemp("optimized") / "home", prices, OPTIMIZED)


@pytest.fixture(params=MODES)
def run(request: pytest.FixtureRequest) -> Run:
    """The undisturbed run of each mode."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def run_of(request: pytest.FixtureRequest) -> Callable[[int], Run]:
    """The undisturbed run of one mode or the other, in turn by number."""
    return lambda number: request.getfixturevalue(MODES[number % len(MODES)])


@pytest.fixture
def moment(request: pytest.FixtureRequest) -> Callable[[int], float]:
    """A random share of a run's time, its own for each number."""
    seed = request.config.getoption("--drill-seed")
    return lambda number: random.Random(f"{seed} {number}").random()


@pytest.fixture(autouse=True)
def _fault_of_each_case(request: pytest.FixtureRequest) -> None:
    """A test of this folder without a row in the table would be a case of nothing."""
    assert request.node.get_closest_marker("fault"), "mark it with faults.suffers(…)"
