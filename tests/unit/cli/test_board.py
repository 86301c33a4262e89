from __future__ import annotations

import io
import re
import statistics
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from trintena.cli.board import print_board
from trintena.cli.ranking import print_ranking
from trintena.cli.train_options import split_of
from trintena.domain import ExperimentSpec, Split
from trintena.windows.segments import borders_of

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
    return [
        {
            "date": f"2019-01-{day:02d}",
            "price": 6650.25 + day,
            "intervals": {"80": [6650.25 - 99 * day, 6650.25 + 101 * day], "95": [6000.0, 7000.0]},
        }
        for day in range(1, n + 1)
    ]


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


def test_below_what_ran_away_stands_once_what_to_do(capsys: Capture) -> None:
    spec = ExperimentSpec("X", "ab" * 32, (3, 11, 26), "2001-01-02", "2018-12-31", lookback=512)
    reason = "diverged: the training loss is not finite in epoch 1"
    print_board(answer(results=[model(1, 11, 0.5), failed(3, reason), failed(26, reason)]), spec)
    lines = capsys.readouterr().out.split("Failed (2)\n")[1].splitlines()
    assert lines[:2] == [f"  3 Model 3: {reason}", f"  26 Model 26: {reason}"]
    assert lines[2].startswith("A recurrence with relu can run away over a window of 512 rows. ")
    assert lines[2].endswith("--mode optimized --activation tanh; so does a shorter --lookback.")
    assert lines[3] == ""


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
        "Próxima previsão (último valor, 2018-12-31: 6.635,28):",
        "  2019-01-01: 6.651,25; em 8 de 10 casos, entre 6.551,25 e 6.751,25\n",
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
        "Next forecast (last value, 2018-12-31: 6,635.28):",
        "  2019-01-01: 6,651.25; 8 times in 10, between 6,551.25 and 6,751.25",
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


def test_the_evidence_stands_in_short_under_the_verdict_and_the_alarm_before_it(capsys: Capture) -> None:
    verdict = {
        "code": "not_distinguishable",
        "skill": 0.041,
        "skill_against_drift": 0.04,
        "dm_p": 0.2,
        "spa_p": 0.3,
        "confidence_set": {"level": 0.9, "model_ids": [11], "baselines": ["drift"]},
        "n_trials": 30,
        "luck_level": 0.011,
        "validation_skill": 0.05,
        "shrinkage": 0.009,
        "persistence_clone": False,
        "suspect_leakage": ["r2"],
    }
    levels = {"90": {"coverage": 0.894}}
    print_board(answer(verdict=verdict, intervals={"model": {"levels": levels}, "last_value": {}}))
    page = capsys.readouterr().out.splitlines()
    first = next(i for i, line in enumerate(page) if line.startswith("Not distinguishable"))
    assert page[first + 1].startswith("Suspect leakage: it explains more than 1% of the changes")
    assert page[first + 2 : first + 6] == [
        "  Who may be the best: With 90% confidence 1 of 2 architectures cannot be told from the best; of "
        "the baselines: Drift (Model Confidence Set).",
        "  Luck level: Of 30 trials without any skill the luckiest would reach a validation skill of +1.10% "
        "once in twenty; the winner reached +5.00%.",
        "  From validation to test: Skill +5.00% where the winner was chosen, +4.10% on the test: 0.90 "
        "percentage points lost.",
        "  Intervals: The bands of 90% held 89.4% of the test segment.",
    ]
    assert page[first + 6].startswith("Champion")


def test_too_few_origins_come_with_what_to_do_about_it(capsys: Capture) -> None:
    verdict = {"code": "not_distinguishable", "skill": 0.01, "skill_against_drift": 0.01, "dm_p": 0.2}
    print_board(answer(verdict={**verdict, "spa_p": None}))
    page = capsys.readouterr().out.splitlines()
    first = next(i for i, line in enumerate(page) if line.startswith("Not distinguishable"))
    assert page[first].endswith("take a longer test segment, or a shorter horizon.")
    assert page[first + 1] == (
        "  A longer test, for example: --split 0.6,0.1,0.1 (training, validation, calibration; the test "
        "takes the rest)."
    )
    print_board(answer(verdict={**verdict, "spa_p": 0.3}))
    assert "--split" not in capsys.readouterr().out


