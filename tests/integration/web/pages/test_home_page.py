"""The first page: what there is, what runs and waits, what to do first; comparing; refusals as pages."""

from __future__ import annotations

from typing import Any

import pytest

from integration.web.pages.showcase import AGAIN, ELSEWHERE, FAST, LOST, SEARCHED, WON, Visitor
from pages import Page


def links(page: Page) -> list[str]:
    return [attributes["href"] or "" for tag, attributes in page.elements if tag == "a"]


def forms(page: Page) -> list[tuple[str | None, str | None]]:
    return [(each.get("method"), each.get("action")) for tag, each in page.elements if tag == "form"]


def ticks(page: Page) -> list[str | None]:
    return [each["value"] for tag, each in page.elements if tag == "input" and each["type"] == "checkbox"]


def test_newcomer_is_told_what_to_do_first(newcomer: Visitor) -> None:
    page = newcomer.sees("/")
    assert "No experiments yet" in page.text
    assert ("post", "/try-sample") in forms(page)
    assert "investment" not in page.text
    assert "/advanced-training?new=1#csv" in links(page)
    assert "Nenhum experimento ainda" in newcomer.sees("/", lang="pt-BR").text


def test_sample_is_queued_once_however_often_the_button_is_pressed(newcomer: Visitor) -> None:
    page = newcomer.sees("/")
    key = next(each["value"] for tag, each in page.elements if tag == "input" and each["name"] == "key")
    answers = [newcomer.presses("/try-sample", key=key or "") for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert {each.headers["location"] for each in answers} == {"/advanced-training?experiment=1"}
    assert newcomer.registry.queue() == [1]
    spec = newcomer.registry.experiment(1).spec
    assert (spec.symbol, spec.mode, len(spec.model_ids)) == ("sample:nasdaq", "fast", 30)


def test_experiments_stand_newest_first_with_champion_and_verdict(visitor: Visitor) -> None:
    page = visitor.sees("/")
    assert ticks(page) == [str(id_) for id_ in (AGAIN, FAST, SEARCHED, ELSEWHERE)]
    assert f"WALK #{FAST} ✓ succeeded" in page.text
    assert "Fast 2/2 GRU" in page.text
    answer = visitor.registry.experiment(FAST).result
    assert answer is not None
    assert f"{answer['verdict']['skill']:+z.2%}" in page.text


def test_champion_card_shows_its_forecast_beside_the_last_value(visitor: Visitor) -> None:
    answer = visitor.registry.experiment(SEARCHED).result
    assert answer is not None
    serving, forecast = answer["serving"], answer["forecast"]
    page = visitor.sees("/")
    assert f"/custom-model?version={serving['version']}" in links(page)
    assert f"{forecast['last_value']:,.2f}" in page.text
    assert f"{forecast['forecast'][0]['price']:,.2f}" in page.text
    price = f"{forecast['last_value']:,.2f}".translate(str.maketrans(",.", ".,"))
    assert price in visitor.sees("/", lang="pt").text
    assert page.text.endswith("Not investment advice.")


def verdicts(page: Page) -> list[str | None]:
    """How the cards and table cells that tell verdicts look."""
    styles = [each.get("class") for tag, each in page.elements if tag in ("section", "span")]
    return [style for style in styles if style in ("card verdict", "card verdict ahead", "good", "neutral")]


def test_a_victory_is_green(visitor: Visitor) -> None:
    visitor.judged(SEARCHED, **WON)
    page = visitor.sees("/")
    assert verdicts(page) == ["card verdict ahead", "neutral", "neutral", "good", "neutral"]
    assert "▲ Beats the last value" in page.text
    assert "Too good" not in page.text


@pytest.mark.parametrize(
    "doubt", [{"suspect_leakage": ["r2"]}, {"confidence_set": {"level": 0.9, "model_ids": [6]}}]
)
def test_what_speaks_against_a_victory_takes_its_green(visitor: Visitor, doubt: dict[str, Any]) -> None:
    visitor.judged(SEARCHED, **{**WON, **doubt})
    page = visitor.sees("/")
    assert {"card verdict ahead", "good"}.isdisjoint(verdicts(page))
    assert ("Too good: suspected leak from the future." in page.text) == ("suspect_leakage" in doubt)
    assert ("Beats the last value; alarm" in page.text) == ("suspect_leakage" in doubt)
    compared = visitor.sees(f"/compare?experiment={SEARCHED}&experiment={FAST}")
    assert verdicts(compared) == ["card verdict", "card verdict"]
    assert compared.text.count("Too good: suspected leak from the future.") == ("suspect_leakage" in doubt)
    in_portuguese = visitor.sees(f"/compare?experiment={SEARCHED}&experiment={FAST}", lang="pt").text
    told = "Bom demais: suspeita de vazamento do futuro." in in_portuguese
    assert told == ("suspect_leakage" in doubt)


def test_who_is_worse_is_called_so(visitor: Visitor) -> None:
    visitor.judged(SEARCHED, **LOST)
    page = visitor.sees("/")
    assert "Worse than repeating the last value on the test segment: its error is 11.40% higher" in page.text
    assert "-11.40% Worse than the last value" in page.text
    assert "Pior que o último valor" in visitor.sees("/", lang="pt").text
    assert "Worse than repeating" in visitor.sees(f"/compare?experiment={SEARCHED}&experiment={FAST}").text


def test_running_experiment_has_bar_time_left_and_a_chip(visitor: Visitor) -> None:
    with visitor.running() as id_:
        page = visitor.sees("/")
        bar = next(each for tag, each in page.elements if tag == "progress")
        assert bar["value"] == "0.4321"
        assert "43% · 258 of 600 · about 13 min left" in page.text
        assert links(page).count(f"/advanced-training?experiment={id_}") >= 3
        assert "faltam cerca de 13 min" in visitor.sees("/", lang="pt").text
    with visitor.running(seconds_left=None):
        assert "estimating the time left" in visitor.sees("/").text


def test_cut_off_experiment_is_not_called_running(visitor: Visitor) -> None:
    with visitor.running():
        pass
    assert "It was cut off and goes on" in visitor.sees("/").text


def test_queue_shows_positions_and_a_form_takes_one_out(visitor: Visitor) -> None:
    first, second = visitor.submit(), visitor.submit(seed=3)
    page = visitor.sees("/")
    assert "Position 1 WALK" in page.text
    assert "Position 2 WALK" in page.text
    assert "No worker is running" in page.text
    answer = visitor.presses(f"/experiments/{first}/cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert visitor.registry.experiment(first).state == "cancelled"
    assert visitor.registry.queue() == [second]
    assert "Position 2" not in visitor.sees("/").text


def test_failure_is_shown_with_its_reason(visitor: Visitor) -> None:
    visitor.registry.set_state(visitor.submit(), "failed", "The disk is full.")
    page = visitor.sees("/")
    assert "✕ failed" in page.text
    assert "The disk is full." in page.text


def test_table_has_pages(visitor: Visitor) -> None:
    for seed in range(24):
        visitor.registry.set_state(visitor.submit(seed=seed), "failed", "No reason.")
    newest = visitor.sees("/")
    assert ticks(newest) == [str(id_) for id_ in range(28, 3, -1)]
    assert "/?before=4" in links(newest)
    older = visitor.sees("/?before=4")
    assert ticks(older) == ["3", "2", "1"]
    assert not [link for link in links(older) if "before" in link]


def test_comparing_puts_first_what_differs(visitor: Visitor) -> None:
    page = visitor.sees(f"/compare?experiment={FAST}&experiment={AGAIN}")
    differing, same = page.text.split("settings are the same")
    assert "Seed 0 5" in differing
    assert "Architectures 2 (6, 9) 1 (9)" in differing
    assert "Lookback 8 8" in same
    assert "Lookback" not in differing
    assert page.text.endswith("Not investment advice.")
    assert "not comparable" not in page.text
    rows = [visitor.registry.experiment(id_).result or {} for id_ in (FAST, AGAIN)]
    skills = " ".join(f"{row['verdict']['skill']:+z.2%}" for row in rows)
    assert f"Test skill {skills}" in same


def test_errors_on_other_data_are_said_not_to_be_comparable(visitor: Visitor) -> None:
    page = visitor.sees(f"/compare?experiment={FAST}&experiment={ELSEWHERE}")
    assert "Different series: errors not comparable." in page.text
    page = visitor.sees(f"/compare?experiment={FAST}&experiment={ELSEWHERE}", lang="pt")
    assert "Séries diferentes: erros não comparáveis." in page.text


@pytest.mark.parametrize("query", ["", f"?experiment={FAST}", "?" + "experiment=1&" * 3])
def test_one_experiment_cannot_be_compared(visitor: Visitor, query: str) -> None:
    assert "2 to 4 experiments can be compared" in visitor.sees(f"/compare{query}", status=422).text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "There is nothing at /nowhere."),
        ("/compare?experiment=99&experiment=98", 404, "No experiment 99."),
        ("/custom-model?version=99", 404, "No model version 99."),
        ("/?before=x", 422, "before must be a whole number"),
    ],
)
def test_refusals_are_pages_for_who_looks_at_pages(
    newcomer: Visitor, path: str, status: int, words: str
) -> None:
    page = newcomer.sees(path, status=status)
    assert words in page.text
    assert "/" in links(page)


def test_refusals_stay_json_for_programs(newcomer: Visitor) -> None:
    answer = newcomer.client.get("/nowhere", headers={"Accept": "*/*"})
    assert answer.json()["error"]["code"] == "not_found"
    answer = newcomer.client.get("/api/nowhere", headers={"Accept": "text/html"})
    assert answer.json()["error"]["code"] == "not_found"


def test_refusal_of_a_form_is_a_page_with_the_way_on(visitor: Visitor) -> None:
    answer = visitor.presses(f"/experiments/{FAST}/cancel")
    assert answer.status_code == 422
    assert f"Experiment {FAST} has ended already: it is succeeded." in Page(answer.text).text
