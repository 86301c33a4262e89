"""Datasets as programs see them: JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.data.words import iso

if TYPE_CHECKING:
    from trintena.data import CsvReading, Doubt
    from trintena.domain import PriceSeries
    from trintena.registry import DatasetRow

EDGE = 5
"""First and last rows of a series that are shown."""


def described(row: DatasetRow) -> dict[str, Any]:
    """A stored dataset as JSON values, without its prices."""
    return {
        "dataset_hash": row.content_hash,
        "symbol": row.symbol,
        "columns": row.columns,
        "n_rows": row.n_rows,
        "first_date": iso(row.first_date),
        "last_date": iso(row.last_date),
        "source": row.source,
        "measures": row.measures,
        "created_at": row.created_at.isoformat(),
    }


def summary(series: PriceSeries) -> dict[str, Any]:
    """A series as JSON values, without its prices."""
    return {
        "dataset_hash": series.content_hash,
        "symbol": series.symbol,
        "columns": series.columns,
        "n_rows": len(series),
        "first_date": iso(series.dates[0]),
        "last_date": iso(series.dates[-1]),
        "source": series.source,
        "measures": series.measures,
    }


def understood(reading: CsvReading, doubts: Iterable[Doubt]) -> dict[str, Any]:
    """How a file was read, as JSON values: what was taken for what, and what looks odd in it."""
    return {
        **summary(reading.series),
        "understood": reading.understood,
        "facts": reading.facts,
        "warnings": as_warnings(doubts),
    }


def thinned(series: PriceSeries, most: int) -> list[dict[str, Any]]:
    """The close on up to `most` dates, at least 2, evenly spread from the first row to the last."""
    rows = np.unique(np.linspace(0, len(series) - 1, min(most, len(series))).round().astype(int))
    return [{"date": iso(series.dates[row]), "close": float(series.close[row])} for row in rows]


def prices(series: PriceSeries) -> dict[str, Any]:
    """The close of a series in four figures, and its first and last rows, as JSON values."""
    close = {"first": float(series.close[0]), "last": float(series.close[-1])}
    close |= {"lowest": float(series.close.min()), "highest": float(series.close.max())}
    first, last = edges(series, EDGE)
    return {
        "close": close,
        "first_rows": [_values(series, at) for at in first],
        "last_rows": [_values(series, at) for at in last],
    }


def as_warnings(doubts: Iterable[Doubt]) -> list[dict[str, Any]]:
    """What looks odd in a series, as JSON values."""
    return [asdict(doubt) for doubt in doubts]


def edges(series: PriceSeries, edge: int) -> tuple[range, range]:
    """Which rows are the first and the last ones; none is in both."""
    first = range(min(edge, len(series)))
    return first, range(max(first.stop, len(series) - edge), len(series))


def _values(series: PriceSeries, at: int) -> dict[str, Any]:
    return {
        "date": iso(series.dates[at]),
        **dict(zip(series.columns, series.values[at].tolist(), strict=True)),
    }
