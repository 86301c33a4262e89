"""Where prices come from: one file for each source, one row for each in `SOURCES`.

A reference is what a user writes to name a series: `sample:nasdaq`, `prices.csv`, `NVDA`. The first
row that claims it delivers it. Heavy libraries load when a source is used, not when it is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from trintena.data.sources import csv_file, sample, yahoo
from trintena.domain import PriceSeries
from trintena.errors import UnknownNameError
from trintena.language import phrase


class Fetch(Protocol):
    """Delivers series by their references."""

    def __call__(self, reference: str, /, *, allow_jumps: bool = False) -> PriceSeries:
        """The series; raises `SourceError` or `DataError` where there is none to be had."""
        ...


@dataclass(frozen=True)
class Source:
    """A place where prices come from."""

    name: str
    describe: str
    """One line for people."""
    examples: tuple[str, ...]
    """References that it claims."""
    claims: Callable[[str], bool]
    """Whether a reference belongs to it, judged by its letters alone."""
    fetch: Fetch


SOURCES = (
    Source(
        "sample",
        "Real daily prices that ship with Trintena; no network needed.",
        tuple(sample.PREFIX + name for name in sample.SAMPLES),
        sample.claims,
        sample.fetch,
    ),
    Source(
        "csv",
        "A file with a header, a column of dates and one of values.",
        ("prices.csv", "data/NVDA.csv"),
        csv_file.claims,
        csv_file.fetch,
    ),
    Source(
        "yahoo",
        "Yahoo Finance: the whole daily history, adjusted for splits and dividends.",
        ("NVDA", "PETR4.SA", "^GSPC", "BTC-USD"),
        yahoo.claims,
        yahoo.fetch,
    ),
)
"""The first that claims a reference delivers it: Yahoo, which claims nearly every word, comes last."""


def source_of(reference: str) -> Source:
    """The source that a reference belongs to.

    Raises:
        UnknownNameError: no source claims it.
    """
    for source in SOURCES:
        if source.claims(reference):
            return source
    examples = [example for source in SOURCES for example in source.examples]
    one_each = ", ".join(source.examples[0] for source in SOURCES)
    raise UnknownNameError(
        phrase(en="price series", pt="série de preços"),
        reference,
        examples,
        field="symbol",
        hint=phrase(en=f"Expected something like {one_each}.", pt=f"Esperava-se algo como {one_each}."),
    )


def fetch(reference: str, *, allow_jumps: bool = False) -> PriceSeries:
    """The newest series of a reference, checked.

    Args:
        reference: `sample:nasdaq`, the path of a CSV file, or a symbol of Yahoo Finance.
        allow_jumps: accept a step of the close by more than a factor of 4.

    Raises:
        UnknownNameError: no source claims the reference.
        SourceError: the source did not answer.
        DataError: what it delivered cannot be used.
    """
    return source_of(reference).fetch(reference, allow_jumps=allow_jumps)
