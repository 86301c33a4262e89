"""What a page loads: its HTML, and the styles, scripts and imported modules that follow from it."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from web_server import Server

PLOTLY = "plotly"
_IMPORT = re.compile(r"""(?:\bimport|\bfrom|\bimport\s*\()\s*["']([^"']+)["']""")
_CSS_URL = re.compile(r"""(?:@import\s+|url\(\s*)["']?([^"')]+)""")


@dataclass
class Loaded:
    """The bytes of one page by address, as they came over the wire."""

    wire_bytes: dict[str, int] = field(default_factory=dict)

    @property
    def besides_plotly(self) -> int:
        return sum(n for address, n in self.wire_bytes.items() if PLOTLY not in address)

    @property
    def plotly(self) -> int:
        return sum(self.wire_bytes.values()) - self.besides_plotly


class _Links(HTMLParser):
    """Addresses that a browser loads by itself, and parts of the page that its scripts fetch at once."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        loads = tag in ("script", "img") and told.get("src")
        loads = loads or (tag == "link" and (told.get("rel") in _LOADED) and told.get("href"))
        self.found += [address for address in (loads, told.get("data-part")) if address]


_LOADED = ("stylesheet", "modulepreload", "preload", "icon")


def loaded(server: Server, page: str) -> Loaded:
    """Load a page as a browser with an empty cache would; what is compressed counts as such."""
    result, left = Loaded(), [page]
    while left:
        address = left.pop()
        if address in result.wire_bytes or urlsplit(address).scheme:
            continue
        status, headers, content = server.ask("GET", address, Accept_Encoding="gzip")
        if status != 200:
            raise RuntimeError(f"{page} loads {address}, which was answered with {status}")
        result.wire_bytes[address] = len(content)
        if PLOTLY not in address:
            text = gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content
            left += [urljoin(address, each) for each in _named_in(headers["content-type"], text.decode())]
    return result


def _named_in(content_type: str, text: str) -> list[str]:
    if content_type.startswith("text/html"):
        links = _Links()
        links.feed(text)
        return [each for each in links.found if not each.startswith("data:")]
    if "javascript" in content_type:
        return _IMPORT.findall(text)
    if content_type.startswith("text/css"):
        return [each for each in _CSS_URL.findall(text) if not each.startswith(("data:", "#"))]
    return []
