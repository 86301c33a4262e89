from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trintena.data.csv_files import read_csv
from trintena.errors import DataError, UsageError

BARS = """Date,Open,High,Low,Close,Adj Close,Volume
2020-01-06,9,11,8,10,5,1000
2020-01-07,null,null,null,null,null,null
2020-01-08,11,13,10,12,6.5,2000
"""


@pytest.fixture
def read(tmp_path):
    """Write a text (or bytes) to a file and read it."""

    def write_and_read(content, file="prices.csv", **options):
        path = tmp_path / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_csv(path, **options)

    return write_and_read


def days(series):
    return [str(date).removesuffix("T00:00:00") for date in series.dates]


def refusal(read, content, **options):
    with pytest.raises(DataError) as caught:
        read(content, **options)
    assert caught.value.hint
    return str(caught.value)


def test_bars_are_adjusted_and_told(read):
    reading = read(BARS)
    series = reading.series
    assert series.symbol == "prices"
    assert series.source == "csv:prices.csv"
    assert series.columns == ("open", "high", "low", "close", "volume")
    assert days(series) == ["2020-01-06", "2020-01-08"]
    np.testing.assert_allclose(series.values[0], [4.5, 5.5, 4, 5, 1000])
    np.testing.assert_allclose(
        series.values[1], np.array([11, 13, 10, 12, 0]) * 6.5 / 12 + [0, 0, 0, 0, 2000]
    )
    assert reading.understood == [
        "Text in UTF-8, columns separated by a comma, header on line 1.",
        "Dates from 'Date': year first, without times.",
        "Numbers with a decimal point.",
        "Columns: open from 'Open', high from 'High', low from 'Low', close from 'Adj Close', "
        "volume from 'Volume'.",
        "Taken for prices.",
        "open, high and low were adjusted by the same factor as the close.",
        "Dropped: 1 row without a close (line 3).",
        "2 of 3 dated rows kept, from 2020-01-06 to 2020-01-08; close from 5 to 6.5.",
    ]


def test_byte_order_mark_windows_line_ends_comments_and_empty_lines_are_no_matter(read):
    text = "# from my broker\n\n" + BARS.replace("\n", "\r\n") + "\r\n,,,,,,\r\n"
    series = read(b"\xef\xbb\xbf" + text.encode()).series
    assert series.content_hash == read(BARS).series.content_hash


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_recognized(read, separator):
    series = read(BARS.replace(",", separator)).series
    assert series.content_hash == read(BARS).series.content_hash


def test_newest_first_is_accepted_and_told(read):
    reading = read("date,close\n2020-01-07,2\n2020-01-06,1\n")
    assert reading.series.close.tolist() == [1, 2]
    assert "The rows stood newest first; they were sorted by date." in reading.understood


@pytest.mark.parametrize(
    "title", ["CLOSE", " Price ", "Close (USD)", "Último", "ULTIMO", "Close/Last", "adj_close", "Preço"]
)
def test_the_usual_titles_of_a_close_are_known(read, title):
    series = read(f"Data,{title},count\n2020-01-06,1.5,7\n").series
    assert series.close.tolist() == [1.5]


@pytest.mark.parametrize("title", ["date", "Datetime", "TIMESTAMP", "time", "Data", ""])
def test_the_usual_titles_of_the_dates_are_known(read, title):
    assert days(read(f"{title},close\n2020-01-06,1\n").series) == ["2020-01-06"]


def test_one_column_of_numbers_is_enough_whatever_its_title(read):
    reading = read("when,time,level\nnoon,2020-01-06,-1.5\nnoon,2020-01-07,-2\n")
    assert reading.series.columns == ("close",)
    assert reading.series.close.tolist() == [-1.5, -2]
    assert "Columns: value from 'level'." in reading.understood


def test_several_columns_of_numbers_ask_for_one(read):
    text = "date,north,south\n2020-01-06,1.5,2.5\n"
    message = refusal(read, text)
    assert "'north', 'south'" in message
    assert "--column" in message
    assert read(text, column="south").series.close.tolist() == [2.5]


@pytest.mark.parametrize(
    ("header", "column", "measures"),
    [
        ("Date,Close", None, "price"),
        ("Data,Último", None, "price"),
        ("date,Preço (R$)", None, "price"),
        ("date,fechamento ajustado", None, "price"),
        ("date,Open,High,Low,value", None, "price"),  # a bar beside it
        ("Date,Open,High,Low,Close,Adj Close", "High", "price"),
        ("Date,Open,High,Low,Close,Volume", "Volume", "value"),
        ("date,temperature", None, "value"),
        ("date,MWh", None, "value"),
        ("date,value", None, "value"),
        ("data,máxima,mínima,média", "máxima", "value"),  # of a day's weather: no close beside it
    ],
)
def test_what_a_column_measures_is_told_by_titles(read, header, column, measures):
    width = header.count(",")
    text = "\n".join([header, "2020-01-06" + ",2" * width, "2020-01-07" + ",3" * width])
    reading = read(text, column=column)
    assert reading.series.measures == reading.facts["measures"] == measures
    taken = {"price": "Taken for prices.", "value": "Taken for values that are not prices."}
    assert taken[measures] in reading.understood
    for said in ("price", "value"):
        assert read(text, column=column, measures=said).series.measures == said


