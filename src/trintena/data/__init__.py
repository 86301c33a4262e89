"""Price data: from a source to a checked series, which rows to use, and which dates come next."""

from __future__ import annotations

from trintena.data.calendars import next_dates
from trintena.data.checks import checked_series, checked_symbol
from trintena.data.csv_files import CsvReading, read_csv
from trintena.data.doubts import Doubt, doubts_of
from trintena.data.selection import select_rows
from trintena.data.sources import SOURCES, Source, fetch, source_of
from trintena.data.sources.csv_file import is_from_file

__all__ = [
    "SOURCES",
    "CsvReading",
    "Doubt",
    "Source",
    "checked_series",
    "checked_symbol",
    "doubts_of",
    "fetch",
    "is_from_file",
    "next_dates",
    "read_csv",
    "select_rows",
    "source_of",
]
