"""`trintena report` on a real experiment, and on ones that did not get to their end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pages import Page
from trintena.bootstrap import application
from trintena.domain import ExperimentSpec, Hyperparameters, Search, SearchSpace, TrialResult
from trintena.experiments import run_experiment
from trintena.registry import Registry
from trintena.settings import Settings

Trintena = Callable[..., Any]


def settings_of(home: Path) -> Settings:
    return Settings.from_environment({"TRINTENA_HOME": str(home), "TRINTENA_WORKERS": "1"})


def read(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


def figures(page: Page) -> dict[str, Any]:
    (text,) = [text for attributes, text in page.scripts if attributes.get("id") == "figures"]
    found: dict[str, Any] = json.loads(text)["figures"]
    return found


def test_a_finished_experiment_becomes_a_page_that_stands_alone(trintena: Trintena, home: Path) -> None:
    shown = trintena("report", 1)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Wrote report-1.html (")
    page = read(home / "report-1.html")
    assert (page.loads, page.unlisted_scripts) == ([], [])
    assert "walk: experiment 1" in page.text
    assert "9 GRU Residual Dense" in page.text
    assert "Test consulted once." in page.text
    assert "there was no search" in page.text
    assert [path.name for path in home.glob("*.staging")] == []


def test_the_figures_are_those_of_the_answer(trintena: Trintena, registry: Registry, home: Path) -> None:
    trintena("report", 1)
    drawn = figures(read(home / "report-1.html"))
    assert drawn.keys() >= {
        "saved",
        "changes",
        "prices",
        "volatility",
        "calibration",
        "autocorrelation",
        "spread",
    }
    (row,) = trintena("experiments", "show", 1, "--json").json["results"]
    end = drawn["saved"]["data"][0]["y"][-1]
    assert end == pytest.approx(1 - (1 - row["skill"]) ** 2, rel=1e-5)
    actual, forecast, last, low, high = (trace["y"] for trace in drawn["prices"]["data"])
    assert len(actual) == len(forecast) == len(last)
    assert actual[:-1] == pytest.approx(last[1:], rel=1e-6)  # one step later
    held = [below <= came <= above for below, came, above in zip(low, actual, high, strict=True)]
    levels = (registry.experiment(1).result or {})["intervals"]["model"]["levels"]
    assert sum(held) / len(held) == pytest.approx(levels["90"]["coverage_by_step"][-1], abs=1e-9)


def test_reading_does_not_count_as_a_look_at_the_test(
    trintena: Trintena, registry: Registry, home: Path
) -> None:
    trintena("report", 1)
    trintena("report", 1)
    assert "Test consulted once." in read(home / "report-1.html").text


def test_a_report_is_written_over_and_nothing_else(trintena: Trintena, home: Path) -> None:
    assert trintena("report", 1, "--output", "mine.html").code == 0
    assert trintena("report", 1, "--output", "mine.html").code == 0
    (home / "notes.html").write_text("my notes", "utf-8")
    refused = trintena("report", 1, "--output", "notes.html")
    assert refused.code == 2
    assert "is no report of Trintena" in refused.err
    assert (home / "notes.html").read_text("utf-8") == "my notes"


def test_a_place_that_cannot_be_written_is_named(trintena: Trintena, home: Path) -> None:
    for place in (home / "absent" / "page.html", home):
        refused = trintena("report", 1, "--output", place)
        assert refused.code == 2
        assert f"{place} cannot be written: " in " ".join(refused.err.split())


def test_an_unknown_experiment_leaves_no_file(trintena: Trintena, home: Path) -> None:
    refused = trintena("report", 7)
    assert refused.code == 2
    assert "No experiment 7" in refused.err
    assert not (home / "report-7.html").exists()


def test_portuguese(trintena: Trintena, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert trintena("report", 1).out.startswith("report-1.html foi escrito (")
    page = read(home / "report-1.html")
    assert page.lang == "pt-BR"
    assert "Não é recomendação de investimento." in page.text
    assert "O que foi executado" in page.text


def test_one_that_was_not_begun_has_a_page(trintena: Trintena, queued: int, home: Path) -> None:
    assert trintena("report", queued).code == 0
    page = read(home / f"report-{queued}.html")
    assert "queued" in page.text
    assert "No architecture has ended with a model." in page.text


def test_a_search_ends_with_the_forecasts_of_the_fit_that_is_judged(
    trintena: Trintena, registry: Registry, home: Path
) -> None:
    space = SearchSpace(learning_rate=(0.001, 0.003), batch_size=(64,), epochs=(2,), activation=("tanh",))
    search = Search(n_trials=3, space=space, pruning=False)
    spec = replace(registry.experiment(1).spec, mode="optimized", search=search)
    experiment_id = registry.create_experiment(spec)
    with application(settings_of(home)) as running, running.workplace(workers=1) as place:
        answer = run_experiment(place, experiment_id)
    assert trintena("report", experiment_id).code == 0
    page = read(home / f"report-{experiment_id}.html")
    (row,) = answer["all_results"]
    assert figures(page)["saved"]["data"][0]["y"][-1] == pytest.approx(1 - (1 - row["skill"]) ** 2, rel=1e-5)
    assert len(figures(page)["learning"]["data"][0]["y"]) == 2
    assert f"mean {row['seeds']['mean']:#.6g}" in page.text
    assert "random search, 3 trials for each architecture of 12 combinations, no pruning" in page.text


def test_an_interrupted_search_shows_its_curves_and_not_the_test(
    trintena: Trintena, registry: Registry, home: Path, trained: Path
) -> None:
    (done,) = registry.trials(1)
    spec: ExperimentSpec = replace(
        registry.experiment(1).spec, mode="optimized", search=Search(space=SearchSpace(batch_size=(32,)))
    )
    experiment_id = registry.create_experiment(spec)
    registry.set_state(experiment_id, "running")
    for number in range(3):
        setting = Hyperparameters(learning_rate=0.001 * (number + 1), epochs=10)
        curve = tuple(0.02 / (number + epoch) for epoch in range(1, 11))
        trial = TrialResult(
            9,
            "COMPLETE",
            setting,
            seed=0,
            number=number,
            elapsed_seconds=4.0,
            train_losses=curve,
            validation_curve=curve,
            validation_rmse=curve[-1],
            forecasts={"validation": done.forecasts["validation"]},
        )
        registry.record_trial(experiment_id, trial, {"validation": {"rmse": curve[-1]}})
    shown = trintena("report", experiment_id)
    assert shown.code == 0, shown.err
    page = read(home / f"report-{experiment_id}.html")
    assert "interrupted" in page.text
    assert "No verdict: the test was not consulted." in page.text
    assert "Too few trials ended (3)" in page.text
    drawn = figures(page)
    assert drawn.keys() == {"learning", "loss", "by-trial", "by-time", "parallel"}
    assert drawn["learning"]["data"][0]["y"] == pytest.approx(
        [0.02 / (2 + epoch) for epoch in range(1, 11)], rel=1e-6
    )
    assert 0 < drawn["by-time"]["data"][0]["x"][0] < 60
