"""Any table of prices, written in any of the formats and read back, is the same table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trintena.data import CsvReading, read_csv
from trintena.errors import DataError
from unit.data.csv_files.formats import FORMATS, any_format
from unit.data.csv_files.sheets import PRICES, Sheet

ASKED = {"day_first": ("--dayfirst", "--monthfirst"), "decimal": ("--decimal",)}
"""What a refusal names when it asks for an option."""

each_format = pytest.mark.parametrize("name", FORMATS)
examples = settings(max_examples=25, deadline=None, print_blob=True)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for all examples: each writes it anew."""
    return tmp_path_factory.mktemp("formats") / "prices.csv"


def read(path: Path, sheet: Sheet, **options: Any) -> CsvReading:
    path.write_bytes(sheet.content)
    return read_csv(path, name="X", **sheet.options, **options)


def reading_or_refusal(path: Path, sheet: Sheet, **options: Any) -> CsvReading | DataError:
    try:
        return read(path, sheet, **options)
    except DataError as error:
        return error


def refusal(path: Path, sheet: Sheet, **options: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read(path, sheet, **options)
    assert caught.value.hint
    return caught.value


def asked_for(error: DataError) -> set[str]:
    return {option for option, words in ASKED.items() if all(word in str(error) for word in words)}


def assert_same(reading: CsvReading, sheet: Sheet) -> None:
    """The reading holds what the sheet says: to the last digit, but for the products of an adjustment."""
    series, expected = reading.series, sheet.series
    assert series.symbol == "X"
    assert series.dates.tolist() == [moment for moment, _ in expected]
    columns = [name for name in (*PRICES, "volume") if name in expected[0][1]]
    assert series.columns == tuple(columns)
    values = np.array([[numbers[name] for name in columns] for _, numbers in expected])
    np.testing.assert_allclose(series.values, values, rtol=1e-12 if sheet.adjusted else 0, atol=0)


@each_format
@given(data=st.data())
@examples
def test_what_was_written_is_read_again_and_asked_for_only_where_two_readings_are_possible(
    name: str, data: st.DataObject, path: Path
) -> None:
    sheet = data.draw(FORMATS[name])
    answers: dict[str, Any] = {}
    outcome = reading_or_refusal(path, sheet)
    while isinstance(outcome, DataError):
        asked = asked_for(outcome) - set(answers)
        assert asked, outcome
        assert asked <= sheet.ambiguous_in_series(), f"needlessly asked: {outcome}"
        assert_cell_is_named(outcome, sheet, asked)
        answers |= {option: sheet.told[option] for option in asked}
        outcome = reading_or_refusal(path, sheet, **answers)
    assert sheet.ambiguous() <= set(answers), "guessed between two readings"
    assert_same(outcome, sheet)


def assert_cell_is_named(error: DataError, sheet: Sheet, asked: set[str]) -> None:
    """The message names the file, a line, and a cell of that line of which it speaks."""
    assert "prices.csv" in error.message
    columns = [i for i in sheet.used if (sheet.parts[i] == "date") == ("day_first" in asked)]
    named = [int(line) for line in re.findall(r"\blines? (\d+)", error.message)]
    rows = [row for row in range(len(sheet.rows)) if sheet.line_number(row) in named]
    assert any(sheet.rows[row][i] in error.message for row in rows for i in columns), error
    assert any(title in error.message.lower() for i in columns for title in sheet.titles(i)), error


@each_format
@given(data=st.data())
@examples
def test_with_all_options_given_nothing_is_asked(name: str, data: st.DataObject, path: Path) -> None:
    sheet = data.draw(FORMATS[name])
    told = {option: value for option, value in sheet.told.items() if option not in sheet.options}
    if data.draw(st.booleans(), label="thousands told"):
        told["thousands"] = sheet.thousands.replace("\N{NO-BREAK SPACE}", " ")
    assert_same(read(path, sheet, **told), sheet)


ordered_days = st.sampled_from(
    ["Investing.com", "Excel, French", "Excel, Unicode text", "clocks", "Nasdaq.com"]
)


@given(sheet=ordered_days.flatmap(FORMATS.__getitem__))
@settings(examples, max_examples=60)
def test_the_order_of_dates_that_contradicts_the_file_is_refused(sheet: Sheet, path: Path) -> None:
    assume(any(moment.day > 12 for moment, _ in sheet.series))
    error = refusal(path, sheet, day_first=not sheet.day_first, decimal=sheet.decimal)
    late = [row for row in sheet.speaking if sheet.says[row][0].day > 12]
    assert any(re.search(rf"\blines? {sheet.line_number(row)}\b", error.message) for row in late), error


@given(sheet=any_format)
@settings(examples, max_examples=100)
def test_the_decimal_sign_that_contradicts_the_file_is_refused(sheet: Sheet, path: Path) -> None:
    signs = [c for row in sheet.speaking for i in sheet.numbers for c in sheet.rows[row][i] if c in ".,"]
    assume(sheet.decimal in signs)
    assume("decimal" not in sheet.ambiguous_in_series())
    order = {} if sheet.day_first is None else {"day_first": sheet.day_first}
    error = refusal(path, sheet, decimal="," if sheet.decimal == "." else ".", **order)
    assert re.search(r"\blines? \d+", error.message), error


@each_format
@given(data=st.data())
@settings(examples, max_examples=3)
def test_a_header_and_no_rows_is_refused(name: str, data: st.DataObject, path: Path) -> None:
    error = refusal(path, data.draw(FORMATS[name]).first(0))
    assert "prices.csv" in error.message
    assert not asked_for(error)


@each_format
@given(data=st.data())
@settings(examples, max_examples=5)
def test_what_was_understood_is_said(name: str, data: st.DataObject, path: Path) -> None:
    sheet = data.draw(FORMATS[name])
    told = {option: value for option, value in sheet.told.items() if option not in sheet.options}
    said = " ".join(read(path, sheet, **told).understood)
    encoding = {"cp1252": "cp1252|windows-1252", "utf-16": "utf-16"}.get(sheet.encoding, "utf-8")
    assert sheet.content.isascii() or re.search(encoding, said, re.IGNORECASE)
    assert {",": "comma", ";": "semicolon", "\t": "tab"}[sheet.separator] in said
    if any(sheet.decimal in sheet.rows[row][i] for row in sheet.speaking for i in sheet.numbers):
        assert ("decimal point" if sheet.decimal == "." else "decimal comma") in said
    if sheet.day_first is not None:
        assert re.search("day first" if sheet.day_first else "month first", said)
    for column in sheet.used:
        assert any(title in said.lower() for title in sheet.titles(column))
    for end in (sheet.series[0], sheet.series[-1]):
        assert f"{end[0]:%Y-%m-%d}" in said
    assert re.search(rf"\b{len(sheet.series)}\b", said)


@given(sheet=FORMATS["many symbols"] | FORMATS["yfinance, prices first"] | FORMATS["yfinance, tickers first"])
@settings(examples, max_examples=40)
def test_one_of_several_symbols_has_to_be_chosen(sheet: Sheet, path: Path) -> None:
    assume(sheet.options)
    error = refusal(path, replace(sheet, options={}), decimal=".")
    assert "--symbol" in str(error)
    assert "NVDA" in str(error)
    assert "AA" in str(error)
    error = refusal(path, replace(sheet, options={"symbol": "PETR4"}), decimal=".")
    assert "PETR4" in str(error)
    assert "NVDA" in str(error)


@given(sheet=any_format)
@settings(examples, max_examples=100)
def test_a_refusal_names_the_same_options_and_lines_in_both_languages(sheet: Sheet, path: Path) -> None:
    if sheet.rows and not sheet.ambiguous():
        row = sheet.speaking[0]
        sheet = sheet.with_cell(row, sheet.used[-1], "12x34")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TRINTENA_LANG", "en")
        english = refusal(path, sheet)
        environment.setenv("TRINTENA_LANG", "pt")
        portuguese = refusal(path, sheet)
    assert english.message != portuguese.message
    assert english.hint != portuguese.hint
    for pattern in (r"--\w+", r"(?:lines?|linhas?) (\d+)"):
        found = re.findall(pattern, str(english))
        assert sorted(found) == sorted(re.findall(pattern, str(portuguese)))
    assert re.search(r"linhas? \d+", portuguese.message), portuguese


AMBIGUOUS = {
    "day_first": "date,close\n03/04/2020,1.5\n04/05/2020,1.25\n",
    "decimal": "date;close\n2020-04-03;118.894\n2020-05-04;120.066\n",
}


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize(("option", "text"), AMBIGUOUS.items())
def test_two_readings_are_asked_about(
    option: str, text: str, language: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRINTENA_LANG", language)
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_csv(path)
    assert asked_for(caught.value) == {option}
    assert ("line 2" if language == "en" else "linha 2") in caught.value.message
    assert ("03/04/2020" if option == "day_first" else "118.894") in caught.value.message


@pytest.mark.parametrize(
    ("option", "value", "first"),
    [
        ("day_first", True, (datetime(2020, 4, 3), 1.5)),
        ("day_first", False, (datetime(2020, 3, 4), 1.5)),
        ("decimal", ".", (datetime(2020, 4, 3), 118.894)),
        ("decimal", ",", (datetime(2020, 4, 3), 118894.0)),
    ],
)
def test_either_reading_can_be_chosen(
    option: str, value: Any, first: tuple[datetime, float], path: Path
) -> None:
    path.write_text(AMBIGUOUS[option])
    series = read_csv(path, **{option: value}).series
    assert (series.dates[0].item(), series.close[0]) == first


def test_two_columns_of_one_name_that_differ_are_not_chosen_between(path: Path) -> None:
    path.write_text("Date,Open,High,Low,Close,Close,Volume\n2020-01-06,9.5,11.5,8.5,10.5,5.25,1000\n")
    with pytest.raises(DataError, match="line 1") as caught:
        read_csv(path)
    assert "Close" in caught.value.message
    assert caught.value.hint
