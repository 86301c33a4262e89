from __future__ import annotations

import re
from typing import Any

import pytest

from trintena.cli.board import print_board
from trintena.cli.ranking import print_ranking

Capture = pytest.CaptureFixture[str]


def model(rank: int | None, model_id: int, rmse: float | None, **others: Any) -> dict[str, Any]:
    """A row of the answer."""
    return {
        "rank": rank,
        "model_id": model_id,
        "model_name": f"Model {model_id}",
        "reason": None,
        "rmse": rmse,
        "parameters": 12345,
        "fit_seconds": 1.234,
        "test_rmse": 0.0312345678,
        "skill": 0.0123,
        **others,
    }


def failed(model_id: int, reason: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("parameters", "fit_seconds", "test_rmse", "skill"))
    return model(None, model_id, None, reason=reason, **nothing)


def baseline(key: str, rmse: float, **others: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "validation_rmse": rmse, "test_rmse": 0.04, "skill": 0.0, **others}


BASELINES = [baseline("drift", 0.0231, skill=-0.0042), baseline("last_value", 0.0235)]


def steps(n: int) -> list[dict[str, Any]]:
    return [{"date": f"2019-01-{day:02d}", "price": 6650.25 + day} for day in range(1, n + 1)]


def answer(**others: Any) -> dict[str, Any]:
    """What a finished experiment answers, as far as the board shows it."""
    results = [model(1, 11, 0.0221), model(2, 6, 0.0232), failed(26, "diverged")]
    return {
        "mode": "fast",
        "results": results,
        "baselines": BASELINES,
        "winner": results[0],
        "total_models": 3,
        "partial": False,
        "verdict": {
            "code": "ahead_on_test",
            "skill": 0.0123,
            "skill_against_drift": 0.0045,
            "persistence_clone": False,
        },
        "champion": {
            "version": 4,
            "is_winner": True,
            "title": {"incumbent": None, "reason": "first"},
            "files": ["models/X_11_a.keras", "models/X_11_a.scaler", "models/X_11_a.json"],
        },
        "forecast": {
            "origin": "2018-12-31",
            "last_value": 6635.28,
            "forecast": steps(1),
            "warnings": [],
            "age_days": 3,
        },
        "test_consulted": 1,
        "total_time": 75.0,
        **others,
    }


def places(capsys: Capture) -> list[str]:
    """Place and name of every row of the table, from the top."""
    table = capsys.readouterr().out.split("lower is better")[0]
    return [re.split(r" {2,}", line.strip() + "  ")[:2] for line in table.splitlines()[1:]]  # type: ignore[misc]


# The table


def test_baselines_stand_among_the_models_without_medal_and_number(capsys: Capture) -> None:
    rows = [model(i, i, rmse) for i, rmse in enumerate((0.0221, 0.0232, 0.0233, 0.0234, 0.0240), 1)]
    print_ranking(rows, BASELINES)
    assert places(capsys) == [
        ["🥇", "1 Model 1"],
        ["·", "Drift (baseline)"],
        ["🥈", "2 Model 2"],
        ["🥉", "3 Model 3"],
        ["4", "4 Model 4"],
        ["·", "Last value (baseline)"],
        ["5", "5 Model 5"],
    ]


def test_rows_are_ordered_by_the_selection_score_whatever_the_order_they_come_in(capsys: Capture) -> None:
    print_ranking([model(2, 7, 0.3, skill=0.9), model(1, 8, 0.2, skill=-0.9)], [baseline("drift", 0.1)])
    assert [name for _, name in places(capsys)] == ["Drift (baseline)", "8 Model 8", "7 Model 7"]


def test_tied_models_keep_the_order_of_their_ranks(capsys: Capture) -> None:
    print_ranking([model(i, i, 0.5) for i in range(1, 13)], [])
    assert [name for _, name in places(capsys)] == [f"{i} Model {i}" for i in range(1, 13)]