def test_values_are_told_without_words_of_money(read):
    content = "date,load\n2020-01-06,5\n2020-01-07,\n2020-01-08,7\n"
    told = " ".join(read(content, "load.csv").understood)
    assert "Dropped: 1 row without a value (line 3)." in told
    assert told.endswith("value from 5 to 7.")
    assert "close" not in told
    assert "price" not in told.replace("values that are not prices", "")


def test_a_temperature_near_zero_is_read_and_one_that_is_called_a_close_is_told_how(read):
    rows = "2020-01-06;0,4\n2020-01-07;-1,2\n2020-01-08;0,1\n2020-01-09;5,6\n"
    rows += "".join(f"2020-02-{day:02};{day},5\n" for day in range(1, 29))
    assert read("date;temperature\n" + rows).series.close[:4].tolist() == [0.4, -1.2, 0.1, 5.6]
    told = refusal(read, "date;close\n" + rows, file="its air.csv", decimal=",", day_first=False)
    assert "trintena data import " in told
    command = "its air.csv' --decimal , --monthfirst"
    assert f"{command} --allow-jumps`; if these are no prices, with `" in told
    assert f"{command} --measures value`." in told
    assert len(read("date;close\n" + rows, measures="value").series) == 32


def test_a_chosen_column_stands_alone(read):
    series = read(BARS, column="high").series
    assert series.columns == ("close",)
    assert series.close.tolist() == [11, 13]


def test_a_column_that_is_not_there_is_refused_with_those_that_are(read):
    message = refusal(read, BARS, column="Shut")
    assert "'Shut'" in message
    assert "'Adj Close'" in message


def test_two_columns_for_one_part_are_refused(read):
    assert "several columns could be the close: 'Close', 'Price'" in refusal(
        read, "date,Close,Price\n2020-01-06,1,2\n"
    )
    assert "several columns could hold the dates" in refusal(
        read, "date,Datum,close\n2020-01-06,2020-01-07,2\n"
    )


def test_a_time_that_stands_apart_belongs_to_the_date(read):
    series = read("date,close,time\n2020-01-06,1,16:00\n2020-01-07,2,093000\n").series
    assert days(series) == ["2020-01-06T16:00:00", "2020-01-07T09:30:00"]


def test_without_the_close_a_bar_cannot_be_adjusted_and_is_left_out(read):
    reading = read("date,open,adj close,volume\n2020-01-06,9,5,100\n")
    assert reading.series.columns == ("close", "volume")
    assert "Not used: 'open'." in reading.understood


SYMBOLS = "date,close,Name\n2020-01-06,1,AAL\n2020-01-07,2,AAL\n2020-01-06,3,ZTS\n"


def test_several_symbols_ask_for_one(read):
    message = refusal(read, SYMBOLS)
    assert "line 4, column 'Name'" in message
    assert "--symbol" in message


def test_a_chosen_symbol_gives_its_rows_and_its_name(read):
    reading = read(SYMBOLS, symbol="ZTS")
    assert reading.series.symbol == "ZTS"
    assert reading.series.close.tolist() == [3]
    assert "Left out: 2 rows of other symbols than 'ZTS'." in reading.understood
    assert read(SYMBOLS, symbol="AAL", name="American").series.symbol == "American"


def test_a_symbol_that_is_not_there_is_refused(read):
    assert "column 'Name' holds no 'NVDA', but 'AAL', 'ZTS'" in refusal(read, SYMBOLS, symbol="NVDA")
    assert "no column of symbols" in refusal(read, BARS, symbol="NVDA")


def test_a_name_is_taken_from_the_only_symbol_or_the_file(read):
    assert read("date,close,symbol\n2020-01-06,1,ABC\n").series.symbol == "ABC"
    assert read(BARS, name="NVDA").series.symbol == "NVDA"
    assert "--name" in refusal(read, BARS, file="a" * 33 + ".csv")


def test_midnights_of_an_exchange_keep_their_own_date(read):
    series = read(
        "Date,Close\n2020-03-06 00:00:00-05:00,1\n2020-03-09 00:00:00-04:00,2\n2020-03-10T00:00:00-0400,3\n"
    ).series
    assert days(series) == ["2020-03-06", "2020-03-09", "2020-03-10"]


