"""What is stored of a failure in English is told in the reader's language."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import replace
from types import ModuleType

import pytest

from trintena.domain import ExperimentSpec, Search, SearchSpace
from trintena.jobs import failures
from trintena.jobs.failures import WorkerDied
from trintena.language import speaking
from trintena.report import reasons
from trintena.training import course, trial
from trintena.zoo import BOUNDED_ACTIVATIONS


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


NOT_FINITE = "diverged: the training loss is not finite in epoch 1"
SPEC = ExperimentSpec("NVDA", "ab" * 32, (1, 6), "2001-01-02", "2018-12-31", lookback=1512)


def searching(*activations: str) -> ExperimentSpec:
    space = SearchSpace(activation=activations)
    return replace(SPEC, mode="optimized", search=Search("random", space=space))


def test_what_ran_away_without_a_bound_is_told_its_remedy() -> None:
    assert reasons.remedy(
        SPEC, [None, "diverged: the training loss rose 5 epochs running, to 7", NOT_FINITE]
    ) == (
        "A recurrence with relu can run away over a window of 1,512 rows. A bounded activation holds: "
        "--mode optimized --activation tanh; so does a shorter --lookback."
    )
    with speaking("pt"):
        assert reasons.remedy(searching("tanh", "elu", "gelu"), [NOT_FINITE]) == (
            "Uma recorrência com elu e gelu pode disparar ao longo de uma janela de 1.512 linhas. Uma "
            "ativação limitada aguenta: --mode optimized --activation tanh; um --lookback menor, também."
        )


@pytest.mark.parametrize("reason", [None, "", "out of memory", "diverged: the training loss rose 5 epochs"])
def test_other_failures_are_told_none(reason: str | None) -> None:
    assert reasons.remedy(SPEC, [reason]) == ""


def test_where_every_activation_has_its_bound_there_is_none() -> None:
    assert reasons.remedy(searching(*BOUNDED_ACTIVATIONS), [NOT_FINITE]) == ""
    assert reasons.remedy(searching("tanh", "hard_swish"), [NOT_FINITE]) != ""


@pytest.mark.parametrize("reason", [text for text in SAID if "finite" in text and not text.endswith(" ")])
def test_all_that_is_not_finite_may_have_run_away(reason: str) -> None:
    assert reasons.ran_away(SPEC, [reason])


def test_a_text_from_elsewhere_becomes_one_line_of_plain_letters() -> None:
    assert reasons.told("XlaError:\n\tout of\r\nmemory\x1b[31m!\x07 ") == "XlaError: out of memory [31m!"
    assert reasons.told("não há memória — 3 GiB") == "não há memória — 3 GiB"
    assert reasons.told("") == ""
