"""Take the pictures of the pages in the README: real pages, after a real training on the sample.

    python docs/screenshots.py

It serves a home of its own, trains all thirty architectures there, and writes `docs/training.png` and
`docs/forecast.png`. Nothing is fetched. It needs a Chromium (`scripts/install-for-tests.sh`).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

DOCS = Path(__file__).parent
SIZE: ViewportSize = {"width": 1200, "height": 860}
TRAINING_MS = 600_000


@contextmanager
def served(home: str) -> Iterator[str]:
    """The address of a server over a home, for as long as the context lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "trintena", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, env={**os.environ, "TRINTENA_HOME": home}, stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stderr is not None
        print(server.stderr.readline().strip())  # where it serves: it answers from here on
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def take(page: Page, address: str) -> None:
    """Train, then look at what came of it and at the forecast."""
    page.goto(address, wait_until="load")
    page.get_by_role("button", name="Try the Nasdaq sample").click()
    page.get_by_role("link", name="Forecast", exact=True).nth(1).wait_for(timeout=TRAINING_MS)
    page.reload(wait_until="networkidle")
    page.locator(".js-plotly-plot").first.wait_for()
    page.screenshot(path=DOCS / "training.png")
    page.goto(f"{address}/custom-model", wait_until="networkidle")
    page.locator(".js-plotly-plot").first.wait_for()
    page.screenshot(path=DOCS / "forecast.png")


def main() -> None:
    """Serve, drive a browser, and end both."""
    browser_file = (
        shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )
    if browser_file is None:
        sys.exit("No Chromium was found: scripts/install-for-tests.sh installs one.")
    with tempfile.TemporaryDirectory() as home, served(home) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_file, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="en-US", color_scheme="light")
        take(page, address)
        browser.close()


if __name__ == "__main__":
    main()
