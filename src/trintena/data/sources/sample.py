"""The samples: real daily prices that ship with the `arch` package, for use without a network."""

from __future__ import annotations

import gzip
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trintena.data.adjust import adjusted_columns
from trintena.data.checks import checked_series
from trintena.data.words import listed
from trintena.domain import PriceSeries
from trintena.errors import UnknownNameError
from trintena.language import phrase

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "sample:"
SAMPLES = {
    "nasdaq": "NASDAQ Composite, daily, 1999-01-04 to 2018-12-31",
    "sp500": "S&P 500, daily, 1999-01-04 to 2018-12-31",
}
"""Each is a file `data/<name>/<name>.csv.gz` of `arch`, the one that `arch.data.<name>.load()` reads."""


def claims(reference: str) -> bool:
    """Whether the reference begins with `sample:`."""
    return reference.startswith(PREFIX)


def fetch(reference: str, *, allow_jumps: bool = False) -> PriceSeries:
    """The sample, with its adjusted close.

    Raises:
        UnknownNameError: there is no such sample.
    """
    name = reference.removeprefix(PREFIX)
    if name not in SAMPLES:
        raise UnknownNameError(
            phrase(en="sample", pt="amostra"),
            name,
            SAMPLES,
            field="symbol",
            hint=phrase(en="There are {}.", pt="Há {}.").format(
                listed([PREFIX + known for known in SAMPLES])
            ),
        )
    frame = _read(name)
    columns = {
        part: frame[part.capitalize()].to_numpy(np.float64)
        for part in ("open", "high", "low", "close", "volume")
    }
    columns = adjusted_columns(columns, frame["Adj Close"].to_numpy(np.float64))
    dates = frame.index.to_numpy().astype("datetime64[s]")
    return checked_series(reference, dates, columns, "sample", allow_jumps=allow_jumps)


def span(name: str) -> tuple[int, np.datetime64, np.datetime64]:
    """Rows, first date and last date of a sample, counted without loading pandas."""
    with gzip.open(_path(name), "rt", encoding="utf-8") as file:
        dates = [line.partition(",")[0] for line in file if line.strip()][1:]
    first, last = (datetime.strptime(dates[at], "%m/%d/%Y") for at in (0, -1))
    return len(dates), np.datetime64(first, "s"), np.datetime64(last, "s")


def _path(name: str) -> Path:
    package = find_spec("arch")
    if package is None or package.origin is None:
        raise RuntimeError("the package arch, which Trintena requires, is not installed")
    return Path(package.origin).parent / "data" / name / f"{name}.csv.gz"


def _read(name: str) -> pd.DataFrame:
    """The file as `arch` reads it, without the second or two that importing `arch` takes."""
    import pandas as pd

    return pd.read_csv(_path(name), parse_dates=["Date"], index_col="Date")
