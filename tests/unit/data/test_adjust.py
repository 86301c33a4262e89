from __future__ import annotations

import numpy as np

from trintena.data.adjust import adjusted_columns


def test_a_bar_is_scaled_by_adjusted_close_over_close():
    columns = {"open": np.array([8.0]), "close": np.array([10.0]), "volume": np.array([7.0])}
    adjusted = adjusted_columns(columns, np.array([5.0]))
    assert {name: values.tolist() for name, values in adjusted.items()} == {
        "open": [4.0],
        "close": [5.0],
        "volume": [7.0],
    }


def test_without_a_close_there_is_no_factor():
    columns = {"high": np.array([8.0, 8.0, 8.0]), "close": np.array([0.0, np.nan, 4.0])}
    adjusted = adjusted_columns(columns, np.array([1.0, 1.0, np.nan]))
    assert np.isnan(adjusted["high"]).all()
    np.testing.assert_array_equal(adjusted["close"], [1.0, 1.0, np.nan])