def test_hours_become_utc(read):
    rows = "2020-03-06 15:30:00-05:00,1\n2020-03-09 15:30:00-04:00,2\n2020-03-09 16:30:00-04:00,3\n"
    reading = read("Datetime,Close\n" + rows)
    assert days(reading.series) == ["2020-03-06T20:30:00", "2020-03-09T19:30:00", "2020-03-09T20:30:00"]
    assert any("converted to UTC" in sentence for sentence in reading.understood)
    assert days(read("time,close\n2020-03-06T23:00Z,1\n").series) == ["2020-03-06T23:00:00"]


@pytest.mark.parametrize("zone", ["+01:00", "+1100", "GMT+0200", "-05"])
def test_one_row_for_a_day_keeps_the_exchanges_own_date(read, zone):
    text = (
        f"Date,Close\n2020-01-02 00:00:00{zone},1\n2020-01-03 00:00:00{zone},2\n2020-01-06 17:35:00{zone},3\n"
    )
    reading = read(text)
    assert days(reading.series) == ["2020-01-02", "2020-01-03", "2020-01-06"]
    assert any("times dropped" in sentence for sentence in reading.understood)


@pytest.mark.parametrize(
    "cells",
    [
        ["2020-02-01", "2020-03-01", "13/01/2020"],
        ["01/02/2020", "01/03/2020", "13.01.2020"],
        ["2020-01-02", "2020-01-03", "Jan 6, 2020"],
        ["2020-01-02", "2020-01-03", "20200106"],
    ],
)
def test_dates_of_two_forms_in_one_file_are_refused(read, cells):
    rows = "".join(f"{cell};{value}\n" for value, cell in enumerate(cells, start=1))
    message = refusal(read, "date;close\n" + rows)
    assert f"line 4, column 'date': '{cells[2]}' is written unlike '{cells[0]}' (line 2)" in message


def test_hours_on_either_side_of_midnight_are_no_days(read):
    text = "Date,Close\n2020-03-06 23:30:00-05:00,1\n2020-03-07 00:30:00-05:00,2\n"
    assert days(read(text).series) == ["2020-03-07T04:30:00", "2020-03-07T05:30:00"]


def test_hours_without_a_zone_are_taken_as_utc_and_told(read):
    reading = read("timestamp,close\n2020-03-06 15:00,1\n2020-03-06 16:00,2\n")
    assert days(reading.series) == ["2020-03-06T15:00:00", "2020-03-06T16:00:00"]
    assert any("without a zone taken as UTC" in sentence for sentence in reading.understood)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["20200106", "20200107"], ["2020-01-06", "2020-01-07"]),
        (["2020/1/6", "2020/01/07"], ["2020-01-06", "2020-01-07"]),
        (["06/01/2020", "13/01/2020"], ["2020-01-06", "2020-01-13"]),
        (["01/06/2020", "01/13/2020"], ["2020-01-06", "2020-01-13"]),
        (["06.01.2020", "31.01.2020"], ["2020-01-06", "2020-01-31"]),
        (["01/01/2020", "02/02/2020"], ["2020-01-01", "2020-02-02"]),
        (["Jan 6, 2020", "January 7 2020"], ["2020-01-06", "2020-01-07"]),
        (["6-Feb-2020", "7. März 2020"], ["2020-02-06", "2020-03-07"]),
        (["6 de fevereiro de 2020", "7/ago./2020"], ["2020-02-06", "2020-08-07"]),
        (["30 juin 2020", "1 juil. 2020"], ["2020-06-30", "2020-07-01"]),
        (["12/31/2019 4:00 PM", "01/02/2020 12:00 AM"], ["2019-12-31T16:00:00", "2020-01-02"]),
        (["1578268800", "1578355200"], ["2020-01-06", "2020-01-07"]),
        (["1578268800000", "1578312000000"], ["2020-01-06", "2020-01-06T12:00:00"]),
    ],
)
def test_dates_that_can_be_read_in_one_way_are_read(read, cells, expected):
    rows = "".join(f"{cell};{value}\n" for value, cell in enumerate(cells, start=1))
    assert days(read("date;close\n" + rows).series) == expected


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (
            ["01/01/2020", "06/01/2020"],
            "line 3, column 'date': '06/01/2020' may have the day or the month first",
        ),
        (["13/01/2020", "01/13/2020"], "line 3, column 'date': '01/13/2020' and '13/01/2020' (line 2)"),
        (
            ["2020-01-06", "2020-02-30"],
            "line 3, column 'date': there is no such date or time as '2020-02-30'",
        ),
        (["31/31/2020"], "there is no such date or time as '31/31/2020'"),
        (["2020-01-06 25:00"], "there is no such date or time"),
        (["2020-01-06 10:00:00.5"], "there is no such date or time"),
        (["6 Jun 20"], "found '6 Jun 20'. Write years with four digits."),
        (["6 Jui 2020"], "there is no such date or time as '6 Jui 2020'"),
        (["2020-01-06", "tomorrow"], "line 3, column 'date': expected a date, found 'tomorrow'"),
        (["13/13/2020", "01/13/2020"], "there is no such date or time as '13/13/2020'"),
        (["2020-01-06 0:30 PM"], "there is no such date or time"),
        (["1/2/20"], "expected a date, found '1/2/20'"),
        (["2020-01-06", "null"], "line 3, column 'date': expected a date, found nothing"),
        (
            ["2020-01-06T10:00Z", "2020-01-06T11:00"],
            "line 3, column 'date': '2020-01-06T11:00' lacks a time zone",
        ),
    ],
)
def test_other_dates_are_refused_with_line_column_and_what_stood_there(read, cells, found):
    rows = "".join(f"{cell},{value}\n" for value, cell in enumerate(cells, start=1))
    assert found in refusal(read, "date,close\n" + rows)


