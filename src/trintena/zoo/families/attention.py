"""Category 6, attention and hybrids."""

from __future__ import annotations

from trintena.zoo.architecture import Architecture
from trintena.zoo.layers import (
    GRU,
    LSTM,
    Add,
    Concatenate,
    Conv,
    Dense,
    Dropout,
    LastStep,
    LayerNorm,
    MeanOverTime,
    MultiHeadAttention,
    Node,
    SoftmaxOverTime,
    TimeDistributed,
    WeightedSum,
)
from trintena.zoo.references import GRAVES_2013, LIN_2017, SAINATH_2015, SZEGEDY_2015, VASWANI_2017


def self_attention_lstm(window: Node) -> Node:
    """An LSTM of 64 whose states are averaged by four learned sets of weights over time.

    Weights softmax(W2·f(W1·H)) over the steps, four hops (equations 5 and 6 of the paper, without
    the penalty term); each hop is one weighted mean of the states.
    """
    states = Dropout()(LSTM(64, sequences=True)(window))
    scores = Dense(4, linear=True, bias=False)(Dense(32, bias=False)(states))
    return Dropout()(WeightedSum()(SoftmaxOverTime()(scores), states))


def multi_head_attention(window: Node) -> Node:
    """An LSTM of 64, four-headed scaled dot-product self-attention, add and norm, an LSTM of 32.

    The states are normalized before the attention too: those of a young LSTM are so small that all
    their scores would be alike, and every step would weigh the same.
    """
    states = Dropout()(LSTM(64, sequences=True)(window))
    attended = Dropout()(MultiHeadAttention(n_heads=4, key_width=16)(LayerNorm()(states)))
    states = LayerNorm()(Add()(states, attended))
    return Dropout()(LSTM(32)(states))


def cnn_lstm_hybrid(window: Node) -> Node:
    """Two causal convolutions (32 filters, width 3) find local shapes, an LSTM of 64 reads them."""
    shapes = Dropout()(Conv(32, width=3)(window))
    shapes = Dropout()(Conv(32, width=3)(shapes))
    return Dropout()(LSTM(64)(shapes))


def lstm_time_distributed(window: Node) -> Node:
    """An LSTM of 64, one dense layer of 32 at every step, an LSTM of 32 over its outputs."""
    states = Dropout()(LSTM(64, sequences=True)(window))
    steps = Dropout()(TimeDistributed(Dense(32))(states))
    return Dropout()(LSTM(32)(steps))


def ensemble_multi_path(window: Node) -> Node:
    """An LSTM of 48, a GRU of 48 and a causal convolution of 48 side by side, joined by a dense layer."""
    long_memory = LSTM(48)(window)
    gated = GRU(48)(window)
    local = Conv(48, width=5)(window)
    joined = Concatenate()(long_memory, gated, MeanOverTime()(local), LastStep()(local))
    return Dropout()(Dense(32)(Dropout()(joined)))


ARCHITECTURES = (
    Architecture(26, "Self-Attention LSTM", self_attention_lstm, LIN_2017),
    Architecture(27, "Multi-Head Attention", multi_head_attention, VASWANI_2017),
    Architecture(28, "CNN+LSTM Hybrid", cnn_lstm_hybrid, SAINATH_2015),
    Architecture(29, "LSTM TimeDistributed", lstm_time_distributed, GRAVES_2013),
    Architecture(30, "Ensemble Multi-Path", ensemble_multi_path, SZEGEDY_2015),
)
