"""A file that is cut, shuffled or damaged is refused, or read with the damage named; never misread."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from trintena.data import CsvReading, read_csv
from trintena.errors import DataError
from unit.data.csv_files.formats import any_format
from unit.data.csv_files.sheets import PRICES, Row, Sheet

LAST_LINE = re.compile(r"last (line|row).*\bcut\b", re.IGNORECASE)
"""Says that the end of the file may be missing."""

examples = settings(max_examples=100, deadline=None, print_blob=True)

Outcome = CsvReading | DataError


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for all examples: each writes it anew."""
    return tmp_path_factory.mktemp("damage") / "prices.csv"


def outcome_of(path: Path, content: bytes, **options: Any) -> Outcome:
    """What comes of a file: a refusal that names it, or a series that can be used; nothing else."""
    path.write_bytes(content)
    try:
        reading = read_csv(path, name="X", **options)
    except DataError as error:
        return error
    series = reading.series
    assert len(series)
    assert (np.diff(series.dates.astype(np.int64)) > 0).all()
    assert np.isfinite(series.values).all()
    assert reading.understood
    return reading


def rows_of(reading: CsvReading) -> list[Row]:
    series = reading.series
    return [
        (moment, dict(zip(series.columns, numbers, strict=True)))
        for moment, numbers in zip(series.dates.tolist(), series.values.tolist(), strict=True)
    ]


def same(found: Row, said: Row, sheet: Sheet) -> bool:
    """Whether the row is what the sheet says, in the columns that the series has kept."""
    tolerance = 1e-12 if sheet.adjusted else 0.0
    return found[0] == said[0] and all(
        abs(number - said[1][name]) <= tolerance * said[1][name] for name, number in found[1].items()
    )


def assert_whole(reading: CsvReading, sheet: Sheet) -> None:
    """The reading is the sheet, all of it."""
    found, expected = rows_of(reading), sheet.series
    assert len(found) == len(expected)
    assert all(set(row[1]) == set(said[1]) for row, said in zip(found, expected, strict=True))
    assert all(same(row, said, sheet) for row, said in zip(found, expected, strict=True))


# ------------------------------------------------------------------------------------------- cut


@given(sheet=any_format, data=st.data())
@settings(examples, max_examples=250)
def test_a_file_that_was_cut_is_refused_or_read_up_to_the_cut_and_says_so(
    sheet: Sheet, data: st.DataObject, path: Path
) -> None:
    content = sheet.content
    last_rows = sheet.end_of_row(max(len(sheet.rows) - 3, -1))
    end = data.draw(st.integers(0, len(content)) | st.integers(last_rows, len(content)), label="cut at")
    options = data.draw(st.sampled_from([sheet.told, sheet.options]), label="options")
    reading = outcome_of(path, content[:end], **options)
    n_whole = sum(sheet.end_of_row(row) <= end for row in range(len(sheet.rows)))
    at_the_end_of_a_row = sheet.end_of_row(n_whole - 1) == end
    before = sheet.first(n_whole)
    if isinstance(reading, DataError):
        # a file of whole rows is as good as any, if what may not be clear is told
        line_is_whole = at_the_end_of_a_row or ends_a_line(sheet, end)
        assert not (before.speaking and line_is_whole and options == sheet.told), reading
        event("refused")
        return
    assert before.speaking or n_whole < len(sheet.rows)
    said = any(LAST_LINE.search(sentence) for sentence in reading.understood)
    expected = [*before.series]
    found = rows_of(reading)
    if at_the_end_of_a_row or ends_a_line(sheet, end):
        event("read up to the end of a row")
        assert_whole(reading, before)
        assert said == (at_the_end_of_a_row and not sheet.quoted), reading.understood
    else:
        event("read up to the middle of a row")
        within_line_break = content[:end].endswith("\r".encode(sheet.bare_encoding))
        assert said or within_line_break, reading.understood
        partial = sheet.says[n_whole] if n_whole < len(sheet.rows) else None
        if partial is not None and len(found) > len(expected):
            assert sum(row[0] == partial[0] for row in found) == 1
            found = [row for row in found if row[0] != partial[0]]
        assert len(found) == len(expected)
        assert all(same(row, said, sheet) for row, said in zip(found, expected, strict=True))


