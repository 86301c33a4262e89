"""`--refit-all`: the champion's setting on all rows serves, and is judged by its frozen twin."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integration.champion import plain
from integration.champion.lab import Lab, series_of
from integration.search.searching import REQUEST, SPACE, WORDS, board, searched, series
from integration.training.running import Done, begun, experiments, select, trintena
from trintena.domain import ModelVersion, PriceSeries
from trintena.experiments import Progress
from trintena.windows import segments_of

VERSIONS = "SELECT version, is_winner FROM model_registry ORDER BY version"


@dataclass(frozen=True)
class Served:
    series: PriceSeries
    answer: dict[str, Any]
    twin: ModelVersion
    serving: ModelVersion


@pytest.fixture(scope="module")
def served(lab: Lab) -> Served:
    of = lab.store(series("SERVED"))
    answer = searched(lab, of, refit_all=True)
    serving = lab.app.registry.version(answer["serving"]["version"])
    return Served(of, answer, lab.version(answer), serving)


def rmse_of(lab: Lab, version: ModelVersion, of: PriceSeries, segment: str) -> float:
    """Computed from the files alone."""
    origins = segments_of(of, REQUEST["split"], REQUEST["lookback"], 1)[segment]
    forecast = plain.forecasts(lab.file(version, "keras"), of, origins)
    return plain.rmse(plain.targets(of, "log_return", origins, 1) - forecast)


def test_there_are_two_versions_and_the_one_on_all_rows_holds_the_title(served: Served, lab: Lab) -> None:
    twin, serving = served.twin, served.serving
    assert [v.version for v in lab.app.registry.versions("SERVED")] == [serving.version, twin.version]
    assert lab.winners("SERVED") == [serving.version]
    assert serving.parameters["frozen_twin"] == twin.version
    assert "frozen_twin" not in twin.parameters
    told = served.answer["serving"]
    assert (told["is_winner"], told["frozen_twin"]) == (True, twin.version)
    assert told["files"] == [f"models/{serving.stem}.{kind}" for kind in ("keras", "scaler", "md", "json")]
    assert all((lab.home / file).stat().st_size for file in told["files"])
    assert served.answer["champion"]["version"] == twin.version


def test_the_twins_figures_stand_beside_it(served: Served, lab: Lab) -> None:
    twin, serving = served.twin, served.serving
    for name in ("validation", "test", "best_rmse", "trial_rmse", "seeds", "n_trials"):
        assert serving.metrics[name] == twin.metrics[name], name
    # They are the twin's own, and would not be those of weights that have seen these rows.
    for segment in ("validation", "test"):
        assert twin.metrics[segment]["rmse"] == pytest.approx(
            rmse_of(lab, twin, served.series, segment), rel=1e-5
        )
        assert abs(rmse_of(lab, serving, served.series, segment) / twin.metrics[segment]["rmse"] - 1) > 1e-4
    manifest = json.loads(lab.file(serving, "json").read_text("utf-8"))
    assert manifest["parameters"]["frozen_twin"] == twin.version
    assert manifest["metrics"]["test"] == twin.metrics["test"]
    card, of_twin = (lab.file(version, "md").read_text("utf-8") for version in (serving, twin))
    assert f"These are the numbers of version {twin.version}, its frozen twin" in card
    assert f"Estes são os números da versão {twin.version}, sua gêmea congelada" in card
    figures = [line for line in of_twin.splitlines() if line.startswith("|")]
    assert figures == [line for line in card.splitlines() if line.startswith("|")]
    assert "frozen twin" not in of_twin
    assert serving.stem in card


def test_it_was_trained_as_its_twin_was_but_on_every_row(served: Served, lab: Lab) -> None:
    twin, serving = served.twin, served.serving
    for name in ("learning_rate", "batch_size", "dropout_rate", "epochs", "activation", "seed"):
        assert serving.parameters[name] == twin.parameters[name], name
    n_epochs = twin.parameters["epochs_trained"]
    assert len(serving.metrics["train_losses"]) == n_epochs
    assert serving.metrics["learning_rates"] == twin.metrics["learning_rates"][:n_epochs]
    segments = json.loads(lab.file(serving, "json").read_text("utf-8"))["segments"]
    assert set(segments) == {"train"}
    frozen = json.loads(lab.file(twin, "json").read_text("utf-8"))["segments"]
    assert segments["train"]["first"] == frozen["train"]["first"]
    assert segments["train"]["last"] == frozen["test"]["last"] == str(served.series.dates[-1])


def test_it_is_what_forecasts(served: Served, lab: Lab) -> None:
    forecast = served.answer["forecast"]
    assert forecast["version"] == served.serving.version
    assert lab.predict("SERVED") == forecast
    origin = [len(served.series) - 1]
    expected, frozen = (
        plain.forecasts(lab.file(version, "keras"), served.series, origin)[0, 0]
        for version in (served.serving, served.twin)
    )
    assert forecast["forecast"][0]["change"] == pytest.approx(expected, abs=1e-6)
    assert forecast["forecast"][0]["change"] != pytest.approx(frozen, abs=1e-6)


def test_a_later_challenger_is_compared_with_the_twin(served: Served, lab: Lab) -> None:
    rmse = rmse_of(lab, served.twin, served.series, "validation")
    same = searched(lab, served.series)
    title = same["champion"]["title"]
    assert (title["incumbent"], title["reason"]) == (served.serving.version, "incumbent_stays")
    assert title["incumbent_rmse"] == pytest.approx(rmse, rel=1e-5)
    assert lab.winners("SERVED") == [served.serving.version]


def test_one_whose_twin_keeps_no_title_keeps_none_either(lab: Lab) -> None:
    of = lab.store(series("BESIDE", seed=1))
    incumbent = searched(lab, of)["champion"]["version"]
    answer = searched(lab, of, refit_all=True)
    assert answer["champion"]["title"]["reason"] == "incumbent_stays"
    assert not answer["serving"]["is_winner"]
    assert lab.winners("BESIDE") == [incumbent]


# Failed


def test_a_training_that_fails_leaves_the_judged_champion_to_serve(lab: Lab) -> None:
    """One opening price among the last, which only the training on all rows meets, is beyond all bounds."""
    close = series("GLITCHED").close
    opening = close.copy()
    opening[-2] = 1e28
    of = lab.store(series_of("GLITCHED", close, open=opening))
    answer = searched(lab, of, refit_all=True, target="difference", space={**SPACE, "activation": ("relu",)})
    assert answer["status"] == "success"
    assert answer["serving_failure"].startswith("The refit on all rows failed: diverged: ")
    assert "serving" not in answer
    version = answer["champion"]["version"]
    assert lab.winners("GLITCHED") == [version]
    assert answer["forecast"]["version"] == version


# Killed


@pytest.mark.slow
def test_a_kill_between_the_two_registrations_leaves_no_duplicate(tmp_path: Path, prices: Path) -> None:
    home = tmp_path / "home"
    words = ("--csv", prices, *WORDS, "--models", "9", "--refit-all", "--workers", 1)
    with begun(home, "train", *words) as running:
        running.wait_for(lambda: select(home, VERSIONS), "a version")
        os.kill(running.popen.pid, signal.SIGSTOP)
        assert select(home, VERSIONS) == [(1, 1)], "the machine was too busy to stop it in time"
        running.popen.kill()
        running.popen.wait()
    assert experiments(home) == [(1, "running")]
    resumed = trintena(home, "train", "--resume", 1, "--workers", 1, "--json", "answer.json")
    assert resumed.code == 0, resumed.err
    assert_two_versions(home, resumed)

    # The other moment: both are registered, and the answer is not yet stored.
    with closing(sqlite3.connect(home / "trintena.db")) as connection, connection:
        connection.execute("UPDATE experiments SET state = 'running', result = NULL, finished_at = NULL")
    again = trintena(home, "train", "--resume", 1, "--workers", 1, "--json", "answer.json")
    assert again.code == 0, again.err
    assert_two_versions(home, again)
    assert board(again.answer) == board(resumed.answer)
    assert again.answer["forecast"] == resumed.answer["forecast"]


def assert_two_versions(home: Path, done: Done) -> None:
    assert select(home, VERSIONS) == [(1, 0), (2, 1)]
    assert (done.answer["champion"]["version"], done.answer["serving"]["version"]) == (1, 2)
    assert done.answer["serving"]["frozen_twin"] == 1
    assert done.answer["test_consulted"] == 1
    files = {file for key in ("champion", "serving") for file in done.answer[key]["files"]}
    assert {f"models/{path.name}" for path in (home / "models").iterdir()} == files
    assert len(files) == 8


def test_a_cancellation_in_the_last_fit_keeps_what_was_judged(lab: Lab) -> None:
    of = lab.store(series("CANCELLED"))

    def observe(progress: Progress) -> None:
        if progress.phase == "judging":
            lab.app.registry.request_cancel(progress.experiment_id)

    answer = searched(lab, of, refit_all=True, observe=observe)
    assert answer["serving_failure"] == "The refit on all rows failed: cancelled"
    assert lab.winners("CANCELLED") == [answer["champion"]["version"]]
