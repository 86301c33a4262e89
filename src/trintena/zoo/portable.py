"""A graph as a plain Keras model: stock layers only, so that its file opens anywhere.

The file needs neither Trintena nor a particular backend, and passes `safe_mode`: no Lambda layer,
no Python function inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena import _lazy
from trintena.zoo import layers as words

if TYPE_CHECKING:
    import keras

    from trintena.zoo.architecture import Graph

# What Keras calls an activation where its own name differs from the specification's.
_KERAS_NAMES = {"swish": "silu", "hard_swish": "hard_silu"}


def build(
    graph: Graph,
    activation: str,
    *,
    dropout_rate: float = 0.0,
    weights: Sequence[np.ndarray] | None = None,
    name: str | None = None,
) -> keras.Model:
    """The graph as a Keras model, (batch, lookback, feature) -> (batch, horizon).

    `weights` are in the order of `graph.weights`; without them Keras draws its own.

    Raises:
        ValueError: the weights are not those of this graph.
    """
    if weights is not None and len(weights) != len(graph.weights):
        raise ValueError(f"this graph has {len(graph.weights)} weights, not {len(weights)}")
    maker = _Maker(activation, dropout_rate)
    values: dict[words.Node, Any] = {graph.window: maker.keras.Input(graph.window.shape, name="window")}
    for node in graph.nodes:
        if node is not graph.window:
            values[node] = apply(node.layer, maker, *(values[source] for source in node.inputs))
    model = maker.keras.Model(values[graph.window], values[graph.forecast], name=name)
    if weights is not None:
        remaining = iter(weights)
        for owner in maker.owners:
            owner.set_weights([next(remaining) for _ in owner.weights])
    return model


class _Maker:
    """Makes the Keras layers of one model and remembers those that own weights, in order."""

    def __init__(self, activation: str, dropout_rate: float) -> None:
        self.keras = _lazy.keras()
        self.activation = _KERAS_NAMES.get(activation, activation)
        self.dropout_rate = dropout_rate
        self.owners: list[Any] = []

    def own(self, layer: Any) -> Any:
        self.owners.append(layer)
        return layer

    def recurrent(self, cell: words.Recurrent) -> Any:
        kwargs = {"activation": self.activation, "return_sequences": cell.sequences}
        if isinstance(cell, words.GRU):
            return self.keras.layers.GRU(cell.units, reset_after=True, **kwargs)
        return self.keras.layers.LSTM(cell.units, **kwargs)

    def dense(self, layer: words.Dense) -> Any:
        activation = "linear" if layer.linear else self.activation
        return self.keras.layers.Dense(layer.units, activation=activation, use_bias=layer.bias)


@singledispatch
def apply(layer: words.Layer, maker: _Maker, *inputs: Any) -> Any:
    """What `layer` makes of Keras tensors."""
    raise NotImplementedError(f"no Keras layer stands for {type(layer).__name__}")


@apply.register
def _(layer: words.Recurrent, maker: _Maker, sequence: Any) -> Any:
    return maker.own(maker.recurrent(layer))(sequence)


@apply.register
def _(layer: words.Bidirectional, maker: _Maker, sequence: Any) -> Any:
    return maker.own(maker.keras.layers.Bidirectional(maker.recurrent(layer.cell)))(sequence)


@apply.register
def _(layer: words.Dense, maker: _Maker, value: Any) -> Any:
    return maker.own(maker.dense(layer))(value)


@apply.register
def _(layer: words.TimeDistributed, maker: _Maker, sequence: Any) -> Any:
    return maker.own(maker.keras.layers.TimeDistributed(maker.dense(layer.dense)))(sequence)


@apply.register
def _(layer: words.Gate, maker: _Maker, value: Any) -> Any:
    bias = maker.keras.initializers.Constant(-1.0)
    return maker.own(maker.keras.layers.Dense(layer.units, "sigmoid", bias_initializer=bias))(value)


@apply.register
def _(layer: words.Forecast, maker: _Maker, value: Any) -> Any:
    head = maker.keras.layers.Dense(layer.horizon, kernel_initializer="zeros", name="forecast")
    return maker.own(head)(value)


@apply.register
def _(layer: words.Conv, maker: _Maker, sequence: Any) -> Any:
    conv = maker.keras.layers.Conv1D(
        layer.filters, layer.width, padding="causal", activation=maker.activation
    )
    return maker.own(conv)(sequence)


@apply.register
def _(layer: words.Dropout, maker: _Maker, value: Any) -> Any:
    return maker.keras.layers.Dropout(maker.dropout_rate)(value)


@apply.register
def _(layer: words.LayerNorm, maker: _Maker, value: Any) -> Any:
    return maker.own(maker.keras.layers.LayerNormalization(epsilon=words.NORM_EPSILON))(value)


@apply.register
def _(layer: words.BatchNorm, maker: _Maker, value: Any) -> Any:
    norm = maker.keras.layers.BatchNormalization(
        momentum=words.BATCH_NORM_MOMENTUM, epsilon=words.NORM_EPSILON
    )
    return maker.own(norm)(value)


@apply.register
def _(layer: words.MultiHeadAttention, maker: _Maker, sequence: Any) -> Any:
    attention = maker.keras.layers.MultiHeadAttention(layer.n_heads, layer.key_width, use_bias=False)
    return maker.own(attention)(sequence, sequence)


@apply.register
def _(layer: words.SoftmaxOverTime, maker: _Maker, scores: Any) -> Any:
    return maker.keras.layers.Softmax(axis=1)(scores)


@apply.register
def _(layer: words.WeightedSum, maker: _Maker, weights: Any, states: Any) -> Any:
    return maker.keras.layers.Flatten()(maker.keras.layers.Dot(axes=(1, 1))([weights, states]))


@apply.register
def _(layer: words.MeanOverTime, maker: _Maker, sequence: Any) -> Any:
    return maker.keras.layers.GlobalAveragePooling1D()(sequence)


@apply.register
def _(layer: words.LastStep, maker: _Maker, sequence: Any) -> Any:
    return sequence[:, -1]


@apply.register
def _(layer: words.Add, maker: _Maker, *values: Any) -> Any:
    return maker.keras.layers.Add()(list(values))


@apply.register
def _(layer: words.Multiply, maker: _Maker, *values: Any) -> Any:
    return maker.keras.layers.Multiply()(list(values))


@apply.register
def _(layer: words.Complement, maker: _Maker, value: Any) -> Any:
    return 1.0 - value


@apply.register
def _(layer: words.Concatenate, maker: _Maker, *values: Any) -> Any:
    return maker.keras.layers.Concatenate()(list(values))
