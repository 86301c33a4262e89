from __future__ import annotations

import json

import numpy as np
import pytest

from trintena.cli.output import print_json, say_error
from trintena.errors import NotFoundError, UnknownNameError, UsageError


def test_programs_read_strict_json_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"model": "Não é GRU [64]", "rmse": float("nan"), "rows": (np.int64(3), np.inf, None, True)}
    print_json(values)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("}\n")
    assert "Não é GRU [64]" in out, "letters stay letters"
    assert json.loads(out, parse_constant=pytest.fail) == {
        "model": "Não é GRU [64]",
        "rmse": None,
        "rows": [3, None, None, True],
    }


def test_json_is_not_folded_to_the_width_of_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_json({"reason": "word " * 100})
    assert json.loads(capsys.readouterr().out)["reason"] == "word " * 100


def test_what_has_no_form_in_json_is_a_bug_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TypeError, match="set has no form in JSON"):
        print_json({"rows": {1, 2}})
    assert capsys.readouterr().out == ""


def test_people_read_an_error_and_its_hint_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    say_error(NotFoundError("There is no experiment 7.", hint="See `trintena experiments list`."))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Error: There is no experiment 7.\nSee `trintena experiments list`.\n"


def test_an_error_without_a_hint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_error(UnknownNameError("architecture", "gruu", ["gru"]))
    assert capsys.readouterr().err == "Error: Unknown architecture 'gruu'. Did you mean 'gru'?\n"


@pytest.mark.parametrize(
    "text", ["[bold]x[/bold]", "a[/]b", "C:\\[red]prices", "[1, 2]", "odd \\", ":smile:"]
)
def test_brackets_and_backslashes_are_letters(capsys: pytest.CaptureFixture[str], text: str) -> None:
    say_error(UsageError(f"Not {text}.", hint=f"Try {text}."))
    assert capsys.readouterr().err == f"Error: Not {text}.\nTry {text}.\n"


def test_a_long_message_is_not_broken_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    say_error(UsageError("word " * 60 + "end."))
    assert capsys.readouterr().err == "Error: " + "word " * 60 + "end.\n"
