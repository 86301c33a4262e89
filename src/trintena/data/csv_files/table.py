"""From text to a table of words: separator, header, rows. No cell is interpreted yet."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trintena.data.checks import Note
from trintena.data.csv_files.date_forms import begins_like_a_row
from trintena.data.csv_files.header import empty_file, file_refusal, find_header, read_header
from trintena.data.csv_files.rows_above import refuse_rows_above
from trintena.data.csv_files.text import FileText
from trintena.data.words import at_lines, counted, quoted
from trintena.errors import DataError
from trintena.language import number, phrase

_MOST_TITLES = 20
"""So many columns are named in a message, and the rest counted."""


@dataclass(frozen=True)
class Table:
    """The words of a file: a header and rows of the same length, stripped of surrounding spaces."""

    path: Path
    """Of the file, as it was given."""
    separator: str
    header_line: int
    """The line of the file on which the header ends; the first line is 1."""
    header: tuple[str, ...]
    symbols: tuple[str, ...]
    """For each column the symbol that the header puts it under; empty where it names none."""
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    """The line of the file on which each row ends."""

    @property
    def file(self) -> str:
        """The name of the file, for messages."""
        return self.path.name

    @property
    def import_command(self) -> str:
        """What a person types to import the file, for options to be added."""
        return f"trintena data import {shlex.quote(str(self.path))}"

    def column(self, index: int) -> list[str]:
        """All cells of one column."""
        return [row[index] for row in self.rows]

    def title(self, index: int) -> str:
        """A column as a message names it: by its title, or by its number where it has none."""
        return quoted(self.header[index]) if self.header[index] else str(index + 1)

    def titles(self, indices: Iterable[int] | None = None) -> str:
        """Several columns, or all, as a message names them."""
        chosen = list(range(len(self.header)) if indices is None else indices)
        named = [self.title(i) for i in chosen[:_MOST_TITLES]]
        if more := len(chosen) - len(named):
            named.append(phrase(en=f"and {number(more)} more", pt=f"e mais {number(more)}"))
        return ", ".join(named)

    def only(self, rows: Sequence[int]) -> Table:
        """The same table with the rows of these indices."""
        if len(rows) == len(self.rows):
            return self
        return replace(self, rows=[self.rows[row] for row in rows], lines=[self.lines[row] for row in rows])

    def only_columns(self, columns: Sequence[int]) -> Table:
        """The same table with the columns of these indices."""
        return replace(
            self,
            header=tuple(self.header[column] for column in columns),
            symbols=tuple(self.symbols[column] for column in columns),
            rows=[tuple(row[column] for column in columns) for row in self.rows],
        )

    def refusal(self, row: int, column: int, message: str, remedy: str) -> DataError:
        """An error that names the file, the line and the column of a cell."""
        where = phrase(
            en=f"{self.file}, line {self.lines[row]}, column {self.title(column)}",
            pt=f"{self.file}, linha {self.lines[row]}, coluna {self.title(column)}",
        )
        return DataError(f"{where}: {message}", field=self.header[column] or str(column + 1), hint=remedy)

    def header_refusal(self, message: str, remedy: str, field: str | None = None) -> DataError:
        """An error that names the file and the line of the header."""
        return file_refusal(self.file, self.header_line, message, remedy, field)


def parse_table(text: FileText, notes: list[Note]) -> Table:
    """Split a text into header and rows.

    Empty lines, and lines of comment or title before the header, are passed over; so is a header that
    occurs again among the rows, as in files that were appended to each other. Headers of two levels
    (prices, symbols), which yfinance writes, are understood.

    Args:
        text: of the file.
        notes: receives what was passed over, and a doubt about a last line that ends without a break.

    Raises:
        DataError: no header or one below rows, no certain separator, no rows, a row of another length, broken
            quotes.
    """
    lines = list(io.StringIO(text.content, newline=""))  # splitlines would also break at form feeds
    separator, n_before = find_header(text.name, lines)
    records = _records(text.name, lines, n_before, separator)
    places = [place for place, row in enumerate(records) if any(row)]
    if not places:
        raise empty_file(text.name)
    raw = [records[place] for place in places]
    numbers = [n_before + place + 1 for place in places]
    titles, symbols, n_header = read_header(raw)
    table = Table(text.path, separator, numbers[n_header - 1], titles, symbols, (), ())
    if any(map(begins_like_a_row, titles)):
        raise _no_header(table)
    refuse_rows_above(text.name, lines[:n_before], separator, titles, numbers[n_header - 1])
    headers = set(raw[:n_header])
    corners = {row[0] for row in raw[:n_header]}
    again = {at for at, row in enumerate(raw) if row[0] in corners and row in headers}
    rows = [row for at, row in enumerate(raw) if at not in again]
    lines_of_rows = [number for at, number in enumerate(numbers) if at not in again]
    if any(len(row) != len(titles) for row in rows):
        rows = [_fitted(table, line, row) for line, row in zip(lines_of_rows, rows, strict=True)]
    if not rows:
        raise table.header_refusal(
            phrase(en="the header is followed by no rows.", pt="depois do cabeçalho não há linhas."),
            phrase(
                en="Choose a file that has rows of date and value.",
                pt="Escolha um arquivo que tenha linhas de data e valor.",
            ),
        )
    if len(again) > n_header:
        notes.append(_header_again([numbers[at] for at in sorted(again)[n_header:]]))
    if _may_be_cut(lines):
        notes.append(_last_line_open(len(lines)))
    return replace(table, rows=rows, lines=lines_of_rows)


def _records(file: str, lines: Sequence[str], n_before: int, separator: str) -> list[tuple[str, ...]]:
    """The cells of each line from the header on, stripped of surrounding spaces."""
    reader = csv.reader(lines[n_before:], delimiter=separator, strict=True)
    try:
        # tuples, not lists: the garbage collector then does not walk through them again and again
        records = [tuple(map(str.strip, cells)) for cells in reader]
    except csv.Error as error:
        longest = number(csv.field_size_limit())
        what = phrase(en="the quotes are broken.", pt="as aspas estão quebradas.")
        if "field limit" in str(error):
            what = phrase(
                en=f"a cell has more than {longest} letters, as where a quote is not closed.",
                pt=f"uma célula tem mais de {longest} letras, como onde as aspas não se fecham.",
            )
        raise file_refusal(
            file,
            n_before + reader.line_num,
            what,
            phrase(
                en="Put the whole cell between two double quotes, or none.",
                pt="Ponha a célula inteira entre duas aspas duplas, ou sem nenhuma.",
            ),
        ) from error
    if reader.line_num != len(records):
        reader = csv.reader(lines[n_before:], delimiter=separator, strict=True)
        next(n_rows for n_rows, _ in enumerate(reader, start=1) if n_rows != reader.line_num)
        raise file_refusal(
            file,
            n_before + reader.line_num,
            phrase(en="a cell goes over several lines.", pt="uma célula ocupa várias linhas."),
            phrase(
                en="Remove the line break, or complete the quotes.",
                pt="Remova a quebra de linha, ou complete as aspas.",
            ),
        )
    return records


def _no_header(table: Table) -> DataError:
    """The first line holds values: taken for a header, they would be lost."""
    return table.header_refusal(
        phrase(
            en=f"expected a header, found a row of values: {table.titles()}.",
            pt=f"esperava um cabeçalho, encontrou uma linha de valores: {table.titles()}.",
        ),
        phrase(
            en="Put a line with titles before it, such as date,close.",
            pt="Ponha antes dela uma linha de títulos, como data,fechamento.",
        ),
    )


def _fitted(table: Table, line: int, row: tuple[str, ...]) -> tuple[str, ...]:
    """The row in the length of its header; superfluous separators at its end are cut off."""
    n_columns = len(table.header)
    if len(row) == n_columns or (len(row) > n_columns and not any(row[n_columns:])):
        return row[:n_columns]
    shown = quoted(table.separator.join(row))
    raise file_refusal(
        table.file,
        line,
        phrase(
            en=f"expected {n_columns} columns as in the header, found {len(row)}: {shown}.",
            pt=f"esperava {n_columns} colunas como no cabeçalho, encontrou {len(row)}: {shown}.",
        ),
        phrase(
            en="Complete the line, quote cells that hold the separator (a decimal comma, for instance), "
            "or remove the line if it is no row of prices.",
            pt="Complete a linha, ponha entre aspas as células que contêm o separador (uma vírgula decimal, "
            "por exemplo) ou remova a linha se não for de preços.",
        ),
    )


def _header_again(lines: Sequence[int]) -> Note:
    return Note(
        "header_again",
        len(lines),
        phrase(
            en=f"Dropped: {counted(len(lines))} that repeat the header{at_lines(lines)}.",
            pt=f"Descartado: {counted(len(lines))} com o cabeçalho repetido{at_lines(lines)}.",
        ),
    )


def _may_be_cut(lines: Sequence[str]) -> bool:
    return not lines[-1].endswith(("\n", "\r", '"')) and bool(lines[-1].strip())


def _last_line_open(line: int) -> Note:
    return Note(
        "last_line_open",
        1,
        phrase(
            en=f"The last line ({line}) ends without a line break: if the file was cut short there, "
            "its last value is, too.",
            pt=f"A última linha ({line}) termina sem quebra de linha: se o arquivo foi cortado ali, "
            "o último valor também foi.",
        ),
    )
