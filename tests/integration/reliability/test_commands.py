"""The long runs, made short: they run, count and find nothing."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import httpx
import pytest

from reliability import fuzz_api, fuzz_csv, soak
from reliability.api.configuration import dictionaries, written
from reliability.csv_files.making import case
from reliability.csv_files.reading import reading
from reliability.homes import fill
from reliability.serving import serving


def test_files_are_read_each_in_a_process_of_its_own_and_nothing_is_found(tmp_path: Path) -> None:
    counts, n_found = fuzz_csv.run(0, range(24), tmp_path / "found", n_surfaces=0, large_share=0.0)
    told = counts.to_json()
    assert (n_found, sum(told["outcomes"].values())) == (0, 24)
    assert set(told["outcomes"]) <= {
        *("damaged, read", "damaged, refused", "means the same, read", "means the same, refused")
    }
    assert 0 < told["slowest_cpu_s"] < told["slowest_s"]
    assert told["peak_bytes"] > 10**7
    assert not (tmp_path / "found").exists()


def test_a_process_that_dies_of_a_file_is_told_and_the_next_file_is_read(tmp_path: Path) -> None:
    now = case(0, 1, large_share=0.0)
    file = tmp_path / "prices.csv"
    file.write_bytes(now.file.content)
    with reading(tmp_path) as read:
        assert read(file, {"name": "X", "no_such_option": True}).kind == "crashed"
        assert read(file, {"name": "X", **now.options}).kind in ("read", "refused")


def test_what_is_found_is_kept_with_the_command_that_makes_it_again(tmp_path: Path) -> None:
    now = case(3, 7, large_share=0.0)
    with reading(tmp_path) as read:
        outcome, _ = fuzz_csv.look_at(now, read, tmp_path, None)
    fuzz_csv.keep(now, 3, outcome, ["a fault"], tmp_path / "found")
    note = json.loads((tmp_path / "found" / "7.json").read_text("utf-8"))
    assert note["again"] == "python -m reliability.fuzz_csv --seed 3 --only 7"
    assert note["faults"] == ["a fault"]
    assert (tmp_path / "found" / "7.csv").read_bytes() == now.file.content


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In which something was trained."""
    return fill(tmp_path_factory.mktemp("filled"))


@pytest.mark.slow
def test_requests_are_made_up_and_nothing_is_found(home: Path, tmp_path: Path) -> None:
    told = fuzz_api.run(home, tmp_path, seed=random.Random(0).randrange(100), n_requests=100, n_examples=2)
    assert told["faults"] == []
    assert told["n"] >= 100
    assert told["routes"]["POST /api/train-advanced"]["2xx"] > 0
    assert told["routes"]["GET /api/experiments/{experiment_id}"]["2xx"] > 0


@pytest.mark.slow
def test_a_process_that_has_died_and_a_queue_that_stands_are_found(home: Path) -> None:
    with serving(home, "--workers", 1) as server:
        assert list(fuzz_api.afterwards(server, {os.getpid(): "not of this server"})) == [
            f"process {os.getpid()} (not of this server) of the start is dead"
        ]


@pytest.mark.slow
def test_what_is_there_is_known_to_the_one_who_asks(home: Path, tmp_path: Path) -> None:
    with serving(home, "--workers", 1) as server:
        known = dictionaries(server.address)
        assert httpx.get(f"{server.address}/api/experiments/{known['experiments'][0]}").is_success
    assert len(known["experiments"]) >= 2
    assert len(known["versions"]) >= 2
    assert "experiments" in written(tmp_path, known, "reliability.api.hooks").read_text("utf-8")


@pytest.mark.slow
def test_files_go_through_the_doors_that_people_use(tmp_path: Path) -> None:
    counts, n_found = fuzz_csv.run(1, range(12), tmp_path / "found", n_surfaces=2, large_share=0.0)
    assert n_found == 0
    assert sum(counts.surfaces.values()) == 6 + 2


@pytest.mark.slow
def test_a_short_soak_counts_and_is_checked(home: Path) -> None:
    told = soak.soaked(home, minutes=1.0, seed=0)
    assert told["faults"] == []
    assert told["counts"]["forecasts"] > 500
    assert told["counts"]["events"] > 0
    assert {"server", "worker", "forecasts"} <= {check["role"] for check in told["checks"]}
    assert told["course"][-1]["n"] > 0
