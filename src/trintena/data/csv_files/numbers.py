"""Numbers as people and programs write them, under one convention for the whole file.

A convention says which sign comes before the decimals; the other one, a space or an apostrophe may
separate thousands. A file is read under the convention that all of its prices and volumes fit. Where
both fit and give different numbers, the other columns settle it, or nobody does, and the file is
refused until `--decimal` says what is meant: 118.894 may be a hundred and eighteen, or a thousand
times as much.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from trintena.data.csv_files.table import NULLS, Table, is_null
from trintena.errors import DataError, UsageError
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
POWERS = {"K": "e3", "M": "e6", "B": "e9", "T": "e12"}
"""The letters that abbreviate a volume: 42.94M is 42,940,000."""

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""A number as Python and most programs write it."""
_CURRENCY = re.compile(r"(?:R|US|A|C|HK|NZ|S)?\$ ?| ?[€£¥₹] ?")
_ALIKE = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'", "−": "-"})  # noqa: RUF001
"""Spaces, apostrophes and minus signs of typographers, as keyboards write them."""

Units = Sequence[Sequence[int]]
"""Columns of a table, those of one unit together."""


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
            rf"(?:(?:{grouped}{plain})(?: ?[kKmMbBtT])?|(?:{plain})[eE][+-]?\d+)"
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
        return next(row for row, cell in enumerate(cells) if not self.cell.fullmatch(cell.translate(_ALIKE)))

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
        if re.search("[kKmMbBtT]", text):
            for letter, power in POWERS.items():
                text = text.replace(letter, power).replace(letter.lower(), power)
        words = text.split("\n")[:-1]
        # a number ends with a digit or its decimal point, a word for a missing value never does
        return np.array(
            [float(w) if w[-1:].isdigit() or (w[-1:] == "." and len(w) > 1) else np.nan for w in words],
            dtype=np.float64,
        )


def _text(cells: Sequence[str]) -> str:
    return ("\n".join(cells) + "\n").translate(_ALIKE)


@dataclass(frozen=True)
class Numbers:
    """The columns of a table as numbers, NaN where missing, and the convention they follow."""

    columns: dict[int, Float[np.ndarray, " row"]]
    convention: Convention
    grouped: str
    """What separates thousands somewhere in these columns; empty where nothing does."""
    example: tuple[str, float] | None
    """A cell with a point or a comma in it, and what it was read as; None where no cell has one."""


@dataclass(frozen=True)
class _Misfit:
    """A cell that does not fit a convention."""

    convention: Convention
    row: int
    column: int
    thousands_in: int | None = None
    """The row that shows that this cell should have separated its thousands, or should not have."""
    n_others: int = 0
    """How many further cells do not fit."""


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


def parse_numbers(
    table: Table, prices: Sequence[int], others: Sequence[int], open_to: Sequence[Convention]
) -> Numbers:
    """The numbers of some columns, under the one convention that fits them.

    Args:
        table: of words.
        prices: columns in one unit: if one cell separates its thousands, all do.
        others: further columns to read, such as the volume.
        open_to: the conventions to choose from.

    Raises:
        DataError: a cell is no number, or two conventions give different numbers and nothing settles it.
    """
    readings: list[Numbers] = []
    units = (prices, *([column] for column in others))
    for convention in open_to:
        reading = _read(table, units, convention)
        if isinstance(reading, Numbers):
            readings.append(reading)
    if not readings:
        raise _no_number(table, _nearest(table, units, open_to))
    if len(readings) == 1 or _same(readings):
        settled: Numbers | None = readings[0]
    else:
        settled = _settled_elsewhere(table, {*prices, *others}, readings)
    if settled is None:
        raise _two_readings(table, readings)
    for column, values in settled.columns.items():
        if np.isinf(values).any():
            raise _no_number(table, _Misfit(settled.convention, int(np.argmax(np.isinf(values))), column))
    return settled


def _same(readings: Sequence[Numbers]) -> bool:
    one, other = readings
    return all(np.array_equal(one.columns[c], other.columns[c], equal_nan=True) for c in one.columns)


def _settled_elsewhere(table: Table, used: Collection[int], readings: Sequence[Numbers]) -> Numbers | None:
    """The reading whose convention the other columns of the file follow, if they agree."""
    votes: set[int] = set()
    for column in range(len(table.header)):
        if column not in used:
            cells = [cell.removesuffix("%") for cell in table.column(column)]
            fitting = [at for at, reading in enumerate(readings) if reading.convention.fits(cells)]
            if len(fitting) == 1:
                votes.update(fitting)
    return readings[votes.pop()] if len(votes) == 1 else None


def _read(table: Table, units: Units, convention: Convention) -> Numbers | _Misfit:
    """The columns under a convention, or the first cell that does not fit it.

    Columns of one unit separate their thousands everywhere or nowhere.
    """
    columns: dict[int, Float[np.ndarray, " row"]] = {}
    grouped, example = "", None
    for unit in units:
        cells = {column: table.column(column) for column in unit}
        for column in unit:
            if (row := convention.first_misfit(cells[column])) is not None:
                return _Misfit(convention, row, column)
            columns[column] = convention.read(cells[column])
            example = example or _example(cells[column], columns[column])
        sign = max(map(convention.group, cells.values()), default="")
        if sign and (misfit := _ungrouped(convention, sign, cells, columns)) is not None:
            return misfit
        grouped = grouped or sign
    return Numbers(columns, convention, grouped, example)


