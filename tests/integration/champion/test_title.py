"""Who is champion of a symbol, target and horizon, and when another model takes the title."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integration.champion import plain
from integration.champion.lab import Lab, autoregressive, prices, series_of
from trintena import load_champion
from trintena.artifacts.files import read_model_files, write_model_files
from trintena.domain import ModelVersion, PriceSeries, Split
from trintena.experiments.case import Case
from trintena.experiments.champion import takes_title
from trintena.windows import segments_of

STRONG = 0.8
"""Of returns that follow the last one so closely that even one epoch learns it."""
WEAK = {"split": Split(fractions=(0.3, 0.3, 0.2))}
"""With 500 rows, four steps of training: hardly more than the last value."""


@pytest.fixture(autouse=True)
def _one_winner_for_each_title(lab: Lab) -> Iterator[None]:
    yield
    versions = lab.app.registry.versions()
    titles = {(v.symbol, v.target, v.horizon) for v in versions}
    holders = [(v.symbol, v.target, v.horizon) for v in versions if v.is_winner]
    assert sorted(holders) == sorted(titles)


def strong(symbol: str, n_rows: int = 1_500, seed: int = 0) -> PriceSeries:
    return prices(symbol, autoregressive(n_rows, STRONG, seed=seed))


def last_rows(series: PriceSeries, n_rows: int) -> dict[str, Any]:
    """A request for the newest rows only, too few to learn much."""
    return {"start": str(series.dates[-n_rows])[:10], **WEAK}


def rescored(lab: Lab, incumbent: ModelVersion, series: PriceSeries, split: Split) -> float:
    """The validation RMSE of a saved model on another experiment's validation segment."""
    origins = segments_of(series, split, lookback=8, horizon=incumbent.horizon).validation
    actual = plain.targets(series, incumbent.target, origins, incumbent.horizon)
    return plain.rmse(actual - plain.forecasts(lab.file(incumbent, "keras"), series, origins))


def test_the_first_model_takes_the_title(lab: Lab) -> None:
    answer = lab.train(strong("FIRST"))
    assert answer["champion"]["title"] == {"incumbent": None, "reason": "first"}
    assert answer["champion"]["is_winner"]
    assert lab.version(answer).is_winner
    assert lab.winners("FIRST") == [answer["champion"]["version"]]


def test_the_incumbent_is_scored_again_on_the_new_validation_segment_and_stays_unless_beaten(
    lab: Lab, at_home: None
) -> None:
    series = strong("STAYS")
    incumbent = lab.version(lab.train(series))
    answer = lab.train(series, **last_rows(series, 500))
    title = answer["champion"]["title"]
    assert title["reason"] == "incumbent_stays"
    assert (title["incumbent"], title["incumbent_model_name"]) == (incumbent.version, "GRU Residual Dense")
    used = series.rows(len(series) - 500, len(series))
    assert title["incumbent_rmse"] == pytest.approx(rescored(lab, incumbent, used, WEAK["split"]), rel=1e-5)
    assert title["incumbent_rmse"] != incumbent.metrics["validation"]["rmse"], "other rows, another figure"
    assert title["incumbent_rmse"] < answer["winner"]["rmse"]
    assert title["incumbent_saw_validation"] is False
    # The loser is kept as a version, and the incumbent goes on forecasting.
    assert not answer["champion"]["is_winner"]
    assert not lab.version(answer).is_winner
    assert lab.winners("STAYS") == [incumbent.version]
    assert load_champion("STAYS").version.version == incumbent.version
    assert lab.predict("STAYS")["version"] == incumbent.version


def test_an_incumbent_that_was_trained_on_days_of_the_new_validation_segment_is_known(lab: Lab) -> None:
    series = strong("SEEN", 900)
    lab.train(series, split=Split(fractions=(0.7, 0.12, 0.06)))
    answer = lab.train(series, split=Split(fractions=(0.4, 0.2, 0.1)))
    assert answer["champion"]["title"]["incumbent_saw_validation"] is True


def test_an_incumbent_that_is_beaten_on_the_new_validation_segment_goes(lab: Lab) -> None:
    """The market turns: what the first learned is wrong on the new rows."""
    turned = np.concatenate([autoregressive(900, -STRONG), autoregressive(1_500, STRONG, seed=1)])
    whole = prices("TURNS", turned)
    incumbent = lab.version(lab.train(whole.rows(0, 900)))
    assert incumbent.is_winner
    answer = lab.train(whole, start=str(whole.dates[900])[:10])
    title = answer["champion"]["title"]
    assert (title["incumbent"], title["reason"]) == (incumbent.version, "incumbent_beaten")
    used = whole.rows(900, len(whole))
    assert title["incumbent_rmse"] == pytest.approx(rescored(lab, incumbent, used, Split()), rel=1e-5)
    assert title["incumbent_rmse"] > answer["winner"]["rmse"]
    assert lab.winners("TURNS") == [answer["champion"]["version"]]
    assert lab.predict("TURNS")["version"] == answer["champion"]["version"]


@pytest.mark.parametrize("seed", range(4))
def test_the_same_model_trained_again_does_not_beat_itself(lab: Lab, seed: int) -> None:
    series = strong(f"AGAIN{seed}", 900, seed)
    first, second = lab.train(series, seed=seed), lab.train(series, seed=seed)
    title = second["champion"]["title"]
    assert title["incumbent_rmse"] == pytest.approx(second["winner"]["rmse"], rel=1e-5)
    assert title["reason"] == "incumbent_stays"
    assert lab.winners(series.symbol) == [first["champion"]["version"]]


