"""Adjustment of a whole bar for splits and dividends."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float


def adjusted_columns(
    columns: Mapping[str, Float[np.ndarray, " row"]], adjusted_close: Float[np.ndarray, " row"]
) -> dict[str, Float[np.ndarray, " row"]]:
    """The columns with `adjusted_close` as close, and open, high, low scaled by the same factor.

    The factor of a row is adjusted close / close. Where the close is zero or missing there is none,
    and open, high and low of that row become NaN. The volume stays as it is.
    """
    close = columns["close"]
    usable = ~np.isnan(close) & (close != 0)
    factor = np.where(usable, adjusted_close, np.nan) / np.where(usable, close, 1.0)
    scaled = {name: columns[name] * factor for name in ("open", "high", "low") if name in columns}
    return {**columns, **scaled, "close": adjusted_close}
