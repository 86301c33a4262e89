"""Damage to the cells of a file."""

from __future__ import annotations

import random

from reliability.csv_files.damaging import on_rows

_WORDS = """
garbage ? #REF! 1.2.3.4.5 --5 0x1A 1_000 12:30 1/2 =A1+B1 5% inf -Infinity 1e999 1e-999 -1e308 nan NaN True
+ - e5 . , ½ ² $ 5€ 0 -0 -1 1e3 1E+03 007 1, 1. .5 ,5 5- (5) 1'000 1'16 5k 5T
\u0661\u0662\u0663 \uff11\uff12 \u22125
"""
GARBAGE = (*_WORDS.split(), "1 2", "R$ 5", "1\u00a0000", "1\u2009000", "9" * 400, "0." + "0" * 400)
_DATES = """
2020-13-01 2020-02-30 31/02/2020 00/00/0000 0000-00-00 9999-12-31 0001-01-01 20200101 1/1/20 2020 yesterday
1e9 2020-W01-1 2020-001 12-2020 45000 2020-01-01T25:00 -1 1577836800 \u0661/\u0661/\u0662\u0660
2020-01-01_24:00:00 2020-01-01_00:00:00.5 2020-01-01_10:00+99:99 2020-01-01_00:00:00-05:00
Jan_5,_2020 5._Januar_2020
"""
DATE_GARBAGE = tuple(word.replace("_", " ") for word in _DATES.split())


@on_rows
def garbage_in_cells(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells[at] = chance.choice(DATE_GARBAGE if part == "date" else GARBAGE)


@on_rows
def letters_in_cells(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    where = chance.randint(0, len(cells[at]))
    cells[at] = cells[at][:where] + chance.choice("0123456789.,-+eEkM% '$x") + cells[at][where:]


@on_rows
def letters_lost(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    if cells[at]:
        where = chance.randrange(len(cells[at]))
        cells[at] = cells[at][:where] + cells[at][where + 1 :]


@on_rows
def signs_swapped(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells[at] = cells[at].translate(str.maketrans(",.", ".,"))


@on_rows
def cells_emptied(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells[at] = chance.choice(("", '""', "null", "NaN", "-", "N/A", "n.d.", "."))


@on_rows
def cells_lost(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    del cells[at]


@on_rows
def cells_twice(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells.insert(at, cells[at])
