"""What goes wrong with files: `DAMAGE`, by name. Each takes a file and gives the bytes of a damaged one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from reliability.csv_files.bases import PRICES, Base, Truth
from reliability.csv_files.forms import DATES
from reliability.csv_files.mutated import DAMAGED, Mutated

Damage = Callable[[Mutated, random.Random], Mutated]
Text = Callable[[list[str], Base, random.Random], list[str]]
Bytes = Callable[[bytearray, random.Random], bytes]

NUMBERS = {"adjusted", "volume", *PRICES}
GARBAGE = (
    *("garbage", "?", "#REF!", "1.2.3.4.5", "--5", "0x1A", "1_000", "12:30", "1/2", "=A1+B1", "5%", "1 2"),
    *("inf", "-Infinity", "1e999", "1e-999", "-1e308", "nan", "NaN", "True", "+", "-", "e5", ".", ","),
    *(
        "١٢٣",
        "１２３",
        "½",
        "²",
        "1\u00a0000",
        "1\u2009000",
        "−5",
        "$",
        "R$ 5",
        "5€",
        "9" * 400,
        "0." + "0" * 400,
    ),
    *(
        "0",
        "-0",
        "-1",
        "1e3",
        "1E+03",
        "007",
        "1,",
        "1.",
        ".5",
        ",5",
        "5-",
        "(5)",
        "1'000",
        "1'16",
        "5k",
        "5T",
    ),
)
DATE_GARBAGE = (
    *("2020-13-01", "2020-02-30", "31/02/2020", "00/00/0000", "0000-00-00", "9999-12-31", "0001-01-01"),
    *("20200101", "1/1/20", "2020", "yesterday", "1e9", "2020-W01-1", "2020-001", "12-2020", "45000"),
    *("2020-01-01T25:00", "2020-01-01 24:00:00", "2020-01-01 00:00:00.5", "2020-01-01 10:00+99:99"),
    *(
        "Jan 5, 2020",
        "5 jan 2020",
        "5. Januar 2020",
        "١/١/٢٠٢٠",
        "2020-01-01 00:00:00-05:00",
        "-1",
        "1577836800",
    ),
)


def _of_bytes(work: Bytes) -> Damage:
    def damage(file: Mutated, chance: random.Random) -> Mutated:
        content = work(bytearray(file.content), chance) if file.content else b"\0"
        return replace(file, content=content, kind=DAMAGED)

    damage.__name__ = work.__name__
    return damage


def _of_lines(work: Text) -> Damage:
    """Damage to the lines of the file's text; where its bytes are no text any more, of its base."""

    def damage(file: Mutated, chance: random.Random) -> Mutated:
        try:
            text = file.content.decode(file.base.encoding)
        except UnicodeDecodeError:
            text = file.base.text()
        lines = work(text.split(file.base.line_end), file.base, chance)
        content = file.base.line_end.join(lines).encode(file.base.encoding, "replace")
        return replace(file, content=content, kind=DAMAGED)

    damage.__name__ = work.__name__
    return damage


def _place(content: Sequence[object], chance: random.Random) -> int:
    """Anywhere, and one time in three near the start, where the header is."""
    size = len(content)
    return chance.randrange(min(size, 200)) if chance.random() < 0.33 else chance.randrange(size)


# bytes


@_of_bytes
def bits_flipped(content: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 5, 50))):
        content[_place(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(content)


@_of_bytes
def bytes_replaced(content: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 10))):
        content[_place(content, chance)] = chance.choice((chance.randrange(256), *b'",;\n\r\t.-0 9\xff\x00'))
    return bytes(content)


@_of_bytes
def cut_off(content: bytearray, chance: random.Random) -> bytes:
    return bytes(content[: _place(content, chance)])


@_of_bytes
def bytes_lost(content: bytearray, chance: random.Random) -> bytes:
    at = _place(content, chance)
    del content[at : at + chance.choice((1, 1, 3, 40, 4096))]
    return bytes(content)


@_of_bytes
def bytes_twice(content: bytearray, chance: random.Random) -> bytes:
    at = _place(content, chance)
    size = chance.choice((1, 5, 200, 4096))
    return bytes(content[: at + size] + content[at:])


@_of_bytes
def noise_inserted(content: bytearray, chance: random.Random) -> bytes:
    at = _place(content, chance)
    return bytes(content[:at] + chance.randbytes(chance.choice((1, 2, 30, 5000))) + content[at:])


@_of_bytes
def zero_bytes(content: bytearray, chance: random.Random) -> bytes:
    at = _place(content, chance)
    return bytes(content[:at] + bytes(chance.choice((1, 4, 4096))) + content[at:])


