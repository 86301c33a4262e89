"""The page of saved models: how each was judged, what it forecasts next, which one is champion."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np

from integration.web.pages.showcase import ELSEWHERE, SEARCHED, WON, Visitor
from pages import Page


def options(page: Page) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in page.elements if tag == "option"]


def versions_of(visitor: Visitor, experiment_id: int) -> list[int]:
    """The numbers of the models that an experiment saved, the newest first."""
    return [v.version for v in visitor.registry.versions() if v.experiment_id == experiment_id]


def test_without_a_model_the_page_leads_to_training(newcomer: Visitor) -> None:
    page = newcomer.sees("/custom-model")
    assert "No saved model yet" in page.text
    assert "/advanced-training?new=1" in [each.get("href") for tag, each in page.elements if tag == "a"]


def test_newest_champion_is_chosen_and_champions_come_first(visitor: Visitor) -> None:
    page = visitor.sees("/custom-model")
    (serving, _), (other,) = versions_of(visitor, SEARCHED), versions_of(visitor, ELSEWHERE)
    listed = options(page)
    assert [each["value"] for each in listed[:2]] == [str(serving), str(other)]
    assert len(listed) == 5
    assert [each["value"] for each in listed if "selected" in each] == [str(serving)]


def test_figures_stand_beside_the_last_value(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    model, text = visitor.registry.version(version), visitor.sees(f"/custom-model?version={version}").text
    validation, test = model.metrics["validation"], model.metrics["test"]
    answer = visitor.registry.experiment(ELSEWHERE).result or {}
    last_value = next(row for row in answer["baselines"] if row["key"] == "last_value")
    assert f"RMSE {validation['rmse']:#.6g} {test['rmse']:#.6g}" in text
    expected = f"{last_value['validation_rmse']:#.6g} {last_value['test_rmse']:#.6g}"
    assert f"RMSE of the last value {expected}" in text
    assert f"{test['skill']:+z.2%}" in text
    assert "Test consulted once." in text


def test_a_victory_is_green_and_an_alarm_takes_it(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    path = f"/custom-model?version={version}"
    visitor.judged(ELSEWHERE, **WON)
    won = visitor.sees(path)
    assert "card verdict ahead" in [each.get("class") for each in won.all("section")]
    assert "Beats repeating the last value on the test segment" in won.text
    visitor.judged(ELSEWHERE, suspect_leakage=["skill"])
    alarmed = visitor.sees(path)
    assert "card verdict ahead" not in [each.get("class") for each in alarmed.all("section")]
    assert "Suspect leakage: its error is more than 3% below the last value's." in alarmed.text
    assert "Suspeita de vazamento: seu erro é mais de 3% menor" in visitor.sees(path, lang="pt").text


def test_a_victory_does_not_hide_the_baselines_that_did_better(visitor: Visitor) -> None:
    visitor.judged(ELSEWHERE, **WON)
    (version,) = versions_of(visitor, ELSEWHERE)
    answer = visitor.registry.experiment(ELSEWHERE).result or {}
    better = [row["name"] for row in answer["baselines"] if row["test_rmse"] < answer["winner"]["test_rmse"]]
    assert better, "something to tell"
    said = f"Baselines with a lower error on the test segment: {', '.join(better)}."
    for path in ("/custom-model?version={version}", f"/advanced-training?experiment={ELSEWHERE}"):
        assert said in visitor.sees(path.format(version=version)).text


def test_of_several_steps_the_direction_is_the_last_ones(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    shown = visitor.sees(f"/custom-model?version={version}").text
    assert "Directional accuracy at the last step" in shown
    assert "Always the commoner direction at the last step" in shown
    compared = visitor.sees(f"/compare?experiment={ELSEWHERE}&experiment={SEARCHED}").text
    assert "Directional accuracy at the last step" in compared
    ranked = visitor.sees(f"/advanced-training?experiment={ELSEWHERE}").text
    assert ranked.count("Direction, last step") == 2
    (one_step, *_) = versions_of(visitor, SEARCHED)
    assert "last step" not in visitor.sees(f"/custom-model?version={one_step}").text


def test_model_trained_on_all_rows_is_said_to_be_judged_by_its_twin(visitor: Visitor) -> None:
    serving, twin = versions_of(visitor, SEARCHED)
    text = visitor.sees(f"/custom-model?version={serving}").text
    assert f"judged by the figures of version {twin}, its frozen twin" in text
    assert "frozen twin" not in visitor.sees(f"/custom-model?version={twin}").text


def test_page_comes_without_the_forecast_and_asks_for_it(visitor: Visitor) -> None:
    page = visitor.sees("/custom-model")
    (part,) = [each["data-load"] for _, each in page.elements if "data-load" in each]
    assert part is not None
    assert "Last value:" not in page.text
    assert "Last value:" in Page(visitor.client.get(part, headers={"Accept": "text/html"}).text).text


def test_forecast_stands_beside_the_last_value_in_both_languages(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    answer = (visitor.registry.experiment(ELSEWHERE).result or {})["forecast"]
    last, steps = answer["last_value"], answer["forecast"]
    text = visitor.sees(f"/custom-model?version={version}&whole=true").text
    assert f"Last value: {last:,.2f}." in text
    for step in steps:
        (low, high), (lower, higher) = (step["intervals"][level] for level in ("80", "95"))
        dash = "\N{EN DASH}"
        bounds = f"{low:,.2f} {dash} {high:,.2f} {lower:,.2f} {dash} {higher:,.2f}"
        assert f"{step['price']:,.2f} {bounds} {step['price'] - last:+z,.2f}" in text
    assert f"80% interval: {low:,.2f} to {high:,.2f}." in text
    held = [
        visitor.registry.version(version).metrics["intervals"]["levels"][each]["coverage"]
        for each in ("80", "95")
    ]
    assert f"On the test segment they held {held[0]:.1%} and {held[1]:.1%}." in text
    assert "The forecast starts there, not today." in text  # the series ended years ago
    in_portuguese = visitor.sees(f"/custom-model?version={version}&whole=true", lang="pt").text
    assert f"{steps[0]['price']:.2f}".replace(".", ",") in in_portuguese


def test_csv_is_for_programs_in_every_language(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    path = f"/custom-model/forecast.csv?version={version}"
    answers = [visitor.client.get(path, headers={"Accept-Language": lang}) for lang in ("en", "pt")]
    assert answers[0].text == answers[1].text
    assert answers[0].headers["content-disposition"].startswith('attachment; filename="forecast-version-')
    rows = list(csv.DictReader(StringIO(answers[0].text)))
    steps = (visitor.registry.experiment(ELSEWHERE).result or {})["forecast"]["forecast"]
    assert [row["date"] for row in rows] == [step["date"] for step in steps]
    np.testing.assert_allclose([float(r["forecast"]) for r in rows], [s["price"] for s in steps], rtol=1e-6)
    for level in ("80", "90", "95"):
        bounds = [(float(row[f"lower_{level}"]), float(row[f"upper_{level}"])) for row in rows]
        np.testing.assert_allclose(bounds, [step["intervals"][level] for step in steps], rtol=1e-6)


def test_promoting_takes_the_title_and_shows_it(visitor: Visitor) -> None:
    serving, twin = versions_of(visitor, SEARCHED)
    path = f"/custom-model/{twin}/promote"
    assert path not in [each.get("action") for _, each in visitor.sees("/custom-model").elements]
    shown = visitor.sees(f"/custom-model?version={twin}")
    assert path in [each.get("action") for _, each in shown.elements]
    assert f"The champion is version {serving}." in shown.text
    answer = visitor.presses(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/custom-model?version={twin}")
    assert visitor.registry.version(twin).is_winner
    assert not visitor.registry.version(serving).is_winner
    assert "This version is the champion" in visitor.sees(f"/custom-model?version={twin}").text


def test_damaged_file_is_not_opened(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    stem = visitor.registry.version(version).stem
    (visitor.home / "models" / f"{stem}.keras").write_bytes(b"something else")
    page = visitor.sees(f"/custom-model?version={version}&whole=true", status=409)
    assert "File does not match the registry; not opened." in page.text
    assert "How it was judged" in page.text
    answer = visitor.presses(f"/custom-model/{version}/promote")
    assert answer.status_code == 409


def test_prices_that_are_gone_are_said_to_be(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    key = visitor.registry.latest_dataset("OTHER")
    assert key is not None
    visitor.registry.delete_dataset(key, agreed=visitor.registry.dependents(key))
    page = visitor.sees(f"/custom-model/forecast?version={version}", status=404)
    assert "The prices of OTHER came from a file and are no longer stored." in page.text
    page = visitor.sees(f"/custom-model?version={version}")
    assert f"experiment {ELSEWHERE}" not in page.text


def test_chart_has_the_last_rows_and_then_the_forecast(visitor: Visitor) -> None:
    (version,) = versions_of(visitor, ELSEWHERE)
    page = visitor.sees(f"/custom-model?version={version}&whole=true")
    (source,) = [each["data-source"] for _, each in page.elements if "data-source" in each]
    drawn = visitor.client.get(source or "").json()
    key = visitor.registry.latest_dataset("OTHER")
    assert key is not None
    series = visitor.registry.load_dataset(key)
    assert [row["value"] for row in drawn["history"]] == series.close[-90:].tolist()
    assert drawn["history"][-1]["date"][:10] == drawn["origin"] < drawn["forecast"][0]["date"]
    assert len(drawn["forecast"]) == 3
    assert drawn["last_value"] == series.close[-1]
