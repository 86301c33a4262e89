"""Damage for which the whole file is written anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from reliability.csv_files.bases import PRICES, Base, Truth
from reliability.csv_files.forms import DATES, fits
from reliability.csv_files.mutated import DAMAGED, Mutated

NUMBERS = {"adjusted", "volume", *PRICES}


def column_dropped(file: Mutated, chance: random.Random) -> Mutated:
    """A column is gone from every line."""
    base = file.base
    if len(base.parts) == 1:
        return replace(file, kind=DAMAGED)
    at = chance.randrange(len(base.parts))
    gone = [tuple(cells[:at] + cells[at + 1 :]) for cells in (*base.heads, *base.rows)]
    n = len(base.heads)
    left = replace(
        base,
        heads=tuple(gone[:n]),
        rows=tuple(gone[n:]),
        parts=base.parts[:at] + base.parts[at + 1 :],
    )
    return replace(file, base=left, content=left.content(), kind=DAMAGED)


def many_columns(file: Mutated, chance: random.Random) -> Mutated:
    """A thousand columns that nobody needs."""
    base, n = file.base, chance.choice((100, 1000))
    if len(base.rows) * n > 500_000:
        return replace(file, kind=DAMAGED)
    wide = replace(
        base,
        heads=tuple((*head, *(f"x{at}" for at in range(n))) for head in base.heads),
        rows=tuple((*row, *["0"] * n) for row in base.rows),
        parts=(*base.parts, *["other"] * n),
    )
    return replace(file, base=wide, content=wide.content(), kind=DAMAGED)


def numbers_in_two_conventions(file: Mutated, chance: random.Random) -> Mutated:
    """Rows of the second half with the point and the comma in each other's place; they mean the same."""
    base = file.base
    swap = str.maketrans(",.", ".,")
    return _rewritten(
        file, base, [i for i, p in enumerate(base.parts) if p in NUMBERS], lambda c: c.translate(swap)
    )


def dates_in_two_forms(file: Mutated, chance: random.Random) -> Mutated:
    """Rows of the second half with their dates in another form; they mean the same.

    Only where one of these dates has a day that is no month: from the others nobody could tell.
    """
    base = file.base
    kept = [said[0] for said in base.truths[len(base.rows) // 2 :] if said is not None]
    other = DATES[chance.choice(("iso", "us", "br", "dotted", "compact", "English months"))]
    if other.name == base.dates.name or not any(moment.day > 12 for moment in kept):
        return replace(file, kind=DAMAGED)

    def written(cell: str) -> str:
        moment = base.dates.read(cell)
        return cell if moment is None or moment.hour or moment.minute else other.write(moment)

    return _rewritten(file, base, [base.parts.index("date")], written)


def _rewritten(file: Mutated, base: Base, columns: Sequence[int], work: Callable[[str], str]) -> Mutated:
    half = len(base.rows) // 2
    if not any(base.truths[:half]):  # what is left must show the other convention
        return replace(file, kind=DAMAGED)
    rows = list(base.rows)
    anew: dict[str, Truth] = {}
    for at in range(half, len(rows)):
        rows[at] = tuple(work(cell) if i in columns else cell for i, cell in enumerate(rows[at]))
        if rows[at] != base.rows[at] and (said := base.truths[at]) is not None:
            anew[base.line(rows[at])] = said
    numbers = [row[i] for row in rows[half:] for i in columns if base.parts[i] in NUMBERS]
    if numbers and all(fits(cell, base.numbers.decimal) for cell in numbers):
        anew = {}  # 8,211 may be eight and a bit in the file's own convention: nobody could tell
    content = replace(base, rows=tuple(rows)).content()
    return replace(file, content=content, kind=DAMAGED, rewritten=anew)
