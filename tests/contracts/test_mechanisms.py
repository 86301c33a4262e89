"""Attention attends and gates gate: what an architecture is named after really happens inside it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from contracts.toy import SEGMENTS, SHAPE, program_of, toy_frame, train
from trintena import _lazy
from trintena.training import layers
from trintena.training.layers import forward
from trintena.zoo import Graph, portable
from trintena.zoo.layers import Add, Gate, MultiHeadAttention, Node, SoftmaxOverTime

WINDOWS = toy_frame().windows(SEGMENTS.test[:5]).astype(np.float32)


class Opened:
    """A trained architecture whose inner nodes can be read, and whose weights can be set by node."""

    def __init__(self, model_id: int) -> None:
        program = program_of(model_id)
        self.graph = program.graph
        state, _ = train(program, learning_rates=[0.001], n_epochs=20)
        trained = program.layout.unflatten(np.asarray(state.trainable)[0], np.asarray(state.moving)[0])
        remaining = iter(trained)
        self.weights = {
            node: [next(remaining) for _ in self.graph.weights_of(node)] for node in self.graph.nodes
        }

    def nodes(self, kind: type) -> list[Node]:
        return [node for node in self.graph.nodes if isinstance(node.layer, kind)]

    def _until(self, node: Node) -> tuple[Graph, list[np.ndarray]]:
        part = Graph(self.graph.window, node)
        return part, [weight for inner in part.nodes for weight in self.weights[inner]]

    def in_keras(self, node: Node) -> np.ndarray:
        """The value of a node in the portable model, batch first."""
        part, weights = self._until(node)
        with np.errstate(over="ignore"):  # a sigmoid of -100, on NumPy
            return np.asarray(portable.build(part, "relu", weights=weights).predict_on_batch(WINDOWS))

    def in_training(self, node: Node) -> np.ndarray:
        """The value of a node in the training model, batch first."""
        part, weights = self._until(node)
        value, _ = forward(
            part,
            "relu",
            [jnp.asarray(weight) for weight in weights],
            jnp.asarray(WINDOWS.swapaxes(0, 1)),
            dropout_rate=jnp.float32(0.0),
            seed=jnp.uint32(0),
            training=jnp.bool_(False),
            sample_weights=jnp.ones(len(WINDOWS)),
        )
        return np.asarray(value).swapaxes(0, 1)


def assert_attends(shares: np.ndarray, *, over: int) -> None:
    """Weights (batch, ...) that sum to one over an axis, differ along it, and between inputs."""
    np.testing.assert_allclose(shares.sum(axis=over), 1.0, atol=1e-5)
    assert (shares > 0).all()
    equal = 1 / shares.shape[over]
    assert (np.ptp(shares, axis=over) > 0.1 * equal).all()
    assert np.ptp(shares, axis=0).max() > 0.1 * equal


def test_self_attention_weighs_the_steps_of_each_window() -> None:
    opened = Opened(26)
    (shares,) = opened.nodes(SoftmaxOverTime)
    assert_attends(opened.in_keras(shares), over=1)
    assert_attends(opened.in_training(shares), over=1)


def test_multi_head_attention_weighs_the_steps_of_each_window_in_every_head() -> None:
    opened = Opened(27)
    (attention,) = opened.nodes(MultiHeadAttention)
    (states,) = attention.inputs
    model = portable.build(opened.graph, "relu", weights=[w for own in opened.weights.values() for w in own])
    (layer,) = (own for own in model.layers if isinstance(own, _lazy.keras().layers.MultiHeadAttention))
    sequence = opened.in_keras(states)
    attended, scores = layer(sequence, sequence, return_attention_scores=True)
    scores = np.asarray(scores)
    assert scores.shape == (len(WINDOWS), 4, SHAPE.lookback, SHAPE.lookback)
    assert_attends(scores, over=-1)
    assert (np.ptp(scores, axis=1).max(axis=(-2, -1)) > 1e-3).all(), "the heads all do the same"
    np.testing.assert_allclose(attended, opened.in_training(attention), atol=1e-5)


def test_attention_over_a_long_window_takes_one_sample_at_a_time_and_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer, (lookback, batch, width) = MultiHeadAttention(n_heads=4, key_width=5), (9, 3, 6)
    random = np.random.default_rng(0)
    shapes = [(width, 4, 5)] * 3 + [(4, 5, width)]
    weights = [jnp.asarray(random.normal(size=shape), jnp.float32) for shape in shapes]
    sequence = jnp.asarray(random.normal(size=(lookback, batch, width)), jnp.float32)

    def value_and_gradient(longest: int) -> list[jax.Array]:
        monkeypatch.setattr(layers, "LONG_ATTENTION", longest)

        def loss(weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
            return jnp.square(layers.apply(layer, None, weights, sequence)).mean()

        return jax.tree.leaves(jax.value_and_grad(loss, argnums=(0, 1))(weights, sequence))

    for long, short in zip(value_and_gradient(lookback - 1), value_and_gradient(lookback), strict=True):
        np.testing.assert_allclose(long, short, rtol=1e-4, atol=1e-6)


def test_gates_lie_between_closed_and_open_and_follow_the_input() -> None:
    opened = Opened(24)
    gates = opened.nodes(Gate)
    assert len(gates) == 2
    for gate in gates:
        value = opened.in_training(gate)
        assert ((value > 0) & (value < 1)).all()
        assert np.ptp(value, axis=0).max() > 1e-2
        assert np.ptp(value, axis=1).max() > 1e-2
        assert value.mean() < 0.5, "a highway starts by carrying"
        np.testing.assert_allclose(value, opened.in_keras(gate), atol=1e-5)


@pytest.mark.parametrize("reading", ["in_keras", "in_training"])
def test_a_closed_highway_carries_and_an_open_one_transforms(reading: str) -> None:
    opened = Opened(24)
    for block in opened.nodes(Add):
        transformed, carried = block.inputs
        candidate, gate = transformed.inputs
        state, _ = carried.inputs
        assert isinstance(gate.layer, Gate)
        for bias, expected in ((-100.0, state), (100.0, candidate)):
            _force(opened, gate, bias)
            read = getattr(opened, reading)
            np.testing.assert_allclose(read(block), read(expected), atol=1e-6)
        assert not np.allclose(read(state), read(candidate), atol=1e-2)


def _force(opened: Opened, gate: Node, bias: float) -> None:
    kernel, biases = opened.weights[gate]
    opened.weights[gate] = [kernel, np.full_like(biases, bias)]