def test_the_split_that_is_named_has_a_longer_test_than_the_usual_one() -> None:
    for n_rows in (500, 3_000, 5_031):
        days = np.datetime64("2000-01-01", "s") + np.arange(n_rows) * np.timedelta64(86_400, "s")
        usual, longer = (borders_of(days, split)[2] for split in (Split(), split_of("0.6,0.1,0.1")))
        assert longer < usual


def test_a_victory_names_the_baselines_that_did_better(capsys: Capture) -> None:
    verdict = {"code": "beats_last_value", "skill": 0.02, "skill_against_drift": 0.01}
    better = [{**row, "test_rmse": 0.0001 if row["key"] == "drift" else 0.9} for row in BASELINES]
    won = answer(verdict={**verdict, "dm_p": 0.01, "spa_p": 0.01}, baselines=better)
    won["results"][0]["test_rmse"] = 0.01
    print_board(won)
    assert "Baselines with a lower error on the test segment: Drift.\n" in capsys.readouterr().out


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
    final = "  … 7 more steps to 2019-01-12: 6,662.25; 8 times in 10, between 5,462.25 and 7,862.25"
    assert final in page.splitlines()
    print_board(answer(forecast={**answer()["forecast"], "forecast": steps(5)}))
    assert "more steps" not in capsys.readouterr().out


def told_forecast(capsys: Capture, forecast: dict[str, Any]) -> list[str]:
    print_board(answer(forecast={"warnings": [], "age_days": 3, **forecast}))
    rest = capsys.readouterr().out.split("Test consulted once.\n")[1]
    return rest.splitlines()[:-1]


def test_numbers_of_several_dates_end_below_each_other_and_times_are_told_with_dates(capsys: Capture) -> None:
    values = ((9.8, -0.5, 20.125), (10.2, -3.4, 23.0))
    forecast = [
        {"date": f"2017-04-13T0{8 + k}:00:00", "price": price, "intervals": {"80": list(interval)}}
        for k, (price, *interval) in enumerate(values)
    ]
    given = {"origin": "2017-04-13T07:00:00", "last_value": 9.24, "forecast": forecast}
    assert told_forecast(capsys, given) == [
        "Next forecast (last value, 2017-04-13 07:00:00: 9.24):",
        "  2017-04-13 08:00:00:  9.80; 8 times in 10, between -0.50 and 20.12",
        "  2017-04-13 09:00:00: 10.20; 8 times in 10, between -3.40 and 23.00",
    ]


def test_a_forecast_without_intervals_says_nothing_of_any(capsys: Capture) -> None:
    for without in ({"intervals": {}}, {}):
        step = {"date": "2019-01-01", "price": 0.01234567, **without}
        given = {"origin": "2018-12-31T00:00:00", "last_value": 0.0121, "forecast": [step]}
        assert told_forecast(capsys, given) == [
            "Next forecast (last value, 2018-12-31: 0.01210):",
            "  2019-01-01: 0.01235",
        ]


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


# The board of a search