def _ungrouped(
    convention: Convention,
    sign: str,
    cells: Mapping[int, Sequence[str]],
    columns: Mapping[int, Float[np.ndarray, " row"]],
) -> _Misfit | None:
    """The later of two cells of which one separates its thousands and the other, as large, does not."""
    first: dict[bool, tuple[int, int]] = {}
    for column, words in cells.items():
        # an abbreviated number (1.5K) need not separate them
        large = (np.abs(columns[column]) >= 1000) & np.array([word[-1:].isdigit() for word in words])
        separated = np.array([sign in word for word in words])
        for kind, mask in ((True, large & separated), (False, large & ~separated)):
            if mask.any():
                place = int(np.argmax(mask)), column
                first[kind] = min(first.get(kind, place), place)
    if len(first) < 2:
        return None
    (other, _), (row, column) = sorted(first.values())
    return _Misfit(convention, row, column, thousands_in=other)


def _nearest(table: Table, units: Units, open_to: Sequence[Convention]) -> _Misfit:
    """The first misfit of the convention that the fewest cells do not fit."""
    found: list[_Misfit] = []
    for convention in open_to:
        misfit = _read(table, units, convention)
        assert isinstance(misfit, _Misfit)
        cells = (cell for unit in units for column in unit for cell in table.column(column))
        n = sum(not convention.fits([cell]) for cell in cells)
        found.append(replace(misfit, n_others=max(n - 1, 0)))
    return min(found, key=lambda misfit: misfit.n_others)


def _example(cells: Sequence[str], values: Float[np.ndarray, " row"]) -> tuple[str, float] | None:
    for row, cell in enumerate(cells):
        if ("." in cell or "," in cell) and not is_null(cell):
            return cell, float(values[row])
    return None


def _no_number(table: Table, misfit: _Misfit) -> DataError:
    cell = table.rows[misfit.row][misfit.column]
    en, pt = SIGNS[misfit.convention.decimal]
    if misfit.thousands_in is not None:
        line = table.lines[misfit.thousands_in]
        return table.refusal(
            misfit.row,
            misfit.column,
            phrase(
                en=f"{cell!r} separates its thousands unlike line {line}, if the decimals come after a {en}.",
                pt=f"{cell!r} separa os milhares de outro modo que a linha {line}, se os decimais vêm "
                f"depois de {pt}.",
            ),
            phrase(
                en="Write all numbers of the file in the same way.",
                pt="Escreva todos os números do arquivo do mesmo modo.",
            ),
        )
    more_en = f" {misfit.n_others} more cells are like it." if misfit.n_others else ""
    more_pt = f" Há mais {misfit.n_others} células assim." if misfit.n_others else ""
    return table.refusal(
        misfit.row,
        misfit.column,
        phrase(
            en=f"expected a number with a decimal {en}, found {cell!r}{_guess(cell)}.{more_en}",
            pt=f"esperava um número com {pt} decimal, encontrou {cell!r}{_guess(cell)}.{more_pt}",
        ),
        phrase(
            en="Correct the cell, or say how numbers are written with --decimal and --thousands, "
            "or read another column alone with --column.",
            pt="Corrija a célula, ou diga como os números estão escritos com --decimal e --thousands, "
            "ou leia só outra coluna com --column.",
        ),
    )


def _two_readings(table: Table, readings: Sequence[Numbers]) -> DataError:
    one, other = readings
    for column in one.columns:
        differing = np.flatnonzero(one.columns[column] != other.columns[column])
        differing = differing[~np.isnan(one.columns[column][differing])]
        if len(differing):
            break
    row = int(differing[0])
    cell = table.rows[row][column]
    numbers = {r.convention.decimal: f"{r.columns[column][row]:.15g}" for r in readings}
    command = table.import_command
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{cell!r} may be {numbers['.']} or {numbers[',']}: the numbers of the file can be read with "
            "a decimal point and with a decimal comma, and nothing says which is meant.",
            pt=f"{cell!r} pode ser {numbers['.']} ou {numbers[',']}: os números do arquivo podem ser lidos "
            "com ponto decimal e com vírgula decimal, e nada diz qual dos dois vale.",
        ),
        phrase(
            en=f"Say which: `{command} --decimal .` reads {numbers['.']}, "
            f"`--decimal ,` reads {numbers[',']}.",
            pt=f"Diga qual: `{command} --decimal .` lê {numbers['.']}, `--decimal ,` lê {numbers[',']}.",
        ),
    )


def _guess(cell: str) -> str:
    """What a cell that is no number might be, in parentheses; empty where nothing suggests itself."""
    if re.fullmatch(r"[+-]?inf(inity)?", cell, re.IGNORECASE):
        return phrase(en=", which is infinite", pt=", que é infinito")
    if PLAIN.fullmatch(cell) and np.isinf(float(cell)):
        return phrase(en=", which is too large", pt=", que é grande demais")
    if cell.endswith("%"):
        return phrase(en=" (a percentage)", pt=" (uma porcentagem)")
    for other in conventions(None, None):
        if other.fits([cell]):
            en, pt = SIGNS[other.decimal]
            return phrase(en=f" (a decimal {en}?)", pt=f" ({pt} decimal?)")
    if re.search(r"\d", cell) and re.search(r"[^\W\d_]", cell):
        return phrase(en=" (letters among the digits)", pt=" (letras entre os algarismos)")
    return ""