@pytest.mark.parametrize("cell", ["-1.5", "+1.5", "1.5e3", ".5", "1.", "1234567"])
def test_plain_numbers_are_read(read, cell):
    assert read(f"date,close\n2020-01-06,{cell}\n").series.close.tolist() == [float(cell)]


@pytest.mark.parametrize(
    "cell",
    [
        "-2.81%",
        "1 23.5",
        "--1",
        "$",
        "1.5.2",
        "1.5e3M",
        "1.5 X",
        "1_000",
        "inf",
        "-Infinity",
        "1e999",
        "0x10",
        "abc",
        "١٢",
    ],
)
def test_other_numbers_are_refused_with_line_and_column(read, cell):
    message = refusal(read, f"date,close,volume\n2020-01-06,1.5,3\n2020-01-07,{cell},3\n")
    assert "line 3" in message
    assert "close" in message
    assert cell in message or "infinite" in message


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("117,52", 117.52),
        ("1.117,52", 1117.52),
        ("1,117.52", 1117.52),
        ("1.234.567", 1234567),
        ("1'234.5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("R$ 1.234,50", 1234.5),
        ("-$1.50", -1.5),
        ("$-1.50", -1.5),
        ("12,50 €", 12.5),
        ("1 234,50 $", 1234.5),
        ("−1.5", -1.5),  # noqa: RUF001
    ],
)
def test_numbers_are_read_as_people_write_them(read, cell, expected):
    assert read(f"date;close\n2020-01-06;{cell}\n").series.close.tolist() == [expected]


def test_volumes_may_be_abbreviated_and_prices_may_not(read):
    text = "date;close;vol\n2020-01-06;1.5;42.94M\n2020-01-07;1.5;1.5k\n2020-01-08;1.5;2 B\n"
    assert read(text).series.values[:, 1].tolist() == [42_940_000, 1_500, 2e9]
    assert read(text, column="vol").series.close.tolist()[0] == 42_940_000
    assert "found '98,50 b' (an abbreviation?)" in refusal(read, "Datum;Kurs\n13.01.2020;98,50 b\n")
    assert "found '120 T'" in refusal(read, "date;close;volume\n2020-01-06;1.5;120 T\n")


@pytest.mark.parametrize("cell", ["1,23,4", "1.234,5,6", "01,234.5", "12,34,567", ",", "1.234.56"])
def test_signs_in_odd_places_are_refused(read, cell):
    assert "line 2, column 'close': expected a number" in refusal(read, f"date;close\n2020-01-06;{cell}\n")


def test_one_convention_holds_for_the_whole_file(read):
    reading = read("date;close;volume\n2020-01-06;118.894;8,72\n2020-01-07;118.900;9,1\n")
    assert reading.series.close.tolist() == [118894, 118900]
    assert reading.facts["decimal"] == ","
    assert reading.facts["thousands"] == "."
    assert (
        "Numbers with a decimal comma, points between thousands: '118.894' is 118894." in reading.understood
    )


def test_the_example_shows_how_thousands_are_separated(read):
    reading = read('date,close,volume\n2020-01-06,1.5,200\n2020-01-07,1.5,"1,200"\n')
    assert "Numbers with a decimal point, commas between thousands: '1,200' is 1200." in reading.understood


def test_a_column_that_is_not_used_can_settle_what_the_points_mean(read):
    reading = read("date;close;change\n2020-01-06;118.894;-0,98%\n")
    assert reading.series.close.tolist() == [118894]
    assert any("'118.894' is 118894, as 'change' shows." in sentence for sentence in reading.understood)


