"""What is said about numbers that cannot be read, or can be read in two ways."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from trintena.data.csv_files.conventions import PLAIN, SIGNS, conventions
from trintena.data.csv_files.table import Table
from trintena.data.words import quoted
from trintena.errors import DataError
from trintena.language import number, phrase


def no_number(table: Table, row: int, column: int, decimal: str | None, n_others: int) -> DataError:
    """A cell is no number, or none if the decimals come after `decimal`, and `n_others` are like it."""
    cell = quoted(table.rows[row][column])
    guess = _guess(table.rows[row][column])
    en = pt = ""
    if decimal is not None:
        en, pt = f" with a decimal {SIGNS[decimal][0]}", f" com {SIGNS[decimal][1]} decimal"
    more_en = f" {number(n_others)} more cells are like it." if n_others else ""
    more_pt = f" Há mais {number(n_others)} células assim." if n_others else ""
    return table.refusal(
        row,
        column,
        phrase(
            en=f"expected a number{en}, found {cell}{guess}.{more_en}",
            pt=f"esperava um número{pt}, encontrou {cell}{guess}.{more_pt}",
        ),
        phrase(
            en="Correct the cell, or say how numbers are written with --decimal and --thousands, "
            "or read another column alone with --column.",
            pt="Corrija a célula, ou diga como os números estão escritos com --decimal e --thousands, "
            "ou leia só outra coluna com --column.",
        ),
    )


def thousands_differ(table: Table, row: int, column: int, decimal: str, other_row: int) -> DataError:
    """A cell separates its thousands, and one of `other_row` does not, or the other way about."""
    cell, line = quoted(table.rows[row][column]), table.lines[other_row]
    en, pt = SIGNS[decimal]
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{cell} separates its thousands unlike line {line}, if the decimals come after a {en}.",
            pt=f"{cell} separa os milhares de outro modo que a linha {line}, se os decimais vêm "
            f"depois de {pt}.",
        ),
        phrase(
            en="Write all numbers of the file in the same way.",
            pt="Escreva todos os números do arquivo do mesmo modo.",
        ),
    )


def two_readings(table: Table, row: int, column: int, numbers: Mapping[str, float]) -> DataError:
    """A cell is one number with a decimal point and another with a decimal comma; both are in `numbers`."""
    cell, command = quoted(table.rows[row][column]), table.import_command
    point, comma = (f"{numbers[sign]:.15g}" for sign in ".,")
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{cell} may be {point} or {comma}: the numbers of the file can be read with "
            "a decimal point and with a decimal comma, and nothing says which is meant.",
            pt=f"{cell} pode ser {point} ou {comma}: os números do arquivo podem ser lidos "
            "com ponto decimal e com vírgula decimal, e nada diz qual dos dois vale.",
        ),
        phrase(
            en=f"Say which: `{command} --decimal .` reads {point}, `--decimal ,` reads {comma}.",
            pt=f"Diga qual: `{command} --decimal .` lê {point}, `--decimal ,` lê {comma}.",
        ),
    )


def may_be_fraction(table: Table, row: int, column: int) -> DataError:
    """A cell such as 131'160 is 131,160, or 131 and 16 of 32 parts of a bond future."""
    text = table.rows[row][column]
    cell, as_number, whole, parts = quoted(text), text.replace("'", ""), text[:-4], text[-3:-1]
    command = f'{table.import_command} --thousands "\'"'
    return table.refusal(
        row,
        column,
        phrase(
            en=f"{cell} may be {as_number}, or {whole} and {parts}/32 of a bond future.",
            pt=f"{cell} pode ser {as_number}, ou {whole} e {parts}/32 de um futuro de títulos.",
        ),
        phrase(
            en=f"If the apostrophe separates thousands, say `{command}`; if not, write decimal numbers.",
            pt=f"Se o apóstrofo separa milhares, use `{command}`; se não, escreva números decimais.",
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
    if re.search(r"\d ?[a-zA-Z]$", cell):
        return phrase(en=" (an abbreviation?)", pt=" (uma abreviação?)")
    for other in conventions(None, None):
        if other.fits([cell]):
            en, pt = SIGNS[other.decimal]
            return phrase(en=f" (a decimal {en}?)", pt=f" ({pt} decimal?)")
    if re.search(r"\d", cell) and re.search(r"[^\W\d_]", cell):
        return phrase(en=" (letters among the digits)", pt=" (letras entre os algarismos)")
    return ""
