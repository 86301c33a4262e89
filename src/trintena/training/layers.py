"""A graph computed with JAX: the training twin of `zoo.portable`.

Sequences are kept time first, (lookback, batch, feature), which is what the recurrences want;
vectors are (batch, feature). Weights come in the graph's own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from trintena.training import recurrence
from trintena.training.activations import ACTIVATIONS, Activation
from trintena.training.noise import keep_mask
from trintena.zoo import layers as words

if TYPE_CHECKING:
    from trintena.zoo.architecture import Graph


LONG_ATTENTION = 128
"""Steps beyond which attention takes one sample of a batch at a time, and its scores again in the backward
pass: they are (heads, steps, steps), and those of a whole batch fit into no cache (`benchmarks/LOG.md`)."""


@dataclass
class Pass:
    """What one forward pass knows beside its inputs; all but the activation may be traced.

    `sample_weights` (batch,) are 1 for a sample and 0 for padding. `moved` collects the moving
    statistics as this pass leaves them, in the order of the graph.
    """

    activation: Activation
    dropout_rate: jax.Array
    seed: jax.Array
    training: jax.Array
    sample_weights: jax.Array
    n_dropouts: int = 0
    moved: list[jax.Array] = field(default_factory=list)


def forward(
    graph: Graph,
    activation: str,
    weights: Sequence[jax.Array],
    window: jax.Array,
    *,
    dropout_rate: jax.Array,
    seed: jax.Array,
    training: jax.Array,
    sample_weights: jax.Array,
) -> tuple[jax.Array, list[jax.Array]]:
    """The network's output, and its moving statistics after this pass.

    Shapes: window (lookback, batch, feature) -> (batch, horizon), in units of the window's step size.
    """
    now = Pass(ACTIVATIONS[activation], dropout_rate, seed, training, sample_weights)
    values: dict[words.Node, jax.Array] = {graph.window: window}
    remaining = iter(weights)
    for node in graph.nodes:
        if node is not graph.window:
            own = [next(remaining) for _ in graph.weights_of(node)]
            values[node] = apply(node.layer, now, own, *(values[source] for source in node.inputs))
    return values[graph.forecast], now.moved


@singledispatch
def apply(layer: words.Layer, now: Pass, weights: list[jax.Array], *inputs: jax.Array) -> jax.Array:
    """What `layer` makes of `inputs`."""
    raise NotImplementedError(f"no JAX function stands for {type(layer).__name__}")


def _product(value: jax.Array, kernel: jax.Array) -> jax.Array:
    """Every step times the kernel, as one product of two matrices.

    Of a product of more axes XLA computes the kernel's gradient from a transposed copy.
    """
    return (value.reshape(-1, value.shape[-1]) @ kernel).reshape(*value.shape[:-1], kernel.shape[-1])


def _states(cell: words.Recurrent, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    kernel, recurrent_kernel, bias = weights
    if isinstance(cell, words.GRU):
        projected = _product(sequence, kernel) + bias[0]
        return recurrence.gru(now.activation, projected, recurrent_kernel, bias[1])
    return recurrence.lstm(now.activation, _product(sequence, kernel) + bias, recurrent_kernel)


@apply.register
def _(layer: words.Recurrent, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    states = _states(layer, now, weights, sequence)
    return states if layer.sequences else states[-1]


@apply.register
def _(layer: words.Bidirectional, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    half = len(weights) // 2
    forwards = _states(layer.cell, now, weights[:half], sequence)
    backwards = _states(layer.cell, now, weights[half:], sequence[::-1])
    if layer.cell.sequences:
        return jnp.concatenate([forwards, backwards[::-1]], axis=-1)
    return jnp.concatenate([forwards[-1], backwards[-1]], axis=-1)


@apply.register
def _(layer: words.Dense, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    output = _product(value, weights[0])
    if layer.bias:
        output = output + weights[1]
    return output if layer.linear else now.activation(output)


@apply.register
def _(layer: words.TimeDistributed, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    return apply(layer.dense, now, weights, sequence)


@apply.register
def _(layer: words.Gate, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(_product(value, weights[0]) + weights[1])


@apply.register
def _(layer: words.Forecast, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    return value @ weights[0] + weights[1]


@apply.register
def _(layer: words.Conv, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    kernel, bias = weights
    lookback = sequence.shape[0]
    padded = jnp.pad(sequence, ((layer.width - 1, 0), (0, 0), (0, 0)))
    shifted = [padded[offset : offset + lookback] for offset in range(layer.width)]
    taps = jnp.concatenate(shifted, axis=-1)
    return now.activation(_product(taps, kernel.reshape(-1, layer.filters)) + bias)


@apply.register
def _(layer: words.Dropout, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    now.n_dropouts += 1
    rate = jnp.where(now.training, now.dropout_rate, 0.0)
    keep = keep_mask(now.seed, now.n_dropouts, value.shape, rate)
    return jnp.where(keep, value / (1.0 - rate), 0.0)


@apply.register
def _(layer: words.LayerNorm, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    gamma, beta = weights
    mean = value.mean(axis=-1, keepdims=True)
    variance = jnp.square(value - mean).mean(axis=-1, keepdims=True)
    return (value - mean) * jax.lax.rsqrt(variance + words.NORM_EPSILON) * gamma + beta


@apply.register
def _(layer: words.BatchNorm, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    gamma, beta, moving_mean, moving_variance = weights
    share = now.sample_weights / jnp.maximum(now.sample_weights.sum(), 1.0)
    steps = value.reshape(-1, *value.shape[-2:])

    def mean_of(x: jax.Array) -> jax.Array:
        return jnp.einsum("lbf,b->f", x, share) / x.shape[0]

    batch_mean = mean_of(steps)
    batch_variance = mean_of(jnp.square(steps - batch_mean))
    mean = jnp.where(now.training, batch_mean, moving_mean)
    variance = jnp.where(now.training, batch_variance, moving_variance)
    keep = words.BATCH_NORM_MOMENTUM
    now.moved += [
        keep * moving_mean + (1 - keep) * batch_mean,
        keep * moving_variance + (1 - keep) * batch_variance,
    ]
    return (value - mean) * jax.lax.rsqrt(variance + words.NORM_EPSILON) * gamma + beta


@apply.register
def _(layer: words.MultiHeadAttention, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    def attend(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
        scores = jnp.einsum("...qk,...tk->...qt", query, key) / layer.key_width**0.5
        return jnp.einsum("...qt,...tk->...qk", jax.nn.softmax(scores), value)

    heads = [jnp.einsum("tbf,fhk->bhtk", sequence, kernel) for kernel in weights[:3]]
    if sequence.shape[0] <= LONG_ATTENTION:
        attended = attend(*heads)
    else:
        attended = jax.lax.map(jax.checkpoint(lambda sample: attend(*sample)), heads)
    return jnp.einsum("bhqk,hkf->qbf", attended, weights[3])


@apply.register
def _(layer: words.SoftmaxOverTime, now: Pass, weights: list[jax.Array], scores: jax.Array) -> jax.Array:
    return jax.nn.softmax(scores, axis=0)


@apply.register
def _(
    layer: words.WeightedSum, now: Pass, weights: list[jax.Array], shares: jax.Array, states: jax.Array
) -> jax.Array:
    hops = jnp.einsum("tbr,tbf->brf", shares, states)
    return hops.reshape(hops.shape[0], -1)


@apply.register
def _(layer: words.MeanOverTime, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    return sequence.mean(axis=0)


@apply.register
def _(layer: words.LastStep, now: Pass, weights: list[jax.Array], sequence: jax.Array) -> jax.Array:
    return sequence[-1]


@apply.register
def _(layer: words.Add, now: Pass, weights: list[jax.Array], *values: jax.Array) -> jax.Array:
    return sum(values[1:], start=values[0])


@apply.register
def _(
    layer: words.Multiply, now: Pass, weights: list[jax.Array], left: jax.Array, right: jax.Array
) -> jax.Array:
    return left * right


@apply.register
def _(layer: words.Complement, now: Pass, weights: list[jax.Array], value: jax.Array) -> jax.Array:
    return 1.0 - value


@apply.register
def _(layer: words.Concatenate, now: Pass, weights: list[jax.Array], *values: jax.Array) -> jax.Array:
    return jnp.concatenate(values, axis=-1)
