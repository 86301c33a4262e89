"""What can be done to a file without changing what it says: `KEEPING`, in the order of doing several."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from reliability.csv_files.bases import Base, inserted

Keep = Callable[[Base, random.Random], Base]


def line_ends(base: Base, chance: random.Random) -> Base:
    return replace(base, line_end=chance.choice(("\n", "\r\n", "\r")))


def last_line_open(base: Base, chance: random.Random) -> Base:
    return replace(base, ends_with_line_end=False)


def encoding(base: Base, chance: random.Random) -> Base:
    """Every encoding that can hold the file; a narrow one only where it was narrow before."""
    choices = ["utf-8", "utf-8-sig", "utf-16"] + ["cp1252"] * (base.encoding == "cp1252")
    return replace(base, encoding=chance.choice(choices))


def quotes(base: Base, chance: random.Random) -> Base:
    return replace(base, quoted=True)


def rows_shuffled(base: Base, chance: random.Random) -> Base:
    order = list(range(len(base.rows)))
    chance.shuffle(order)
    return replace(
        base, rows=tuple(base.rows[at] for at in order), truths=tuple(base.truths[at] for at in order)
    )


def rows_reversed(base: Base, chance: random.Random) -> Base:
    return replace(base, rows=base.rows[::-1], truths=base.truths[::-1])


def columns_moved(base: Base, chance: random.Random) -> Base:
    """Columns in another order; the first stays, for a header of several lines begins with it."""
    order = list(range(1, len(base.parts)))
    chance.shuffle(order)
    order.insert(0, 0)
    move = [tuple(cells[at] for at in order) for cells in (*base.heads, *base.rows)]
    n = len(base.heads)
    return replace(
        base,
        heads=tuple(move[:n]),
        rows=tuple(move[n:]),
        parts=tuple(base.parts[at] for at in order),
    )


def column_added(base: Base, chance: random.Random) -> Base:
    """One more column of words that nobody needs, at the end."""
    title, word = chance.choice((("Remarks", "-"), ("Observação", "ok"), ("Exchange", "B3"), ("Note", "")))
    if base.encoding == "ascii" or len(base.heads) > 1:
        return base
    return replace(
        base,
        heads=((*base.heads[0], title),),
        rows=tuple((*row, word) for row in base.rows),
        parts=(*base.parts, "other"),
    )


def titles_shouted(base: Base, chance: random.Random) -> Base:
    case = chance.choice((str.upper, str.lower, str.title))
    if len(base.heads) > 1:
        return base
    return replace(base, heads=(tuple(map(case, base.heads[0])),))


def empty_lines(base: Base, chance: random.Random) -> Base:
    nothing = ("",) * len(base.parts)
    for _ in range(chance.randint(1, 4)):
        base = inserted(base, chance.randint(0, len(base.rows)), nothing)
    return base


def header_again(base: Base, chance: random.Random) -> Base:
    return inserted(base, chance.randint(1, len(base.rows)), *base.heads)


def comments(base: Base, chance: random.Random) -> Base:
    n = chance.randint(1, 5)
    return replace(base, preamble=(*base.preamble, *[f"# remark {at}" for at in range(n)]))


def superfluous_separators(base: Base, chance: random.Random) -> Base:
    """Empty cells behind every row, as spreadsheets leave them."""
    n = chance.randint(1, 3)
    return replace(base, rows=tuple((*row, *[""] * n) for row in base.rows))


def spaces(base: Base, chance: random.Random) -> Base:
    """Blanks around the cells."""
    if base.quoted or base.separator in (" ", "\t"):
        return base
    return replace(base, rows=tuple(tuple(f" {cell} " for cell in row) for row in base.rows))


def separator(base: Base, chance: random.Random) -> Base:
    return replace(base, separator=chance.choice((",", ";", "\t", "|")))


KEEPING: dict[str, Keep] = {
    each.__name__.replace("_", " "): each
    for each in (
        line_ends,
        last_line_open,
        encoding,
        quotes,
        rows_shuffled,
        rows_reversed,
        columns_moved,
        column_added,
        titles_shouted,
        superfluous_separators,
        spaces,
        empty_lines,
        header_again,
        comments,
        separator,
    )
}
