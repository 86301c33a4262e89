"""Category 3, bidirectional networks.

Both directions read the window only, whose last day is the origin: nothing after it is seen.
"""

from __future__ import annotations

from trintena.zoo.architecture import Architecture
from trintena.zoo.layers import GRU, LSTM, Bidirectional, Dropout, Node
from trintena.zoo.references import SCHUSTER_1997


def bilstm_classic(window: Node) -> Node:
    """Two bidirectional LSTM layers (64, 32 a direction)."""
    states = Dropout()(Bidirectional(LSTM(64, sequences=True))(window))
    return Dropout()(Bidirectional(LSTM(32))(states))


def bigru_classic(window: Node) -> Node:
    """Two bidirectional GRU layers (64, 32 a direction)."""
    states = Dropout()(Bidirectional(GRU(64, sequences=True))(window))
    return Dropout()(Bidirectional(GRU(32))(states))


def bilstm_deep(window: Node) -> Node:
    """Three bidirectional LSTM layers (96, 64, 32 a direction)."""
    states = Dropout()(Bidirectional(LSTM(96, sequences=True))(window))
    states = Dropout()(Bidirectional(LSTM(64, sequences=True))(states))
    return Dropout()(Bidirectional(LSTM(32))(states))


def bigru_deep(window: Node) -> Node:
    """Three bidirectional GRU layers (96, 64, 32 a direction)."""
    states = Dropout()(Bidirectional(GRU(96, sequences=True))(window))
    states = Dropout()(Bidirectional(GRU(64, sequences=True))(states))
    return Dropout()(Bidirectional(GRU(32))(states))


def bilstm_bigru_mix(window: Node) -> Node:
    """A bidirectional LSTM (64 a direction) read by a bidirectional GRU (32 a direction)."""
    states = Dropout()(Bidirectional(LSTM(64, sequences=True))(window))
    return Dropout()(Bidirectional(GRU(32))(states))


ARCHITECTURES = (
    Architecture(11, "BiLSTM Classic (64/32)", bilstm_classic, SCHUSTER_1997),
    Architecture(12, "BiGRU Classic (64/32)", bigru_classic, SCHUSTER_1997),
    Architecture(13, "BiLSTM Deep (96/64/32)", bilstm_deep, SCHUSTER_1997),
    Architecture(14, "BiGRU Deep (96/64/32)", bigru_deep, SCHUSTER_1997),
    Architecture(15, "BiLSTM+BiGRU Mix", bilstm_bigru_mix, SCHUSTER_1997),
)
