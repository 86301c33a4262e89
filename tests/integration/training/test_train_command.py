"""`trintena train`, from a CSV file to the answer, the board and the exit code."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from integration.training.running import MODELS, Done, experiments, trintena, write_prices
from trintena.report import judgment

CONTROL_CHARACTER = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
GLITCH = 1e28
"""An opening price that is finite in a file, but whose squared error float32 does not hold. LSTM Classic
(1) diverges on it; with layer normalization (2) the same network does not."""


@pytest.fixture(scope="module")
def with_a_glitch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_prices(tmp_path_factory.mktemp("glitch") / "walk.csv", glitch=GLITCH)


@pytest.fixture(scope="module")
def one_diverged(tmp_path_factory: pytest.TempPathFactory, with_a_glitch: Path) -> Done:
    """In Portuguese, on two workers."""
    words = ("--csv", with_a_glitch, "--target", "difference", "--models", "1,2", "--lookback", 10)
    home = tmp_path_factory.mktemp("diverged") / "home"
    return trintena(home, "train", *words, "--workers", 2, "--json", "answer.json", TRINTENA_LANG="pt")


def test_the_answer_is_the_specifications(finished: Done) -> None:
    answer = finished.answer
    assert (answer["status"], answer["mode"], answer["total_models"]) == ("success", "fast", len(MODELS))
    assert sorted(row["model_id"] for row in answer["results"]) == list(MODELS)
    first, winner = answer["results"][0], answer["winner"]
    assert {key: first[key] for key in ("model_id", "model_name", "rmse")} == {
        key: winner[key] for key in ("model_id", "model_name", "rmse")
    }


def test_results_are_ranked_by_the_validation_rmse(finished: Done) -> None:
    results = finished.answer["results"]
    assert [row["rank"] for row in results] == list(range(1, len(MODELS) + 1))
    assert all(row["rmse"] == row["validation_rmse"] for row in results)
    assert all(better["rmse"] <= worse["rmse"] for better, worse in pairwise(results))


def test_every_row_has_its_figures(finished: Done) -> None:
    for row in finished.answer["results"]:
        assert (row["state"], row["reason"]) == ("COMPLETE", None)
        for figure in ("rmse", "validation_rmse", "test_rmse", "fit_seconds", "elapsed_time"):
            assert isinstance(row[figure], float), figure
            assert row[figure] > 0, figure
        for figure in ("skill", "skill_against_drift", "validation_skill"):
            assert isinstance(row[figure], float), figure
            assert row[figure] < 1, figure
        assert isinstance(row["parameters"], int)
        assert row["fit_seconds"] <= row["elapsed_time"]


def test_baselines_stand_beside_the_results_and_never_among_them(finished: Done) -> None:
    answer = finished.answer
    assert {row["key"] for row in answer["baselines"]} == {
        "last_value",
        "drift",
        "ridge",
        "auto_arima",
        "auto_ets",
        "auto_theta",
    }
    assert all(row["state"] == "COMPLETE" and row["test_rmse"] > 0 for row in answer["baselines"])
    assert all("model_id" not in row and "rank" not in row for row in answer["baselines"])
    last_value = next(row for row in answer["baselines"] if row["key"] == "last_value")
    assert last_value["skill"] == 0.0
    for row in answer["results"]:
        assert row["skill"] == pytest.approx(1 - row["test_rmse"] / last_value["test_rmse"])


def test_the_board_ranks_models_and_baselines_together(finished: Done) -> None:
    answer = finished.answer
    ranking = [(row["rmse"], f"{row['model_id']} {row['model_name']}") for row in answer["results"]]
    ranking += [(row["validation_rmse"], f"{row['name']} (baseline)") for row in answer["baselines"]]
    lines = finished.out.partition("lower is better")[0].splitlines()[1:]
    assert len(lines) == len(ranking)
    for line, (_, name) in zip(lines, sorted(ranking, key=lambda row: row[0]), strict=True):
        assert name in line
    places = [line.split()[0] for line in lines if "(baseline)" not in line]
    assert places == ["🥇", "🥈", "🥉", *map(str, range(4, len(MODELS) + 1))]
    assert {line.split()[0] for line in lines if "(baseline)" in line} == {"·"}


def test_below_the_board_stand_verdict_champion_and_forecast(finished: Done) -> None:
    answer, out = finished.answer, finished.out
    assert out.splitlines().count(judgment.of_answer(answer)) == 1
    assert f"Champion: {answer['winner']['model_name']}, version 1" in out
    for file in answer["champion"]["files"]:
        assert file in out
        assert (finished.home / file).stat().st_size > 0
    (step,) = answer["forecast"]["forecast"]
    assert answer["forecast"]["origin"] == answer["segments"]["test"]["last"][:10]
    assert step["date"] > answer["forecast"]["origin"]
    low, high = step["intervals"]["80"]
    assert f"{step['date']}: {step['price']:,.2f}; 8 times in 10, between {low:,.2f} and {high:,.2f}\n" in out
    assert "Not investment advice." in out


def test_what_is_no_terminal_gets_plain_lines(finished: Done) -> None:
    assert CONTROL_CHARACTER.findall(finished.out.replace("\n", "")) == []
    assert CONTROL_CHARACTER.findall(finished.err.replace("\n", "")) == []
    ended = re.findall(r"^(\d+)/(\d+) ", finished.err, re.MULTILINE)
    assert ended == [(str(n), str(len(MODELS))) for n in range(1, len(MODELS) + 1)]


def test_an_architecture_that_diverges_is_shown_with_its_reason_and_the_others_complete(
    one_diverged: Done,
) -> None:
    assert one_diverged.code == 0, one_diverged.err
    answer = one_diverged.answer
    completed, failed = answer["results"]
    assert (completed["model_id"], completed["state"], completed["rank"]) == (2, "COMPLETE", 1)
    assert (failed["model_id"], failed["state"], failed["rank"]) == (1, "FAIL", None)
    assert failed["reason"] == "diverged: the training loss is not finite in epoch 1"
    assert (failed["rmse"], failed["test_rmse"], failed["skill"]) == (None, None, None)
    assert answer["winner"]["model_id"] == 2
    told = "divergiu: a perda de treino não é finita na época 1"
    assert f"1 LSTM Classic (64/32): {told}" in one_diverged.out
    assert told in one_diverged.err


def test_the_board_speaks_portuguese(one_diverged: Done) -> None:
    out = one_diverged.out
    for words in (
        "Modelo",
        "Seleção (RMSE de validação)",
        "Último valor (referência)",
        "Tendência média (referência)",
        "Falharam (1)",
        "Campeão: LSTM + LayerNormalization, versão 1",
        "Próxima previsão (último valor, ",
        "Não é recomendação de investimento.",
    ):
        assert words in out, words
    best = one_diverged.answer["winner"]
    assert f"{best['rmse']:.6g}".replace(".", ",") in out
    assert "2 arquiteturas" in one_diverged.err
    without_names = out.replace("Model Confidence Set", "")
    assert not re.search(r"\b(Model|Champion|baseline|Failed)\b", without_names)


def test_when_every_architecture_fails_the_command_fails(with_a_glitch: Path, tmp_path: Path) -> None:
    words = ("--csv", with_a_glitch, "--target", "difference", "--models", 1, "--lookback", 10)
    done = trintena(tmp_path / "home", "train", *words, "--workers", 1, "--json", "answer.json")
    assert done.code == 1
    assert (done.answer["status"], done.answer["winner"]) == ("failed", None)
    assert "No architecture ended with a model." in done.out
    assert "diverged: the training loss is not finite in epoch 1" in done.out
    assert experiments(done.home) == [(1, "failed")]
    assert not list(done.home.glob("models/*"))
