"""What people do on the pages, by what they read there, and what they do to the processes behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from browser.serving import LOOKBACK, Server
from browser.watching import axe
from integration.training.running import children_of, select
from trintena.zoo import Architecture
from trintena.zoo.catalog import ARCHITECTURES, CATEGORIES

SMALL = (6, 9, 26)
LONGER = (1, 2, 3, 6, 9, 26)
"""Enough of them that a run can be stopped between the first and the last."""
ENDS_WITHIN_MS = 90_000
"""For a training on a busy machine; it takes seconds."""

_OF_ID: dict[int, Architecture] = {row.id: row for row in ARCHITECTURES}
START = "Start Advanced Training"


def fill_in(page: Page, *, series: str = "walk", models: Sequence[int] = SMALL) -> None:
    """Fill the form for a stored series and a few architectures; the rest stays as it comes."""
    page.get_by_role("radio", name="Stored series").check()
    stored = page.get_by_label("Which series")
    stored.select_option(stored.get_by_role("option", name=series).first.get_attribute("value"))
    page.get_by_label("Lookback").fill(str(LOOKBACK))
    choose(page, models)


def choose(page: Page, models: Sequence[int]) -> None:
    """Untick all architectures but these, family by family."""
    for key, title in CATEGORIES.items():
        page.get_by_role("checkbox", name=title).uncheck()
        wanted = [_OF_ID[i] for i in models if _OF_ID[i].category == key]
        if not wanted:
            continue
        page.get_by_text(f"{title}: 0 of 5 chosen").click()
        for row in wanted:
            page.get_by_role("checkbox", name=f"{row.id} {row.name}", exact=True).check()


def start(page: Page, server: Server, *, models: Sequence[int] = SMALL) -> int:
    """Start a fast training on a stored series; the number of its experiment, whose page is shown."""
    page.goto(f"{server.address}/advanced-training?new=1")
    fill_in(page, models=models)
    page.get_by_role("button", name=START).click()
    page.wait_for_url("**/advanced-training?experiment=*")
    return experiment_of(page)


def experiment_of(page: Page) -> int:
    """The experiment whose page is shown."""
    found = re.search(r"experiment=(\d+)", page.url)
    assert found is not None, page.url
    return int(found[1])


def verdict(page: Page) -> Locator:
    """Only where an experiment has been judged."""
    return page.get_by_role("region", name="Verdict")


def expect_champion(page: Page) -> None:
    """Wait until a training has ended with a champion."""
    expect(verdict(page)).to_be_visible(timeout=ENDS_WITHIN_MS)
    expect(page.get_by_text(re.compile(r"^(Champion|Leader) · version \d+$"))).to_be_visible()


def expect_trial(page: Page) -> None:
    """Wait until the ranking of a running training has a leader."""
    ranking = page.get_by_role("region", name="Ranking so far (provisional)").last
    expect(ranking).to_contain_text("🥇", timeout=ENDS_WITHIN_MS)


def n_experiments(server: Server) -> int:
    ((n,),) = select(server.home, "SELECT COUNT(*) FROM experiments")
    return int(n)


def worker_of(server: Server) -> int:
    """The process that takes experiments from the queue."""
    found = server.running.wait_for(lambda: _named(server.running.popen.pid, "worker"), "a worker")
    return found[0]


def _trainers_of(server: Server) -> list[int]:
    """The processes that train at the moment."""
    return [pid for worker in _named(server.running.popen.pid, "worker") for pid in children_of(worker)]


def _named(parent: int, word: str) -> list[int]:
    """The children of a process that were started with a word."""
    return [pid for pid in children_of(parent) if word in _command(pid).split()]


def _command(pid: int) -> str:
    """The words that a process was started with; none where it has ended."""
    return subprocess.run(["ps", "-p", str(pid), "-o", "args="], capture_output=True, text=True).stdout


@contextmanager
def held(server: Server, experiment: int) -> Iterator[None]:
    """From the first finished trial of an experiment on nothing is trained, for as long as this lasts.

    So nothing that is looked at meanwhile depends on time.
    """
    finished = f"""SELECT COUNT(*) FROM architecture_trials t JOIN architecture_studies s ON s.id = t.study_id
                   WHERE t.finished_at IS NOT NULL AND s.experiment_id = {experiment}"""
    server.running.wait_for(lambda: select(server.home, finished)[0][0], "a finished trial")
    trainers = _trainers_of(server)
    signal_all(trainers, signal.SIGSTOP)
    assert trainers, "the machine was too busy to stop the training in time"
    try:
        yield
    finally:
        signal_all([pid for pid in trainers if pid in _trainers_of(server)], signal.SIGCONT)


def signal_all(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def sound(page: Page) -> None:
    """Assert that axe-core has nothing to say about a page as it stands, light or dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        axe(page)
    page.emulate_media(color_scheme="light")