def test_one_damaged_cell_does_not_turn_what_the_percentages_show(read):
    rows = "2020-01-06;20,168;7.250;-6,92%\n2020-01-07;20,165;{};-5,39%\n"
    text = "date;close;volume;change\n" + rows
    assert read(text.format("9.743")).series.close.tolist() == [20.168, 20.165]
    refused = refusal(read, text.format("0.743"))  # alone it would make every price a thousand times as much
    assert "line 3, column 'volume': expected a number with a decimal comma, found '0.743'" in refused


def test_columns_that_disagree_settle_nothing(read):
    text = "date;close;change;yield\n2020-01-06;118.894;-0,98%;1.5%\n"
    assert "--decimal" in refusal(read, text)


@pytest.mark.parametrize("other", ["Kurszeit;17.35", "ratio;0,5", "ISIN;DE0007164600"])
def test_times_and_codes_settle_nothing(read, other):
    title, cell = other.split(";")
    assert "--decimal" in refusal(read, f"Datum;Schluss;{title}\n13.01.2020;13.413;{cell}\n")


def test_an_adjusted_close_of_zero_is_refused(read):
    text = "Date,Close,Adj Close\n2020-01-06,10,5\n2020-01-07,10.1,0\n"
    assert "line 3, column 'Adj Close': expected an adjusted price, found '0'" in refusal(read, text)


@pytest.mark.parametrize("cells", [[1000, 0, 1003], [1000, -5, 1003, 106], [0, 5], [5, 0]])
def test_zeros_and_jumps_beside_negative_values_are_refused(read, cells):
    rows = "".join(f"2020-01-{day:02},{cell}\n" for day, cell in enumerate(cells, start=6))
    assert "--allow-jumps" in refusal(read, "date,close\n" + rows)
    assert len(read("date,close\n" + rows, allow_jumps=True).series) == len(cells)


def test_a_price_may_pass_through_negative_values(read):
    text = "date,close\n2020-04-17,18.27\n2020-04-20,-37.63\n2020-04-21,10.01\n"
    assert len(read(text).series) == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"decimal": "."}, 118.894),
        ({"decimal": ","}, 118894),
        ({"thousands": "."}, 118894),
        ({"thousands": "none"}, 118.894),
    ],
)
def test_a_person_can_settle_what_the_points_mean(read, options, expected):
    text = "date,close\n2020-01-06,118.894\n"
    assert re.search(r"`trintena data import \S+/prices.csv --decimal .` reads 118.894", refusal(read, text))
    if options == {"thousands": "none"}:  # leaves both signs open
        options = {"decimal": ".", "thousands": "none"}
    assert read(text, **options).series.close.tolist() == [expected]


@pytest.mark.parametrize(
    "options",
    [{"decimal": ";"}, {"thousands": "x"}, {"decimal": ",", "thousands": ","}],
)
def test_signs_that_make_no_sense_are_refused(read, options):
    with pytest.raises(UsageError) as caught:
        read(BARS, **options)
    assert caught.value.field in options
    assert caught.value.hint


def test_thousands_are_separated_everywhere_or_nowhere(read):
    message = refusal(read, "date;close\n2020-01-06;1234.5\n2020-01-07;12,345\n2020-01-08;1236.5\n")
    assert "line 3, column 'close': '12,345' separates its thousands unlike line 2" in message


def test_thirty_seconds_of_a_bond_future_are_not_taken_for_thousands(read):
    text = "Date,Close\n2020-01-02,131'160\n2020-01-03,131'165\n"
    message = refusal(read, text)
    assert "may be 131160, or 131 and 16/32 of a bond future" in message
    assert read(text, thousands="'").series.close.tolist() == [131160, 131165]
    swiss = "Date,Close\n2020-01-02,10'550\n2020-01-03,10'160\n"
    assert read(swiss).series.close.tolist() == [10550, 10160]


def test_powers_of_ten_have_no_thousands_to_separate(read):
    text = "date;close\n2020-01-06;1e5\n2020-01-07;100.000\n"
    assert read(text, decimal=",").series.close.tolist() == [100_000, 100_000]


@pytest.mark.parametrize("first", [True, False])
def test_a_person_can_settle_which_number_is_the_day(read, first):
    text = "date,close\n05/01/2020,1\n06/01/2020,2\n"
    message = refusal(read, text)
    assert re.search(r"`trintena data import \S+/prices.csv --dayfirst`", message)
    assert "--monthfirst" in message
    expected = ["2020-01-05", "2020-01-06"] if first else ["2020-05-01", "2020-06-01"]
    assert days(read(text, day_first=first).series) == expected