def found(rank: int | None, model_id: int, fits: tuple[float, ...] = (), **others: Any) -> dict[str, Any]:
    """A row of an optimized answer: an architecture whose best trial had 0.0100, fitted again or not."""
    seeds = None
    if fits:
        mean = statistics.fmean(fits)
        seeds = {
            "rmse": list(fits),
            "mean": mean,
            "std": statistics.stdev(fits),
            "min": min(fits),
            "max": max(fits),
        }
    own = {
        "state": "RUNNING" if rank is None else "COMPLETE",
        "best_rmse": sorted(fits)[len(fits) // 2] if fits else 0.01,
        "best_params": {
            "learning_rate": 0.0005,
            "batch_size": 16,
            "dropout_rate": 0.15,
            "epochs": 30,
            "activation": "mish",
        },
        "trial_counts": {"WAITING": 0, "RUNNING": 1, "COMPLETE": 4, "PRUNED": 15, "FAIL": 1},
        "trial_rmse": 0.01,
        "seeds": seeds,
        "elapsed_time": 75.0,
    }
    row = {**model(rank, model_id, None), **own, **others}
    del row["rmse"]
    return row


def search_answer(rows: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    told = answer(winner=rows[0], all_results=rows, mode="optimized")
    del told["results"]
    counts = {"WAITING": 0, "RUNNING": 0, "COMPLETE": 8, "PRUNED": 30, "FAIL": 2}
    about = {"optimization_strategy": "bayesian", "n_trials": 20, "n_combinations": 3360, "budget_s": None}
    return {**told, **about, "trial_counts": counts, **others}


def test_a_row_of_a_search_shows_the_mean_of_its_fits_and_their_spread(capsys: Capture) -> None:
    print_ranking([found(1, 11, (0.021, 0.022, 0.026))], BASELINES)
    heading, row, drift = capsys.readouterr().out.splitlines()[:3]
    assert re.split(r" {2,}", heading.strip())[2:] == [
        "Selection (validation RMSE)",
        "± seeds",
        "Test RMSE",
        "Test skill",
        "Trials",
        "Time",
    ]
    # sqrt((0.002² + 0.001² + 0.003²) / 2) = 0.0026458 is 11.50 % of 0.023
    assert re.split(r" {2,}", row.strip())[2:] == [
        "0.0230000",
        "11.50%",
        "0.0312346",
        "+1.23%",
        "20",
        "75 s",
    ]
    assert "%" not in drift.split("0.0400000")[0], "a baseline has no seeds"


def test_what_was_not_fitted_again_is_marked_and_comes_after_what_was(capsys: Capture) -> None:
    rows = [found(1, 11, (0.0229, 0.0230, 0.0231)), found(2, 6, (0.0241, 0.0242, 0.0243)), found(3, 9)]
    print_ranking(rows, BASELINES)
    page = capsys.readouterr().out
    names = [re.split(r" {2,}", line)[1] for line in page.split("lower is better")[0].splitlines()[1:]]
    assert names == [
        "11 Model 11",
        "Drift (baseline)",
        "Last value (baseline)",
        "6 Model 6",
        "9 Model 9",
    ]
    assert [line.split()[1] for line in page.splitlines() if "0.0100000 *" in line] == ["9"]
    assert "* not fitted again: the best trial of its search, a value that tends to flatter." in page


def test_what_has_no_result_yet_has_not_failed(capsys: Capture) -> None:
    print_ranking([found(None, 11), found(None, 6, state="WAITING")], [])
    page = capsys.readouterr().out
    assert "No result yet (2): 11 Model 11, 6 Model 6" in page
    assert "Failed" not in page


def test_a_search_tells_its_trials_its_setting_and_its_fits(capsys: Capture) -> None:
    print_board(search_answer([found(1, 11, (0.0229, 0.0230, 0.0234))]))
    page = capsys.readouterr().out.splitlines()
    for told in (
        "Bayesian search among 3,360 combinations; trials: 40 (8 complete, 30 pruned, 2 failed).",
        "Best setting of Model 11: learning rate 0.0005, batch size 16, dropout 0.15, up to 30 epochs, mish.",
        "Fitted again with 3 seeds: validation RMSE 0.0231 on average, 0.0229 to 0.0234; the median fit has "
        "0.023. In the search it had 0.01, the best of 21 trials with one seed: do not rely on such a value.",
    ):
        assert told in page
    assert not any("architectures" in line for line in page)


def test_a_search_whose_time_was_up_says_how_many_were_fitted_again(capsys: Capture) -> None:
    print_board(search_answer([found(1, 11, (0.02, 0.02, 0.02)), found(2, 6)], budget_s=600.0))
    assert "In the time that there was, 1 of 2 architectures were fitted again." in capsys.readouterr().out


def test_the_title_is_told_of_the_version_that_serves(capsys: Capture) -> None:
    files = ["models/X_11_b.keras"]
    serving = {"version": 5, "is_winner": True, "frozen_twin": 4, "files": files}
    print_board(search_answer([found(1, 11, (0.02, 0.021, 0.022))], serving=serving))
    page = capsys.readouterr().out.splitlines()
    assert "Model 11, version 4" in page
    assert "Champion: Model 11, version 5" in page
    assert "  models/X_11_b.keras" in page
    assert any("figures are those of version 4, its frozen twin" in line for line in page)


def test_a_narrow_terminal_gets_fewer_columns_and_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for width, n_columns in ((130, 8), (70, 7), (62, 6), (50, 5)):
        page = io.StringIO()
        console = Console(file=page, force_terminal=True, width=width, no_color=True, highlight=False)
        for module in ("ranking", "tables"):
            monkeypatch.setattr(f"trintena.cli.{module}.screen", console)
        print_ranking([found(1, 11, (0.0229, 0.0230, 0.0231))], [])
        heading, row = re.sub(r"\x1b\[[0-9;]*m", "", page.getvalue()).splitlines()[:2]
        assert len(re.split(r" {2,}", heading.strip())) == n_columns
        assert "0.0230000" in row
        assert "+1.23%" in row
