"""A web page as a browser reads it: its elements, its words, and what it would load from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser

LOADING = (
    "src",
    "href",
    "srcset",
    "data",
    "action",
    "formaction",
    "poster",
    "background",
    "ping",
    "manifest",
)
VOID = {"meta", "link", "img", "br", "hr", "input", "base"}


@dataclass
class Page(HTMLParser):
    """Elements with their attributes, scripts and visible text of a page."""

    source: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    scripts: list[tuple[dict[str, str | None], str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append((self.elements[-1][1], data))
        elif self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        """All that can be read, in one line."""
        return " ".join(" ".join(self.words).split())

    @property
    def loads(self) -> list[tuple[str, str]]:
        """Every element that would fetch something, with what."""
        return [
            (tag, f"{name}={value}")
            for tag, attributes in self.elements
            for name, value in attributes.items()
            if name in LOADING or tag in ("link", "iframe", "object", "embed", "img", "base")
        ]

    @property
    def policy(self) -> str:
        """The content policy that the page sets itself."""
        return next(
            attributes["content"] or ""
            for tag, attributes in self.elements
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        )

    @property
    def unlisted_scripts(self) -> list[str]:
        """What would run, but that its policy does not name."""
        return [
            text[:60]
            for attributes, text in self.scripts
            if attributes.get("type") != "application/json"
            and b64encode(sha256(text.encode()).digest()).decode() not in self.policy
        ]

    @property
    def lang(self) -> str | None:
        return next(attributes["lang"] for tag, attributes in self.elements if tag == "html")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