def test_an_order_of_the_dates_that_does_not_fit_is_refused(read):
    text = "date,close\n13/01/2020,1\n"
    assert "there is no such date as '13/01/2020' with the month first" in refusal(
        read, text, day_first=False
    )


def test_an_unquoted_decimal_comma_is_refused_by_its_line(read):
    message = refusal(read, "date,close\n2020-01-06,117,52\n")
    assert "line 2: expected 2 columns as in the header, found 3" in message
    assert "a decimal comma" in message


def test_points_that_may_separate_thousands_are_refused(read):
    message = refusal(read, "Data;Último\n2020-01-06;987\n2020-01-07;1.118\n")
    assert "line 3, column 'Último': '1.118' may be 1.118 or 1118" in message
    assert "--decimal" in message


@pytest.mark.parametrize("other", ["987.5", "0.125", "1234", "1.1180"])
def test_one_number_can_settle_what_the_points_mean(read, other):
    series = read(f"date,close\n2020-01-06,1.118\n2020-01-07,{other}\n", allow_jumps=True).series
    assert series.close.tolist() == [1.118, float(other)]


@pytest.mark.parametrize("word", ["", "null", "NaN", "N/A", "-", ".", "n.d.", "n.a."])
def test_missing_values_are_dropped_and_counted(read, word):
    reading = read(f"date,close,volume\n2020-01-06,{word},5\n2020-01-07,1.5,5\n")
    assert days(reading.series) == ["2020-01-07"]
    assert "Dropped: 1 row without a close (line 2)." in reading.understood


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "is empty"),
        ("# nothing\n\n", "is empty"),
        ("Date,Open,Close\n", "line 1: the header is followed by no rows"),
        ("2020-01-06 1.5\n", "found none"),
        ("when;level, in USD\n2020-01-06;1,5\n", "comma or semicolon"),
        ("Open,Close\n1,2\n", "expected a column of dates"),
        ("2020-01-06,1.5\n2020-01-07,1.6\n", "line 1: expected a header, found a row of values"),
        ('date,close\n2020-01-06,"1\n', "line 2: the quotes are broken"),
        (
            "# mine\n2020-01-06,1.5\ndate,close\n2020-01-07,1.6\n",
            "line 2: found a row of values before the header, which is on line 3: '2020-01-06,1.5'",
        ),
        (
            "16/08/1978;108.930,79;-3,28%\ndate,close\n2020-01-07,1.6\n",
            "line 1: found a row of values before the header",
        ),
        (
            '"Jul 12, 1998",1.5\n"Date","Price"\n"Jul 13, 1998",1.6\n',
            "line 1: found a row of values before the header",
        ),
        (f"date,close\n2020-01-06,{'9' * 200_000}\n", "line 2: a cell has more than 131,072 letters"),
        ("date,close\n2020-01-06\n", "line 2: expected 2 columns as in the header, found 1"),
        ("date,close\n2020-01-06,null\n", "no row with a close"),
        ("date,close\nnull,null\n", "no rows"),
        ("date,close\n2020-01-06,1\n2020-01-06,2\n", "2020-01-06 occurs twice (lines 2 and 3)"),
        ("date,close\n2020-01-06,1\n2020-01-07,5\n", "(line 3), 5 times as much"),
        (b"date,close\n2020-01-06,\x81\n", "line 2: expected text in Windows-1252, found the byte 0x81"),
        (
            "Preço,Último\n".encode() + b"2020-01-06,\xff\n",
            "line 2: expected text in UTF-8, found the byte 0xFF",
        ),
        (b"date,close\n2020-01-06,\0\n", "line 2: expected text in UTF-8, found the byte 0x00"),
        ("date,close\n2020-01-06,1\n".encode("utf-16")[:-1], "expected text in UTF-16"),
        ("date,Close,,Volume\n2020-01-06,5,4,9\n", "column 3 could be the adjusted close, beside 'Close'"),
    ],
)
def test_what_cannot_be_understood_is_refused(read, content, found):
    assert found in refusal(read, content)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_csv(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="Cannot read"):
        read_csv(tmp_path)


def test_windows_and_excel_encodings_are_read_and_told(read):
    text = "DATA;ÚLTIMO\n2020-01-06;1\n"
    assert read(text.encode("cp1252")).facts["encoding"] == "Windows-1252"
    assert read(text.encode("utf-16")).facts["encoding"] == "UTF-16"


YFINANCE = """Price,Adj Close,Close,High,Low,Open,Volume
Ticker,NVDA,NVDA,NVDA,NVDA,NVDA,NVDA
Date,,,,,,
2020-01-06,5.0,10.0,11.0,8.0,9.0,1000
2020-01-07,6.5,12.0,13.0,10.0,11.0,2000
"""


