"""A file of prices in the form: what is understood of it, what is wrong with it, a training on it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from browser.conftest import OpenPage, StartServer
from browser.driving import START, choose, expect_champion, n_experiments, sound
from browser.serving import LOOKBACK, Server
from browser.watching import expect_complaint

N_ROWS = 900


def brazilian(path: Path, **spoilt: str) -> Path:
    """Prices as a Brazilian spreadsheet saves them: semicolons, decimal commas, the day first.

    `spoilt` replaces the close of one row: `at_404="..."` that of line 404.
    """
    rng = np.random.default_rng(5)
    close = 1000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, N_ROWS)))
    days = np.busday_offset("2021-01-04", np.arange(N_ROWS), roll="forward").astype("datetime64[D]")
    lines = ["Data;Fechamento"]
    for number, (day, price) in enumerate(zip(days.tolist(), close, strict=True), start=2):
        shown = f"{price:,.2f}".translate(str.maketrans(",.", ".,"))
        lines.append(f"{day:%d/%m/%Y};{spoilt.get(f'at_{number}', shown)}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def form(page: Page, server: Server) -> Page:
    """The form, ready for a file."""
    page.goto(f"{server.address}/advanced-training?new=1")
    page.get_by_role("radio", name="CSV file").check()
    return page


def test_a_file_is_understood_before_it_is_trained_on(
    page: Page, start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server()
    page.goto(server.address)
    page.get_by_role("link", name="Upload CSV").click()
    page.get_by_label("CSV file").last.set_input_files(brazilian(tmp_path / "padaria.csv"))
    expect(page.get_by_text("This is how the file is understood")).to_be_visible()
    told = page.get_by_role("list").filter(has_text="900")
    expect(told).to_contain_text("Fechamento")
    sound(page)
    page.get_by_label("Lookback").fill(str(LOOKBACK))
    choose(page, [6])
    page.get_by_role("button", name=START).click()
    expect(page.get_by_role("heading", name=re.compile("^padaria, Fast"))).to_be_visible()
    expect_champion(page)


def test_what_was_chosen_before_the_script_came_is_read_too(
    page: Page, server: Server, tmp_path: Path
) -> None:
    held: list[Route] = []
    page.route("**/form.js*", lambda route: held.append(route))
    page.goto(f"{server.address}/advanced-training?new=1", wait_until="commit")
    page.get_by_role("radio", name="CSV file").check()
    page.get_by_label("CSV file").last.set_input_files(brazilian(tmp_path / "padaria.csv"))
    page.get_by_role("radio", name="Optimized").check()
    held.pop().continue_()
    expect(page.get_by_text("This is how the file is understood")).to_be_visible()
    expect(page.get_by_role("complementary")).to_contain_text("690 trainings")


def test_a_wrong_cell_is_named_and_nothing_is_stored(form: Page, server: Server, tmp_path: Path) -> None:
    before = n_experiments(server)
    expect_complaint(form, "422")
    form.get_by_label("CSV file").last.set_input_files(brazilian(tmp_path / "bad.csv", at_404="1.0x3,20"))
    expect(form.get_by_text("The file cannot be used as it is")).to_be_visible()
    refusal = re.compile(r"[Ll]ine 404.*1\.0x3,20")
    expect(form.get_by_role("listitem").filter(has_text=refusal)).to_be_visible()
    form.get_by_role("button", name=START).click()
    summary = form.get_by_role("alert", name="There is a problem")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name=refusal).click()
    expect(form.get_by_label("CSV file").last).to_be_focused()
    assert n_experiments(server) == before


def test_refusal_in_portuguese(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    page = open_page(lang="pt-BR")
    page.goto(f"{server.address}/advanced-training?new=1")
    expect_complaint(page, "422")
    page.get_by_role("radio", name="Arquivo CSV").check()
    page.get_by_label("Arquivo CSV").last.set_input_files(brazilian(tmp_path / "bad.csv", at_404="n/d?"))
    expect(page.get_by_text("O arquivo não pode ser usado como está")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=re.compile("[Ll]inha 404.*n/d?"))).to_be_visible()


def test_a_file_that_was_not_chosen_is_asked_for(form: Page) -> None:
    expect_complaint(form, "422")
    form.get_by_role("button", name=START).click()
    expect(form.get_by_role("alert").get_by_role("link", name="Choose a CSV file")).to_be_visible()
    expect(form.get_by_role("radio", name="CSV file")).to_be_checked()