@_of_bytes
def marks_inside(content: bytearray, chance: random.Random) -> bytes:
    at = _place(content, chance)
    mark = chance.choice(
        (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1a", b"\x0c", b"\xe2\x80\xa8", b"\xc2\x85")
    )
    return bytes(content[:at] + mark + content[at:])


@_of_bytes
def latin_inside(content: bytearray, chance: random.Random) -> bytes:
    """A few letters of another encoding than the file's."""
    at = _place(content, chance)
    word = chance.choice(
        ("Máxima".encode("cp1252"), "é".encode(), "€".encode("cp1252"), "Último".encode("utf-16"))
    )
    return bytes(content[:at] + word + content[at:])


@_of_bytes
def nothing_but_noise(content: bytearray, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 10, 1000, 100_000)))


# lines


@_of_lines
def lines_twice(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    n = chance.choice((1, 1, 3, len(lines)))
    to = chance.choice((at, _place(lines, chance)))
    return [*lines[:to], *lines[at : at + n], *lines[to:]]


@_of_lines
def lines_lost(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    return lines[:at] + lines[at + chance.choice((1, 1, 5, 1000)) :]


@_of_lines
def lines_shuffled(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    """The header among them."""
    chance.shuffle(lines)
    return lines


@_of_lines
def header_moved(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = len(base.preamble)
    header = lines[at : at + len(base.heads)]
    rest = lines[:at] + lines[at + len(base.heads) :]
    to = chance.randint(0, min(len(rest), 60))
    return rest[:to] + header + rest[to:]


@_of_lines
def header_lost(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = len(base.preamble)
    return lines[:at] + lines[at + chance.randint(1, len(base.heads)) :]


@_of_lines
def lines_joined(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    return [*lines[:at], "".join(lines[at : at + 2]), *lines[at + 2 :]]


@_of_lines
def line_torn(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    where = chance.randint(0, len(lines[at]))
    return [*lines[:at], lines[at][:where], lines[at][where:], *lines[at + 1 :]]


@_of_lines
def line_from_elsewhere(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    words = (
        "Total;1.234,56",
        "Fonte: B3",
        "* delayed by 15 minutes",
        '"unfinished',
        ",,,,,,,,",
        "Date,Close",
        "# 2020-01-01,5",
        "2020-01-01,5,5,5,5,5",
        "sep=;",
        "<html>",
        "   ",
    )
    at = _place(lines, chance)
    return [*lines[:at], chance.choice(words), *lines[at:]]


@_of_lines
def quotes_damaged(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    where = chance.randint(0, len(lines[at]))
    lines[at] = lines[at][:where] + chance.choice(('"', '""', '","', "'")) + lines[at][where:]
    return lines


@_of_lines
def huge_field(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = _place(lines, chance)
    where = chance.randint(0, len(lines[at]))
    unit = chance.choice(("x", "9", "0", "-", " ", "1,", ";", '"', "1.", "é", "'1", "e5", "a b"))
    size = chance.choice((1_000, 131_072, 200_000, 1_500_000))
    lines[at] = lines[at][:where] + unit * (size // len(unit)) + lines[at][where:]
    return lines


@_of_lines
def another_file_joined(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    """The same file once more, or a short one of another shape."""
    other = chance.choice(
        (lines, ["Date;Last", "01.02.2020;1,5", "02.02.2020;1,6"], ["date,close", "2020-01-01,1.5"])
    )
    return [*lines, *other]


# cells


def _on_rows(work: Callable[[list[str], str, int, random.Random], None]) -> Damage:
    """Damage to one cell, or to one in some rows: of the dates, the numbers, or any."""

    def damage(lines: list[str], base: Base, chance: random.Random) -> list[str]:
        n_first = len(base.preamble) + len(base.heads)
        column = chance.randrange(len(base.parts))
        for _ in range(chance.choice((1, 1, 1, 2, 30))):
            if len(lines) <= n_first:
                break
            at = chance.randrange(n_first, len(lines))
            cells = _cells(lines[at], base)
            if column < len(cells):
                work(cells, base.parts[column], column, chance)
                lines[at] = base.separator.join(cells)
        return lines

    damage.__name__ = work.__name__
    return _of_lines(damage)


def _cells(line: str, base: Base) -> list[str]:
    """The words between separators; quotes stay where they are."""
    if not base.quoted:
        return line.split(base.separator)
    return [cell if cell.startswith('"') else '"' + cell for cell in line.split(base.separator + '"')]


@_on_rows
def garbage_in_cells(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells[at] = chance.choice(DATE_GARBAGE if part == "date" else GARBAGE)


@_on_rows
def letters_in_cells(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    where = chance.randint(0, len(cells[at]))
    cells[at] = cells[at][:where] + chance.choice("0123456789.,-+eEkM% '$x") + cells[at][where:]


@_on_rows
def letters_lost(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    if cells[at]:
        where = chance.randrange(len(cells[at]))
        cells[at] = cells[at][:where] + cells[at][where + 1 :]


@_on_rows
def signs_swapped(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells[at] = cells[at].translate(str.maketrans(",.", ".,"))


@_on_rows
def cells_emptied(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells[at] = chance.choice(("", '""', "null", "NaN", "-", "N/A", "n.d.", "."))


@_on_rows
def cells_lost(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    del cells[at]


@_on_rows
def cells_twice(cells: list[str], part: str, at: int, chance: random.Random) -> None:
    cells.insert(at, cells[at])


@_of_lines
def titles_damaged(lines: list[str], base: Base, chance: random.Random) -> list[str]:
    at = len(base.preamble)
    if at >= len(lines):
        return lines
    cells = _cells(lines[at], base)
    column = chance.randrange(len(cells))
    words = (
        "",
        "Close",
        "Date",
        "Open",
        "Adj Close",
        "Price",
        "Time",
        "Volume",
        "x" * 300,
        "close\x0b",
        "Último",
    )
    cells[column] = chance.choice((*words, cells[column][1:], cells[chance.randrange(len(cells))]))
    lines[at] = base.separator.join(cells)
    return lines


# the whole file anew


def column_dropped(file: Mutated, chance: random.Random) -> Mutated:
    """A column is gone from every line."""
    base = file.base
    if len(base.parts) == 1:
        return replace(file, kind=DAMAGED)
    at = chance.randrange(len(base.parts))
    gone = [tuple(cells[:at] + cells[at + 1 :]) for cells in (*base.heads, *base.rows)]
    n = len(base.heads)
    left = replace(
        base,
        heads=tuple(gone[:n]),
        rows=tuple(gone[n:]),
        parts=base.parts[:at] + base.parts[at + 1 :],
    )
    return replace(file, base=left, content=left.content(), kind=DAMAGED)


def many_columns(file: Mutated, chance: random.Random) -> Mutated:
    """A thousand columns that nobody needs."""
    base, n = file.base, chance.choice((100, 1000))
    if len(base.rows) * n > 500_000:
        return replace(file, kind=DAMAGED)
    wide = replace(
        base,
        heads=tuple((*head, *(f"x{at}" for at in range(n))) for head in base.heads),
        rows=tuple((*row, *["0"] * n) for row in base.rows),
        parts=(*base.parts, *["other"] * n),
    )
    return replace(file, base=wide, content=wide.content(), kind=DAMAGED)


def numbers_in_two_conventions(file: Mutated, chance: random.Random) -> Mutated:
    """Rows of the second half with the point and the comma in each other's place; they mean the same."""
    base = file.base
    swap = str.maketrans(",.", ".,")
    return _rewritten(
        file, base, [i for i, p in enumerate(base.parts) if p in NUMBERS], lambda c: c.translate(swap)
    )


def dates_in_two_forms(file: Mutated, chance: random.Random) -> Mutated:
    """Rows of the second half with their dates in another form; they mean the same.

    Only where one of these dates has a day that is no month: from the others nobody could tell.
    """
    base = file.base
    kept = [said[0] for said in base.truths[len(base.rows) // 2 :] if said is not None]
    other = DATES[chance.choice(("iso", "us", "br", "dotted", "compact", "English months"))]
    if other.name == base.dates.name or not any(moment.day > 12 for moment in kept):
        return replace(file, kind=DAMAGED)

    def written(cell: str) -> str:
        moment = base.dates.read(cell)
        return cell if moment is None or moment.hour or moment.minute else other.write(moment)

    return _rewritten(file, base, [base.parts.index("date")], written)


def _rewritten(file: Mutated, base: Base, columns: Sequence[int], work: Callable[[str], str]) -> Mutated:
    half = len(base.rows) // 2
    if not half:  # one row alone cannot be in two conventions
        return replace(file, kind=DAMAGED)
    rows = list(base.rows)
    anew: dict[str, Truth] = {}
    for at in range(half, len(rows)):
        rows[at] = tuple(work(cell) if i in columns else cell for i, cell in enumerate(rows[at]))
        if rows[at] != base.rows[at] and (said := base.truths[at]) is not None:
            anew[base.line(rows[at])] = said
    content = replace(base, rows=tuple(rows)).content()
    return replace(file, content=content, kind=DAMAGED, rewritten=anew)


WHOLE: dict[str, Damage] = {
    each.__name__.replace("_", " "): each
    for each in (column_dropped, many_columns, numbers_in_two_conventions, dates_in_two_forms)
}
"""Done first and alone: they write the file anew."""
DAMAGE: dict[str, Damage] = {
    each.__name__.replace("_", " "): each
    for each in (
        bits_flipped,
        bytes_replaced,
        cut_off,
        bytes_lost,
        bytes_twice,
        noise_inserted,
        zero_bytes,
        marks_inside,
        latin_inside,
        nothing_but_noise,
        lines_twice,
        lines_lost,
        lines_shuffled,
        header_moved,
        header_lost,
        lines_joined,
        line_torn,
        line_from_elsewhere,
        quotes_damaged,
        huge_field,
        another_file_joined,
        garbage_in_cells,
        letters_in_cells,
        letters_lost,
        signs_swapped,
        cells_emptied,
        cells_lost,
        cells_twice,
        titles_damaged,
    )
}
