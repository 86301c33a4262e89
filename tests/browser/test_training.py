"""A training, from the button to the champion, as somebody at a browser goes through it."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import PHONE, OpenPage, StartServer
from browser.driving import (
    ENDS_WITHIN_MS,
    LONGER,
    START,
    expect_champion,
    expect_trial,
    experiment_of,
    fill_in,
    held,
    n_experiments,
    sound,
    start,
    verdict,
    worker_of,
)
from browser.serving import Server, serve
from browser.watching import expect_complaint
from integration.training.running import begun, wait_for

MEDALS = ("🥇", "🥈", "🥉")


@pytest.fixture(scope="module")
def workshop(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves a copy of the trained home, in which each test trains what it looks at."""
    home = tmp_path_factory.mktemp("workshop") / "home"
    shutil.copytree(trained, home)
    with serve(home) as serving:
        yield serving


def experiment_of_page(page: Page) -> int:
    """The experiment that a page shows, also where its address does not name it."""
    found = page.get_by_text(re.compile(r"^#\d+ · ")).inner_text()
    return int(re.findall(r"\d+", found)[0])


def test_from_the_button_to_the_champion(page: Page, workshop: Server) -> None:
    before = n_experiments(workshop)
    page.goto(f"{workshop.address}/advanced-training?new=1")
    cost = page.get_by_text(re.compile(r"^\d+ trainings?$"))
    expect(cost).to_have_text("30 trainings")
    fill_in(page, models=LONGER)
    expect(cost).to_have_text("6 trainings")
    button = page.get_by_role("button", name=START)
    button.click(click_count=3, delay=20)
    page.wait_for_url("**/advanced-training?experiment=*")

    with held(workshop, experiment_of(page)):
        expect_trial(page)
        assert 0 < float(page.get_by_role("progressbar").get_attribute("value") or 0) < 1
        expect(page.get_by_text(re.compile(r"^\d of 6$"))).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("leads with a validation RMSE"))).to_be_visible()
        page.get_by_role("button", name=re.compile("^failed")).click()
        expect(page.get_by_text("None at the moment.")).to_be_visible()
        page.get_by_role("button", name=re.compile("^all")).click()
        expect(page).to_have_title(re.compile(r"^\d+% · walk"))
        sound(page)

    expect_champion(page)
    expect(verdict(page)).to_contain_text(re.compile("last value"))
    expect(page).to_have_title(re.compile("^walk · succeeded"))
    expect(page.get_by_role("status")).to_contain_text("Succeeded")
    ranking = page.get_by_role("region", name="Ranking").last
    for place, medal in enumerate(MEDALS, 1):
        expect(ranking.get_by_role("row").filter(has_text=medal)).to_contain_text(f"{medal} {place}")
    expect(ranking.get_by_role("row", name=re.compile("Last value"))).to_have_count(
        2
    )  # in its place, and below
    assert n_experiments(workshop) == before + 1

    by_time = ranking.get_by_role("button", name="Time")
    by_time.click()
    expect(ranking.get_by_role("columnheader", name="Time")).to_have_attribute("aria-sort", "ascending")
    seconds = [
        float(value)
        for value in ranking.locator("tbody td:last-child").evaluate_all(
            "cells => cells.map(c => c.dataset.value)"
        )
        if value
    ]
    assert len(seconds) == len(LONGER)
    assert seconds == sorted(seconds)


@pytest.mark.slow
def test_a_search(page: Page, workshop: Server) -> None:
    page.goto(f"{workshop.address}/advanced-training?new=1")
    fill_in(page, series="stroll")
    page.get_by_role("radio", name="Optimized").check()
    page.get_by_label("Trials per model").fill("2")
    page.get_by_text("Advanced options").click()
    for name, value in (("Epochs", "1, 2"), ("Batch size", "32"), ("Activation", "tanh")):
        page.get_by_label(name, exact=True).fill(value)
    expect(page.get_by_text("15 trainings")).to_be_visible()
    page.get_by_role("button", name=START).click()
    expect_champion(page)
    expect(page.get_by_text("highest of 3 fits")).to_be_visible()
    expect(page.get_by_role("heading", name="Learning curves")).to_be_visible()
    sound(page)


