"""Counts, dates, lists of rows and what a series is of, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trintena.domain import Features, Measures
from trintena.language import number, phrase

MOST = 3
"""So many items of a list are named, and the rest counted."""
LONGEST = 60
"""So many letters of a text are shown."""


def price(measures: Measures) -> str:
    """One number of a series, where a price may be called so."""
    return phrase(en="price", pt="preço") if measures == "price" else phrase(en="value", pt="valor")


def prices(measures: Measures) -> str:
    """The numbers of a series."""
    return phrase(en="prices", pt="preços") if measures == "price" else phrase(en="values", pt="valores")


def close(measures: Measures) -> str:
    """The column that is forecast."""
    return phrase(en="close", pt="fechamento") if measures == "price" else phrase(en="value", pt="valor")


def closes(measures: Measures) -> str:
    """Several rows of that column."""
    return phrase(en="closes", pt="fechamentos") if measures == "price" else prices(measures)


def features(code: Features, measures: Measures) -> str:
    """What a network reads of a series: its columns, in a word where they are none of prices."""
    if measures == "value":
        all_of_them = phrase(en="all columns", pt="todas as colunas")
        return closes(measures) if code == "close" else all_of_them
    names: dict[Features, str] = {
        "ohlcv": phrase(
            en="open, high, low, close, volume", pt="abertura, máxima, mínima, fechamento, volume"
        ),
        "close": close(measures),
    }
    return names[code]


def counted(count: int) -> str:
    """A number of rows."""
    one = count == 1
    return f"{number(count)} " + phrase(en="row" if one else "rows", pt="linha" if one else "linhas")


def iso(date: np.datetime64) -> str:
    """A date as programs read it: in ISO form, without the time when that is midnight."""
    return str(date).removesuffix("T00:00:00")


def day(date: np.datetime64) -> str:
    """The same as people read it."""
    return iso(date).replace("T", " ")


def quoted(text: str) -> str:
    """What stands in a file, in quotes, with odd letters made visible; of a long text the beginning."""
    return repr(text if len(text) <= LONGEST else text[:LONGEST] + "…")


def listed(items: Sequence[Any] | np.ndarray, write: Callable[[Any], str] = str) -> str:
    """`a, b and c`, or `a, b, c and 12 more`, of one item at least; `write` is asked for the named alone."""
    named = [write(item) for item in items[:MOST]]
    last = (
        named.pop()
        if len(items) <= MOST
        else phrase(en="{} more", pt="mais {}").format(number(len(items) - MOST))
    )
    return phrase(en=" and ", pt=" e ").join(filter(None, (", ".join(named), last)))


def at_lines(lines: Sequence[int]) -> str:
    """Where rows stand in a file, in parentheses after a blank: the first few lines."""
    word = phrase(en="line", pt="linha") + ("s" if len(lines) > 1 else "")
    return f" ({word} {listed(lines)})"