def ends_a_line(sheet: Sheet, end: int) -> bool:
    """Whether the cut stands behind a whole line break of the sheet."""
    line_end = sheet.line_end.encode(sheet.bare_encoding)
    whole_lines = [sheet.end_of_row(row) + len(line_end) for row in range(len(sheet.rows))]
    return end in whole_lines and end <= len(sheet.content)


# -------------------------------------------------------------------------------------- shuffled


@given(sheet=any_format, data=st.data())
@settings(examples, max_examples=100)
def test_rows_in_any_order_are_the_same_series_and_the_order_is_told(
    sheet: Sheet, data: st.DataObject, path: Path
) -> None:
    data_rows = [row for row, cells in enumerate(sheet.rows) if cells not in sheet.heads]
    order = iter(data.draw(st.permutations(data_rows), label="order"))
    shuffled = sheet.only(next(order) if row in data_rows else row for row in range(len(sheet.rows)))
    reading = outcome_of(path, shuffled.content, **shuffled.told)
    assert isinstance(reading, CsvReading), reading
    assert_whole(reading, sheet)
    moments = [said[0] for said in shuffled.says if said is not None]
    was_sorted = all(one < other for one, other in pairwise(moments))
    assert any("sorted" in sentence for sentence in reading.understood) != was_sorted


# --------------------------------------------------------------------------------- damaged cells

GARBAGE = ("garbage", "?", "#REF!", "1.2.3.4.5", "--5", "0x1A", "1_000", "12:30", "1/2", "=A1+B1")
NOT_A_PRICE = (*GARBAGE, "5%", "1 2", "inf", "-Infinity", "1e999")
NOTHING = ("", "null", "NaN", "-", "N/A")


@st.composite
def used_cells(draw: st.DrawFn, *, dates: bool = True, least: int = 2) -> tuple[Sheet, int, int]:
    """A sheet, and the row and column of a cell that the series needs."""
    sheet = draw(any_format.filter(lambda sheet: len(sheet.speaking) >= least))
    row = draw(st.sampled_from(sheet.speaking))
    column = draw(st.sampled_from([i for i in sheet.used if dates or sheet.parts[i] != "date"]))
    return sheet, row, column


def assert_named(outcome: Outcome, sheet: Sheet, row: int, column: int | None = None) -> None:
    """The damage in this row is named: by a refusal, or beside a reading that is right elsewhere.

    A row that was dropped is named by its line, or counted where too many were to name each; a cell that was
    filled, or left out with its column, by the line or by the name of the column.
    """
    line = rf"\blines?\b[^.]*\b{sheet.line_number(row)}\b"
    if isinstance(outcome, DataError):
        assert re.search(line, outcome.message), outcome
        if column is not None:
            assert any(title in outcome.message.lower() for title in sheet.titles(column)), outcome
        return
    damaged = sheet.says[row]
    assert damaged is not None
    found = dict(rows_of(outcome))
    others = [said for said in sheet.series if said != damaged]
    assert set(found) - {damaged[0]} == {said[0] for said in others}
    assert all(same((said[0], found[said[0]]), said, sheet) for said in others)
    if any(re.search(line, sentence) for sentence in outcome.understood):
        return
    if damaged[0] not in found:
        counted = re.compile(r"Dropped: (\d+) rows .* and (\d+) more\)")
        dropped = [told for sentence in outcome.understood if (told := counted.search(sentence))]
        assert dropped, f"dropped without its line: {outcome.understood}"
        assert sum(int(told[1]) for told in dropped) >= len(sheet.speaking) - len(found)
        return
    assert column is not None
    part = sheet.parts[column]
    filled = PRICES[:3] if part == "close" and sheet.adjusted else (part,)
    assert any(
        re.search(rf"\b{name}\b.*missing", sentence) for name in filled for sentence in outcome.understood
    ), outcome.understood
    kept = {name: number for name, number in found[damaged[0]].items() if name not in filled}
    assert same((damaged[0], kept), damaged, sheet)


