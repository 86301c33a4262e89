"""Trintena from Python, as the specification words it: train, then forecast with the champion."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trintena
from damage import change, cut
from integration.champion.lab import Lab, autoregressive, environment_of, prices, write_csv
from trintena.domain import ModelVersion
from trintena.errors import ArtifactError, NotFoundError
from trintena.evaluation.baselines import ALL

BODY: dict[str, Any] = {"model_ids": [9, 6], "lookback": 10, "horizon": 2}
"""The fields of a request for fast mode, as the specification's JSON body spells them."""

SCRIPT = """
import json
import trintena

answer = trintena.train_all_models_fast_mode(csv="walk.csv", model_ids=[9], lookback=10)
champion = trintena.load_champion("walk")
print(json.dumps([answer, champion.forecast()], allow_nan=False))
"""


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    series = prices("walk", autoregressive(1_000, 0.5))
    return write_csv(tmp_path_factory.mktemp("prices") / "walk.csv", series)


@pytest.mark.usefixtures("at_home")
def test_the_answer_is_the_json_of_the_specification(walk: Path) -> None:
    seen: list[str] = []
    answer = trintena.train_all_models_fast_mode(
        csv=walk, **BODY, observe=lambda progress: seen.append(progress.phase)
    )
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert (answer["status"], answer["mode"], answer["total_models"]) == ("success", "fast", 2)
    assert answer["winner"].keys() >= {"model_id", "model_name", "rmse"}
    assert answer["winner"]["rmse"] == min(row["rmse"] for row in answer["results"])
    assert sorted(row["model_id"] for row in answer["results"]) == [6, 9]
    assert {row["key"] for row in answer["baselines"]} == {row.key for row in ALL}
    assert set(seen) == {"training", "judging"}

    champion = trintena.load_champion("walk")
    assert champion.version.model_id == answer["winner"]["model_id"]
    forecast = champion.forecast()
    assert forecast == answer["forecast"]
    assert json.loads(json.dumps(forecast, allow_nan=False)) == forecast
    assert len(forecast["forecast"]) == BODY["horizon"]


def test_its_keywords_are_the_fields_of_the_json_body() -> None:
    keywords = inspect.signature(trintena.train_all_models_fast_mode).parameters
    assert keywords.keys() >= BODY.keys()
    assert all(keyword.kind is keyword.KEYWORD_ONLY for keyword in keywords.values())
    assert {name: keywords[name].default for name in BODY} == {
        "model_ids": None,  # all thirty
        "lookback": 60,
        "horizon": 1,
    }


@pytest.mark.slow
def test_a_script_without_a_main_guard_works(tmp_path: Path, walk: Path) -> None:
    (tmp_path / "walk.csv").write_bytes(walk.read_bytes())
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    run = subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        env=environment_of(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    # One answer: no worker has run the script again.
    (line,) = run.stdout.splitlines()
    answer, forecast = json.loads(line)
    assert answer["status"] == "success"
    assert answer["winner"]["model_id"] == 9
    assert forecast == answer["forecast"]
    assert len(list((tmp_path / "home" / "models").iterdir())) == 4


# What is missing or not whole


@pytest.mark.usefixtures("at_home")
def test_without_a_champion_there_is_a_hint() -> None:
    with pytest.raises(NotFoundError, match=r"no champion of NOBODY yet.*trintena train"):
        trintena.load_champion("NOBODY")


@pytest.fixture(scope="module")
def two(lab: Lab) -> tuple[ModelVersion, ModelVersion]:
    """Two champions of the same architecture, of MINE and of OTHER."""
    mine, other = (
        lab.train(prices(symbol, autoregressive(900, seed=seed)))
        for seed, symbol in enumerate(("MINE", "OTHER"))
    )
    return lab.version(mine), lab.version(other)


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("kind", ["keras", "scaler", "json"])
@pytest.mark.parametrize(
    "harm", [cut, change, Path.unlink, None], ids=["cut", "changed", "gone", "another's"]
)
def test_a_file_that_is_not_the_registered_one_is_refused_by_name(
    lab: Lab, two: tuple[ModelVersion, ModelVersion], kind: str, harm: Callable[[Path], None] | None
) -> None:
    mine, other = two
    champion, path = trintena.load_champion("MINE"), lab.file(mine, kind)
    whole = path.read_bytes()
    try:
        if harm is None:  # whole, and of the right form
            path.write_bytes(lab.file(other, kind).read_bytes())
        else:
            harm(path)
        for use in (champion.forecast, lambda: lab.app.services.promote(mine.version)):
            with pytest.raises(ArtifactError) as refused:
                use()
            assert path.name in str(refused.value)
    finally:
        path.write_bytes(whole)
    assert lab.predict("MINE")["version"] == mine.version
