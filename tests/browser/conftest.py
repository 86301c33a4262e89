"""Tests in a real browser: Chromium looks at a real server.

def test_something(page: Page, server: Server): page.goto(f"{server.address}/")

A test fails by what the browser complains of: `watched` says what that is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browser.serving import Server, fill, serve
from browser.watching import Complaints, watched

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

OpenPage = Callable[..., Page]
StartServer = Callable[..., Server]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test of this folder before anything is trained for it, where there is no browser."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: run scripts/install-for-tests.sh, or install Chromium or Google Chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, once for each module: while it is open, its event loop runs in the tests' own thread, and
    tests of other modules ask for a loop of their own.
    """
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished experiment of each mode; copy it to change it."""
    home = tmp_path_factory.mktemp("trained") / "home"
    fill(home)
    return home


@pytest.fixture(scope="module")
def server(trained: Path) -> Iterator[Server]:
    """Serves that home to tests that only look at it; closed with its module, as tests of others count
    the processes that run.
    """
    with serve(trained) as serving:
        yield serving


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts a server for one test: over an empty home, or, given the folder of a home, over its copy."""
    with ExitStack() as stack:

        def start(source: Path | None = None, *words: object, **variables: str) -> Server:
            home = tmp_path / "home"
            if source is not None:
                shutil.copytree(source, home)
            return stack.enter_context(serve(home, *words, **variables))

        yield start


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """Leave each phase's outcome on the test, for `open_page`, which takes screenshots of what failed."""
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Opens pages, each with cookies of its own: `open_page(lang="pt-BR", scheme="dark", size=PHONE)`.

    What any of them complains of fails the test. Where it fails, a picture of each is left in its folder.
    """
    opened: list[tuple[BrowserContext, Page, Complaints]] = []

    def open_(*, lang: str = "en", scheme: Any = "light", size: Any = DESKTOP, **more: Any) -> Page:
        context = browser.new_context(locale=lang, color_scheme=scheme, viewport=size, **more)
        context.set_default_timeout(30_000)
        page = context.new_page()
        opened.append((context, page, watched(page)))
        return page

    yield open_
    failed = getattr(request.node, "report_call", None) is None or request.node.report_call.failed
    complaints = [line for _, _, each in opened for line in each.lines()]
    for number, (context, page, _) in enumerate(opened):
        if failed or complaints:
            picture = tmp_path / f"page-{number}.png"
            page.screenshot(path=picture, full_page=True)
            print(f"screenshot of {page.url}: {picture}", flush=True)
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page of a desktop, in English and light."""
    return open_page()