@given(cell=used_cells(), data=st.data())
@examples
def test_garbage_in_a_cell_is_named(cell: tuple[Sheet, int, int], data: st.DataObject, path: Path) -> None:
    sheet, row, column = cell
    words = GARBAGE if sheet.parts[column] == "date" else NOT_A_PRICE
    damaged = sheet.with_cell(row, column, data.draw(st.sampled_from(words), label="garbage"))
    assert_named(outcome_of(path, damaged.content, **sheet.told), sheet, row, column)


@given(cell=used_cells(), word=st.sampled_from(NOTHING))
@examples
def test_an_emptied_cell_is_named(cell: tuple[Sheet, int, int], word: str, path: Path) -> None:
    sheet, row, column = cell
    damaged = sheet.with_cell(row, column, word)
    assert_named(outcome_of(path, damaged.content, **sheet.told), sheet, row, column)


@given(cell=used_cells(dates=False))
@examples
def test_a_doubled_sign_in_a_number_is_named(cell: tuple[Sheet, int, int], path: Path) -> None:
    sheet, row, column = cell
    signs = [place for place, letter in enumerate(sheet.rows[row][column]) if letter in ".,"]
    assume(signs)
    text = sheet.rows[row][column]
    for place in signs:
        damaged = sheet.with_cell(row, column, text[:place] + text[place] + text[place:])
        assert_named(outcome_of(path, damaged.content, **sheet.told), sheet, row, column)


@given(cell=used_cells(), letter=st.sampled_from("xOl"), data=st.data())
@examples
def test_a_letter_inside_a_number_or_a_date_is_named(
    cell: tuple[Sheet, int, int], letter: str, data: st.DataObject, path: Path
) -> None:
    sheet, row, column = cell
    text = sheet.rows[row][column]
    assume(len(text) > 1)
    place = data.draw(st.integers(1, len(text) - 1), label="place")
    damaged = sheet.with_cell(row, column, text[:place] + letter + text[place:])
    assert_named(outcome_of(path, damaged.content, **sheet.told), sheet, row, column)


@given(cell=used_cells(least=1), data=st.data())
@examples
def test_a_byte_that_the_encoding_does_not_know_is_named(
    cell: tuple[Sheet, int, int], data: st.DataObject, path: Path
) -> None:
    sheet, row, column = cell
    text = sheet.rows[row][column]
    width = 2 if sheet.encoding == "utf-16" else 1
    place = sheet.place_of_cell(row, column) + width * data.draw(st.integers(0, len(text) - 1))
    content = bytearray(sheet.content)
    content[place + width - 1] = 0xDC if width == 2 else 0xFF  # half a pair in UTF-16, and no UTF-8
    assert_named(outcome_of(path, bytes(content), **sheet.told), sheet, row)


# ----------------------------------------------------------------------------------- damaged rows


def assert_named_or_harmless(outcome: Outcome, sheet: Sheet, row: int) -> None:
    """The damage is named, or nothing that belongs to the series was lost."""
    if isinstance(outcome, CsvReading) and len(outcome.series) == len(sheet.series):
        assert_whole(outcome, sheet)
    else:
        assert_named(outcome, sheet, row)


@given(cell=used_cells(least=1), data=st.data())
@examples
def test_a_column_too_many_in_a_row_is_named(
    cell: tuple[Sheet, int, int], data: st.DataObject, path: Path
) -> None:
    sheet, row, _ = cell
    cells = sheet.rows[row]
    place = data.draw(st.integers(0, len(cells)), label="place")
    word = data.draw(st.sampled_from(["1", "", "2020-01-01", cells[place - 1]]), label="word")
    damaged = sheet.with_row(row, (*cells[:place], word, *cells[place:]))
    assert_named_or_harmless(outcome_of(path, damaged.content, **sheet.told), sheet, row)


