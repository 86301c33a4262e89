"""Category 5, residual and skip connections."""

from __future__ import annotations

from trintena.zoo.architecture import Architecture
from trintena.zoo.layers import (
    LSTM,
    Add,
    Complement,
    Concatenate,
    Dropout,
    Gate,
    LastStep,
    LayerNorm,
    Multiply,
    Node,
)
from trintena.zoo.references import HE_2016, HUANG_2017, RAIKO_2012, SRIVASTAVA_2015, XIONG_2020


def residual_lstm_v1(window: Node) -> Node:
    """Two residual blocks of 64 after a first layer: x + LSTM(x), added after the layer."""
    states = Dropout()(LSTM(64, sequences=True)(window))
    states = Add()(states, Dropout()(LSTM(64, sequences=True)(states)))
    states = Add()(states, Dropout()(LSTM(64, sequences=True)(states)))
    return LastStep()(states)


def residual_lstm_v2(window: Node) -> Node:
    """Two residual blocks of 64, normalized before the layer: x + LSTM(norm(x)), a norm at the end."""
    states = Dropout()(LSTM(64, sequences=True)(window))
    states = Add()(states, Dropout()(LSTM(64, sequences=True)(LayerNorm()(states))))
    states = Add()(states, Dropout()(LSTM(64, sequences=True)(LayerNorm()(states))))
    return LayerNorm()(LastStep()(states))


def skip_connection_dense(window: Node) -> Node:
    """Three LSTM layers (64, 48, 32), the last state of each led straight into the dense head."""
    first = Dropout()(LSTM(64, sequences=True)(window))
    second = Dropout()(LSTM(48, sequences=True)(first))
    third = Dropout()(LSTM(32)(second))
    return Concatenate()(LastStep()(first), LastStep()(second), third)


def highway_lstm(window: Node) -> Node:
    """Two highway blocks of 64: y = H(x)·T(x) + x·C(x), with the carry gate C = 1 - T (equation 3).

    H is an LSTM layer; T is learned and starts nearly closed, so that the block first carries.
    """
    states = Dropout()(LSTM(64, sequences=True)(window))
    for _ in range(2):
        transform = Gate(64)(states)
        carry = Complement()(transform)
        candidate = Dropout()(LSTM(64, sequences=True)(states))
        states = Add()(Multiply()(candidate, transform), Multiply()(states, carry))
    return LastStep()(states)


def densenet_lstm(window: Node) -> Node:
    """Three LSTM layers of 48, each reading the window and the outputs of all layers before it."""
    first = Dropout()(LSTM(48, sequences=True)(window))
    second = Dropout()(LSTM(48, sequences=True)(Concatenate()(window, first)))
    third = Dropout()(LSTM(48, sequences=True)(Concatenate()(window, first, second)))
    return LastStep()(Concatenate()(first, second, third))


ARCHITECTURES = (
    Architecture(21, "LSTM Residual v1", residual_lstm_v1, HE_2016),
    Architecture(22, "LSTM Residual v2", residual_lstm_v2, XIONG_2020),
    Architecture(23, "Skip Connection Dense", skip_connection_dense, RAIKO_2012),
    Architecture(24, "Highway LSTM", highway_lstm, SRIVASTAVA_2015),
    Architecture(25, "DenseNet-style LSTM", densenet_lstm, HUANG_2017),
)
