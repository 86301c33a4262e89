"""From a file to a table of words: encoding, separator, header, rows. Nothing is interpreted yet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trintena.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
NULLS = frozenset({"", "null", "nan", "na", "n/a", "#n/a", "none", "-", "."})
"""Words that say that a value is missing, in small letters."""


def is_null(cell: str) -> bool:
    """Whether a cell says that its value is missing."""
    return cell.lower() in NULLS


@dataclass(frozen=True)
class Table:
    """The words of a file: a header and rows of the same length, stripped of surrounding spaces."""

    file: str
    """The name of the file, for messages."""
    separator: str
    """In a word: comma, semicolon, tab."""
    header_line: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    """The line of the file on which each row ends; the first line is 1."""

    def column(self, index: int) -> tuple[str, ...]:
        """All cells of one column."""
        return tuple(row[index] for row in self.rows)

    def only(self, rows: Iterable[int]) -> Table:
        """The same table with the rows of these indices."""
        chosen = list(rows)
        return replace(
            self,
            rows=tuple(self.rows[row] for row in chosen),
            lines=tuple(self.lines[row] for row in chosen),
        )

    def refusal(self, row: int, column: int, message: str, remedy: str) -> DataError:
        """An error that names the file, the line and the column of a cell."""
        title = self.header[column]
        return DataError(
            f"{self.file}, line {self.lines[row]}, column {title!r}: {message}", field=title, hint=remedy
        )

    def header_refusal(self, message: str, remedy: str, field: str | None = None) -> DataError:
        """An error that names the file and the line of the header."""
        return DataError(f"{self.file}, line {self.header_line}: {message}", field=field, hint=remedy)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte-order mark.

    Raises:
        DataError: there is no such file, it cannot be read, or it is in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError(f"Cannot read {path}: {reason}.", field="csv", hint="Check the path.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path.name}, line {line}: expected text in UTF-8, found the byte 0x{content[error.start]:02X}, "
            "which is none.",
            field="csv",
            hint="Save the file as CSV in UTF-8 (in Excel: 'CSV UTF-8').",
        ) from error


def parse_table(file: str, text: str) -> Table:
    """Split a text into header and rows.

    Empty lines, and lines before the header that start with `#`, are passed over.

    Raises:
        DataError: no header, no certain separator, no rows, a row of another length, broken quotes.
    """
    lines = list(io.StringIO(text, newline=""))  # splitlines would also break at form feeds
    n_before = 0
    while n_before < len(lines) and (not lines[n_before].strip() or lines[n_before].startswith("#")):
        n_before += 1
    if n_before == len(lines):
        raise DataError(
            f"{file} is empty.", field="csv", hint="Choose a file with a header and rows of date and value."
        )
    separator = _separator(file, n_before + 1, lines[n_before])
    reader = csv.reader(lines[n_before:], delimiter=separator, strict=True)
    try:
        header = tuple(cell.strip() for cell in next(reader))
        header_line = n_before + reader.line_num
        rows: list[tuple[str, ...]] = []
        numbers: list[int] = []
        for cells in reader:
            row = tuple(cell.strip() for cell in cells)
            if any(row):
                rows.append(_fitted(file, n_before + reader.line_num, row, header, separator))
                numbers.append(n_before + reader.line_num)
    except csv.Error as error:
        raise DataError(
            f"{file}, line {n_before + reader.line_num}: the quotes are broken ({error}).",
            field="csv",
            hint="Put the whole cell between two double quotes, or none.",
        ) from error
    table = Table(file, SEPARATORS[separator], header_line, header, tuple(rows), tuple(numbers))
    if not rows:
        raise table.header_refusal(
            "the header is followed by no rows.", "Choose a file that has rows of date and value."
        )
    return table


def _separator(file: str, line: int, header: str) -> str:
    found = [separator for separator in SEPARATORS if separator in _unquoted(header)]
    if len(found) == 1:
        return found[0]
    names = " or ".join(SEPARATORS[separator] for separator in found)
    found_text = f"found {names}, and cannot tell which" if found else "found none"
    raise DataError(
        f"{file}, line {line}: expected a header whose columns are separated by commas, semicolons or tabs, "
        f"{found_text}: {header.strip()[:60]!r}.",
        field="csv",
        hint="Separate the columns by commas, and quote names that hold one.",
    )


def _unquoted(text: str) -> str:
    """The parts of a line outside double quotes."""
    return "".join(text.split('"')[::2])


def _fitted(
    file: str, line: int, row: Sequence[str], header: Sequence[str], separator: str
) -> tuple[str, ...]:
    """The row in the length of its header; superfluous separators at its end are cut off."""
    if len(row) > len(header) and not any(row[len(header) :]):
        row = row[: len(header)]
    if len(row) != len(header):
        raise DataError(
            f"{file}, line {line}: expected {len(header)} columns as in the header, "
            f"found {len(row)}: {separator.join(row)[:60]!r}.",
            field="csv",
            hint="Complete the line, and quote cells that hold the separator "
            "(numbers want a decimal point, not a comma).",
        )
    return tuple(row)
