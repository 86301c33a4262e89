"""What is stored of a failure in English is told in the reader's language."""

from __future__ import annotations

import ast
import inspect
import re
from types import ModuleType

import pytest

from trintena.jobs import failures
from trintena.jobs.failures import WorkerDied
from trintena.language import speaking
from trintena.report import reasons
from trintena.training import course, trial


def said_in(module: ModuleType, beginning: str) -> list[str]:
    """Every text of a module that begins so; what is put into one is a number, here 7."""
    found = []
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "7" for part in node.values]
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return [text for text in found if re.match(beginning + r".*[a-z]{3}", text)]


SAID = [
    *said_in(course, "diverged: "),
    *said_in(trial, "diverged: "),
    *said_in(failures, "the worker process "),
]


def test_all_reasons_are_looked_at() -> None:
    assert len(SAID) >= len(reasons.IN_PORTUGUESE) - 1  # an f-string's own parts count, too


@pytest.mark.parametrize("code", [3, -9, -11])
def test_the_death_of_a_process_is_told_with_what_it_wrote(code: int) -> None:
    told = str(WorkerDied.from_exit(code, "out of memory\n"))
    with speaking("pt"):
        assert reasons.told(told).startswith("o processo que treinava ")
        assert "out of memory" in reasons.told(told)
    assert reasons.told(told) == told


@pytest.mark.parametrize("reason", [text for text in SAID if not text.endswith((" ", "to "))])
def test_whatever_is_said_has_its_portuguese(reason: str) -> None:
    whole = reason if "signal 7 (" not in reason else reason.replace("(7)", "(Segmentation fault)")
    with speaking("pt"):
        assert reasons.told(whole) != whole, "add it to report/reasons.py"
        assert not re.search(r"\b(the|diverged|worker|loss|forecasts)\b", reasons.told(whole))


def test_numbers_stay() -> None:
    with speaking("pt"):
        told = reasons.told("diverged: the training loss rose 5 epochs running, to 1.25e+06")
    assert told == "divergiu: a perda de treino subiu 5 épocas seguidas, até 1.25e+06"


def test_a_text_from_elsewhere_becomes_one_line_of_plain_letters() -> None:
    assert reasons.told("XlaError:\n\tout of\r\nmemory\x1b[31m!\x07 ") == "XlaError: out of memory [31m!"
    assert reasons.told("não há memória — 3 GiB") == "não há memória — 3 GiB"
    assert reasons.told("") == ""