@given(cell=used_cells(least=1), data=st.data())
@examples
def test_a_column_too_few_in_a_row_is_named(
    cell: tuple[Sheet, int, int], data: st.DataObject, path: Path
) -> None:
    sheet, row, _ = cell
    cells = sheet.rows[row]
    place = data.draw(st.integers(0, len(cells) - 1), label="place")
    damaged = sheet.with_row(row, (*cells[:place], *cells[place + 1 :]))
    assert_named_or_harmless(outcome_of(path, damaged.content, **sheet.told), sheet, row)


@given(sheet=any_format.filter(lambda sheet: sheet.quoted), data=st.data())
@settings(examples, max_examples=100)
def test_a_dropped_quote_is_named(sheet: Sheet, data: st.DataObject, path: Path) -> None:
    row = data.draw(st.sampled_from(sheet.speaking), label="row")
    start, end = sheet.end_of_row(row - 1), sheet.end_of_row(row)
    content = sheet.content
    quotes = [place for place in range(start, end) if content[place : place + 1] == b'"']
    place = data.draw(st.sampled_from(quotes), label="place")
    outcome = outcome_of(path, content[:place] + content[place + 1 :], **sheet.told)
    if isinstance(outcome, DataError):
        lines = {int(line) for line in re.findall(r"\blines? (\d+)", outcome.message)}
        assert lines & {sheet.line_number(row), sheet.line_number(row) + 1}, outcome
    else:
        assert_named_or_harmless(outcome, sheet, row)


FIRST_ROWS = {
    "no date": ("date,open,close\n", ",1.5,1.5\n", "2020-01-07,1.5,1.75\n2020-01-08,1.5,1.75\n"),
    "too few": ("date,close\n", "2020-01-06\n", "2020-01-07,1.5\n2020-01-08,1.75\n"),
    "too many": ("date,close\n", "2020-01-06,1.5,1.5\n", "2020-01-07,1.5\n2020-01-08,1.75\n"),
    "another separator": ("date,close\n", "2020-01-06;1.5\n", "2020-01-07,1.5\n2020-01-08,1.75\n"),
    "an open quote": ('"date","close"\n', '"2020-01-06,"1"\n', '"2020-01-07","1"\n"2020-01-08","2"\n'),
    "no quote": ('"date","close"\n', '2020-01-06","1"\n', '"2020-01-07","1"\n"2020-01-08","2"\n'),
}


@pytest.mark.parametrize("what", FIRST_ROWS)
def test_a_damaged_first_row_is_not_taken_for_a_part_of_the_header(what: str, path: Path) -> None:
    header, row, others = FIRST_ROWS[what]
    outcome = outcome_of(path, (header + row + others).encode())
    if isinstance(outcome, DataError):
        assert re.search(r"\bline 2\b", outcome.message), outcome
        assert "--symbol" not in str(outcome)
    else:
        assert [moment.day for moment, _ in rows_of(outcome)] == [7, 8]
        assert any(re.search(r"dropped.*\bline 2\b", said, re.IGNORECASE) for said in outcome.understood)


def test_a_close_that_is_infinite_adjusts_nothing(path: Path) -> None:
    content = b"Date,Open,Close,Adj Close\n2020-01-06,1.5,1.5,1.25\n2020-01-07,1.5,1e999,1.25\n"
    error = outcome_of(path, content)
    assert isinstance(error, DataError), error
    assert re.search(r"prices\.csv, line 3, column 'Close'", error.message), error


