from __future__ import annotations

from pathlib import Path

import pytest

from trintena.zoo import ARCHITECTURES, Architecture, WindowShape, architecture
from trintena.zoo.diagram import diagram

GOLDEN = Path(__file__).parents[2] / "golden" / "diagram_of_gru_residual_dense.txt"
LARGEST = WindowShape(lookback=2048, n_features=64, horizon=512)


def test_a_small_network_is_drawn_so() -> None:
    # By hand: 3·64·(5 + 64) + 2·3·64 = 13,632; 64·64 + 64 = 4,160; 64 + 1 = 65.
    drawn = diagram(architecture(9), WindowShape(lookback=60, n_features=5, horizon=1))
    assert drawn + "\n" == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.id:02}")
def test_every_architecture_fits_a_hundred_columns_and_adds_up(row: Architecture) -> None:
    drawn = diagram(row, LARGEST)
    _, *layers, total = drawn.splitlines()
    assert max(map(len, drawn.splitlines())) <= 100
    assert len(layers) == len(row.graph(LARGEST).nodes)
    assert total.split() == ["total", f"{row.count_parameters(LARGEST):,}"]


def test_a_layer_that_reads_from_elsewhere_says_from_which_lines() -> None:
    lines = diagram(architecture(24), WindowShape(60, 5, 1)).splitlines()
    assert lines[6].split() == ["6", "Gate", "64", "60", "x", "64", "4,160", "3"]
    assert lines[10].split() == ["10", "Add", "60", "x", "64", "7,", "9"]
    assert lines[11].split() == ["11", "LSTM", "64", "60", "x", "64", "33,024"]
