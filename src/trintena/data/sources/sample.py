"""The samples: real daily prices that ship with the `arch` package, for use without a network."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from trintena.data.adjust import adjusted_columns
from trintena.data.checks import checked_series
from trintena.domain import PriceSeries
from trintena.errors import UnknownNameError

PREFIX = "sample:"
SAMPLES = {
    "nasdaq": "NASDAQ Composite, daily, 1999-01-04 to 2018-12-31",
    "sp500": "S&P 500, daily, 1999-01-04 to 2018-12-31",
}
"""Each is a module `arch.data.<name>`."""


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
            "sample",
            name,
            SAMPLES,
            field="symbol",
            hint=f"There are {' and '.join(PREFIX + known for known in SAMPLES)}.",
        )
    frame: Any = importlib.import_module(f"arch.data.{name}").load()
    columns = {
        part: frame[part.capitalize()].to_numpy(np.float64)
        for part in ("open", "high", "low", "close", "volume")
    }
    columns = adjusted_columns(columns, frame["Adj Close"].to_numpy(np.float64))
    dates = frame.index.to_numpy().astype("datetime64[s]")
    return checked_series(reference, dates, columns, "sample", allow_jumps=allow_jumps)
