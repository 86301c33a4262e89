"""Category 4, stacked deep networks."""

from __future__ import annotations

from trintena.zoo.architecture import Architecture
from trintena.zoo.layers import GRU, LSTM, Dropout, Node, Recurrent
from trintena.zoo.references import GRAVES_2013


def stack(window: Node, *layers: Recurrent) -> Node:
    """The given recurrent layers one upon the other, dropout after each."""
    states = window
    for layer in layers:
        states = Dropout()(layer(states))
    return states


def stacked_lstm(window: Node) -> Node:
    """Four LSTM layers, narrowing (128, 96, 64, 32)."""
    return stack(window, LSTM(128, True), LSTM(96, True), LSTM(64, True), LSTM(32))


def stacked_gru(window: Node) -> Node:
    """Four GRU layers, narrowing (128, 96, 64, 32)."""
    return stack(window, GRU(128, True), GRU(96, True), GRU(64, True), GRU(32))


def pyramid_lstm(window: Node) -> Node:
    """Five LSTM layers, each half as wide or less than the one below (256, 128, 64, 32, 16)."""
    return stack(window, LSTM(256, True), LSTM(128, True), LSTM(64, True), LSTM(32, True), LSTM(16))


def inverted_pyramid(window: Node) -> Node:
    """Three LSTM layers, widening (32, 64, 128)."""
    return stack(window, LSTM(32, True), LSTM(64, True), LSTM(128))


def diamond_lstm(window: Node) -> Node:
    """Four LSTM layers, widening then narrowing (64, 128, 128, 64)."""
    return stack(window, LSTM(64, True), LSTM(128, True), LSTM(128, True), LSTM(64))


ARCHITECTURES = (
    Architecture(16, "Stacked LSTM (128→32)", stacked_lstm, GRAVES_2013),
    Architecture(17, "Stacked GRU (128→32)", stacked_gru, GRAVES_2013),
    Architecture(18, "Pyramid LSTM (256→16)", pyramid_lstm, GRAVES_2013),
    Architecture(19, "Inverted Pyramid (32→128)", inverted_pyramid, GRAVES_2013),
    Architecture(20, "Diamond LSTM (64/128/128/64)", diamond_lstm, GRAVES_2013),
)
