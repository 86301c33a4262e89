"""A backtest is run from the page of its model, and followed there to its answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import StartServer
from browser.driving import sound

OF_WALK = 1


@pytest.mark.slow
def test_a_backtest_is_followed_to_its_answer(page: Page, start_server: StartServer, trained: Path) -> None:
    server = start_server(trained)
    page.goto(f"{server.address}/custom-model?version={OF_WALK}")
    page.get_by_label("Refit every (rows)").fill("40")
    page.get_by_role("button", name="Run the backtest").click()
    part = page.locator("#backtest-part")
    expect(part.get_by_role("heading", name=re.compile("Backtest"))).to_be_visible()
    page.evaluate("window.sameDocument = true")
    table = part.get_by_role("region", name="The model beside the baselines")
    expect(table).to_be_visible(timeout=60_000)
    assert page.evaluate("window.sameDocument")  # nobody had to load the page again
    expect(table.locator("tbody tr")).to_have_count(7)
    expect(part.get_by_text(re.compile(r"fitted anew every 40 rows \(refits: \d+\)"))).to_be_visible()
    expect(part.get_by_role("img", name=re.compile("squared error"))).to_be_visible(timeout=30_000)
    expect(page.locator("#backtest-said")).to_have_text(re.compile("^Succeeded"))
    sound(page)
