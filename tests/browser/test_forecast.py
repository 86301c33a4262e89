"""The page of a saved model: what it forecasts, as a sentence, a chart, a table and a file."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import OpenPage, StartServer
from browser.driving import expect_champion, sound, start
from browser.serving import FAST, Server

OF_WALK, OF_STROLL, NEW = 1, 2, 3
"""Versions, in the order in which they were trained."""


def forecast_of(server: Server, version: int) -> dict[str, Any]:
    """What the API forecasts with a version."""
    answer = httpx.post(f"{server.address}/api/predict", json={"version": version}, timeout=60)
    return dict(answer.raise_for_status().json())


def test_forecast(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(f"{server.address}/custom-model?version={OF_STROLL}")
    forecast = forecast_of(server, OF_STROLL)
    steps = forecast["forecast"]
    assert len(steps) == 5

    table = page.get_by_role("region", name="Forecast as a table")
    expect(table).to_be_visible(timeout=60_000)
    cells = table.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert cells == [f"{step['price']:,.2f}" for step in steps]
    expect(page.get_by_text(re.compile(rf"^Last value: {forecast['last_value']:,.2f}\."))).to_be_visible()
    finding = re.compile(r"forecast is [\d.]+% (above|below) the last value")
    expect(page.get_by_text(finding)).to_be_visible()
    expect(page.get_by_role("img", name=finding)).to_be_visible()
    expect(page.get_by_text(re.compile("days ago"))).to_be_visible()

    with page.expect_download() as coming:
        page.get_by_role("link", name="CSV file").click()
    coming.value.save_as(tmp_path / "forecast.csv")
    with (tmp_path / "forecast.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["forecast"]) for row in rows] == [step["price"] for step in steps]
    assert [row["date"] for row in rows] == [step["date"] for step in steps]
    assert {row["version"] for row in rows} == {str(OF_STROLL)}


def test_another_model_is_chosen(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/custom-model?version={OF_STROLL}")
    model = page.get_by_label("Model")
    name = model.get_by_role("option", name=re.compile("^walk")).inner_text()
    model.select_option(label=name)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Forecast of walk")).to_be_visible()
    expect(page.get_by_role("region", name="Forecast as a table").locator("tbody tr")).to_have_count(
        1, timeout=60_000
    )
    page.get_by_role("link", name=f"experiment {FAST}").click()
    expect(page.get_by_role("region", name="Verdict")).to_be_visible()


def test_numbers_and_dates_in_portuguese(open_page: OpenPage, server: Server) -> None:
    page = open_page(lang="pt-BR")
    page.goto(f"{server.address}/custom-model?version={OF_STROLL}")
    price = f"{forecast_of(server, OF_STROLL)['forecast'][0]['price']:.2f}".replace(".", ",")
    table = page.get_by_role("region", name="Previsão em tabela")
    expect(table.get_by_role("row").nth(1)).to_have_text(
        re.compile(rf"^\d\d? de jun\. de 2021\s*{price}"), timeout=60_000
    )


@pytest.mark.slow
def test_another_version_is_promoted(page: Page, start_server: StartServer, trained: Path) -> None:
    server = start_server(trained)
    start(page, server, models=[6])
    expect_champion(page)
    page.get_by_role("link", name="Forecast", exact=True).last.click()
    page.get_by_role("heading", name="Forecast of walk").wait_for()
    champion = page.get_by_text("★ champion")
    challenger, before = (OF_WALK, NEW) if champion.count() else (NEW, OF_WALK)
    page.goto(f"{server.address}/custom-model?version={challenger}")
    expect(page.get_by_text(f"The champion is version {before}.")).to_be_visible()
    page.get_by_role("button", name="Promote").click()
    expect(champion).to_be_visible()
    expect(page.get_by_role("button", name="Promote")).to_be_hidden()
    sound(page)
    answer = httpx.post(f"{server.address}/api/predict", json={"symbol": "walk"}, timeout=60).json()
    assert answer["version"] == challenger
