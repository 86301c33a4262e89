from __future__ import annotations

import inspect
import re

import pytest

from trintena.errors import UnknownNameError, UsageError
from trintena.zoo import ARCHITECTURES, CATEGORIES, Graph, WindowShape, architecture, choose
from trintena.zoo.layers import GRU, LSTM, Bidirectional, Recurrent

UNITS = {
    1: [64, 32],
    2: [64, 32],
    3: [64, 32],
    4: [32, 32, 32],
    5: [256],
    6: [64, 32],
    7: [128, 64, 32],
    8: [192, 96],
    10: [80, 80, 40],
    11: [64, 32],
    12: [64, 32],
    13: [96, 64, 32],
    14: [96, 64, 32],
    15: [64, 32],
    16: [128, 96, 64, 32],
    17: [128, 96, 64, 32],
    18: [256, 128, 64, 32, 16],
    19: [32, 64, 128],
    20: [64, 128, 128, 64],
}


def cells(graph: Graph) -> list[Recurrent]:
    layers = [
        node.layer.cell if isinstance(node.layer, Bidirectional) else node.layer for node in graph.nodes
    ]
    return [layer for layer in layers if isinstance(layer, Recurrent)]


def test_there_are_thirty_five_in_each_category() -> None:
    assert [row.id for row in ARCHITECTURES] == list(range(1, 31))
    assert [row.category for row in ARCHITECTURES] == [key for key in CATEGORIES for _ in range(5)]
    assert len({row.name for row in ARCHITECTURES}) == 30


@pytest.mark.parametrize("model_id", UNITS)
def test_recurrent_layers_are_as_wide_as_specified(model_id: int) -> None:
    graph = architecture(model_id).graph(WindowShape(10, 5, 1))
    assert [cell.units for cell in cells(graph)] == UNITS[model_id]


@pytest.mark.parametrize(
    ("model_ids", "kind"), [((1, 2, 3, 4, 5, 16, 18, 19, 20), LSTM), ((6, 7, 8, 9, 10, 17), GRU)]
)
def test_cells_are_of_the_kind_that_the_name_says(model_ids: tuple[int, ...], kind: type) -> None:
    for model_id in model_ids:
        assert {type(cell) for cell in cells(architecture(model_id).graph(WindowShape(10, 5, 1)))} == {kind}


def test_the_mix_reads_an_lstm_with_a_gru_both_ways() -> None:
    graph = architecture(15).graph(WindowShape(10, 5, 1))
    assert [type(cell) for cell in cells(graph)] == [LSTM, GRU]
    assert sum(isinstance(node.layer, Bidirectional) for node in graph.nodes) == 2


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.id:02}")
def test_sizes_in_the_docstring_are_those_of_the_layers(row: object) -> None:
    builder = row.builder  # type: ignore[attr-defined]
    graph = row.graph(WindowShape(10, 5, 1))  # type: ignore[attr-defined]
    stated = {int(n) for n in re.findall(r"\b\d{2,}\b", inspect.getdoc(builder).splitlines()[0])}
    widths = {size for node in graph.nodes for size in node.shape} | {cell.units for cell in cells(graph)}
    assert stated <= widths


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        ("1,11,26", [1, 11, 26]),
        ("26, 1,1", [1, 26]),
        ("gru", [6, 7, 8, 9, 10]),
        ("GRU,30", [6, 7, 8, 9, 10, 30]),
        ("16-20,attention", [*range(16, 21), *range(26, 31)]),
        ([3, 2], [2, 3]),
        ("all", list(range(1, 31))),
        (None, list(range(1, 31))),
    ],
)
def test_a_selection_is_ids_ranges_and_categories(selection: str | list[int] | None, ids: list[int]) -> None:
    assert [row.id for row in choose(selection)] == ids


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("gruu", "Unknown architecture 'gruu'. Did you mean 'gru'? List them with `trintena zoo list`."),
        ("31", "Unknown architecture '31'."),
        ("28-31", "Unknown architecture '31'."),
        ("5-3", "Unknown architecture '5-3'."),
        ("1.5", "Unknown architecture '1.5'."),
        ([0], "Unknown architecture '0'."),
    ],
)
def test_an_unknown_architecture_is_refused_by_name(selection: str | list[int], message: str) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        choose(selection)
    assert message in str(refusal.value)
    assert refusal.value.field == "model_ids"


@pytest.mark.parametrize("selection", ["", " , ", []])
def test_an_empty_selection_is_refused(selection: str | list[int]) -> None:
    with pytest.raises(UsageError, match="Choose at least one architecture"):
        choose(selection)