def test_a_row_shows_selection_test_skill_size_and_seconds(capsys: Capture) -> None:
    print_ranking([model(1, 11, 0.0221234567)], [])
    heading, row = capsys.readouterr().out.splitlines()[:2]
    assert re.split(r" {2,}", heading.strip()) == [
        "#",
        "Model",
        "Selection (validation RMSE)",
        "Test RMSE",
        "Test skill",
        "Parameters",
        "Fit s",
    ]
    assert row.split()[-5:] == ["0.0221235", "0.0312346", "+1.23%", "12,345", "1.23"]


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
def test_what_is_not_known_is_a_dash(capsys: Capture, missing: float | None) -> None:
    fields = dict.fromkeys(("test_rmse", "skill", "fit_seconds", "parameters"), missing)
    print_ranking([model(1, 11, 0.5, **fields)], [baseline("drift", 0.6, test_rmse=None, skill=missing)])
    page = capsys.readouterr().out
    row, drift = page.splitlines()[1:3]
    assert row.split()[-5:] == ["0.500000", "—", "—", "—", "—"]
    assert drift.split()[-3:] == ["0.600000", "—", "—"]
    assert not re.search(r"\b(nan|inf|none)\b", page, re.IGNORECASE)


def test_there_is_no_negative_zero(capsys: Capture) -> None:
    print_ranking([model(1, 11, 0.5, skill=-1e-9), model(2, 12, 0.6, skill=-0.0)], [])
    page = capsys.readouterr().out
    assert page.count("+0.00%") == 2
    assert "-0.00%" not in page


def test_a_long_name_is_whole_where_no_terminal_is(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    name = "Convolution [causal], then LSTM, " * 8 + "end"
    print_ranking([model(1, 28, 0.5, model_name=name)], BASELINES)
    page = capsys.readouterr().out
    assert f"28 {name}" in page
    assert len(page.splitlines()) == 5, "a heading, three rows and a note"
    assert "\x1b" not in page


def test_failed_models_are_listed_with_reasons_of_one_line(capsys: Capture) -> None:
    rows = [model(1, 11, 0.5), failed(3, "XlaError:\n out of [memory]\x1b[31m"), failed(26, "diverged")]
    print_ranking(rows, BASELINES)
    page = capsys.readouterr().out
    table, rest = page.split("Failed (2)\n")
    assert rest.splitlines() == ["  3 Model 3: XlaError: out of [memory] [31m", "  26 Model 26: diverged"]
    assert "Model 3" not in table


def test_the_board_speaks_portuguese_with_its_numbers(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    print_board(answer())
    page = capsys.readouterr().out
    for told in (
        "Seleção (RMSE de validação)",
        "Último valor (referência)",
        "+1,23%",
        "12.345",
        "menor é melhor",
        "Falharam (1)",
        "No teste, seu erro é 1,23% menor que o do último valor e 0,45% menor",
        "Campeão: Model 11, versão 4",
        "2019-01-01: 6.651,25. Último valor, 2018-12-31: 6.635,28.",
        "Não é recomendação de investimento.",
    ):
        assert told in page
    assert not re.search(r"\d\.\d\d%", page)


# The rest of it


def test_a_finished_board_tells_verdict_champion_files_and_forecast(capsys: Capture) -> None:
    print_board(answer())
    rest = capsys.readouterr().out.split("diverged\n")[1]
    assert rest.splitlines() == [
        "",
        "On the test segment its error is 1.23% lower than the last value's and 0.45% lower than drift's; "
        "whether that is more than luck has not been tested.",
        "Champion: Model 11, version 4",
        "  models/X_11_a.keras",
        "  models/X_11_a.scaler",
        "  models/X_11_a.json",
        "Test consulted once.",
        "Next forecast:",
        "  2019-01-01: 6,651.25. Last value, 2018-12-31: 6,635.28.",
        "75 s in all. Not investment advice.",
    ]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (
            {
                "code": "not_distinguishable",
                "skill": 0.0123,
                "skill_against_drift": -0.0045,
                "persistence_clone": False,
            },
            "Not distinguishable from repeating the last value (test skill +1.23%, against drift -0.45%).",
        ),
        (
            {
                "code": "not_distinguishable",
                "skill": -1e-9,
                "skill_against_drift": None,
                "persistence_clone": True,
            },
            "Not distinguishable from repeating the last value (test skill +0.00%, against drift —). "
            "In practice it repeats the last value.",
        ),
        (
            {"code": "not_judged", "skill": None, "skill_against_drift": None, "persistence_clone": None},
            "No verdict: the test was not consulted.",
        ),
    ],
)
def test_the_verdict_is_one_plain_sentence(capsys: Capture, verdict: dict[str, Any], told: str) -> None:
    print_board(answer(verdict=verdict))
    page = capsys.readouterr().out
    assert told in page.splitlines()
    assert "beat" not in page.lower()


