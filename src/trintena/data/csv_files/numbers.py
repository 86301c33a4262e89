"""Numbers with a decimal point and nothing else; whatever could mean something different is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from trintena.data.csv_files.table import Table, is_null

PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
MAYBE_THOUSANDS = re.compile(r"[+-]?(0|[1-9]\d{0,2}(\.\d{3})*)", re.ASCII)
"""118.894 is one hundred and eighteen in English, and a thousand times as much in Portuguese."""

REMEDY = "Write plain numbers such as 1234.5, or read another column alone with --column."


def are_numbers(cells: Iterable[str]) -> bool:
    """Whether all cells are plain numbers or missing, and at least one is a number."""
    given = [cell for cell in cells if not is_null(cell)]
    return bool(given) and all(PLAIN_NUMBER.fullmatch(cell) for cell in given)


def parse_numbers(table: Table, column: int) -> Float[np.ndarray, " row"]:
    """The numbers of a column, NaN where missing.

    Raises:
        DataError: a cell holds anything but a plain number.
    """
    cells = table.column(column)
    for row, cell in enumerate(cells):
        if not is_null(cell) and not PLAIN_NUMBER.fullmatch(cell):
            raise table.refusal(
                row, column, f"expected a number with a decimal point, found {cell!r}{_guess(cell)}.", REMEDY
            )
    return np.array([np.nan if is_null(cell) else float(cell) for cell in cells], dtype=np.float64)


def refuse_ambiguous_points(table: Table, columns: Iterable[int]) -> None:
    """Refuse prices of which every point could separate thousands.

    One number that cannot be read so (1.5, 0.125, 1234.5) settles the matter for the whole file.

    Raises:
        DataError: no number settles it.
    """
    first: tuple[int, int] | None = None
    for column in columns:
        for row, cell in enumerate(table.column(column)):
            if is_null(cell):
                continue
            if not MAYBE_THOUSANDS.fullmatch(cell):
                return
            if first is None and "." in cell:
                first = row, column
    if first is not None:
        row, column = first
        cell = table.rows[row][column]
        raise table.refusal(
            row,
            column,
            f"{cell!r} may be {float(cell):g} or {cell.replace('.', '')}: every number of the file has "
            "exactly three digits after its point, and nothing says whether that is a decimal point.",
            f"Write {cell}0 if it is; remove the points if they separate thousands.",
        )


def _guess(cell: str) -> str:
    if INFINITY.fullmatch(cell):
        return ", which is infinite"
    if re.fullmatch(r"[+-]?[\d.]+,\d+", cell):
        return " (a decimal comma?)"
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", cell):
        return " (commas between thousands?)"
    if re.fullmatch(r"[+-]?[\d.,]+\s*[kKmMbBtT]", cell):
        return " (an abbreviation?)"
    if cell.endswith("%"):
        return " (a percentage)"
    if re.search(r"[^\w\s.,+-]", cell) and re.search(r"\d", cell):
        return " (a currency sign?)"
    return ""
