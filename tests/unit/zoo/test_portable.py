from __future__ import annotations

import numpy as np
import pytest

from trintena.training.weights import draw
from trintena.zoo import WindowShape, architecture, portable

GRAPH = architecture(6).graph(WindowShape(5, 2, 1))


def test_it_keeps_the_dropout_rate_that_it_was_trained_with() -> None:
    model = portable.build(GRAPH, "relu", dropout_rate=0.3)
    assert {layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"} == {0.3}


def test_the_activation_reaches_the_cells_and_the_gates_stay_sigmoid() -> None:
    model = portable.build(GRAPH, "hard_swish")
    grus = [layer for layer in model.layers if type(layer).__name__ == "GRU"]
    assert [layer.get_config()["activation"] for layer in grus] == ["hard_silu"] * 2
    assert [layer.get_config()["recurrent_activation"] for layer in grus] == ["sigmoid"] * 2
    assert all(layer.get_config()["reset_after"] for layer in grus)


def test_it_holds_the_weights_that_it_is_given() -> None:
    weights = draw(GRAPH, 3)
    model = portable.build(GRAPH, "relu", weights=weights, name="gru_classic")
    assert model.name == "gru_classic"
    assert all(map(np.array_equal, map(np.asarray, model.weights), weights))


@pytest.mark.parametrize("change", [lambda w: [*w, w[-1]], lambda w: w[:-1], lambda w: w[::-1]])
def test_weights_of_another_graph_are_refused(change: object) -> None:
    with pytest.raises(ValueError, match="weight"):
        portable.build(GRAPH, "relu", weights=change(draw(GRAPH, 0)))  # type: ignore[operator]
