"""Rows that stand above the header, where a sort or a join of files has put them: they would be lost."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from trintena.data.csv_files.conventions import are_numbers
from trintena.data.csv_files.date_forms import begins_like_a_row
from trintena.data.csv_files.header import SEPARATORS, file_refusal
from trintena.data.csv_files.titles import parts_of
from trintena.data.words import quoted
from trintena.language import phrase


def refuse_rows_above(
    file: str, lines: Sequence[str], separator: str, titles: Sequence[str], header_line: int
) -> None:
    """Refuse a file with a row before its header; titles and comments may stand there.

    Args:
        file: its name, for the message.
        lines: before the header.
        separator: of the columns under the header.
        titles: of these columns.
        header_line: on which the header ends.

    Raises:
        DataError: a line is a row: of this table, or, after files were joined, of another.
    """
    dated = [i for i, title in enumerate(titles) if {"date", "time"} & set(parts_of(title))] or [0]
    for at, line in enumerate(lines, start=1):
        for own in SEPARATORS:
            cells = _cells(line, own)
            if own == separator and len(cells) >= len(titles):
                is_row = any(begins_like_a_row(cells[i]) for i in dated)
            else:
                is_row = begins_like_a_row(cells[0]) and any(are_numbers([cell]) for cell in cells[1:])
            if is_row:
                shown = quoted(line.strip())
                raise file_refusal(
                    file,
                    at,
                    phrase(
                        en="found a row of values before the header, which is on line "
                        f"{header_line}: {shown}.",
                        pt=f"encontrou uma linha de valores antes do cabeçalho, que está na linha "
                        f"{header_line}: {shown}.",
                    ),
                    phrase(
                        en="Move the header to the top, or remove the rows before it.",
                        pt="Ponha o cabeçalho no topo, ou remova as linhas que estão antes dele.",
                    ),
                )


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a line; an empty one where it has none, or one longer than any row has."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])] or [""]
    except csv.Error:
        return [""]
