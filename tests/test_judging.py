"""The pages on judging say what was computed, and what is computed is what they say it is.

That the committed pages are current is for `make check-docs` to see.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from trintena.language import speaking
from trintena.report.evidence import evidence

DOCS = Path(__file__).parents[1] / "docs"
LANGUAGES = ("en", "pt")


@pytest.fixture(scope="module")
def load() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        yield importlib.import_module


@pytest.fixture(scope="module")
def page(load: Any) -> ModuleType:
    module: ModuleType = load("judging_page")
    return module


@pytest.fixture(scope="module")
def crowds(load: Any) -> ModuleType:
    module: ModuleType = load("judging_crowds")
    return module


@pytest.fixture(scope="module")
def record(page: ModuleType) -> dict[str, Any]:
    told: dict[str, Any] = page.read_record()
    return told


def text_of(page: ModuleType, language: str) -> str:
    text: str = page.PAGES[language].read_text("utf-8")
    return text


# The pages


def test_a_figure_is_written_in_the_numbers_of_the_page(page: ModuleType) -> None:
    told = {"a": {"share": 0.1234, "rows": 5031}}
    text = "of **0%<!--a.share .1%-->** in 0<!--a.rows ,--> rows"
    filled = {language: page.filled(text, told, language) for language in LANGUAGES}
    assert filled["en"] == "of **12.3%<!--a.share .1%-->** in 5,031<!--a.rows ,--> rows"
    assert filled["pt"] == "of **12,3%<!--a.share .1%-->** in 5.031<!--a.rows ,--> rows"
    assert page.filled(filled["en"], told, "en") == filled["en"]


def test_a_figure_that_was_not_computed_is_refused(page: ModuleType) -> None:
    with pytest.raises(KeyError, match=r"judging\.json has no figure a\.b"):
        page.filled("0<!--a.b .1%-->", {"a": {}}, "en")


def test_a_figure_that_somebody_typed_is_found(page: ModuleType) -> None:
    lines = (
        "1. `n = 5`, [there](adr/0009.md)",
        "2. 3%<!--a.b .0%--> of",
        "3. some 5% of",
        "## References",
        "- 2005",
    )
    text = "\n".join(lines)
    assert page.unmarked(text) == ["some 5% of"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_that_is_not_explained_is_found(page: ModuleType, language: str) -> None:
    text = text_of(page, language)
    assert page.nameless(text) == []
    assert page.nameless(text.replace("| `mase` |", "| |")) == ["mase"]
    assert page.nameless(text.replace("`not_judged`", "")) == ["not_judged"]


def test_what_is_stale_is_told(
    page: ModuleType, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copies = {language: tmp_path / path.name for language, path in page.PAGES.items()}
    for language, copy in copies.items():
        copy.write_text(text_of(page, language), "utf-8")
    monkeypatch.setattr(page, "PAGES", copies)
    assert page.faults(record) == []
    (found,) = page.faults({**record, "rules": {**record["rules"], "refits": 4}})[:1]
    assert found.startswith("Figures of the code have changed")
    found = page.faults({**record, "looks": {**record["looks"], "after1": 0.5}})
    assert found == [
        f"Stale: docs/{copy.name}. Run `make docs` and commit what it wrote." for copy in copies.values()
    ]
    copies["en"].write_text(text_of(page, "en") + "\n0.010<!--looks.after1 .3f-->\n", "utf-8")
    assert "Only one of the pages has the figure looks.after1 .3f." in page.faults(record)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_begins_with_a_comment(page: ModuleType, language: str) -> None:
    """Markdown would take it for a block of its own, and end the paragraph."""
    assert not [line for line in text_of(page, language).splitlines() if line.lstrip().startswith("<!--")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_piece_of_evidence_is_explained_by_its_name(
    page: ModuleType, crowds: ModuleType, language: str
) -> None:
    race = crowds.Race.run(np.random.default_rng(0), crowds.Crowd.explaining(0.05), n_models=2)
    test = race.judge.all_scores("test", race.test[race.champion])
    row = {"rank": 1, "model_id": 1, "test_rmse": test["rmse"], "metrics": {"test": test}}
    told = {**race.verdict, "confidence_set": {"level": 0.9, "model_ids": [1], "baselines": []}}
    bands = {"model": {"levels": {"90": {"coverage": 0.9}}}}
    answer = {"results": [row], "verdict": told, "intervals": bands, "test_consulted": 1, "horizon": 1}
    with speaking(language):
        names = [name for name, _ in evidence(answer)]
    assert len(names) == 10
    assert [name for name in names if f"| {name} |" not in text_of(page, language)] == []


def test_the_record_is_kept_as_it_is_written(page: ModuleType, record: dict[str, Any]) -> None:
    assert page.RECORD.read_text("utf-8") == page.record_text(record)


# What is computed


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("horizon", [1, 5])
def test_the_even_crowd_is_as_good_as_the_last_value(crowds: ModuleType, smooth: bool, horizon: int) -> None:
    rng = np.random.default_rng(0)
    actual = rng.standard_t(4, (300, horizon))
    (drawn,) = crowds.Crowd.even(smooth=smooth, horizon=horizon).drawn(rng, 5000, actual)
    errors = np.square(actual - drawn).mean(axis=(1, 2))
    assert errors.mean() / np.square(actual).mean() == pytest.approx(1.0, abs=5e-4)


def test_a_crowd_explains_what_it_is_said_to_explain(crowds: ModuleType) -> None:
    rng = np.random.default_rng(0)
    actual = rng.standard_normal((300, 1))
    crowd = crowds.Crowd.explaining(0.02)
    errors = [np.square(actual - crowd.drawn(rng, 1, actual)[0]).mean() for _ in range(3000)]
    assert 1.0 - np.mean(errors) / np.square(actual).mean() == pytest.approx(0.02, abs=5e-4)


def test_alike_and_smooth_crowds_are_so(crowds: ModuleType) -> None:
    crowd = crowds.Crowd(size=0.1, alike=True, smooth=True)
    (drawn,) = crowd.drawn(np.random.default_rng(0), 2, np.ones((50_000, 1)))
    own, other = drawn[:, :, 0]
    assert own.std() == pytest.approx(0.1, rel=0.05)
    assert np.corrcoef(own, other)[0, 1] == pytest.approx(crowds.SHARED, abs=0.02)
    assert np.corrcoef(own[1:], own[:-1])[0, 1] == pytest.approx(crowds.SMOOTH, abs=0.01)


def test_a_race_asks_the_verdict_wherever_it_can_be_won(crowds: ModuleType) -> None:
    told = []
    for seed in range(12):
        race = crowds.Race.run(np.random.default_rng(seed), crowds.Crowd.explaining(0.04), n_models=3)
        told.append(race.beats())
        assert told[-1] == (race.verdict["code"] == "beats_last_value")
    assert {*told} == {True, False}


def test_what_the_samples_say_is_what_is_kept(load: Any, record: dict[str, Any]) -> None:
    told = load("judging_figures").of_sample("nasdaq", np.random.default_rng(0))
    drawn = {name for name in told if name.startswith("guess_")}
    for name in told.keys() - drawn - {"bands"}:
        assert told[name] == pytest.approx(record["nasdaq"][name], rel=1e-4), name
    for level, figures in told["bands"].items():
        assert figures == pytest.approx(record["nasdaq"]["bands"][level], rel=1e-4)


def test_simulations_run_and_have_the_figures_that_are_kept(load: Any, record: dict[str, Any]) -> None:
    luck, rng = load("judging_luck"), np.random.default_rng(0)
    numbers = {"alone": 1, "search": 5}
    selection = luck.selection(rng, 2, numbers)
    assert selection.keys() == numbers.keys()
    assert selection["search"].keys() == record["selection"]["search"].keys()
    alarms = luck.false_alarms(rng, 2, 1, luck.CROWDS["even_steps"])
    assert alarms.keys() == record["alarms_even_steps"].keys()
    assert {"share", *luck.power(rng, 1, 0.01, 2520)} == record["power_one"].keys()
    assert luck.looks(rng, 1, (1, 2, 3)).keys() == record["looks"].keys()
    assert luck.undecided(rng, 1, luck.CROWDS["even_own"]).keys() == record["undecided_even"].keys()
    assert luck.suspicions(rng, 1, luck.CROWDS["even_own"], 5031).keys() == record["suspicions"].keys()


# What the sentences around the figures say


def test_the_figures_bear_the_sentences(record: dict[str, Any]) -> None:
    search, level = record["selection"]["search"], record["rules"]["significance"]
    assert search["validation_skill"] > 0 > search["test_skill"]
    assert search["validation_proved"] > 0.5
    assert search["test_proved"] < level
    assert all(0.02 < each["above"] < 0.08 for each in record["selection"].values()), "one in twenty or so"
    crowds = [
        told for name, told in record.items() if name.startswith("alarms_even") or name == "alarms_nothing"
    ]
    assert max(told["beats"] for told in crowds) == record["alarms_most"]["beats"] < level
    assert min(record["alarms_even_steps"][test] for test in ("dm", "spa")) > level
    assert record["power_one"]["beats"] < 0.5
    assert record["looks"]["after1"] < record["looks"]["after2"] < record["looks"]["after3"]
    assert record["stretches"]["drift_ahead"] > 0.5
    for name in ("held", "held_steps"):
        assert record[name]["adaptive"]["ok"] > record[name]["plain"]["ok"]
        assert record[name]["calm"] < 0.9 < record[name]["wild"]
    for name in ("nasdaq", "sp500"):
        told = record[name]
        assert told["outside"] == 1.0
        assert told["anchored_outside"] < 0.01
        assert told["guess_r2"] > 0.95
        assert told["coin_p"] < level
