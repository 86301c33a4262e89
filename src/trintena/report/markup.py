"""HTML by plain functions. Whatever is put in is text and is escaped; only `Markup` goes in as it is."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping, Sequence


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Text as HTML that shows it."""
    return text if isinstance(text, Markup) else Markup(html.escape(text))


def element(tag: str, *inside: str, **attributes: str | bool) -> Markup:
    """An element with its content.

    An attribute that is True has no value, one that is False is left out; `class_` means `class`, and
    an underscore inside a name a hyphen.
    """
    written = "".join(
        f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
        for name, value in (
            (key.rstrip("_").replace("_", "-"), value)
            for key, value in attributes.items()
            if value is not False
        )
    )
    return Markup(f"<{tag}{written}>{joined(inside)}</{tag}>")


def joined(parts: Iterable[str]) -> Markup:
    """Parts one after the other."""
    return Markup("".join(map(escaped, parts)))


def table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    text: Collection[int] = (0,),
    folding: Collection[int] = (),
    classes: Sequence[str] = (),
    sticky: int = 0,
) -> Markup:
    """A table that scrolls by itself; the columns whose numbers are in `text` are set to the left.

    Those in `folding` give way where room is scarce. `classes` are those of the rows; the column `sticky`
    heads its row and stays in sight.
    """
    marks = {"text": text, "fold": folding, "sticky": (sticky,)}
    kinds = [" ".join(mark for mark, columns in marks.items() if i in columns) for i in range(len(headings))]
    head = [
        element("th", title, scope="col", class_=kind) for title, kind in zip(headings, kinds, strict=True)
    ]
    body = []
    for i, row in enumerate(rows):
        cells = [
            element("th", cell, scope="row", class_=kind) if j == sticky else element("td", cell, class_=kind)
            for j, (cell, kind) in enumerate(zip(row, kinds, strict=True))
        ]
        body.append(element("tr", *cells, class_=classes[i] if classes else ""))
    inside = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *body),
    )
    return element("div", inside, class_="scroll", role="region", tabindex="0", aria_label=caption)


def details(summary: str, *inside: str, **attributes: str | bool) -> Markup:
    """What is shown on demand."""
    return element("details", element("summary", summary), *inside, **attributes)


def facts_list(facts: Mapping[str, str]) -> Markup:
    """Names and values; what has no value is left out."""
    pairs = [joined((element("dt", name), element("dd", value))) for name, value in facts.items() if value]
    return element("dl", *pairs)
