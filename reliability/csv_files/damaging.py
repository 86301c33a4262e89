"""What kinds of damage share: how a function of bytes, lines or cells becomes one of files."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from reliability.csv_files.bases import Base
from reliability.csv_files.mutated import DAMAGED, Mutated

Damage = Callable[[Mutated, random.Random], Mutated]
Text = Callable[[list[str], Base, random.Random], list[str]]
Bytes = Callable[[bytearray, random.Random], bytes]


def of_bytes(work: Bytes) -> Damage:
    """Damage to the bytes of a file."""

    def damage(file: Mutated, chance: random.Random) -> Mutated:
        content = work(bytearray(file.content), chance) if file.content else b"\0"
        return replace(file, content=content, kind=DAMAGED)

    damage.__name__ = work.__name__
    return damage


def of_lines(work: Text) -> Damage:
    """Damage to the lines of the file's text; where its bytes are no text any more, of its base."""

    def damage(file: Mutated, chance: random.Random) -> Mutated:
        try:
            text = file.content.decode(file.base.encoding)
        except UnicodeDecodeError:
            text = file.base.text()
        lines = work(text.split(file.base.line_end), file.base, chance)
        content = file.base.line_end.join(lines).encode(file.base.encoding, "replace")
        return replace(file, content=content, kind=DAMAGED)

    damage.__name__ = work.__name__
    return damage


def place(content: Sequence[object], chance: random.Random) -> int:
    """Anywhere, and one time in three near the start, where the header is."""
    size = len(content)
    return chance.randrange(min(size, 200)) if chance.random() < 0.33 else chance.randrange(size)


def on_rows(work: Callable[[list[str], str, int, random.Random], None]) -> Damage:
    """Damage to one cell, or to one in some rows: of the dates, the numbers, or any."""

    def damage(lines: list[str], base: Base, chance: random.Random) -> list[str]:
        n_first = len(base.preamble) + len(base.heads)
        column = chance.randrange(len(base.parts))
        for _ in range(chance.choice((1, 1, 1, 2, 30))):
            if len(lines) <= n_first:
                break
            at = chance.randrange(n_first, len(lines))
            cells = cells_of(lines[at], base)
            if column < len(cells):
                work(cells, base.parts[column], column, chance)
                lines[at] = base.separator.join(cells)
        return lines

    damage.__name__ = work.__name__
    return of_lines(damage)


def cells_of(line: str, base: Base) -> list[str]:
    """The words between separators; quotes stay where they are."""
    if not base.quoted:
        return line.split(base.separator)
    return [cell if cell.startswith('"') else '"' + cell for cell in line.split(base.separator + '"')]