# Fast and optimized


def marked_optimized(lab: Lab, fast: ModelVersion) -> ModelVersion:
    """A second version from the same files, registered as optimized mode would do it."""
    files = read_model_files(lab.models, fast.stem, fast.checksums)
    created_at = fast.created_at + timedelta(seconds=1)
    content = files.keras_path.read_bytes()
    manifest = {**files.manifest, "mode": "optimized"}
    saved = write_model_files(
        lab.models, fast.symbol, fast.model_id, created_at, content, files.scaler, manifest
    )
    return lab.app.registry.register_version(
        symbol=fast.symbol,
        model_id=fast.model_id,
        model_name=fast.model_name,
        mode="optimized",
        target=fast.target,
        horizon=fast.horizon,
        experiment_id=None,
        dataset_hash=fast.dataset_hash,
        created_at=created_at,
        stem=saved.stem,
        checksums=saved.checksums,
        metrics=fast.metrics,
        parameters=fast.parameters,
        versions=fast.versions,
        is_winner=True,
    )


def test_a_fast_model_never_displaces_an_optimized_one_however_good(lab: Lab, at_home: None) -> None:
    series = strong("PRIZED")
    weak = lab.train(series, **last_rows(series, 500))
    optimized = marked_optimized(lab, lab.version(weak))
    assert lab.winners("PRIZED") == [optimized.version]
    better = lab.train(series)
    assert better["champion"]["title"] == {
        "incumbent": optimized.version,
        "incumbent_model_name": optimized.model_name,
        "reason": "fast_never_displaces_optimized",
    }
    assert rescored(lab, optimized, series, Split()) > better["winner"]["rmse"], "it would have won"
    assert lab.winners("PRIZED") == [optimized.version]
    assert lab.predict("PRIZED")["version"] == optimized.version
    # A person may.
    promoted = lab.app.services.promote(better["champion"]["version"])
    assert lab.winners("PRIZED") == [promoted.version]
    assert load_champion("PRIZED").version == promoted


def test_an_optimized_model_takes_the_title_of_a_fast_one_only_if_it_is_better(lab: Lab) -> None:
    series = lab.store(strong("FASTER"))
    answer = lab.train(series)
    incumbent = lab.version(answer)
    fast = lab.app.registry.experiment(answer["experiment_id"])
    case = Case.load(lab.app.registry, replace(fast, spec=replace(fast.spec, mode="optimized")))
    own = rescored(lab, incumbent, series, Split())
    for rmse, wins, reason in (
        (0.99 * own, True, "incumbent_beaten"),
        (1.01 * own, False, "incumbent_stays"),
    ):
        found, title = takes_title(lab.place, case, rmse)
        assert (found, title["reason"]) == (wins, reason)
        assert title["incumbent_rmse"] == pytest.approx(own, rel=1e-5)


# An incumbent that cannot be judged


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("kind", "harm"), [("keras", Path.unlink), ("keras", change), ("scaler", change), ("json", cut)]
)
def test_an_incumbent_whose_files_are_not_whole_loses_the_title_with_a_reason(
    lab: Lab, kind: str, harm: Callable[[Path], None]
) -> None:
    series = strong(f"HARM-{kind}-{harm.__name__}", 900)
    incumbent = lab.version(lab.train(series))
    path = lab.file(incumbent, kind)
    harm(path)
    answer = lab.train(series, split=Split(fractions=(0.3, 0.3, 0.2)))
    title = answer["champion"]["title"]
    assert (title["incumbent"], title["reason"]) == (incumbent.version, "incumbent_unusable")
    assert path.name in title["message"]
    assert lab.winners(series.symbol) == [answer["champion"]["version"]]
    assert lab.predict(series.symbol)["version"] == answer["champion"]["version"]


def test_an_incumbent_that_reads_a_column_which_is_gone_loses_the_title(lab: Lab) -> None:
    close = 100.0 * np.exp(np.cumsum(autoregressive(1_000, STRONG)))
    volume = np.random.default_rng(0).lognormal(12, 0.3, 1_000)
    incumbent = lab.train(series_of("LOST", close, volume=volume))["champion"]["version"]
    answer = lab.train(series_of("LOST", close))
    title = answer["champion"]["title"]
    assert (title["incumbent"], title["reason"]) == (incumbent, "incumbent_unusable")
    assert "volume" in title["message"]
    assert lab.winners("LOST") == [answer["champion"]["version"]]


# Titles of their own


def test_every_symbol_target_and_horizon_has_a_champion_of_its_own(lab: Lab, at_home: None) -> None:
    series, other = strong("MANY", 900), strong("OTHER", 900)
    requests: list[dict[str, Any]] = [{}, {"horizon": 2}, {"target": "difference"}]
    answers = [lab.train(series, **request) for request in requests]
    elsewhere = lab.train(other)
    for answer in (*answers, elsewhere):
        assert answer["champion"]["title"] == {"incumbent": None, "reason": "first"}
    versions = [answer["champion"]["version"] for answer in answers]
    assert lab.winners("MANY") == versions
    assert load_champion("MANY").version.version == versions[-1]
    assert load_champion().version.version == elsewhere["champion"]["version"]
    assert len(lab.app.registry.versions("MANY")) == 3
