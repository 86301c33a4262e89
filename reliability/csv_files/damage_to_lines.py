"""Damage to the lines of a file."""

from __future__ import annotations

import random

from reliability.csv_files.bases import Base
from reliability.csv_files.damaging import cells_of, of_lines, place


@of_lines
def lines_twice(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = place(lines, chance)
    n = chance.choice((1, 1, 3, len(lines)))
    to = chance.choice((at, place(lines, chance)))
    return [*lines[:to], *lines[at : at + n], *lines[to:]]


@of_lines
def lines_lost(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = place(lines, chance)
    return lines[:at] + lines[at + chance.choice((1, 1, 5, 1000)) :]


@of_lines
def lines_shuffled(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    """The header among them."""
    chance.shuffle(lines)
    return lines


@of_lines
def header_moved(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = len(base.preamble)
    header = lines[at : at + len(base.heads)]
    rest = lines[:at] + lines[at + len(base.heads) :]
    to = chance.randint(0, min(len(rest), 60))
    return rest[:to] + header + rest[to:]


@of_lines
def header_lost(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = len(base.preamble)
    return lines[:at] + lines[at + chance.randint(1, len(base.heads)) :]


@of_lines
def lines_joined(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = place(lines, chance)
    return [*lines[:at], "".join(lines[at : at + 2]), *lines[at + 2 :]]


@of_lines
def line_torn(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = place(lines, chance)
    where = chance.randint(0, len(lines[at]))
    return [*lines[:at], lines[at][:where], lines[at][where:], *lines[at + 1 :]]


@of_lines
def line_from_elsewhere(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    words = (
        "Total;1.234,56",
        "Fonte: B3",
        "* delayed by 15 minutes",
        '"unfinished',
        ",,,,,,,,",
        "Date,Close",
        "# 2020-01-01,5",
        "2020-01-01,5,5,5,5,5",
        "sep=;",
        "<html>",
        "   ",
    )
    at = place(lines, chance)
    return [*lines[:at], chance.choice(words), *lines[at:]]


@of_lines
def quotes_damaged(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = place(lines, chance)
    where = chance.randint(0, len(lines[at]))
    lines[at] = lines[at][:where] + chance.choice(('"', '""', '","', "'")) + lines[at][where:]
    return lines


@of_lines
def huge_field(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = place(lines, chance)
    where = chance.randint(0, len(lines[at]))
    unit = chance.choice(("x", "9", "0", "-", " ", "1,", ";", '"', "1.", "é", "'1", "e5", "a b"))
    size = chance.choice((1_000, 131_072, 200_000, 1_500_000))
    lines[at] = lines[at][:where] + unit * (size // len(unit)) + lines[at][where:]
    return lines


@of_lines
def another_file_joined(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    """The same file once more, or a short one of another shape."""
    other = chance.choice(
        (lines, ["Date;Last", "01.02.2020;1,5", "02.02.2020;1,6"], ["date,close", "2020-01-01,1.5"])
    )
    return [*lines, *other]


@of_lines
def titles_damaged(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = len(base.preamble)
    if at >= len(lines):
        return lines
    cells = cells_of(lines[at], base)
    column = chance.randrange(len(cells))
    words = (
        "",
        "Close",
        "Date",
        "Open",
        "Adj Close",
        "Price",
        "Time",
        "Volume",
        "x" * 300,
        "close\x0b",
        "Último",
    )
    cells[column] = chance.choice((*words, cells[column][1:], cells[chance.randrange(len(cells))]))
    lines[at] = base.separator.join(cells)
    return lines