@pytest.mark.slow
def test_every_window_shows_the_same_run(page: Page, open_page: OpenPage, workshop: Server) -> None:
    experiment = start(page, workshop, models=LONGER)
    with held(workshop, experiment):
        expect_trial(page)
        shown = page.get_by_text(re.compile(r"^\d of 6$")).inner_text()
        leader = page.get_by_role("region", name="Best so far (provisional)").inner_text()

        page.reload()
        expect(page.get_by_text(shown, exact=True)).to_be_visible()
        other = open_page(size=PHONE)
        other.goto(f"{workshop.address}/advanced-training")
        assert experiment_of_page(other) == experiment
        assert other.get_by_role("region", name="Best so far (provisional)").inner_text() == leader

        # Leaving and coming back: by the chip of any page, or by the first page.
        page.get_by_role("link", name="Forecast", exact=True).click()
        page.get_by_role("link", name=re.compile(r"^walk( \d+%)?$")).click()
        expect(page.get_by_text(shown, exact=True)).to_be_visible()
        page.get_by_role("navigation").get_by_role("link", name="Experiments").click()
        page.get_by_role("link", name=f"Follow walk #{experiment}").click()
        expect(page.get_by_text(shown, exact=True)).to_be_visible()
        assert experiment_of(page) == experiment

        # One that is asked for meanwhile waits, and says so before and after.
        other.goto(f"{workshop.address}/advanced-training?new=1")
        expect(other.get_by_text(re.compile(r"^Will queue, position \d+$"))).to_be_visible()
    for each in (page, other):
        each.goto(f"{workshop.address}/advanced-training?experiment={experiment}")
        expect_champion(each)


def test_cancel_and_resume(page: Page, workshop: Server) -> None:
    experiment = start(page, workshop, models=LONGER)
    with held(workshop, experiment):
        expect_trial(page)
        dialog = page.get_by_role("dialog", name="Cancel training?")
        keep = dialog.get_by_role("button", name="Keep training")
        page.get_by_role("link", name="Cancel", exact=True).click()
        expect(dialog).to_contain_text(re.compile(r"The \d finished (is|are) kept\."))
        expect(keep).to_be_focused()
        sound(page)
        keep.click()
        expect(dialog).to_be_hidden()

        # By keyboard: Escape keeps training, too.
        cancel = page.get_by_role("link", name="Cancel", exact=True)
        cancel.press("Enter")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(cancel).to_be_focused()
        cancel.press("Enter")
        page.keyboard.press("Tab")
        expect(dialog.get_by_role("button", name="Cancel training")).to_be_focused()
        worker = worker_of(workshop)
        os.kill(worker, signal.SIGSTOP)  # it hears of it later
        try:
            page.keyboard.press("Enter")
            expect(page.get_by_text("Cancelling…").last).to_be_visible()
            expect(cancel).to_be_hidden()
        finally:
            os.kill(worker, signal.SIGCONT)
        expect(
            page.get_by_text(re.compile(r"^Cancelled after \d of 6\. Nothing finished was lost"))
        ).to_be_visible()
    expect(page.get_by_text(re.compile("^Not judged"))).to_be_visible()
    expect(verdict(page)).to_be_hidden()
    expect(page.get_by_role("heading", name="Ranking Partial")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Resume").click()
    expect_champion(page)
    assert experiment_of(page) == experiment


@pytest.mark.slow
def test_a_killed_worker_delays_a_training(page: Page, workshop: Server) -> None:
    experiment = start(page, workshop, models=LONGER)
    with held(workshop, experiment):
        expect_trial(page)
        os.kill(worker_of(workshop), signal.SIGKILL)
    expect_champion(page)


@pytest.mark.slow
def test_a_restarted_server_is_found_again(page: Page, start_server: StartServer, trained: Path) -> None:
    server = start_server(trained)
    port = server.address.rpartition(":")[2]
    experiment = start(page, server, models=LONGER)
    lost = page.get_by_text("Connection lost; training goes on.")
    with held(server, experiment):
        expect_trial(page)
        expect(lost).to_be_hidden()
        expect_complaint(page, "ERR_")
        server.running.popen.send_signal(signal.SIGTERM)
        wait_for(lambda: server.running.popen.poll() is not None, "end of the server", 30)
        expect(lost).to_be_visible()
    with begun(server.home, "serve", "--port", port, "--workers", 1) as again:
        expect(lost).to_be_hidden(timeout=ENDS_WITHIN_MS)
        expect_champion(page)
        again.popen.send_signal(signal.SIGTERM)
        again.popen.wait(30)


@pytest.mark.slow
def test_without_scripts(open_page: OpenPage, workshop: Server) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{workshop.address}/advanced-training?new=1")
    page.get_by_role("radio", name="Stored series").check()
    page.get_by_label("Which series").select_option(index=0)
    page.get_by_label("Lookback").fill("8")
    for summary in page.get_by_text(re.compile(r"5 of 5 chosen$")).all():
        summary.click()
    for box in page.get_by_role("group", name=re.compile("Architectures")).get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("checkbox", name="6 GRU Classic").check()
    page.get_by_role("button", name=START).click()
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_role("heading", name="Cancel training?").wait_for()
    page.get_by_role("link", name="Keep training").click()
    expect_champion(page)  # the page loads itself anew
    page.get_by_text("Data of this chart").first.click()
    page.get_by_role("link", name="Show as a table").first.click()
    expect(page.get_by_role("table").first).to_be_visible()
    page.get_by_role("link", name="Back to the experiment").click()
    page.get_by_role("link", name="Forecast", exact=True).last.click()
    page.get_by_role("link", name="Make the forecast").click()
    expect(page.get_by_role("table").first).to_be_visible()
