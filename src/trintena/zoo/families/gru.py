"""Category 2, GRU base and variants."""

from __future__ import annotations

from trintena.zoo.architecture import Architecture
from trintena.zoo.layers import GRU, Add, Dense, Dropout, Node
from trintena.zoo.references import CHO_2014, HE_2016


def gru_classic(window: Node) -> Node:
    """Two GRU layers (64, 32), dropout after each."""
    states = Dropout()(GRU(64, sequences=True)(window))
    return Dropout()(GRU(32)(states))


def gru_deep(window: Node) -> Node:
    """Three GRU layers (128, 64, 32)."""
    states = Dropout()(GRU(128, sequences=True)(window))
    states = Dropout()(GRU(64, sequences=True)(states))
    return Dropout()(GRU(32)(states))


def gru_wide(window: Node) -> Node:
    """Two wide GRU layers (192, 96)."""
    states = Dropout()(GRU(192, sequences=True)(window))
    return Dropout()(GRU(96)(states))


def gru_residual_dense(window: Node) -> Node:
    """A GRU of 64, then a residual block of two dense layers: state + dense(dense(state)).

    The second dense layer of the block is linear, as in the paper: the sum decides, not the branch.
    """
    state = Dropout()(GRU(64)(window))
    branch = Dense(64, linear=True)(Dropout()(Dense(64)(state)))
    return Add()(state, branch)


def gru_hybrid(window: Node) -> Node:
    """Three GRU layers (80, 80, 40)."""
    states = Dropout()(GRU(80, sequences=True)(window))
    states = Dropout()(GRU(80, sequences=True)(states))
    return Dropout()(GRU(40)(states))


ARCHITECTURES = (
    Architecture(6, "GRU Classic (64/32)", gru_classic, CHO_2014),
    Architecture(7, "GRU Deep (128/64/32)", gru_deep, CHO_2014),
    Architecture(8, "GRU Wide (192/96)", gru_wide, CHO_2014),
    Architecture(9, "GRU Residual Dense", gru_residual_dense, HE_2016),
    Architecture(10, "GRU Hybrid (80/80/40)", gru_hybrid, CHO_2014),
)
