"""What a verdict says, in both languages: all of its numbers, and nothing beyond them."""

from __future__ import annotations

from typing import Any

import pytest

from trintena.language import speaking
from trintena.report import judgment


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
        english = judgment.sentence(verdict)
    with speaking("pt"):
        return english, judgment.sentence(verdict)


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
    assert english.endswith(
        "; p = 0.20). So long a horizon cannot be judged on so few origins: take a longer test segment, or a "
        "shorter horizon."
    )
    assert portuguese.endswith(
        "Um horizonte tão longo não pode ser julgado com tão poucas origens: use um teste mais longo ou um "
        "horizonte menor."
    )
    for others in ({"dm_p": None, "spa_p": None}, {"dm_p": 0.2, "spa_p": 0.2}):
        assert "horizon" not in both(told("not_distinguishable", **others))[0]


@pytest.mark.parametrize("skill", [0.0, 0.0099, -0.0099])
def test_a_clone_whose_error_is_the_last_values_repeats_it(skill: float) -> None:
    english, portuguese = both(told("not_distinguishable", persistence_clone=True, skill=skill))
    assert english.endswith(" In practice it repeats the last value.")
    assert portuguese.endswith(" Na prática, repete o último valor.")


@pytest.mark.parametrize("skill", [None, 0.01, -0.01, -0.71, 0.43])
def test_what_any_other_clone_adds_is_told_as_noise(skill: float | None) -> None:
    english, portuguese = both(told("not_distinguishable", persistence_clone=True, skill=skill))
    assert english.endswith(" What it adds to the last value cannot be told from noise.")
    assert portuguese.endswith(" O que acrescenta ao último valor não se distingue de ruído.")
    assert "repeats the last" not in english


def test_who_is_behind_by_more_than_luck_explains_is_called_worse() -> None:
    lost = told("not_distinguishable", skill=-0.114, skill_against_drift=-0.098, dm_p=0.98, spa_p=0.61)
    assert both(lost) == (
        "Worse than repeating the last value on the test segment: its error is 11.40% higher (against drift "
        "-9.80%; p = 0.98; over all architectures together p = 0.61).",
        "Pior do que repetir o último valor no teste: seu erro é 11,40% maior (contra a tendência -9,80%; "
        "p = 0,98; no conjunto de todas as arquiteturas, p = 0,61).",
    )
    hair, _ = both({**lost, "skill": -0.00002})
    assert "its error is less than 0.01% higher" in hair


@pytest.mark.parametrize(
    ("skill", "english", "portuguese"),
    [
        (-20.4, "its error is 21 times as high.", "seu erro é 21 vezes o do último valor."),
        (-2345.0, "2,346 times as high.", "2.346 vezes o do último valor."),
        (-1e12, "more than a million times as high.", "mais de um milhão de vezes o do último valor."),
    ],
)
def test_a_tenfold_error_needs_no_test(skill: float, english: str, portuguese: str) -> None:
    """The variance of a hundredfold loss hides it from the test, and few origins from the other."""
    for dm_p, spa_p in ((0.84, 0.9), (None, None), (0.84, None)):
        said = both(told("not_distinguishable", skill=skill, dm_p=dm_p, spa_p=spa_p))
        assert said[0].startswith("Worse than repeating the last value on the test segment")
        assert said[0].endswith(english)
        assert said[1].endswith(portuguese)


@pytest.mark.parametrize(
    "others",
    [
        {"skill": -0.114, "dm_p": 0.95},
        {"skill": -9.0, "dm_p": 0.84},
        {"skill": -0.114, "dm_p": None},
        {"skill": -0.71, "dm_p": 0.99, "spa_p": None},
        {"skill": 0.002, "dm_p": 0.96},
        {"skill": None, "dm_p": 0.96},
    ],
)
def test_who_may_be_behind_by_luck_is_not_called_worse(others: dict[str, Any]) -> None:
    """Too few origins prove a lag no better than a lead."""
    verdict = told("not_distinguishable", **others)
    assert both(verdict)[0].startswith("Not distinguishable from repeating the last value")
    assert not judgment.is_worse(verdict)
    assert not judgment.is_worse({**verdict, "code": "not_judged", "skill": -50.0})


def test_the_short_form_says_what_the_sentence_says() -> None:
    lost = {"skill": -0.114, "dm_p": 0.98}
    for code, others, english, portuguese in (
        ("beats_last_value", {}, "Beats the last value", "Supera o último valor"),
        ("not_distinguishable", {}, "Not distinguishable", "Não se distingue"),
        ("not_distinguishable", lost, "Worse than the last value", "Pior que o último valor"),
        (
            "not_distinguishable",
            {"persistence_clone": True, "skill": -0.002},
            "Repeats the last value",
            "Repete o último valor",
        ),
        (
            "not_distinguishable",
            {"persistence_clone": True, "skill": 0.43},
            "Cannot be told from noise",
            "Não se distingue de ruído",
        ),
        (
            "not_distinguishable",
            {"persistence_clone": True, **lost},
            "Worse than the last value",
            "Pior que o último valor",
        ),
        ("not_judged", {"persistence_clone": True}, "Not judged", "Sem veredito"),
        (
            "beats_last_value",
            {"suspect_leakage": ["r2"]},
            "Beats the last value; alarm",
            "Supera o último valor; alarme",
        ),
    ):
        verdict = told(code, **others)
        assert judgment.in_short(verdict) == english
        with speaking("pt"):
            assert judgment.in_short(verdict) == portuguese
    assert judgment.in_short(None) == "Not judged"


def test_simpler_forecasts_that_did_better_are_named_after_a_victory() -> None:
    def baseline(key: str, rmse: float | None) -> dict[str, Any]:
        return {"key": key, "name": key, "test_rmse": rmse}

    answer = {
        "verdict": told("beats_last_value"),
        "results": [{"rank": 1, "model_id": 6, "test_rmse": 0.0120}],
        "baselines": [
            baseline("drift", 0.0119),
            baseline("auto_ets", 0.0120),
            baseline("ridge", 0.0118),
            baseline("last_value", 0.0123),
            baseline("auto_arima", None),
        ],
    }
    named = "Drift, Ridge on the window."
    assert judgment.of_answer(answer).endswith(f" Baselines with a lower error on the test segment: {named}")
    with speaking("pt"):
        assert judgment.of_answer(answer).endswith(
            " Referências com erro menor no teste: Tendência média, Ridge sobre a janela."
        )
    assert "Baselines" not in judgment.of_answer({**answer, "verdict": told("not_distinguishable")})
    assert "Baselines" not in judgment.of_answer({**answer, "results": []})
    assert judgment.of_answer({}) == "No verdict: the test was not consulted."


def test_only_a_victory_without_an_alarm_by_one_of_the_best_is_good_news() -> None:
    inside = {"level": 0.9, "model_ids": [6, 9], "baselines": []}
    won = told("beats_last_value", confidence_set=inside)
    assert judgment.is_good_news(won, 6)
    assert not judgment.is_good_news(won, 1)
    assert not judgment.is_good_news({**won, "suspect_leakage": ["r2"]}, 6)
    assert not judgment.is_good_news({**won, "code": "ahead_on_test"}, 6)
    assert judgment.is_good_news(told("beats_last_value")), "of a backtest there is no set"
    assert not judgment.is_good_news(None)


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
