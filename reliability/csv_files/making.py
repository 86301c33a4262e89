"""One file of many: from a seed and a number, always the same bytes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from reliability.csv_files.bases import FORMATS, Base, made
from reliability.csv_files.damage import DAMAGE, WHOLE
from reliability.csv_files.forms import DATES
from reliability.csv_files.keeping import KEEPING
from reliability.csv_files.mutated import Mutated

LARGE_BYTES = 5_000_000
LARGE_SHARE, WHOLE_SHARE = 0.03, 0.2
SIZES = (1, 2, 3, 8, 30, 30, 120, 120, 600)
"""How many rows a file has that is not large."""
_MOST_DAYS, _MOST_HOURS = 90_000, 210_000
"""Rows of a large file: days of two and a half centuries, hours or minutes of up to a quarter of one."""
_SEEDS_OF_LARGE = 3
"""Large files are made of so few different ones in each format: the damage is what differs."""


@dataclass(frozen=True)
class Case:
    """A file and how it is to be read."""

    number: int
    file: Mutated
    options: Mapping[str, Any]
    told: str
    """`all` that can be seen in it, only what is `needed`, or something that is not so: `wrong`."""
    is_large: bool


def case(seed: int, number: int, large_share: float = LARGE_SHARE) -> Case:
    """The file of a number."""
    chance = random.Random(f"{seed}:{number}")
    is_large = chance.random() < large_share
    name = chance.choice(sorted(FORMATS))
    if is_large:
        base = large(name, chance.randrange(_SEEDS_OF_LARGE))
    else:
        base = made(FORMATS[name], chance, chance.choice(SIZES))
    file = _mutated(base, chance)
    told = chance.choices(("all", "needed", "wrong"), (0.55, 0.35, 0.10))[0]
    return Case(number, file, _options(file.base, told, chance), told, is_large)


@lru_cache(8)
def large(name: str, seed: int) -> Base:
    """A file of 5 MB, or a little less."""
    kind = FORMATS[name]
    most = _MOST_DAYS if DATES[kind.dates].step.days else _MOST_HOURS
    base = made(kind, random.Random(seed), most)
    share = LARGE_BYTES / len(base.content())
    return made(kind, random.Random(seed), int(most * share)) if share < 1 else base


def _mutated(base: Base, chance: random.Random) -> Mutated:
    if chance.random() < 0.5:
        chosen = set(chance.sample(sorted(KEEPING), chance.choice((0, 1, 1, 2, 3))))
    else:
        chosen = set()
    kept = tuple(name for name in KEEPING if name in chosen)
    for name in kept:
        base = KEEPING[name](base, chance)
    file = Mutated(base, base.content(), kept)
    if chance.random() < WHOLE_SHARE:
        return file
    if chance.random() < 0.15:
        name = chance.choice(sorted(WHOLE))
        return replace(WHOLE[name](file, chance), done=(*kept, name))
    names = chance.choices(sorted(DAMAGE), k=chance.choice((1, 1, 1, 2, 3)))
    for name in names:
        file = DAMAGE[name](file, chance)
    return replace(file, done=(*kept, *names))


def _options(base: Base, told: str, chance: random.Random) -> dict[str, Any]:
    if told == "all":
        return dict(base.told)
    if told == "needed":
        return dict(base.options)
    return dict(
        chance.choice(
            (
                {**base.told, "decimal": "," if base.numbers.decimal == "." else "."},
                {**base.told, "day_first": base.dates.day_first is not True},
                {**base.told, "thousands": chance.choice((".", ",", " ", "'", "none", "x"))},
                {**base.told, "symbol": chance.choice(("NVDA", "", "nope", "N" * 500))},
                {**base.told, "column": chance.choice(("1", "2", "0", "99", "Close", "", "date", "\x00"))},
                {**base.told, "measures": "value", "allow_jumps": True},
            )
        )
    )
