"""The pieces that a verdict rests on: each number where it belongs, nothing where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from trintena.language import speaking
from trintena.report.alarm import alarm, alarm_in_short
from trintena.report.evidence import essentials, evidence, names_in_set

SET = {"level": 0.9, "model_ids": [6], "baselines": ["drift", "auto_ets"]}
VERDICT: dict[str, Any] = {
    "code": "not_distinguishable",
    "skill": 0.0012,
    "skill_against_drift": -0.0034,
    "dm_p": 0.0412,
    "dm_p_against_drift": 0.81,
    "spa_p": 0.0,
    "confidence_set": SET,
    "n_trials": 1,
    "luck_level": 0.0151,
    "validation_skill": 0.0112,
    "shrinkage": 0.01,
    "persistence_clone": False,
    "suspect_leakage": [],
}
FIGURES = {
    "directional_accuracy": 0.52,
    "majority_share": 0.53,
    "direction_p": 0.31,
    "by_step": {"rmse": [0.01]},
    "change_correlation": [0.08, -0.012, 0.17],
    "best_shift": 1,
}


def answer(**verdict: Any) -> dict[str, Any]:
    """Of an experiment with two architectures that were judged and one that failed."""
    return {
        "verdict": VERDICT | verdict,
        "results": [
            {"rank": 1, "model_id": 1, "test_rmse": 0.012, "metrics": {"test": FIGURES}},
            {"rank": 2, "model_id": 6, "test_rmse": 0.011, "metrics": {}},
            {"rank": None, "model_id": 9, "test_rmse": None, "metrics": {}},
        ],
        "baselines": [
            {"key": "last_value", "name": "Last value", "test_rmse": 0.0121},
            {"key": "drift", "name": "Drift", "test_rmse": 0.0105},
            {"key": "auto_ets", "name": "AutoETS", "test_rmse": None},
        ],
        "intervals": {"model": {"levels": {"80": {"coverage": 0.794}, "90": {"coverage": 0.9}}}},
        "test_consulted": 3,
        "horizon": 1,
    }


def told(answer: dict[str, Any]) -> dict[str, str]:
    pieces = evidence(answer)
    assert len(dict(pieces)) == len(pieces)
    return dict(pieces)


def test_every_piece_has_its_numbers_and_the_name_of_its_test() -> None:
    assert told(answer()) == {
        "Against the last value": "The error on the test segment is 0.12% lower. Of two equally good "
        "forecasts, luck alone would put this one so far ahead in 4.1% of cases (Diebold-Mariano, p = "
        "0.041).",
        "Against drift": "The error on the test segment is not lower: 0.34% higher (Diebold-Mariano, p = "
        "0.81).",
        "Best of many": "Were no architecture (of 2) better than the last value, luck alone would put the "
        "best of them so far ahead in fewer than 1 of 1,000 cases (Hansen's test of superior predictive "
        "ability, p < 0.001).",
        "Who may be the best": "With 90% confidence 1 of 2 architectures cannot be told from the best; of "
        "the baselines: Drift, AutoETS (Model Confidence Set).",
        "Luck level": "Of 1 trial without any skill the luckiest would reach a validation skill of +1.51% "
        "once in twenty; the winner reached +1.12%; that is not above it.",
        "From validation to test": "Skill +1.12% where the winner was chosen, +0.12% on the test: 1.00 "
        "percentage points lost.",
        "Direction": "Right 52.0% of the time; always naming the commoner one is right 53.0% of the time. "
        "Forecasts unrelated to what came would do as well in 31% of cases (Pesaran-Timmermann, p = 0.31).",
        "Does it foresee?": "Forecast and actual changes correlate at +0.08; with 95% confidence between "
        "-0.01 and +0.17. The forecast path fits the actual one best at a lag of 1: only what gets most of a "
        "change right fits at 0; a weak forecast fits at 1, too, as the last value does.",
        "Intervals": "The bands of 80% and 90% held 79.4% and 90.0% of the test segment.",
        "Looks at the test": "Test consulted 3 times for these dates: the more often, the likelier luck.",
    }


def test_portuguese_says_the_same_with_its_numbers() -> None:
    with speaking("pt"):
        pieces = told(answer())
    assert pieces["Contra o último valor"].endswith("em 4,1% dos casos (Diebold-Mariano, p = 0,041).")
    assert "não é menor: 0,34% maior" in pieces["Contra a tendência média"]
    assert "em menos de 1 em 1.000 casos" in pieces["Melhor de muitas"]
    assert pieces["Da validação ao teste"].endswith("+0,12% no teste: 1,00 p.p. a menos.")
    assert len(pieces) == 10


def test_too_few_origins_are_told_and_gains_are_called_so() -> None:
    pieces = told(answer(spa_p=None, shrinkage=-0.002, confidence_set={**SET, "baselines": []}, n_trials=30))
    assert "fewer than ten horizons fit into the test segment" in pieces["Best of many"]
    assert pieces["From validation to test"].endswith(": 0.20 percentage points gained.")
    assert "of the baselines: none (Model" in pieces["Who may be the best"]
    assert pieces["Luck level"].startswith("Of 30 trials without any skill")


def test_of_several_steps_the_last_one_is_looked_at() -> None:
    several = {**answer(), "horizon": 5}
    pieces = told(several)
    assert pieces["Direction"].startswith("Right 52.0% of the time at the last step; always naming")
    assert pieces["Does it foresee?"].startswith("Forecast and actual changes correlate")
    assert "a weak forecast fits at 5, too" in pieces["Does it foresee?"]
    with speaking("pt"):
        assert told(several)["Direção"].startswith("Certa em 52,0% das vezes no último passo; dizer")
    several["results"][0]["metrics"] = {"test": {**FIGURES, "direction_p": None}}
    assert "Timmermann" not in told(several)["Direction"]


def test_a_winner_above_the_luck_level_is_told_without_a_remark() -> None:
    assert told(answer(validation_skill=0.0152))["Luck level"].endswith("the winner reached +1.52%.")
    assert told(answer(validation_skill=0.0151))["Luck level"].endswith("+1.51%; that is not above it.")
    with speaking("pt"):
        assert told(answer())["Nível da sorte"].endswith("a vencedora chegou a +1,12%; isso não o supera.")


def test_a_luck_level_that_cannot_be_known_is_said_to_be_unknown() -> None:
    assert told(answer(luck_level=None))["Luck level"].startswith("Unknown: beside windows this long")
    with speaking("pt"):
        assert told(answer(luck_level=None))["Nível da sorte"].startswith("Não se sabe: diante de janelas")
    older = answer()
    del older["verdict"]["luck_level"]
    assert "Luck level" not in told(older), "nobody asked for it"


def test_an_error_that_is_many_times_as_high_is_told_as_a_multiple() -> None:
    told_of = told(answer(skill=-20.4, dm_p=0.84))["Against the last value"]
    assert (
        told_of == "The error on the test segment is not lower: 21 times as high (Diebold-Mariano, p = 0.84)."
    )


def test_a_set_that_holds_somebody_bad_says_how_that_can_be() -> None:
    """The range statistic is in units of a variance that one wild day can blow up."""
    bad = answer()
    bad["results"][1]["skill"] = -0.101
    said = told(bad)["Who may be the best"]
    assert said.endswith("(Model Confidence Set; a few wild days can hide how bad a forecast is).")
    bad["results"][1]["skill"] = -0.1
    bad["results"][0]["skill"] = -5.0
    assert told(bad)["Who may be the best"].endswith("Drift, AutoETS (Model Confidence Set)."), "outside it"
    bad["baselines"][1]["skill"] = -0.2
    with speaking("pt"):
        assert "poucos dias extremos" in told(bad)["Quem pode ser o melhor"]


@pytest.mark.parametrize(
    "empty",
    [
        {},
        {"verdict": None, "results": [], "baselines": []},
        {"verdict": {"code": "not_judged"}, "winner": None},
        {"verdict": {"code": "ahead_on_test", "skill": 0.01, "skill_against_drift": 0.02}, "winner": {}},
    ],
)
def test_what_is_not_there_is_left_out(empty: dict[str, Any]) -> None:
    assert evidence(empty) == []
    assert names_in_set(empty) is None
    assert alarm(empty.get("verdict")) is None


def test_the_essentials_are_four_of_them() -> None:
    short = essentials(answer())
    assert [label for label, _ in short] == [
        "Who may be the best",
        "Luck level",
        "From validation to test",
        "Intervals",
    ]
    assert set(short) < set(evidence(answer()))


def test_the_set_names_everybody_best_on_test_first() -> None:
    assert names_in_set(answer()) == [
        ("Drift", True),
        ("6 GRU Classic (64/32)", True),
        ("1 LSTM Classic (64/32)", False),
        ("Last value", False),
    ]


def test_the_alarm_says_what_was_seen_and_where_to_look() -> None:
    english = alarm({"suspect_leakage": ["skill", "direction"]})
    with speaking("pt"):
        portuguese = alarm({"suspect_leakage": ["skill", "direction"]})
    assert english is not None
    assert portuguese is not None
    assert english.startswith(
        "Suspect leakage: its error is more than 3% below the last value's; it gets the direction right more "
        "often than luck usually would. On prices such numbers are rare, and a bug is likelier than a "
        "discovery"
    )
    assert english.endswith("Only when none of that is found, chance or a real regularity is left.")
    assert "R²" not in english
    assert portuguese.startswith("Suspeita de vazamento: seu erro é mais de 3% menor")
    assert "mais vezes do que a sorte costuma dar" in portuguese
    assert alarm({"suspect_leakage": []}) is None
    assert alarm(None) is None


def test_the_alarm_has_a_line_for_where_there_is_little_room() -> None:
    leaks = {"suspect_leakage": ["r2"]}
    assert alarm_in_short(leaks) == "Too good: suspected leak from the future."
    with speaking("pt"):
        assert alarm_in_short(leaks) == "Bom demais: suspeita de vazamento do futuro."
    assert alarm_in_short({"suspect_leakage": []}) is None
    assert alarm_in_short(None) is None
