"""The judge of readings finds nothing wrong with what is right, and what is wrong with what is not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reliability.csv_files.bases import FORMATS, Base, made
from reliability.csv_files.damage import DAMAGE, WHOLE
from reliability.csv_files.judge import faults
from reliability.csv_files.keeping import KEEPING
from reliability.csv_files.making import case
from reliability.csv_files.mutated import DAMAGED, Mutated
from reliability.csv_files.reader import outcome
from reliability.csv_files.reading import Outcome


def file_of(base: Base) -> Mutated:
    return Mutated(base, base.content(), ())


def read(file: Mutated, folder: Path, **options: Any) -> Outcome:
    """What comes of a file, within this process."""
    path = folder / "prices.csv"
    path.write_bytes(file.content)
    return Outcome(outcome(str(path), {"name": "X", **options}), 0, 0.01, 0.01, 10**7)


def tampered(right: Outcome, **changed: Any) -> Outcome:
    return replace(right, told={**right.told, **changed})


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_right(name: str, tmp_path: Path) -> None:
    for seed, n_rows in enumerate((1, 30)):
        file = file_of(made(FORMATS[name], random.Random(seed), n_rows))
        found = list(faults(file, read(file, tmp_path, **file.base.told), all_told=True))
        assert found == [], (seed, file.content[:300])


@pytest.mark.parametrize("name", KEEPING)
def test_what_keeps_the_meaning_is_read_right(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    for kind in chance.sample([*FORMATS.values()], 6):
        file = file_of(KEEPING[name](made(kind, chance, 6), chance))
        found = list(faults(file, read(file, tmp_path, **file.base.told), all_told=True))
        assert found == [], (kind.name, file.content[:300])


@pytest.mark.parametrize("name", [*DAMAGE, *WHOLE])
def test_damage_of_every_kind_is_refused_or_read_right(name: str, tmp_path: Path) -> None:
    damage = {**DAMAGE, **WHOLE}[name]
    for number in range(3):
        chance = random.Random(f"{name}{number}")
        base = made(FORMATS[chance.choice(sorted(FORMATS))], chance, chance.choice((3, 40)))
        file = damage(file_of(base), chance)
        assert file.kind == DAMAGED
        found = list(faults(file, read(file, tmp_path, **file.base.told), all_told=True))
        assert found == [], (base.name, file.content[:300])


def test_a_number_makes_the_same_file_again() -> None:
    one, other = case(5, 17), case(5, 17)
    assert (one.file.content, one.options) == (other.file.content, other.options)
    assert one.file.content != case(5, 18).file.content


@pytest.fixture
def file() -> Mutated:
    return file_of(made(FORMATS["Stooq"], random.Random(1), 20))


@pytest.fixture
def right(file: Mutated, tmp_path: Path) -> Outcome:
    outcome = read(file, tmp_path, **file.base.told)
    assert list(faults(file, outcome, all_told=True)) == []
    return outcome


def wrong_in(file: Mutated, outcome: Outcome) -> str:
    """What is wrong with a whole file, and just so with one that is damaged elsewhere."""
    whole = list(faults(file, outcome, all_told=True))
    elsewhere = replace(file, kind=DAMAGED, content=file.content + b"2030-01-01,1,1,1,1\n")
    assert whole
    assert list(faults(elsewhere, outcome, all_told=True))
    return whole[0]


def test_a_value_that_is_not_in_the_file_is_found(file: Mutated, right: Outcome) -> None:
    values = right.told["values"].copy()
    values[7, 3] += 0.01
    assert "written" in wrong_in(file, tampered(right, values=values))


def test_a_row_that_is_missing_is_found(file: Mutated, right: Outcome) -> None:
    fewer = {name: np.delete(right.told[name], 7, axis=0) for name in ("dates", "values")}
    assert "19 rows were read of 20" in wrong_in(file, tampered(right, **fewer))


def test_a_date_that_was_moved_is_found(file: Mutated, right: Outcome) -> None:
    dates = right.told["dates"].copy()
    dates[-1] += np.timedelta64(1, "D")
    assert "differ" in wrong_in(file, tampered(right, dates=dates))


def test_dates_that_do_not_increase_are_found(file: Mutated, right: Outcome) -> None:
    turned = {name: right.told[name][::-1] for name in ("dates", "values")}
    assert "do not increase" in wrong_in(file, tampered(right, **turned))


def test_a_row_before_the_header_is_missed(file: Mutated, right: Outcome) -> None:
    facts = {**right.told["facts"], "header_line": 3}
    outcome = tampered(right, facts=facts)
    found = list(faults(replace(file, kind=DAMAGED), outcome, all_told=True))
    assert any("before the header" in fault for fault in found)


def test_a_damaged_row_that_was_dropped_in_silence_is_found(file: Mutated, right: Outcome) -> None:
    base, lost = file.base, right.told["dates"][7].item()
    damaged = replace(file, content=file.content.replace(f"{lost:%Y-%m-%d}".encode(), b"?"), kind=DAMAGED)
    fewer = {name: np.delete(right.told[name], 7, axis=0) for name in ("dates", "values")}
    (found,) = faults(damaged, tampered(right, **fewer), all_told=True)
    assert "20 rows in the file, 19 read, 0 told of" in found
    assert base.dates.read(f"{lost - timedelta(days=1):%Y-%m-%d}") == lost - timedelta(days=1)


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (Outcome({}, -9, 31, 30, 10**7), "the process ended with -9"),
        (Outcome({"kind": "crashed", "traceback": "Traceback: it"}, 0, 1, 1, 10**7), "Traceback: it"),
        (Outcome({"kind": "refused", "message": "No.", "hint": "Yes."}, 0, 3, 2.5, 10**7), "it took 2.5 s"),
        (Outcome({"kind": "refused", "message": "No.", "hint": "Yes."}, 0, 1, 1, 10**9), "it took 1000 MB"),
        (Outcome({"kind": "refused", "message": "No.", "hint": None}, 0, 1, 1, 10**7), "without a remedy"),
        (Outcome({"kind": "refused", "message": "N" * 9999, "hint": "Y"}, 0, 1, 1, 10**7), "10,000 letters"),
        (Outcome({"kind": "refused", "message": "\x1b[2J", "hint": "Y"}, 0, 1, 1, 10**7), "cannot be shown"),
        (
            Outcome({"kind": "refused", "message": "No.", "hint": "Y"}, 0, 1, 1, 10**7),
            "a whole file was refused",
        ),
    ],
)
def test_what_an_outcome_may_not_be(file: Mutated, outcome: Outcome, found: str) -> None:
    assert any(found in fault for fault in faults(file, outcome, all_told=True))
