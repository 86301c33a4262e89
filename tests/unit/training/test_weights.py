from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from trintena.training.weights import Layout, draw
from trintena.zoo import ARCHITECTURES, Architecture, Graph, WindowShape, architecture
from trintena.zoo.layers import (
    GRU,
    LSTM,
    BatchNorm,
    Conv,
    Dense,
    Forecast,
    Gate,
    LastStep,
    MultiHeadAttention,
    Window,
)

SHAPE = WindowShape(lookback=6, n_features=3, horizon=2)


def by_name(*layers: object) -> dict[str, np.ndarray]:
    """The drawn weights of a chain of layers on a window; a later name hides an earlier one."""
    node = window = Window(6, 3)()
    for layer in layers:
        node = layer(node)  # type: ignore[operator]
    graph = Graph(window, node)
    return {weight.name: array for weight, array in zip(graph.weights, draw(graph, 5), strict=True)}


def test_wide_recurrent_kernels_have_orthonormal_rows() -> None:
    for cell in (LSTM(8), GRU(8)):
        kernel = by_name(cell)["recurrent_kernel"]
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(8), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "name", "fan_sum"),
    [
        (Dense(400), "kernel", 3 + 400),
        (LSTM(100), "kernel", 3 + 400),
        (GRU(100), "kernel", 3 + 300),
        (Conv(60, width=5), "kernel", 5 * 3 + 5 * 60),
        # As Keras counts: the leading axis of (3, 4, 16) is a field of view.
        (MultiHeadAttention(4, 16), "query_kernel", 3 * 4 + 3 * 16),
        (MultiHeadAttention(4, 16), "output_kernel", 4 * 16 + 4 * 3),
    ],
)
def test_kernels_fill_the_range_of_glorot(layer: object, name: str, fan_sum: int) -> None:
    kernel, limit = by_name(layer)[name], sqrt(6 / fan_sum)
    assert 0.9 * limit < np.abs(kernel).max() <= limit
    assert abs(kernel.mean()) < 4 * limit / sqrt(3 * kernel.size)


def test_the_forget_bias_starts_at_one_and_the_others_at_zero() -> None:
    np.testing.assert_array_equal(by_name(LSTM(2))["bias"], [0, 0, 1, 1, 0, 0, 0, 0])


def test_constants_are_what_they_are_called() -> None:
    assert (by_name(Gate(4))["bias"] == -1).all()
    norm = by_name(BatchNorm())
    assert (norm["gamma"] == 1).all()
    assert (norm["moving_variance"] == 1).all()
    assert not norm["beta"].any()
    assert not norm["moving_mean"].any()
    head = by_name(LastStep(), Forecast(3))
    assert not head["kernel"].any()
    assert not head["bias"].any()


def test_the_seed_decides_every_bit() -> None:
    graph = architecture(1).graph(SHAPE)
    first, again, other = (draw(graph, seed) for seed in (1, 1, 2))
    assert all(map(np.array_equal, first, again))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("recipe", ARCHITECTURES, ids=lambda row: f"{row.id:02}")
def test_flattening_and_unflattening_gives_the_weights_back(recipe: Architecture) -> None:
    graph = recipe.graph(SHAPE)
    layout = Layout(graph.weights)
    weights = [array + i for i, array in enumerate(draw(graph, 0))]
    trainable, moving = layout.flatten(weights)
    assert trainable.shape == (layout.n_trainable,)
    assert len(trainable) + len(moving) == recipe.count_parameters(SHAPE)
    for weight, array, back in zip(graph.weights, weights, layout.unflatten(trainable, moving), strict=True):
        assert back.shape == weight.shape
        assert array.dtype == np.float32
        assert np.array_equal(back, array)


def test_only_batch_normalization_has_weights_that_no_gradient_trains() -> None:
    untrained = {
        weight.name for row in ARCHITECTURES for weight in row.graph(SHAPE).weights if not weight.trainable
    }
    assert untrained == {"moving_mean", "moving_variance"}
    _, moving = Layout(architecture(3).graph(SHAPE).weights).flatten(draw(architecture(3).graph(SHAPE), 0))
    assert len(moving) == 2 * 64 + 2 * 32
