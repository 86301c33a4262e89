"""What is refused of a search: exit code 2, one clear message, and nothing left in the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.search.searching import ALIKE

Refused = Callable[..., str]


def searching(refused: Refused, *words: object) -> str:
    """What is said, on one line."""
    return " ".join(refused(*ALIKE, "--mode", "optimized", *words).split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--learning-rate 0", "learning_rate: each value must be a number above 0 and at most 1, not 0."),
        ("--learning-rate 0.1,0.1", "learning_rate: 0.1 is in the list twice."),
        ("--learning-rate fast", "learning_rate: each value must be a number above 0"),
        ("--learning-rate 0.01..0.001", "learning_rate: low (0.01) must be below high (0.001)."),
        ("--learning-rate ,", "learning_rate"),
        ("--batch-size 16.5", "batch_size: each value must be a whole number from 1 to 4096"),
        ("--batch-size 16..128:log:2", "batch_size"),
        ("--batch-size 16..40:16", "batch_size: steps of 16 do not lead from 16 to 40."),
        ("--dropout-rate 1", "dropout_rate: each value must be a number of at least 0 and below 1, not 1."),
        ("--dropout-rate 0..0.4:log", "dropout_rate: with log, low must be above 0."),
        ("--epochs 0", "epochs: each value must be a whole number from 1 to 10000, not 0."),
        ("--activation relu,gellu", "Unknown activation 'gellu'. Did you mean 'gelu'?"),
        ("--activation relu,relu", "activation: 'relu' is in the list twice."),
        ("--trials 0", "The number of trials must be a whole number of at least 1, not 0."),
        ("--trials -3", "The number of trials must be a whole number of at least 1, not -3."),
        ("--trials many", "Invalid value for '--trials'"),
        ("--strategy genetic", "Unknown strategy 'genetic'."),
        ("--strategy grid --dropout-rate 0.1..0.4", "dropout_rate: grid tries every value"),
        ("--exploration 1.5", "The share of exploration must be from 0 to 1, not 1.5."),
        ("--budget 10x", "A budget is a span of time such as 90s, 10m or 1h30m, not '10x'."),
        ("--budget -5m", "A budget is a span of time"),
        ("--budget 10s", "A budget must be of at least 60 seconds, not 10."),
        ("--space nowhere.json", "The search space nowhere.json cannot be read: No such file or directory."),
        ("--models 31", "Unknown architecture '31'."),
    ],
)
def test_searches_that_make_no_sense(words: str, message: str, refused: Refused) -> None:
    assert message in searching(refused, *words.split())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("space.json", '{"learning_rat": [0.1]}', "Did you mean 'learning_rate'?"),
        ("space.json", '{"epochs": []}', "epochs: the list is empty."),
        ("space.json", '{"epochs": [10}', "space.json cannot be read"),
        ("space.json", '{"batch_size": {"low": 16}}', "batch_size: the range has no high."),
        ("space.json", "[1, 2]", "A search space is an object"),
        ("space.toml", "epochs = [10, 2.5]", "epochs: each value must be a whole number"),
        ("space.yaml", "epochs: [10]", "must be a .json or a .toml file."),
    ],
)
def test_files_of_spaces_that_make_no_sense(
    name: str, content: str, message: str, refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    assert message in searching(refused, "--space", name)


def test_a_space_is_refused_whole_even_where_options_mend_it(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "space.json").write_text(json.dumps({"epochs": [0]}))
    assert "epochs: each value must be" in searching(refused, "--space", "space.json", "--epochs", 2)


@pytest.mark.parametrize(
    "words",
    [
        "--strategy random",
        "--trials 20",
        "--budget 10m",
        "--space space.json",
        "--learning-rate 0.01",
        "--batch-size 16",
        "--dropout-rate 0.1",
        "--epochs 10",
        "--activation tanh",
        "--exploration 0.3",
        "--no-pruning",
        "--refit-all",
    ],
)
def test_fast_mode_takes_no_option_of_a_search(words: str, refused: Refused) -> None:
    said = refused(*ALIKE, *words.split())
    assert f"Fast mode searches for nothing; it takes no {words.split()[0]}." in said
    assert "Add --mode optimized." in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--mode optimized --trials 30", "--mode, --trials"),
        ("--budget 10m", "--budget"),
        ("--no-pruning --refit-all", "--no-pruning, --refit-all"),
        ("--epochs 2 --space space.json", "--space, --epochs"),
        ("--strategy random", "--strategy"),
    ],
)
def test_a_resumed_search_takes_no_other_options(words: str, named: str, refused: Refused) -> None:
    said = refused("--resume", 1, *words.split(), csv=None)
    assert f"--resume goes on with an experiment as it was planned; it takes no {named}." in said
