"""The page as a browser would read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pages import Page
from trintena.domain import Range, SearchSpace, Target, TrialResult
from trintena.report import Report, is_report, render

HOSTILE = "</script><script>alert(1)</script><img src=http://elsewhere.example onerror=alert(2)>\"'&"


@pytest.fixture
def page(optimized: Report) -> Page:
    return Page(render(optimized))


def figures(page: Page) -> dict[str, Any]:
    (text,) = [text for attributes, text in page.scripts if attributes.get("id") == "figures"]
    found: dict[str, Any] = json.loads(text)
    return found


def test_it_stands_alone(page: Page) -> None:
    assert page.loads == []
    assert page.unlisted_scripts == []
    assert page.policy.startswith("default-src 'none';")
    assert "http" not in page.policy
    own = [text for attributes, text in page.scripts if len(text) < 100_000]
    assert not any(re.search(r"https?://", text) for text in own)
    assert len(page.source.encode()) < 6_000_000
    assert page.open == []


@pytest.mark.parametrize("target", ["log_return", "difference"])
@pytest.mark.parametrize("lang", ["en", "pt"])
def test_a_series_that_is_no_price_is_told_without_words_of_money(
    judged_with: Callable[..., Report], monkeypatch: pytest.MonkeyPatch, target: Target, lang: str
) -> None:
    """Of the same numbers; as a price they are told with all of these words."""
    monkeypatch.setenv("TRINTENA_LANG", lang)
    report = judged_with(horizon=2)
    assert report.test is not None
    test = replace(report.test, target=target)
    of_price, of_value = (
        Page(render(replace(report, test=test, spec=replace(report.spec, measures=m, target=target))))
        for m in ("price", "value")
    )
    money = {
        "en": ["price", "investment", *(["log return"] if target == "log_return" else ["difference"])],
        "pt": ["preço", "investimento", *(["retorno"] if target == "log_return" else ["diferença"])],
    }[lang]
    for word in money:
        assert word in told(of_price)
        assert word not in told(of_value)
    change = {"en": ("log change", "change"), "pt": ("variação logarítmica", "variação")}[lang]
    assert change[target == "difference"] in told(of_value)


def told(page: Page) -> str:
    """All that its text and its charts say, in small letters."""

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for each in value.values() for text in texts(each)]
        if isinstance(value, list):
            return [text for each in value for text in texts(each)]
        return [value] if isinstance(value, str) else []

    return " ".join([page.text, *texts(figures(page))]).lower()


def test_every_place_has_its_figure(page: Page) -> None:
    places = [attributes["data-figure"] for attributes in page.all("div") if "data-figure" in attributes]
    assert set(places) == figures(page)["figures"].keys()
    assert len(places) == len(set(places)) == 11
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_the_verdict_comes_first(page: Page) -> None:
    text = page.text
    first = text.index(
        "Not distinguishable from repeating the last value (test skill +0.20%, against drift -0.10%)."
    )
    assert first < text.index("Champion:") < text.index("Ranking") < text.index("What was run")
    assert "Test consulted 2 times" in text
    assert text.count("Not investment advice.") == 2


def test_what_is_judged_today_has_every_section_and_figure(judged_with: Callable[..., Report]) -> None:
    page = Page(render(judged_with(horizon=5)))
    text = page.text
    order = [
        text.index(title)
        for title in (
            "Champion:",
            "Verdict and its evidence",
            "Who cannot be told from the best",
            "Board",
            "By step",
            "On the test segment",
            "Where the error comes from",
            "Intervals on the test segment",
            "What the forecast missed",
            "Does the selection say anything?",
            "Learning curves",
        )
    ]
    assert order == sorted(order)
    told = {"by-step", "volatility", "calibration", "coverage", "autocorrelation", "spread"}
    assert told < figures(page)["figures"].keys()
    assert "Were no architecture (of 4) better than the last value" in text
    assert "Without the baseline Ridge on the window: the series is too short" in text
    items = [attributes.get("class") for attributes in page.all("li") if "class" in attributes]
    assert items.count("outside") == 4  # of four architectures and three baselines three are in the set
    assert "card verdict" in [attributes.get("class") for attributes in page.all("section")]
    assert (page.loads, page.unlisted_scripts, page.open) == ([], [], [])


def test_of_one_step_nothing_is_told_by_step(judged: Report) -> None:
    page = Page(render(judged))
    assert "By step" not in page.text
    assert "by-step" not in figures(page)["figures"]
    assert "volatility" in figures(page)["figures"]


def test_fast_mode_is_judged_like_the_other(judged: Report) -> None:
    rows = [
        {**row, "rmse": row["best_rmse"], "seeds": None} for row in judged.rows if row["rank"] is not None
    ]
    answer = {key: value for key, value in judged.answer.items() if key != "all_results"}
    spec = replace(judged.spec, mode="fast", search=None)
    page = Page(render(replace(judged, spec=spec, answer={**answer, "results": rows}, trials=())))
    assert {"calibration", "spread", "volatility"} < figures(page)["figures"].keys()
    assert "With 90% confidence 2 of 4 architectures" in page.text
    assert "there was no search" in page.text


def test_an_answer_of_an_older_version_says_what_it_lacks(page: Page) -> None:
    assert "There is no evidence: nothing was judged, or by an older version that kept none." in page.text
    assert "There are no intervals" in page.text
    assert {"calibration", "coverage"}.isdisjoint(figures(page)["figures"])


def test_figures_too_good_to_be_true_ring_before_anything_is_praised(judged: Report) -> None:
    verdict = {**judged.answer["verdict"], "code": "beats_last_value", "skill_against_drift": 0.05}
    praised = Page(render(replace(judged, answer={**judged.answer, "verdict": verdict})))
    assert "card verdict ahead" in [attributes.get("class") for attributes in praised.all("section")]
    leaks = {**verdict, "suspect_leakage": ["skill"]}
    page = Page(render(replace(judged, answer={**judged.answer, "verdict": leaks})))
    assert "Suspect leakage: its error is more than 3% below" in page.text
    assert "card verdict ahead" not in [attributes.get("class") for attributes in page.all("section")]


def test_the_board_ranks_models_among_baselines_and_keeps_what_failed(page: Page, optimized: Report) -> None:
    text = page.text
    board = text[text.index("Ranking") : text.index("On the test segment")]
    rows = sorted((row["seeds"]["mean"], row["model_name"]) for row in optimized.rows if row["rank"])
    names = [name for _, name in rows]
    assert rows[0][0] > 0.01002  # so that the baselines lead here
    order = [board.index(name) for name in ("Last value", "Drift", *names)]
    assert order == sorted(order)
    assert [board.count(medal) for medal in "🥇🥈🥉"] == [1, 1, 1]
    assert board.index("🥇") < board.index(names[0]) < board.index("🥈")
    assert "11 BiLSTM Classic (64/32) : worker died twice <b>out of memory</b>; 6 failed" in board
    counts = optimized.rows[0]["trial_counts"]
    assert f"{counts['COMPLETE']} complete, {counts['PRUNED']} pruned, {counts['FAIL']} failed" in board


def test_below_what_ran_away_stands_what_to_do(optimized: Report) -> None:
    text = Page(render(optimized)).text
    assert "can run away" not in text
    lost = dict(optimized.rows[-1], rank=None, state="FAIL", reason="diverged: its weights are not finite")
    answer = {**optimized.answer, "all_results": [*optimized.rows[:-1], lost]}
    text = Page(render(replace(optimized, answer=answer))).text
    assert text.count("can run away over a window of") == 1
    assert "its weights are not finite" in text.partition("can run away over a window of")[0]


def test_baselines_go_in_without_changing_the_ranks(optimized: Report) -> None:
    # While a search runs, those that were fitted again come first, whatever the others score.
    rows = [dict(row) for row in optimized.rows]
    rows[0]["seeds"] = {**rows[0]["seeds"], "mean": 0.0101}
    for i, rmse in ((1, 0.0099), (2, 0.01001), (3, 0.011)):
        rows[i] |= {"seeds": None, "best_rmse": rmse}
    text = Page(render(replace(optimized, answer={**optimized.answer, "all_results": rows}))).text
    board = text[text.index("Ranking") : text.index("On the test segment")]
    names = ("Last value", "Drift", *(row["model_name"] for row in rows[:4]))
    order = [board.index(name) for name in names]
    assert order == sorted(order)
    assert "not fitted again yet stand behind those that were" in board


def test_the_champion_has_its_setting_and_the_spread_of_its_seeds(page: Page, optimized: Report) -> None:
    row = optimized.rows[0]
    seeds = {key: f"{row['seeds'][key]:#.6g}" for key in ("mean", "min", "max")}
    assert f"mean {seeds['mean']}, lowest {seeds['min']}, highest {seeds['max']}, of 3 fits" in page.text
    assert f"learning rate {row['best_params']['learning_rate']:g}; batch size" in page.text
    expected = "optimized: random search, 24 trials for each architecture of 3,360 combinations, hopeless"
    assert expected in page.text
    assert "76 complete, 16 pruned, 4 failed" in page.text
    assert "version 4, trained on all rows; judged by the figures of version 3" in page.text


def test_words_from_elsewhere_stay_words(optimized: Report) -> None:
    rows = [dict(row) for row in optimized.rows]
    rows[-1]["reason"] = HOSTILE
    report = replace(
        optimized,
        spec=replace(optimized.spec, symbol=HOSTILE),
        answer={**optimized.answer, "all_results": rows},
    )
    page, plain = Page(render(report)), Page(render(optimized))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.loads == []
    assert page.unlisted_scripts == []
    assert page.text.count(HOSTILE) == 3  # heading, series, reason


def test_an_activation_is_no_markup_inside_a_figure(
    optimized_with: Callable[..., Report], search_trials: list[TrialResult]
) -> None:
    link = '<a href="https://elsewhere.example">relu</a>'
    trials = [
        replace(trial, hyperparameters=replace(trial.hyperparameters, activation=link))
        if trial.number % 2
        else trial
        for trial in search_trials
    ]
    report = replace(optimized_with(search_trials), trials=tuple(trials))
    told = json.dumps(figures(Page(render(report))))
    assert "<a" not in told
    assert "&lt;a href=" in told


def test_portuguese_is_portuguese_throughout(
    judged_with: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = judged_with(horizon=2)
    english = Page(render(report))
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    page = Page(render(report))
    assert (english.lang, page.lang) == ("en", "pt-BR")
    assert "Não se distingue de repetir o último valor (ganho no teste +0,20%" in page.text
    assert "2 de jan. de 2019: 6.646,18" in page.text
    assert figures(page)["locale"]["format"]["decimal"] == ","
    # Sentences that both pages share are names and numbers, not words of one language.
    shared = set(map(str.strip, english.words)) & set(map(str.strip, page.words))
    words = {word for text in shared for word in re.findall(r"\b(?:the|of|and|trial|value|test|is)\b", text)}
    assert words == set()
    told = json.dumps([*figures(page)["figures"].values()], ensure_ascii=False)
    assert not re.search(r"\b(?:validation|epoch|trial|forecast|change|actual|share)\b", told)


def test_a_partial_experiment_shows_what_it_has(optimized: Report) -> None:
    answer = {
        "status": "cancelled",
        "partial": True,
        "winner": {"model_id": 1, "model_name": "LSTM Classic (64/32)", "rmse": 0.0099},
        "results": [
            {
                "rank": 1,
                "model_id": 1,
                "model_name": "LSTM Classic (64/32)",
                "rmse": 0.0099,
                "state": "COMPLETE",
            },
            {
                "rank": None,
                "model_id": 6,
                "model_name": "GRU Classic (64/32)",
                "state": "WAITING",
                "reason": None,
            },
        ],
        "baselines": [{"name": "Last value", "key": "last_value", "validation_rmse": 0.01}],
        "verdict": {"code": "not_judged", "skill": None, "skill_against_drift": None},
    }
    page = Page(render(replace(optimized, state="cancelled", answer=answer, importance={}, test=None)))
    assert "No verdict: the test was not consulted." in page.text
    assert "Best so far (provisional): 1 LSTM Classic (64/32)" in page.text
    assert "Without a result (1)" in page.text
    assert "Test skill" not in page.text
    assert "The test segment was not consulted: there is no forecast to judge." in page.text
    assert {"saved", "changes", "prices"}.isdisjoint(figures(page)["figures"])


def test_an_experiment_that_has_not_begun_has_a_page(optimized: Report) -> None:
    empty = replace(optimized, state="queued", answer={}, trials=(), finished_s={}, importance={}, test=None)
    page = Page(render(empty))
    assert "No architecture has ended with a model." in page.text
    assert figures(page)["figures"] == {}


def test_a_winner_that_beats_both_baselines_is_told_with_its_limits(optimized: Report) -> None:
    verdict = {
        "code": "ahead_on_test",
        "skill": 0.014,
        "skill_against_drift": 0.02,
        "persistence_clone": False,
    }
    page = Page(render(replace(optimized, answer={**optimized.answer, "verdict": verdict})))
    assert "its error is 1.40% lower than the last value's and 2.00% lower than drift's" in page.text
    assert "more than luck has not been tested" in page.text
    assert "card verdict ahead" not in [attributes.get("class") for attributes in page.all("section")]


def test_the_space_is_told_with_its_ranges(optimized: Report) -> None:
    search = optimized.spec.search
    assert search is not None
    space = SearchSpace(
        learning_rate=Range(0.0001, 0.01, log=True), batch_size=Range(16, 64, step=16), epochs=Range(5, 9)
    )
    spec = replace(optimized.spec, search=replace(search, space=space, budget_s=600.0))
    text = Page(render(replace(optimized, spec=spec))).text
    assert "0.0001 to 0.01, logarithmic" in text
    assert "16 to 64, 16 apart" in text
    assert "5 to 9" in text
    assert "hopeless trials pruned, within 10 min" in text


def test_its_own_pages_are_known_again(optimized: Report, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(render(optimized), "utf-8")
    (tmp_path / "other.html").write_text("<!doctype html><p>Trintena report</p>", "utf-8")
    (tmp_path / "empty").touch()
    known = {path.name: is_report(path) for path in tmp_path.iterdir()}
    assert known == {"page.html": True, "other.html": False, "empty": False}