def test_the_three_headers_of_yfinance_are_one(read):
    reading = read(YFINANCE)
    assert reading.series.symbol == "NVDA"
    assert reading.series.columns == ("open", "high", "low", "close", "volume")
    assert reading.series.close.tolist() == [5, 6.5]
    assert reading.facts["header_line"] == 3


def test_headers_that_occur_again_are_passed_over_and_told(read):
    head, body = YFINANCE[: YFINANCE.index("2020")], YFINANCE[YFINANCE.index("2020") :]
    reading = read(head + body + head + body.replace("2020", "2021"))
    assert len(reading.series) == 4
    assert "Dropped: 3 rows that repeat the header (lines 6, 7 and 8)." in reading.understood


@pytest.mark.parametrize(
    "header",
    [
        "Price,Close,Close,Volume,Volume\nTicker,AAPL,MSFT,AAPL,MSFT\nDate,,,,\n",
        ",Close,Close,Volume,Volume\n,AAPL,MSFT,AAPL,MSFT\nDate,,,,\n",
        "Ticker,AAPL,MSFT,AAPL,MSFT\nPrice,Close,Close,Volume,Volume\nDate,,,,\n",
        "Date,Close,Close,Volume,Volume\n,AAPL,MSFT,AAPL,MSFT\n",
        "Date,\"('Close', 'AAPL')\",\"('Close', 'MSFT')\",\"('Volume', 'AAPL')\",\"('Volume', 'MSFT')\"\n",
    ],
)
def test_symbols_side_by_side_ask_for_one(read, header):
    text = header + "2020-01-06,1.5,2.5,100,200\n"
    message = refusal(read, text)
    assert "2 symbols ('AAPL', 'MSFT')" in message
    assert "--symbol" in message
    series = read(text, symbol="MSFT").series
    assert series.symbol == "MSFT"
    assert series.values.tolist() == [[2.5, 200]]
    assert "holds no 'NVDA', but 'AAPL', 'MSFT'" in refusal(read, text, symbol="NVDA")


@pytest.mark.parametrize(
    ("text", "line", "cell"),
    [
        ("Date,NAV,Shares\n2020-01-06,10.0,12000\n2020-01-07,10.1,12300\n2020-01-08,x,12600\n", 4, "x"),
        ("Datum;Stand;Volumen\n13.01.2020;12,50;120\n14.01.2020;12,5o;130\n", 3, "12,5o"),
    ],
)
def test_a_damaged_price_does_not_make_another_column_the_close(read, text, line, cell):
    assert f"line {line}, column" in refusal(read, text)
    assert cell in refusal(read, text)


def test_a_column_called_value_gives_way_to_a_price(read):
    text = "Data;Ativo;Cotação;Valor\n13/01/2020;PETR4;30,10;30000,00\n14/01/2020;PETR4;30,11;30500,00\n"
    assert read(text).series.close.tolist() == [30.10, 30.11]
    assert read("date,value\n2020-01-06,1.5\n").series.close.tolist() == [1.5]
    assert "--column" in refusal(read, "date,value,count\n2020-01-06,1.5,7\n")


def test_symbols_go_before_names_and_na_is_a_symbol(read):
    text = "Symbol,Name,Date,Close\nNA,Nano Labs,2020-01-06,1.5\nAAPL,Apple,2020-01-06,2.5\n"
    assert read(text, symbol="NA").series.close.tolist() == [1.5]
    assert "holds 2 symbols ('NA', 'AAPL')" in refusal(read, text)


def test_a_number_belongs_to_a_title_unless_the_title_occurs_twice(read):
    reading = read("Date,Close,Vol.20\n2020-01-06,100,0.20\n")
    assert reading.series.columns == ("close",)
    assert "Not used: 'Vol.20'." in reading.understood


@pytest.mark.parametrize("title", ["Close adjusted for splits", "Kurs bereinigt", "Fech. ajust."])
def test_what_speaks_of_an_adjustment_is_not_passed_over(read, title):
    assert "could be the adjusted close" in refusal(read, f"Date,Close,{title}\n2020-01-06,10,5\n")


def test_columns_of_the_same_content_are_one(read):
    assert read("Date,Close,Close\n2020-01-06,1.5,1.5\n").series.close.tolist() == [1.5]


def test_a_column_can_be_chosen_by_its_number(read):
    text = "Date,Close,Close.1\n2020-01-06,1.5,2.5\n"
    assert "`--column 2` or `--column 3`" in refusal(read, text)
    assert read(text, column="3").series.close.tolist() == [2.5]