@given(cell=used_cells(), data=st.data())
@examples
def test_a_date_that_occurs_twice_is_refused_with_both_lines(
    cell: tuple[Sheet, int, int], data: st.DataObject, path: Path
) -> None:
    sheet, row, _ = cell
    column = sheet.parts.index("date")
    other = data.draw(st.sampled_from([i for i in sheet.speaking if i != row]), label="other")
    if data.draw(st.booleans(), label="the whole row"):
        damaged = sheet.with_row(row, sheet.rows[other])
    else:
        damaged = sheet.with_cell(row, column, sheet.rows[other][column])
    error = outcome_of(path, damaged.content, **sheet.told)
    assert isinstance(error, DataError)
    for line in (sheet.line_number(row), sheet.line_number(other)):
        assert re.search(rf"\b{line}\b", error.message), error


# ------------------------------------------------------------------------------------- any bytes

options = st.fixed_dictionaries(
    {},
    optional={
        "decimal": st.sampled_from([".", ","]),
        "thousands": st.sampled_from([" ", "'", "none"]),
        "day_first": st.booleans(),
        "symbol": st.sampled_from(["NVDA", "X", ""]),
        "column": st.sampled_from(["Close", "date", "", "1"]),
        "allow_jumps": st.booleans(),
    },
)


@given(content=st.binary(max_size=300), options=options)
@settings(examples, max_examples=300)
@example(content=b"", options={})
@example(content=b",", options={})
@example(content=b"\xff\xfe", options={})
@example(content=b"\xfe\xffd", options={})
@example(content=b"\xef\xbb\xbf", options={})
@example(content=b"date,close\n2020-01-06,\x00\n", options={})
@example(content=b'date,close\n2020-01-06,"1\n2"\n', options={})
@example(content=b'date,open,close\n2020-01-06,"1\n2","1\n2"\n2020-01-07,1,2\n', options={})
@example(content=b'"da\nte",close\n"2020-01-06\n2020-01-07",1\n', options={})
@example(content=b"date,close\n0000-00-00,1\n", options={})
@example(content=b"date,close\n99999-01-06,1\n", options={})
@example(content=b"date,close\n2020-01-06," + b"9" * 400 + b"\n", options={})
@example(content=b"date,close\n2020-01-06," + b"9" * 5000 + b"K\n", options={})
@example(content=b'date,close\n2020-01-06,"' + b"9" * 140_000 + b'"\n', options={})
@example(content=b"date,close\n9999-12-31T23:59-23:59,1\n", options={})
@example(content=b"date,close\n0001-01-01T00:00+23:59,1\n", options={})
@example(content=b"date,close\n2020-01-06T10:00+99:99,1\n", options={})
def test_any_bytes_are_refused_or_read(content: bytes, options: dict[str, Any], path: Path) -> None:
    outcome_of(path, content, **options)


@given(
    head=st.sampled_from(
        ["date,close\n", "Date;Open;Close;Volume\n", '"Data","Último"\r\n', "Date\tClose\n", ""]
    ),
    body=st.text("0123456789.,;:-/\t\n\r\"'$%# eEMKTZNaJjul+()<>_\u00a0\u2212\ufeff\x00é", max_size=120),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-be", "cp1252", "utf-8-sig"]),
    options=options,
)
@settings(examples, max_examples=300)
def test_any_text_behind_a_header_is_refused_or_read(
    head: str, body: str, encoding: str, options: dict[str, Any], path: Path
) -> None:
    outcome_of(path, (head + body).encode(encoding, "replace"), **options)


CHANGES = st.tuples(
    st.sampled_from(["flip", "insert", "delete"]), st.integers(0, 1 << 16), st.integers(0, 255)
)


@given(sheet=any_format, changes=st.lists(CHANGES, min_size=1, max_size=4), told=st.booleans())
@settings(examples, max_examples=250)
def test_changed_bytes_are_refused_or_read(
    sheet: Sheet, changes: list[tuple[str, int, int]], told: bool, path: Path
) -> None:
    content = bytearray(sheet.content)
    for kind, place, byte in changes:
        place %= len(content)
        if kind == "flip":
            content[place] ^= byte
        elif kind == "insert":
            content.insert(place, byte)
        elif len(content) > 1:
            del content[place]
    outcome_of(path, bytes(content), **(sheet.told if told else sheet.options))
