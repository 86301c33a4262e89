"""What is registered of an optimized champion is what its files say, computed again without Trintena."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest

from integration.champion import plain
from integration.champion.lab import Lab
from integration.search.searching import N_REFITS, N_TRIALS, REQUEST, searched, series
from trintena.domain import ModelVersion, PriceSeries, TrialResult
from trintena.windows import Segments, segments_of
from trintena.windows.segments import UNTRAINED

SEED = 3


@dataclass(frozen=True)
class Judged:
    """A search that has ended, beside what it was about."""

    series: PriceSeries
    segments: Segments
    answer: dict[str, Any]
    champion: ModelVersion
    trials: list[TrialResult]
    """Of the champion's architecture."""
    manifest: dict[str, Any]

    @property
    def fits(self) -> list[TrialResult]:
        return [trial for trial in self.trials if trial.purpose == "refit"]


@pytest.fixture(scope="module")
def judged(lab: Lab) -> Judged:
    of = lab.store(series("FILES"))
    answer = searched(lab, of, seed=SEED)
    champion = lab.version(answer)
    trials = lab.app.registry.trials(answer["experiment_id"])
    own = [trial for trial in trials if trial.model_id == champion.model_id]
    segments = segments_of(of, REQUEST["split"], REQUEST["lookback"], 1)
    manifest = json.loads(lab.file(champion, "json").read_text("utf-8"))
    return Judged(of, segments, answer, champion, own, manifest)


def reread(judged: Judged, lab: Lab, origins: range) -> np.ndarray:
    return plain.forecasts(lab.file(judged.champion, "keras"), judged.series, origins)


@pytest.mark.parametrize("segment", ["validation", "test"])
def test_every_figure_of_a_segment_is_that_of_the_saved_weights(
    judged: Judged, lab: Lab, segment: str
) -> None:
    forecast = reread(judged, lab, judged.segments[segment])
    assert forecast.std() > 1e-4, "forecasts this even would agree whatever the files say"
    again = plain.figures(forecast, judged.series, "log_return", judged.segments, segment)
    registered = judged.champion.metrics[segment]
    assert {name: registered[name] for name in again} == pytest.approx(again, rel=1e-5, abs=1e-5)
    assert judged.manifest["metrics"] == judged.champion.metrics


def test_the_winners_row_tells_the_same_figures(judged: Judged, lab: Lab) -> None:
    winner, metrics = judged.answer["winner"], judged.champion.metrics
    assert winner == judged.answer["all_results"][0]
    assert winner["model_id"] == judged.champion.model_id
    validation = reread(judged, lab, judged.segments.validation)
    again = plain.figures(validation, judged.series, "log_return", judged.segments, "validation")
    assert winner["best_rmse"] == winner["validation_rmse"] == metrics["best_rmse"]
    assert winner["best_rmse"] == pytest.approx(again["rmse"], rel=1e-6)
    assert winner["best_rmse"] == pytest.approx(metrics["validation"]["rmse"], rel=1e-12)
    assert winner["validation_skill"] == metrics["validation"]["skill"]
    assert (winner["test_rmse"], winner["skill"]) == (metrics["test"]["rmse"], metrics["test"]["skill"])
    for name in ("trial_rmse", "seeds", "n_trials"):
        assert winner[name] == metrics[name], name
    assert winner["n_trials"] == N_TRIALS


def test_best_rmse_is_the_median_fits_with_mean_and_spread_beside_it(judged: Judged, lab: Lab) -> None:
    fits, seeds = judged.fits, judged.answer["winner"]["seeds"]
    values = [fit.validation_rmse or np.nan for fit in fits]
    assert len(set(values)) == N_REFITS
    assert judged.champion.metrics["best_rmse"] == statistics.median(values)
    saved = fits[values.index(statistics.median(values))]
    # The saved weights are that fit's and no other's, to the last forecast.
    again = {name: reread(judged, lab, judged.segments[name]) for name in ("validation", "test")}
    for name, forecast in again.items():
        np.testing.assert_allclose(forecast, saved.forecasts[name], rtol=0, atol=1e-6)
    for other in fits:
        if other is not saved:
            assert np.abs(again["test"] - other.forecasts["test"]).max() > 1e-4
    assert seeds["seeds"] == [SEED + 1, SEED + 2, SEED + 3] == [fit.seed for fit in fits]
    assert seeds["rmse"] == values
    assert seeds["mean"] == pytest.approx(statistics.mean(values))
    assert seeds["std"] == pytest.approx(statistics.stdev(values))
    assert (seeds["min"], seeds["max"]) == (min(values), max(values))
    assert seeds["saved_seed"] == saved.seed == judged.champion.parameters["seed"]
    assert seeds["failed"] == []


def test_the_skill_of_each_fit_is_told(judged: Judged) -> None:
    actual = plain.targets(judged.series, "log_return", judged.segments.test, 1)
    skills = [1 - plain.rmse(actual - fit.forecasts["test"]) / plain.rmse(actual) for fit in judged.fits]
    assert judged.answer["winner"]["seeds"]["skill"] == pytest.approx(skills, rel=1e-9)


def test_the_trials_own_value_stands_beside_them(judged: Judged) -> None:
    complete = [t for t in judged.trials if t.purpose == "search" and t.state == "COMPLETE"]
    best = min(complete, key=lambda trial: (trial.validation_rmse, trial.number))
    winner, parameters = judged.answer["winner"], judged.champion.parameters
    assert winner["trial_rmse"] == best.validation_rmse
    assert winner["best_params"] == asdict(best.hyperparameters)
    assert parameters.items() >= winner["best_params"].items()
    assert {fit.hyperparameters for fit in judged.fits} == {best.hyperparameters}
    saved = next(fit for fit in judged.fits if fit.seed == parameters["seed"])
    assert parameters["epochs_trained"] == saved.best_epoch == winner["epochs_trained"]
    curve = judged.champion.metrics["validation_curve"]
    assert curve == list(saved.validation_curve)
    assert min(curve) == judged.champion.metrics["best_rmse"]
    assert judged.champion.mode == judged.manifest["mode"] == "optimized"


def test_the_board_is_ranked_by_the_mean_of_three_fits(judged: Judged, lab: Lab) -> None:
    trials = lab.app.registry.trials(judged.answer["experiment_id"], purpose="refit")
    means = {
        model_id: statistics.mean(t.validation_rmse or np.nan for t in trials if t.model_id == model_id)
        for model_id in REQUEST["model_ids"]
    }
    rows = judged.answer["all_results"]
    assert [row["model_id"] for row in rows] == sorted(means, key=lambda model_id: means[model_id])
    assert [row["rank"] for row in rows] == [1, 2]
    assert [row["seeds"]["mean"] for row in rows] == pytest.approx(sorted(means.values()))


def test_weights_are_forgotten_once_they_are_saved(judged: Judged, lab: Lab) -> None:
    registry, experiment_id = lab.app.registry, judged.answer["experiment_id"]
    assert registry.best_weights(experiment_id) is None
    for fit in judged.fits:
        assert registry.refit_weights(experiment_id, fit.model_id, fit.number) is None


def test_the_test_segment_was_consulted_once(judged: Judged) -> None:
    assert judged.answer["test_consulted"] == 1
    # Search trials were never shown it.
    for trial in judged.trials:
        judged = {*UNTRAINED} if trial.purpose == "refit" else {"validation"}
        assert set(trial.forecasts) == judged
