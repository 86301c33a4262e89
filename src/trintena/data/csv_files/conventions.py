"""How numbers are written: which sign comes before the decimals, and what separates thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from trintena.data.csv_files.missing import NULLS, is_null
from trintena.errors import UsageError
from trintena.language import phrase

SIGNS = {".": ("point", "ponto"), ",": ("comma", "vírgula")}
"""What may stand before the decimals, and its name in English and Portuguese."""
GROUPING = {
    ".": ("points", "pontos"),
    ",": ("commas", "vírgulas"),
    " ": ("spaces", "espaços"),
    "'": ("apostrophes", "apóstrofos"),
}
"""What may stand between thousands."""
POWERS = {"K": "e3", "M": "e6", "B": "e9"}
"""The letters that abbreviate a volume: 42.94M is 42,940,000. (T is a thousand to some.)"""

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""A number as Python and most programs write it."""
_CURRENCY = re.compile(r" ?(?:R|US|A|C|HK|NZ|S)?\$ ?| ?[€£¥₹] ?")
_ABBREVIATED = re.compile(r"[0-9] ?[kKmMbB]\n")
_ALIKE = {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'", "−": "-"}  # noqa: RUF001
"""Spaces, apostrophes and minus signs of typographers, as keyboards write them."""


@dataclass(frozen=True)
class Convention:
    """How numbers are written: `decimal` before the decimals, any of `grouping` between thousands."""

    decimal: str
    grouping: str

    @cached_property
    def cell(self) -> re.Pattern[str]:
        """A missing value, or a number: sign, currency, digits, decimals, exponent or abbreviation."""
        decimal, currency = re.escape(self.decimal), f"(?:{_CURRENCY.pattern})?"
        # one alternative for each sign: a back-reference inside `*+` fails in Python 3.11
        groups = "|".join(rf"(?:{re.escape(sign)}\d{{3}})+" for sign in self.grouping)
        grouped = rf"[1-9]\d{{0,2}}(?:{groups})(?:{decimal}\d*)?|" if groups else ""
        plain = rf"\d+(?:{decimal}\d*)?|{decimal}\d+"
        return re.compile(
            rf"(?:[+-]{currency}|{currency}[+-]?)"
            rf"(?:(?:{grouped}{plain})(?: ?[kKmMbB])?|(?:{plain})[eE][+-]?\d+)"
            rf"{currency}|(?i:{'|'.join(map(re.escape, NULLS))})",
            re.ASCII,
        )

    @cached_property
    def cells(self) -> re.Pattern[str]:
        """Cells that fit, each followed by a line break: a whole column at once."""
        return re.compile(rf"(?:(?:{self.cell.pattern})\n)*+", re.ASCII)

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether every cell is a number or missing."""
        return self.cells.fullmatch(_text(cells)) is not None

    def first_misfit(self, cells: Sequence[str]) -> int | None:
        """The first cell that is neither a number nor missing."""
        if self.fits(cells):
            return None
        return next(row for row, cell in enumerate(cells) if not self.cell.fullmatch(_as_typed(cell)))

    def group(self, cells: Sequence[str]) -> str:
        """What separates thousands in cells that fit; empty where nothing does."""
        if not self.grouping:
            return ""
        found = re.search(rf"[0-9]([{re.escape(self.grouping)}])[0-9]{{3}}", _text(cells))
        return found[1] if found else ""

    def read(self, cells: Sequence[str]) -> Float[np.ndarray, " row"]:
        """The numbers of cells that fit, NaN where missing."""
        text = _text(cells)
        if any(sign in text for sign in "$€£¥₹"):
            text = _CURRENCY.sub("", text)
        text = text.replace(" ", "").replace("'", "")
        text = text.replace({".": ",", ",": "."}[self.decimal], "").replace(",", ".")
        if re.search("[kKmMbB]", text):
            for letter, power in POWERS.items():
                text = text.replace(letter, power).replace(letter.lower(), power)
        words = text.split("\n")[:-1]
        # a number ends with a digit, its decimal point aside; a word for a missing value never does (n.d.)
        return np.array(
            [float(w) if w[-1:].isdigit() or w[-2:-1].isdigit() else np.nan for w in words],
            dtype=np.float64,
        )


def _text(cells: Sequence[str]) -> str:
    return _as_typed("\n".join(cells) + "\n")


def _as_typed(text: str) -> str:
    """The text with the signs of typographers as keyboards write them."""
    if not text.isascii():
        for sign, typed in _ALIKE.items():  # `translate` looks at every letter by itself
            text = text.replace(sign, typed)
    return text


def conventions(decimal: str | None, thousands: str | None) -> list[Convention]:
    """The conventions that two options leave open, the decimal point first.

    Raises:
        UsageError: an option is none of the signs, or both say the same sign.
    """
    if decimal is not None and decimal not in SIGNS:
        raise UsageError(
            phrase(
                en=f"--decimal is a point or a comma, not {decimal!r}.",
                pt=f"--decimal é um ponto ou uma vírgula; {decimal!r} não.",
            ),
            field="decimal",
            hint=phrase(en="Write --decimal , or --decimal .", pt="Escreva --decimal , ou --decimal ."),
        )
    if thousands is not None and thousands not in (*GROUPING, "none"):
        raise UsageError(
            phrase(
                en=f"--thousands is a point, a comma, a space, an apostrophe or none, not {thousands!r}.",
                pt=f"--thousands é um ponto, uma vírgula, um espaço, um apóstrofo ou none, não "
                f"{thousands!r}.",
            ),
            field="thousands",
            hint=phrase(en="For instance: --thousands .", pt="Por exemplo: --thousands ."),
        )
    if thousands is not None and thousands == decimal:
        raise UsageError(
            phrase(
                en=f"{thousands!r} cannot stand both before the decimals and between thousands.",
                pt=f"{thousands!r} não pode separar os decimais e também os milhares.",
            ),
            field="thousands",
            hint=phrase(
                en="Leave one of --decimal and --thousands out.", pt="Deixe de fora --decimal ou --thousands."
            ),
        )
    found = []
    for sign in SIGNS:
        other = next(s for s in SIGNS if s != sign)
        grouping = {None: other + " '", "none": ""}.get(thousands, thousands or "")
        if decimal in (None, sign) and thousands != sign:
            found.append(Convention(sign, grouping))
    return found


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether all cells are numbers under one convention, or missing, and at least one is a number."""
    return not all(map(is_null, cells)) and any(
        convention.fits(cells) for convention in conventions(None, None)
    )


def first_abbreviated(cells: Sequence[str]) -> int | None:
    """The first number that ends with a letter for its power of ten, as volumes may and prices do not."""
    if not _ABBREVIATED.search(_text(cells)):
        return None
    return next(row for row, cell in enumerate(cells) if _ABBREVIATED.search(cell + "\n"))


def first_odd_one_out(cells: Sequence[str]) -> int | None:
    """The first cell that is no number among others of which at least half are; None if they are not."""
    given = [row for row, cell in enumerate(cells) if not is_null(cell)]
    for convention in conventions(None, None):
        odd = [row for row in given if not convention.fits([cells[row]])]
        if odd and len(odd) <= len(given) / 2:
            return odd[0]
    return None
