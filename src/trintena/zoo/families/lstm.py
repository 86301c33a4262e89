"""Category 1, LSTM base and variants."""

from __future__ import annotations

from trintena.zoo.architecture import Architecture
from trintena.zoo.layers import LSTM, BatchNorm, Dropout, LayerNorm, Node
from trintena.zoo.references import BA_2016, HOCHREITER_1997, IOFFE_2015


def lstm_classic(window: Node) -> Node:
    """Two LSTM layers (64, 32), dropout after each."""
    states = Dropout()(LSTM(64, sequences=True)(window))
    return Dropout()(LSTM(32)(states))


def lstm_layer_norm(window: Node) -> Node:
    """The classic (64, 32) with every layer's output normalized over its features."""
    states = Dropout()(LayerNorm()(LSTM(64, sequences=True)(window)))
    return Dropout()(LayerNorm()(LSTM(32)(states)))


def lstm_batch_norm(window: Node) -> Node:
    """The classic (64, 32) with every layer's output normalized over the batch."""
    states = Dropout()(BatchNorm()(LSTM(64, sequences=True)(window)))
    return Dropout()(BatchNorm()(LSTM(32)(states)))


def lstm_narrow_deep(window: Node) -> Node:
    """Three LSTM layers of 32: depth for width."""
    states = Dropout()(LSTM(32, sequences=True)(window))
    states = Dropout()(LSTM(32, sequences=True)(states))
    return Dropout()(LSTM(32)(states))


def lstm_wide_shallow(window: Node) -> Node:
    """One LSTM layer of 256: width for depth."""
    return Dropout()(LSTM(256)(window))


ARCHITECTURES = (
    Architecture(1, "LSTM Classic (64/32)", lstm_classic, HOCHREITER_1997),
    Architecture(2, "LSTM + LayerNormalization", lstm_layer_norm, BA_2016),
    Architecture(3, "LSTM + BatchNormalization", lstm_batch_norm, IOFFE_2015),
    Architecture(4, "LSTM Narrow-Deep (32³)", lstm_narrow_deep, HOCHREITER_1997),
    Architecture(5, "LSTM Wide-Shallow (256)", lstm_wide_shallow, HOCHREITER_1997),
)