def test_a_row_number_before_the_date_is_not_used(read):
    reading = read(",Date,Close\n0,2020-01-06,1\n1,2020-01-07,2\n")
    assert days(reading.series) == ["2020-01-06", "2020-01-07"]
    assert "Not used: 1." in reading.understood


def test_titles_before_the_header_are_passed_over(read):
    reading = read("Cotações de PETR4, em R$\n\nData;Último;Vol.\n06/01/2020;30,5;1,2M\n13/01/2020;31;1M\n")
    assert reading.series.values.tolist() == [[30.5, 1_200_000], [31, 1_000_000]]
    assert reading.facts["header_line"] == 3


@pytest.mark.parametrize(
    "before",
    ["sep=;\n", "Symbol;NVDA\nName;NVIDIA Corp\n\n", "# of my broker\n", "NVDA; daily; in USD\n"],
)
def test_the_header_is_the_line_with_the_date_and_a_price(read, before):
    reading = read(before + "Data;Kurs\n13.01.2020;12,50\n14.01.2020;12,60\n")
    assert reading.series.close.tolist() == [12.5, 12.6]
    assert reading.facts["header_line"] == before.count("\n") + 1


def test_a_ticker_may_be_called_like_a_price(read):
    header = "Price,Close,High,Low,Open,Volume\nTicker,LOW,LOW,LOW,LOW,LOW\nDate,,,,,\n"
    reading = read(header + "2020-01-06,100,103,99,100,1000\n")
    assert reading.series.symbol == "LOW"
    assert reading.series.values.tolist() == [[100, 103, 99, 100, 1000]]


def test_marks_between_files_that_were_appended_are_no_letters(read):
    text = "\ufeffDate,Close\n2020-01-06,1\n\ufeffDate,Close\n2020-01-07,2\n"
    assert read(text).series.close.tolist() == [1, 2]


def test_a_midnight_beside_a_time_is_none(read):
    text = "Date,Time,Close\n2020-01-06 00:00:00,16:00:00,1\n2020-01-07 00:00:00,17:00:00,2\n"
    assert days(read(text).series) == ["2020-01-06T16:00:00", "2020-01-07T17:00:00"]


def test_a_last_line_that_may_be_cut_is_told(read):
    told = read("date,close\n2020-01-06,1").understood
    assert any("The last line (2) ends without a line break" in sentence for sentence in told)
    assert "line break" not in " ".join(read('date,close\n2020-01-06,"1"').understood)


def test_everything_is_said_in_portuguese_too(read, monkeypatch):
    monkeypatch.setenv("TRINTENA_LANG", "pt")
    assert read(BARS).understood == [
        "Texto em UTF-8, colunas separadas por vírgula, cabeçalho na linha 1.",
        "Datas de 'Date': ano primeiro, sem horário.",
        "Números com ponto decimal.",
        "Colunas: open de 'Open', high de 'High', low de 'Low', close de 'Adj Close', volume de 'Volume'.",
        "Entendido como preços.",
        "open, high e low foram ajustados pelo mesmo fator que o fechamento.",
        "Descartado: 1 linha sem fechamento (linha 3).",
        "2 de 3 linhas com data mantidas, de 2020-01-06 a 2020-01-08; fechamento de 5 a 6,5.",
    ]
    assert "linha 2, coluna 'close': esperava um número, encontrou 'x'" in refusal(
        read, "date,close\n2020-01-06,x\n"
    )


@given(
    rows=st.dictionaries(
        st.dates(min_value=np.datetime64("1900-01-01").item(), max_value=np.datetime64("2100-01-01").item()),
        st.tuples(*[st.floats(0.01, 1e9)] * 4, st.integers(1, 10**12)),
        min_size=1,
        max_size=20,
    ),
    separator=st.sampled_from(",;\t"),
    newest_first=st.booleans(),
    quoted=st.booleans(),
)
def test_what_was_written_is_read_again(tmp_path_factory, rows, separator, newest_first, quoted):
    path = tmp_path_factory.mktemp("round") / "trip.csv"
    quote = '"' if quoted else ""
    lines = [["Date", "Open", "High", "Low", "Close", "Volume"]]
    # ten digits after the point, so that no point can be taken for a thousands sign
    lines += [
        [date.isoformat(), *(f"{price:.10f}" for price in bar[:4]), str(bar[4])]
        for date, bar in sorted(rows.items(), reverse=newest_first)
    ]
    text = "\n".join(separator.join(f"{quote}{cell}{quote}" for cell in line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")

    series = read_csv(path, name="X", allow_jumps=True).series
    assert series.columns == ("open", "high", "low", "close", "volume")
    assert [date.date() for date in series.dates.tolist()] == sorted(rows)
    np.testing.assert_allclose(series.values, [rows[date] for date in sorted(rows)], rtol=0, atol=1e-6)
