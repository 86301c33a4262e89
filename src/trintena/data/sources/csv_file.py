"""A file of prices, named by its path. `read_csv` also says how it understood the file."""

from __future__ import annotations

from pathlib import PurePath

from trintena.data.csv_files import read_csv
from trintena.domain import PriceSeries

ENDINGS = frozenset({".csv", ".tsv", ".txt"})


def claims(reference: str) -> bool:
    """Whether the reference looks like a path: by its ending, or by a slash."""
    return PurePath(reference).suffix.lower() in ENDINGS or "/" in reference


def source_kind(source: str) -> str:
    """Which kind of source a series came from: the word before the colon, as `csv` of `csv:NVDA.csv`."""
    return source.partition(":")[0]


def is_from_file(source: str) -> bool:
    """Whether the source of a series is a file: `csv:` and its name."""
    return source_kind(source) == "csv"


def fetch(reference: str, *, allow_jumps: bool = False) -> PriceSeries:
    """The series of the file, under the file's name without its ending.

    Raises:
        DataError: the file cannot be read with certainty.
    """
    return read_csv(reference, allow_jumps=allow_jumps).series
