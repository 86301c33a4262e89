"""What a verdict says, in both languages: all of its numbers, and nothing beyond them."""

from __future__ import annotations

from typing import Any

import pytest

from trintena.language import speaking
from trintena.report import words


def told(code: str, **others: Any) -> dict[str, Any]:
    """A verdict as the judge words it."""
    return {
        "code": code,
        "skill": 0.021,
        "skill_against_drift": 0.019,
        "dm_p": 0.0031,
        "spa_p": 0.012,
        "persistence_clone": False,
        **others,
    }


def both(verdict: dict[str, Any] | None) -> tuple[str, str]:
    with speaking("en"):
        english = words.verdict(verdict)
    with speaking("pt"):
        return english, words.verdict(verdict)


def test_who_beats_the_last_value_is_told_with_both_leads_and_both_tests() -> None:
    assert both(told("beats_last_value")) == (
        "Beats repeating the last value on the test segment: its error is 2.10% lower, and 1.90% lower than "
        "drift's. Luck alone would rarely get that far (p = 0.003; over all architectures together p = "
        "0.012).",
        "Supera repetir o último valor no teste: seu erro é 2,10% menor, e 1,90% menor que o da tendência "
        "média. Só a sorte raramente chegaria tão longe (p = 0,003; no conjunto de todas as arquiteturas, "
        "p = 0,012).",
    )


def test_who_cannot_be_distinguished_is_told_with_signs() -> None:
    verdict = told("not_distinguishable", skill=0.0003, skill_against_drift=-0.0017, dm_p=0.43, spa_p=0.61)
    assert both(verdict) == (
        "Not distinguishable from repeating the last value (test skill +0.03%, against drift -0.17%; p = "
        "0.43; over all architectures together p = 0.61).",
        "Não se distingue de repetir o último valor (ganho no teste +0,03%, contra a tendência -0,17%; p = "
        "0,43; no conjunto de todas as arquiteturas, p = 0,61).",
    )


def test_what_was_not_computed_is_left_out() -> None:
    nothing = told("not_distinguishable", skill=0.0, skill_against_drift=None, dm_p=None, spa_p=None)
    assert both(nothing) == (
        "Not distinguishable from repeating the last value (test skill +0.00%, against drift —).",
        "Não se distingue de repetir o último valor (ganho no teste +0,00%, contra a tendência —).",
    )
    english, _ = both(told("not_distinguishable", dm_p=None, spa_p=0.5))
    assert english.endswith("+1.90%; over all architectures together p = 0.50).")


def test_too_few_origins_are_told_where_they_are_the_reason() -> None:
    """The winner's own p-value is there, so that only the length of the segment can hinder the other."""
    english, portuguese = both(told("not_distinguishable", dm_p=0.2, spa_p=None))
    assert english.endswith("; p = 0.20). So long a horizon cannot be judged on so few origins.")
    assert portuguese.endswith("Um horizonte tão longo não pode ser julgado com tão poucas origens.")
    for others in ({"dm_p": None, "spa_p": None}, {"dm_p": 0.2, "spa_p": 0.2}):
        assert "horizon" not in both(told("not_distinguishable", **others))[0]


def test_a_clone_is_called_one_whatever_its_skill() -> None:
    english, portuguese = both(told("not_distinguishable", persistence_clone=True))
    assert english.endswith(" In practice it repeats the last value.")
    assert portuguese.endswith(" Na prática, repete o último valor.")


def test_answers_from_before_the_tests_claim_no_test() -> None:
    old = {"code": "ahead_on_test", "skill": 0.00001, "skill_against_drift": 0.02, "persistence_clone": False}
    assert both(old) == (
        "On the test segment its error is less than 0.01% lower than the last value's and 2.00% lower than "
        "drift's; whether that is more than luck has not been tested.",
        "No teste, seu erro é menos de 0,01% menor que o do último valor e 2,00% menor que o da tendência "
        "média; se isso é mais que sorte, ainda não foi testado.",
    )


@pytest.mark.parametrize("verdict", [None, {}, {"code": "not_judged"}, {"code": "something new"}])
def test_without_a_verdict_there_is_none(verdict: dict[str, Any] | None) -> None:
    assert both(verdict) == (
        "No verdict: the test was not consulted.",
        "Sem veredito: o teste não foi consultado.",
    )


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (0.0, "p < 0.001"),
        (0.00099, "p < 0.001"),
        (0.001, "p = 0.001"),
        (0.0496, "p = 0.050"),
        (0.0994, "p = 0.099"),
        (0.1, "p = 0.10"),
        (0.99, "p = 0.99"),
        (0.997, "p > 0.99"),
        (1.0, "p > 0.99"),
    ],
)
def test_p_values_have_as_many_digits_as_they_bear(p: float, written: str) -> None:
    with speaking("en"):
        assert words.p_value(p) == written
    with speaking("pt"):
        assert words.p_value(p) == written.replace(".", ",")
