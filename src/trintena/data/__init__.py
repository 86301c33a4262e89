"""Price data: from a source to a checked series, which rows to use, and which dates come next."""

from __future__ import annotations

from trintena.data.calendars import next_dates
from trintena.data.checks import checked_series, checked_symbol
from trintena.data.csv_files import CsvReading, read_csv
from trintena.data.selection import select_rows
from trintena.data.sources import SOURCES, Source, fetch, source_of

__all__ = [
    "SOURCES",
    "CsvReading",
    "Source",
    "checked_series",
    "checked_symbol",
    "fetch",
    "next_dates",
    "read_csv",
    "select_rows",
    "source_of",
]
