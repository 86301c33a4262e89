from __future__ import annotations

import numpy as np
import pytest

from trintena.cli.sparkline import BLOCKS, sparkline


def test_rises_from_the_lowest_block_to_the_highest() -> None:
    assert sparkline(np.arange(8.0)) == BLOCKS
    assert sparkline(np.arange(8.0)[::-1]) == BLOCKS[::-1]


def test_many_values_are_averaged_in_groups() -> None:
    assert sparkline(np.repeat([0.0, 7.0, 0.0], 100), width=3) == "▁█▁"


@pytest.mark.parametrize("n_values", [1, 59, 60, 61, 5_000])
def test_is_as_long_as_the_values_and_never_longer_than_the_width(n_values: int) -> None:
    assert len(sparkline(np.linspace(-1.0, 1.0, n_values))) == min(n_values, 60)


def test_a_series_that_never_moves_is_a_flat_line() -> None:
    assert sparkline(np.full(5, -3.0)) == "▁▁▁▁▁"


def test_the_largest_numbers_do_not_overflow() -> None:
    largest = np.finfo(np.float64).max
    assert sparkline(np.array([-largest, 0.0, largest])) == "▁▅█"