def test_a_partial_board_says_how_much_of_it_there_is(capsys: Capture) -> None:
    stopped = answer(partial=True, total_models=30)
    for name in ("champion", "forecast", "test_consulted"):
        del stopped[name]
    print_board(stopped)
    page = capsys.readouterr().out
    assert "Partial board: 2 of 30 architectures finished." in page
    assert "Champion" not in page


def test_a_board_without_any_model_says_so(capsys: Capture) -> None:
    print_board(answer(results=[failed(26, "diverged")], winner=None))
    page = capsys.readouterr().out
    assert page.splitlines()[-1] == "No architecture ended with a model."
    assert "26 Model 26: diverged" in page
    assert "Last value (baseline)" in page


def test_an_incumbent_keeps_its_title_by_name(capsys: Capture) -> None:
    champion = {
        **answer()["champion"],
        "is_winner": False,
        "title": {"incumbent": 2, "incumbent_model_name": "GRU Wide", "reason": "incumbent_stays"},
    }
    print_board(answer(champion=champion))
    page = capsys.readouterr().out
    assert "Model 11, version 4" in page.splitlines()
    assert "The champion stays GRU Wide (version 2); this model is registered beside it." in page
    assert "Champion: " not in page


def test_a_version_registered_before_the_run_was_killed_names_no_incumbent(capsys: Capture) -> None:
    title = {"incumbent": None, "reason": "registered_before"}
    print_board(answer(champion={**answer()["champion"], "is_winner": False, "title": title}))
    assert "None" not in capsys.readouterr().out


def test_of_many_steps_the_first_five_and_the_last_are_shown(capsys: Capture) -> None:
    print_board(answer(forecast={**answer()["forecast"], "forecast": steps(12)}))
    page = capsys.readouterr().out
    assert [f"2019-01-{day:02d}" for day in range(1, 13) if f"2019-01-{day:02d}" in page] == [
        *(f"2019-01-{day:02d}" for day in range(1, 6)),
        "2019-01-12",
    ]
    assert "  … 7 more steps to 2019-01-12: 6,662.25" in page.splitlines()
    print_board(answer(forecast={**answer()["forecast"], "forecast": steps(5)}))
    assert "more steps" not in capsys.readouterr().out


def test_every_look_at_the_test_segment_is_counted(capsys: Capture) -> None:
    print_board(answer(test_consulted=7))
    assert "Test consulted 7 times for these dates." in capsys.readouterr().out


def test_old_data_is_warned_of(capsys: Capture) -> None:
    forecast = {**answer()["forecast"], "warnings": ["old_data"], "age_days": 2519}
    print_board(answer(forecast=forecast))
    assert "The newest data is 2,519 days old: the forecast starts there" in capsys.readouterr().out


def test_the_board_holds_no_control_characters_where_no_terminal_is(capsys: Capture) -> None:
    print_board(answer())
    out, err = capsys.readouterr()
    assert out.replace("\n", "").isprintable()
    assert err == ""
