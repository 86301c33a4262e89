"""What a browser complains of while it shows our pages, and what axe-core finds in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response

# Seen by the page itself, too: a violation in a worker or a frame would not always reach the console.
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
_HERE = ("data:", "blob:", "about:")
_SERIOUS = ("serious", "critical")


@dataclass
class Complaints:
    """Of one page, in the order in which they came."""

    found: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """Parts of complaints that a test means to cause, such as the address of what it blocks."""

    def lines(self) -> list[str]:
        """All that nobody expected."""
        return [line for line in self.found if not any(part in line for part in self.expected)]


_of_page: dict[Page, Complaints] = {}


def watched(page: Page) -> Complaints:
    """Gathers from now on: violations of the content policy, errors and warnings of the console, uncaught
    errors, requests that fail, server errors, and requests to any host but the page's own.
    """
    complaints = _of_page[page] = Complaints()
    note = complaints.found.append

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            note(f"console: {message.text} ({message.location.get('url')})")

    def request(asked: Request) -> None:
        if not asked.url.startswith(_HERE) and urlsplit(asked.url).hostname != "127.0.0.1":
            note(f"request to another host: {asked.url}")

    def failed(asked: Request) -> None:
        # Whoever leaves a page ends the streams and downloads that it had open.
        if asked.failure != "net::ERR_ABORTED":
            note(f"request failed: {asked.url} {asked.failure}")

    def answered(answer: Response) -> None:
        if answer.status >= 500:
            note(f"status {answer.status}: {answer.url}")

    page.add_init_script(_REPORT_VIOLATIONS)
    page.on("console", console)
    page.on("pageerror", lambda error: note(f"uncaught: {error}"))
    page.on("request", request)
    page.on("requestfailed", failed)
    page.on("response", answered)
    return complaints


def expect_complaint(page: Page, part: str) -> None:
    """Let pass what contains these words, such as the status that a test provokes."""
    complaints = _of_page[page]
    complaints.expected = (*complaints.expected, part)


def axe(page: Page) -> None:
    """Assert that axe-core finds nothing serious or critical in the page as it stands."""
    found = Axe().run(page).response["violations"]
    serious = [
        f"{each['id']} ({each['impact']}): {node['html'][:160]} | {node['failureSummary']}"
        for each in found
        if each["impact"] in _SERIOUS
        for node in each["nodes"]
    ]
    assert not serious, "\n".join(serious)
