"""Markdown by plain functions, as GitHub renders it, and readable as the text that it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&^$!]")


def escaped(text: str) -> str:
    """Text of somebody else's as Markdown that shows it, in one line."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def bullets(facts: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """A list of names with what there is to say of each."""
    pairs = facts.items() if isinstance(facts, Mapping) else facts
    return "\n".join(f"- **{name}**: {text}" for name, text in pairs)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, text: int = 1) -> str:
    """A table: the first `text` columns hold words, the others numbers, which stand to the right."""
    lines = [list(heads), *([*row] for row in rows)]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width if i < text else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    padded = [
        [cell.ljust(width) if i < text else cell.rjust(width) for i, (cell, width) in enumerate(pairs)]
        for pairs in (zip(line, widths, strict=True) for line in lines)
    ]
    padded.insert(1, rule)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)
