"""Numbers as people and programs write them, under one convention for the whole file.

A convention says which sign comes before the decimals; the other one, a space or an apostrophe may
separate thousands. A file is read under the convention that all of its prices and volumes fit. Where
both fit and give different numbers, the other columns settle it, or nobody does, and the file is
refused until `--decimal` says what is meant: 118.894 may be a hundred and eighteen, or a thousand
times as much.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float

from trintena.data.csv_files.table import Table, is_null
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
POWERS = {"": "", "k": "e3", "m": "e6", "b": "e9", "t": "e12"}
"""The letters that abbreviate a volume: 42.94M is 42,940,000."""

PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""A number as Python and most programs write it."""
_PLAIN_COLUMN = re.compile(rf"(?:{PLAIN.pattern}\n)*+", re.ASCII)
_CURRENCY = r"(?:(?:R|US|A|C|HK|NZ|S)?\$|[€£¥₹])?\s?"
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
    def _number(self) -> re.Pattern[str]:
        """Sign, currency, digits with or without thousands, decimals, exponent or abbreviation."""
        decimal = re.escape(self.decimal)
        grouped = rf"[1-9]\d{{0,2}}(?P<group>[{re.escape(self.grouping)}])\d{{3}}(?:(?P=group)\d{{3}})*"
        whole = rf"(?:{grouped}|\d+)" if self.grouping else r"\d+"
        return re.compile(
            rf"(?P<sign>[+-]?){_CURRENCY}(?P<inner>[+-]?)"
            rf"(?P<digits>{whole}(?:{decimal}\d*)?|{decimal}\d+)"
            rf"(?P<exponent>[eE][+-]?\d+)?\s?(?P<power>[kKmMbBtT]?)(?P<rest>%|\s?[€£¥₹])?",
            re.ASCII,
        )

    def read(self, cell: str) -> tuple[float, str] | None:
        """A number and what separates its thousands (nothing: ""), or None where it is no number.

        Percentages are numbers here, for they show the convention of a file: 2.81% is 2.81.
        """
        if self.decimal == "." and PLAIN.fullmatch(cell):
            return float(cell), ""
        match = self._number.fullmatch(cell.translate(_ALIKE))
        if match is None or (match["sign"] and match["inner"]):
            return None
        group = (match["group"] or "") if self.grouping else ""
        if match["exponent"] and (group or match["power"]):
            return None
        digits = match["digits"].replace(group, "") if group else match["digits"]
        text = digits.replace(self.decimal, ".") + (match["exponent"] or "") + POWERS[match["power"].lower()]
        return float(match["sign"] + match["inner"] + text), group


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
    return any(_fits(cells, convention) for convention in conventions(None, None))


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
        return readings[0]
    settled = _settled_elsewhere(table, {*prices, *others}, readings)
    if settled is None:
        raise _two_readings(table, readings)
    return settled


def _fits(cells: Sequence[str], convention: Convention) -> bool:
    given = [cell for cell in cells if not is_null(cell)]
    return bool(given) and all(convention.read(cell) is not None for cell in given)


def _same(readings: Sequence[Numbers]) -> bool:
    one, other = readings
    return all(np.array_equal(one.columns[c], other.columns[c], equal_nan=True) for c in one.columns)


def _settled_elsewhere(table: Table, used: Collection[int], readings: Sequence[Numbers]) -> Numbers | None:
    """The reading whose convention the other columns of the file follow, if they agree."""
    votes: set[int] = set()
    for column in range(len(table.header)):
        if column not in used:
            cells = table.column(column)
            fitting = [at for at, reading in enumerate(readings) if _fits(cells, reading.convention)]
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
        first: dict[bool, tuple[int, int]] = {}
        for column in unit:
            cells = table.column(column)
            if convention.decimal == "." and _PLAIN_COLUMN.fullmatch("\n".join(cells) + "\n"):
                values = np.array([float(cell) for cell in cells], dtype=np.float64)
                if len(large := np.flatnonzero(np.abs(values) >= 1000)):
                    first.setdefault(False, (int(large[0]), column))
            else:
                values = np.full(len(cells), np.nan)
                for row, cell in enumerate(cells):
                    if is_null(cell):
                        continue
                    reading = convention.read(cell)
                    if reading is None or cell.endswith("%"):
                        return _Misfit(convention, row, column)
                    values[row], group = reading
                    grouped = group or grouped
                    if group or (abs(values[row]) >= 1000 and cell[-1].isdigit()):
                        first.setdefault(bool(group), (row, column))
            columns[column] = values
            example = example or _example(cells, values)
        if len(first) == 2:
            (row, column), (other, _) = sorted(first.values(), reverse=True)
            return _Misfit(convention, row, column, thousands_in=other)
    return Numbers(columns, convention, grouped, example)


def _nearest(table: Table, units: Units, open_to: Sequence[Convention]) -> _Misfit:
    """The first misfit of the convention that the fewest cells do not fit."""
    found: list[_Misfit] = []
    for convention in open_to:
        misfit = _read(table, units, convention)
        assert isinstance(misfit, _Misfit)
        cells = (cell for unit in units for column in unit for cell in table.column(column))
        n = sum(not is_null(c) and (convention.read(c) is None or c.endswith("%")) for c in cells)
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
    command = f"trintena data import {shlex.quote(table.file)}"
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
    if cell.endswith("%"):
        return phrase(en=" (a percentage)", pt=" (uma porcentagem)")
    if re.fullmatch(r"[+-]?[\d.]+,\d+", cell):
        return phrase(en=" (a decimal comma?)", pt=" (vírgula decimal?)")
    if re.fullmatch(r"[+-]?[\d,]+\.\d+", cell):
        return phrase(en=" (a decimal point?)", pt=" (ponto decimal?)")
    if re.search(r"\d", cell) and re.search(r"[^\W\d_]", cell):
        return phrase(en=" (letters among the digits)", pt=" (letras entre os algarismos)")
    return ""
