"""What `trintena train` refuses: exit code 2, one clear message, and nothing left in the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.training.running import Done, trintena, write_prices

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--models 31", "Unknown architecture '31'."),
        ("--models 6,gruu", "Unknown architecture 'gruu'. Did you mean 'gru'?"),
        ("--models ,", "Choose at least one architecture."),
        ("--lookback 0", "The lookback must be at least 2 rows, not 0."),
        ("--lookback -1", "The lookback must be at least 2 rows, not -1."),
        ("--lookback 1000000", "The lookback must be at most 2048 rows, not 1000000."),
        ("--horizon 0", "The horizon must be at least 1 row, not 0."),
        ("--split 0.7,0.12", "--split takes three fractions or three dates, not '0.7,0.12'."),
        ("--split 0.7,0.2,0.1", "three fractions above 0 with a sum below 1"),
        ("--split 0.7,much,more", "three ISO dates such as 2023-01-02, not 0.7, much, more."),
        ("--split 2021-01-01,2020-01-01,2021-02-01", "The three dates of a split must rise"),
        ("--start 2020-06-01 --end 2020-01-01", "walk has no row from 2020-06-01 to 2020-01-01"),
        ("--start yesterday", "Expected a date such as 2018-12-31 for start, got 'yesterday'."),
        ("--years 0", "--years takes a whole number from 1 on, or all, not '0'."),
        ("--seed -1", "The seed must be a whole number from 0"),
        ("--workers 0", "Invalid value for '--workers'"),
        ("--mode nonsense", "Unknown mode 'nonsense'; it is one of fast, optimized."),
        ("--target price", "Unknown target 'price'; it is one of log_return, difference."),
        ("--executor cloud", "Unknown executor 'cloud'."),
        ("--column highest", "highest"),
        ("--symbol AAA", "no column of symbols, so 'AAA' cannot be chosen"),
    ],
)
def test_options_that_make_no_sense(words: str, message: str, refused: Refused) -> None:
    assert message in refused(*words.split())


@pytest.mark.parametrize(
    ("symbol", "message"),
    [
        ("two words", "Unknown price series 'two words'."),
        ("sample:nasdak", "Unknown sample 'nasdak'. Did you mean 'nasdaq'?"),
        ("nowhere.csv", "Cannot read nowhere.csv: there is no such file. Check the path."),
    ],
)
def test_symbols_of_no_known_form(symbol: str, message: str, refused: Refused) -> None:
    assert message in " ".join(refused("--symbol", symbol, csv=None).split())


def test_a_column_without_a_file(refused: Refused) -> None:
    assert "name the file, too" in refused("--column", "close", csv=None)


def test_files_that_are_none(refused: Refused, tmp_path: Path) -> None:
    assert "there is no such file" in refused(csv=tmp_path / "nowhere.csv")
    assert f"Cannot read {tmp_path}" in refused(csv=tmp_path)


def test_a_series_that_is_too_short_says_by_how_much(refused: Refused, tmp_path: Path) -> None:
    said = refused("--lookback", 10, csv=write_prices(tmp_path / "short.csv", 300))
    assert "Too few rows: with 300 rows, lookback 10 and horizon 1" in said
    assert "validation has 36 origins and needs 100" in said


def test_a_jump_names_the_command_that_accepts_it(refused: Refused, tmp_path: Path) -> None:
    prices = write_prices(tmp_path / "split.csv", 300)
    prices.write_text(prices.read_text() + "2035-01-01,1,1,1,1,1\n")
    said = refused("--column", "close", csv=prices)
    command = f"`trintena data import {prices} --column close"
    assert f"{command} --allow-jumps`" in said
    assert f"{command} --measures value`" in said
    assert "Too few rows" in refused("--column", "close", "--measures", "value", csv=prices)


def test_an_answer_that_could_not_be_written_is_refused_before_training(
    refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for target in (tmp_path, tmp_path / "nowhere" / "answer.json", tmp_path / "file" / "answer.json"):
        assert f"Cannot write --json {target}" in refused("--json", target)
    assert "Cannot write --json" in refused("--json", tmp_path / ("a" * 300))
    assert "Cannot write --json" in refused("--resume", 1, "--json", tmp_path, csv=None)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_an_answer_that_may_not_be_written_is_refused_before_training(
    refused: Refused, tmp_path: Path
) -> None:
    folder, file = tmp_path / "locked", tmp_path / "kept.json"
    folder.mkdir(mode=0o500)
    file.touch(mode=0o400)
    for target in (folder / "answer.json", file):
        assert f"Cannot write --json {target}" in refused("--json", target)


def test_a_refusal_leaves_no_answer_and_an_earlier_one_untouched(refused: Refused, tmp_path: Path) -> None:
    answer, earlier = tmp_path / "answer.json", tmp_path / "earlier.json"
    earlier.write_text("{}")
    refused("--models", 31, "--json", answer)
    refused("--models", 31, "--json", earlier)
    assert not answer.exists()
    assert earlier.read_text() == "{}"


def test_resuming_what_does_not_exist(refused: Refused) -> None:
    assert "No experiment 9. See `trintena experiments list`." in " ".join(
        refused("--resume", 9, csv=None).split()
    )


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--models 1,2", "--models"),
        ("--lookback 60 --seed 0", "--lookback, --seed"),
        ("--symbol sample:nasdaq --mode fast", "--symbol, --mode"),
    ],
)
def test_resuming_with_options_that_would_not_be_heeded(words: str, named: str, refused: Refused) -> None:
    said = refused("--resume", 1, *words.split(), csv=None)
    assert f"--resume goes on with an experiment as it was planned; it takes no {named}." in said


def test_a_refusal_shows_no_traceback(tmp_path: Path, prices: Path) -> None:
    done: Done = trintena(tmp_path / "home", "train", "--csv", prices, "--models", "1,6,gruu")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "Error: Unknown architecture 'gruu'. Did you mean 'gru'?",
        "List them with `trintena zoo list`.",
    ]
