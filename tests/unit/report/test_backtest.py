"""What is said of a backtest: no more than its figures allow, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from trintena.language import speaking
from trintena.report.backtest import COLUMNS, cell, column, legend, sentences

JUDGED = {"first": "2017-10-18T00:00:00", "last": "2018-12-31T00:00:00", "origins": 302}
VERDICT = {
    "code": "not_distinguishable",
    "reason": None,
    "skill": 0.0003,
    "skill_against_drift": -0.0021,
    "dm_p": 0.43,
    "spa_p": 0.4,
    "persistence_clone": False,
    "suspect_leakage": [],
}
ANSWER: dict[str, Any] = {
    "partial": False,
    "version": 2,
    "refit_every": None,
    "n_refits": 0,
    "n_origins": 302,
    "n_in_sample": 0,
    "judged": JUDGED,
    "selected_to": "2017-03-14T00:00:00",
    "calibrated_to": "2017-10-17T00:00:00",
    "verdict": VERDICT,
    "model": {"rmse": 0.0121},
    "baselines": [{"key": "ridge", "name": "Ridge on the window", "rmse": 0.0122}],
    "intervals": None,
    "test_consulted": None,
    "warnings": [],
}


def said(language: str = "en", verdict: dict[str, Any] | None = None, **changes: Any) -> str:
    with speaking(language):
        return " ".join(sentences({**ANSWER, **changes, "verdict": {**VERDICT, **(verdict or {})}}))


def test_no_better_than_the_last_value() -> None:
    assert said().startswith(
        "302 forecasts, Oct 18, 2017 to Dec 31, 2018, by version 2 with its weights as saved. Not "
        "distinguishable from repeating the last value (skill +0.03%, against drift -0.21%; p = 0.43)."
    )
    assert said("pt").startswith(
        "302 previsões, de 18 de out. de 2017 a 31 de dez. de 2018, pela versão 2 com os pesos como foram "
        "salvos. Não se distinguem de repetir o último valor (ganho +0,03%, contra a tendência -0,21%; "
        "p = 0,43)."
    )


def test_better_than_the_last_value() -> None:
    verdict = {"code": "beats_last_value", "skill": 0.02, "skill_against_drift": 0.01, "dm_p": 0.0004}
    told = "They beat repeating the last value by more than luck explains (skill +2.00%, against drift +1.00%"
    assert f"{told}; p < 0.001)." in said(verdict=verdict)
    assert "Baselines" not in said(verdict=verdict)
    better = said(verdict=verdict, model={"rmse": 0.0123})
    assert "Baselines with a lower error on the test segment: Ridge on the window." in better


def test_worse_than_the_last_value() -> None:
    lost = {"skill": -0.114, "skill_against_drift": -0.11, "dm_p": 0.98}
    told = said(verdict=lost)
    assert "They are worse than repeating the last value: their error is 11.40% higher (skill -11.40%" in told
    assert "istinguishable" not in told
    assert "São piores do que repetir o último valor: seu erro é 11,40% maior (" in said("pt", verdict=lost)


def test_a_lead_on_days_that_a_board_has_judged_is_told_as_what_it_is() -> None:
    again = {"reason": "board_disagrees", "skill": 0.02, "skill_against_drift": 0.01, "dm_p": 0.01}
    told = said(verdict=again)
    assert "ahead of the last value (skill +2.00%" in told
    assert "had no proven lead: that stays the verdict" in told
    assert "beat" not in told
    assert "esse continua sendo o veredito" in said("pt", verdict=again)


def test_too_few_forecasts_ask_for_more() -> None:
    told = said(verdict={"spa_p": None})
    assert "cannot be judged on so few forecasts: take a longer stretch." in told
    assert "use um trecho mais longo" in said("pt", verdict={"spa_p": None})
    assert "so few" not in said()


@pytest.mark.parametrize(("n", "which"), [(302, "All of them"), (250, "250 of 302")])
def test_rows_that_made_the_version_are_no_test(n: int, which: str) -> None:
    told = said(n_in_sample=n, verdict={"code": "not_judged", "reason": "in_sample"})
    assert f"{which} are of rows that the version was trained, selected or calibrated on." in told
    assert "nothing is judged" in told
    assert told.count("trained, selected") == 1


def test_what_is_left_out_of_the_figures_is_counted() -> None:
    told = said(n_in_sample=212, n_origins=514)
    assert "212 more forecasts of the stretch are of rows up to Oct 17, 2017" in told
    assert "Outras 212 previsões do trecho são de linhas até 17 de out. de 2017" in said(
        "pt", n_in_sample=212
    )


def test_a_refit_says_what_its_setting_has_seen() -> None:
    refits = {"refit_every": 60, "n_refits": 6}
    told = said(**refits)
    assert "its setting fitted anew every 60 rows (refits: 6)" in told
    assert "The setting was chosen on rows up to Mar 14, 2017." in told
    assert "flatter" not in told
    assert "up to there the figures flatter" in said(**refits, warnings=["setting_seen"])
    verdict = {"code": "not_judged", "reason": "setting_seen"}
    assert "ahead of the last value, but nothing is judged" in said(**refits, verdict=verdict)


def test_what_else_there_is_to_know() -> None:
    assert "In practice it repeats the last value." in said(verdict={"persistence_clone": True})
    noise = said(verdict={"persistence_clone": True, "skill": -0.71})
    assert "What it adds to the last value cannot be told from noise." in noise
    assert "Suspect leakage" in said(verdict={"suspect_leakage": ["skill"]})
    assert "Test consulted 3 times" in said(test_consulted=3)
    assert "too short, beside the horizon" in said()
    levels = {"90": {"coverage": 0.887}}
    intervals = {"model": {"levels": levels}, "n_calibrating": 151, "n_judged": 150}
    assert "calibrated on the first 151 forecasts, held 88.7% of the 150 last ones" in said(
        intervals=intervals
    )


def test_one_that_was_stopped_has_no_verdict() -> None:
    assert said(partial=True) == "No verdict: the backtest was stopped before its end."
    assert said("pt", partial=True) == "Sem veredito: o teste retroativo foi interrompido antes do fim."


def test_figures_of_the_table() -> None:
    figures = {
        "rmse": 0.01225312,
        "mae": 0.0084824,
        "skill": -0.00004,
        "r2": 0.004,
        "directional_accuracy": 0.5351,
        "majority_share": 0.5,
        "direction_p": None,
    }
    with speaking("en"):
        assert [cell(key, figures[key]) for key in COLUMNS] == [
            "0.0122531",
            "0.00848240",
            "+0.00%",
            "+0.40%",
            "53.5%",
            "50.0%",
            "—",
        ]
        assert column("majority_share", 1) == "Commoner one"
    with speaking("pt"):
        assert cell("rmse", 0.01225312) == "0,0122531"
        assert column("skill", 1) == "Ganho"


def test_of_several_steps_the_direction_is_the_last_ones() -> None:
    assert (column("directional_accuracy", 1), column("directional_accuracy", 5)) == (
        "Direction",
        "Direction, last step",
    )
    assert "Direction at the last step beside" in legend(5)
    assert "Direction beside" in legend(1)
    with speaking("pt"):
        assert column("directional_accuracy", 5) == "Direção, último passo"
        assert "Direção no último passo ao lado" in legend(5)
