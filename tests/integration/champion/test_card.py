"""The card beside a model's files: what it tells, and that its program forecasts without Trintena."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integration.champion.lab import Lab, autoregressive, series_of, write_csv
from trintena.domain import ModelVersion, PriceSeries

ALONE = """
import sys

sys.modules["trintena"] = None  # an import of it fails
"""
TOLD = """
import json

print(json.dumps(np.asarray(forecast, float).tolist()))
"""


@dataclass(frozen=True)
class Saved:
    """A model that an experiment saved, with its card."""

    series: PriceSeries
    answer: dict[str, Any]
    version: ModelVersion
    card: str

    @property
    def program(self) -> str:
        """What a reader would paste."""
        (block,) = self.card.split("```python\n")[1:]
        return block.split("```")[0]


def bars() -> PriceSeries:
    generator = np.random.default_rng(3)
    close = 50.0 * np.exp(np.cumsum(autoregressive(900, 0.6, seed=3)))
    opening = close * np.exp(generator.normal(0.0, 0.003, len(close)))
    return series_of(
        "BARS",
        close,
        open=opening,
        high=np.maximum(opening, close) * 1.003,
        low=np.minimum(opening, close) * 0.997,
        volume=generator.integers(100_000, 900_000, len(close)).astype(float),
    )


def frost() -> PriceSeries:
    """Degrees, half of them below zero."""
    degrees = 15 * np.sin(2 * np.pi * np.arange(900) / 30) + autoregressive(900, 0.0, 1.0)
    return replace(series_of("FROST", degrees), measures="value")


SERIES = {
    "log_return": (bars, {"horizon": 3}),
    "difference": (frost, {"horizon": 1, "features": "close"}),
}


@pytest.fixture(scope="module", params=["difference", pytest.param("log_return", marks=pytest.mark.slow)])
def saved(request: pytest.FixtureRequest, lab: Lab) -> Saved:
    make, asked = SERIES[request.param]
    series = make()
    lab.app.registry.save_dataset(series)
    answer = lab.train_stored(series, target=request.param, **asked)
    version = lab.version(answer)
    return Saved(series, answer, version, lab.file(version, "md").read_text("utf-8"))


def test_its_program_forecasts_what_predict_does_without_trintena(
    saved: Saved, lab: Lab, tmp_path: Path
) -> None:
    lab.app.services.export(saved.version.version, tmp_path)
    write_csv(tmp_path / "series.csv", saved.series)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRINTENA_")}
    run = subprocess.run(
        [sys.executable, "-c", ALONE + saved.program + TOLD],
        cwd=tmp_path,
        env={**environment, "KERAS_BACKEND": "numpy"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    steps = lab.predict(saved.series.symbol)["forecast"]
    assert len(found) == len(steps) == saved.version.horizon
    np.testing.assert_allclose(found, [step["price"] for step in steps], rtol=1e-5)
    last = saved.series.close[-1]
    assert max(abs(step["price"] / last - 1) for step in steps) > 1e-4, "the last value would do as well"


def test_it_is_one_of_the_files(saved: Saved, lab: Lab, tmp_path: Path) -> None:
    version = saved.version
    digest = hashlib.sha256(lab.file(version, "md").read_bytes()).hexdigest()
    manifest = json.loads(lab.file(version, "json").read_text("utf-8"))
    assert version.checksums["md"] == manifest["sha256"]["md"] == digest
    assert f"models/{version.stem}.md" in saved.answer["champion"]["files"]
    name, content = lab.app.services.model_file(version.version, "md")
    assert (name, content.decode()) == (f"{version.stem}.md", saved.card)
    copies = lab.app.services.export(version.version, tmp_path)
    assert {copy.suffix for copy in copies} == {".keras", ".scaler", ".md", ".json"}


def test_it_holds_the_figures_of_the_answer_beside_every_baseline(saved: Saved) -> None:
    english, portuguese = saved.card.split("## Em português")
    rows = [saved.answer["winner"], *saved.answer["baselines"]]
    assert len(rows) == 7
    for row in rows:
        for segment in ("validation", "test"):
            figures = row["metrics"][segment]
            written = f"{figures['rmse']:#.6g}".rstrip("."), f"{figures['skill']:+z.2%}"
            lines = [line for line in english.splitlines() if line.startswith("|") and written[0] in line]
            assert any(written[1] in line for line in lines), (row.get("key"), segment)
            comma = written[0].replace(".", ",")
            assert any(comma in line for line in portuguese.splitlines() if line.startswith("|"))
    for level, found in saved.answer["intervals"]["model"]["levels"].items():
        assert any(
            f"| {level}%" in line and f"{found['coverage']:.1%}" in line for line in english.splitlines()
        )
    assert saved.version.dataset_hash in english
    assert saved.version.dataset_hash in portuguese


def test_only_a_card_of_prices_speaks_of_investing(saved: Saved) -> None:
    is_price = saved.version.symbol == "BARS"
    assert saved.version.measures == ("price" if is_price else "value")
    assert ("Not investment advice." in saved.card) == is_price
    assert ("Não é recomendação de investimento." in saved.card) == is_price
    assert ("The column of values is called `close`" in saved.card) != is_price
