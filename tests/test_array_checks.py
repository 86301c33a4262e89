"""Array annotations are really checked while tests run."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from trintena.domain import PriceSeries

DATES = np.datetime64("2020-01-01", "s") + np.arange(3) * np.timedelta64(1, "D")


def test_an_array_of_the_annotated_shape_passes() -> None:
    assert len(PriceSeries("X", DATES, ("close",), np.ones((3, 1)), "test")) == 3


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(TypeCheckError):
        PriceSeries("X", DATES, ("close",), np.ones(3), "test")
