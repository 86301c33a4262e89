"""The two recurrences, with gradients written out so that the loops over time do little.

Each takes the input's projection for the whole window at once, time first: only the product with
the recurrent kernel and what depends on the state remain inside the forward loop, which keeps the
gates *before* their activations. The backward pass activates them again for all steps at once and
turns them into factors: what each gate's gradient is per unit of the state's. Its loop is then left
with a few multiplications and one product, and no function to evaluate; the gradient of the
recurrent kernel is one large product after it. Small loops are quick to compile, too.
`benchmarks/LOG.md` has the figures.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from trintena.training.activations import Activation

Arrays = tuple[jax.Array, ...]


def _with_derivative(activation: Activation, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The activation and its derivative, element by element."""
    value, pull = jax.vjp(activation, x)
    (derivative,) = pull(jnp.ones_like(value))
    return value, derivative


def _previous(steps: jax.Array) -> jax.Array:
    """What each step found: the values one step earlier, zeros before the first."""
    return jnp.concatenate([jnp.zeros_like(steps[:1]), steps[:-1]])


def _kernel_gradient(states: jax.Array, gradients: jax.Array) -> jax.Array:
    """Sum over time and batch of the outer products: one product of two tall matrices."""
    return states.reshape(-1, states.shape[-1]).T @ gradients.reshape(-1, gradients.shape[-1])


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def lstm(activation: Activation, projected: jax.Array, kernel: jax.Array) -> jax.Array:
    """The states of an LSTM that starts from zeros.

    Shapes: projected (time, batch, 4 units), bias included, gates in the order input, forget,
    candidate, output; kernel (units, 4 units) -> (time, batch, units).
    """
    return _lstm_forward(activation, projected, kernel)[0]


def _lstm_forward(
    activation: Activation, projected: jax.Array, kernel: jax.Array
) -> tuple[jax.Array, Arrays]:
    def step(carry: Arrays, projection: jax.Array) -> tuple[Arrays, Arrays]:
        state, memory = carry
        before = projection + state @ kernel
        i, f, candidate, o = jnp.split(before, 4, axis=-1)
        memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * activation(candidate)
        state = jax.nn.sigmoid(o) * activation(memory)
        return (state, memory), (state, memory, before)

    zeros = jnp.zeros((projected.shape[1], kernel.shape[0]), projected.dtype)
    _, (states, memories, before) = jax.lax.scan(step, (zeros, zeros), projected)
    return states, (kernel, states, memories, before)


def _lstm_backward(activation: Activation, kept: Arrays, d_states: jax.Array) -> Arrays:
    kernel, states, memories, before = kept
    i, f, candidate, o = jnp.split(before, 4, axis=-1)
    i, f, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jax.nn.sigmoid(o)
    value, slope = _with_derivative(activation, candidate)
    shown, shown_slope = _with_derivative(activation, memories)
    # Per unit of the memory's gradient (input, forget, candidate), and of the state's (output).
    factors = jnp.stack(
        [value * i * (1 - i), _previous(memories) * f * (1 - f), i * slope, shown * o * (1 - o)], axis=2
    )
    transposed = kernel.T

    def step(carry: Arrays, row: Arrays) -> tuple[Arrays, jax.Array]:
        d_next, d_memory = carry
        d_output, factor, into_memory, f = row
        d_state = d_next + d_output
        d_memory = d_memory + d_state * into_memory
        d_before = (jnp.stack([d_memory, d_memory, d_memory, d_state], axis=1) * factor).reshape(
            d_state.shape[0], -1
        )
        return (d_before @ transposed, d_memory * f), d_before

    zeros = jnp.zeros(states.shape[1:], states.dtype)
    _, d_projected = jax.lax.scan(step, (zeros, zeros), (d_states, factors, o * shown_slope, f), reverse=True)
    return d_projected, _kernel_gradient(_previous(states), d_projected)


lstm.defvjp(_lstm_forward, _lstm_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def gru(activation: Activation, projected: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """The states of a GRU that starts from zeros, the reset gate after the recurrent product.

    Shapes: projected (time, batch, 3 units), input bias included, gates in the order update, reset,
    candidate; kernel (units, 3 units); recurrent bias (3 units,) -> (time, batch, units).
    """
    return _gru_forward(activation, projected, kernel, bias)[0]


def _gru_forward(
    activation: Activation, projected: jax.Array, kernel: jax.Array, bias: jax.Array
) -> tuple[jax.Array, Arrays]:
    def step(state: jax.Array, projection: jax.Array) -> tuple[jax.Array, Arrays]:
        recurrent = state @ kernel + bias
        xz, xr, xc = jnp.split(projection, 3, axis=-1)
        hz, hr, hc = jnp.split(recurrent, 3, axis=-1)
        z, candidate = jax.nn.sigmoid(xz + hz), xc + jax.nn.sigmoid(xr + hr) * hc
        state = z * state + (1 - z) * activation(candidate)
        return state, (state, recurrent)

    zeros = jnp.zeros((projected.shape[1], kernel.shape[0]), projected.dtype)
    _, (states, recurrent) = jax.lax.scan(step, zeros, projected)
    return states, (kernel, projected, states, recurrent)


def _gru_backward(activation: Activation, kept: Arrays, d_states: jax.Array) -> Arrays:
    kernel, projected, states, recurrent = kept
    xz, xr, xc = jnp.split(projected, 3, axis=-1)
    hz, hr, hc = jnp.split(recurrent, 3, axis=-1)
    z, r = jax.nn.sigmoid(xz + hz), jax.nn.sigmoid(xr + hr)
    value, slope = _with_derivative(activation, xc + r * hc)
    # Per unit of the state's gradient, in the recurrent half of the gates.
    of_candidate = (1 - z) * slope
    factors = jnp.stack(
        [(_previous(states) - value) * z * (1 - z), of_candidate * hc * r * (1 - r), of_candidate * r], axis=2
    )
    transposed = kernel.T

    def step(d_next: jax.Array, row: Arrays) -> Arrays:
        d_output, factor, z = row
        d_state = d_next + d_output
        d_recurrent = (d_state[:, None] * factor).reshape(d_state.shape[0], -1)
        return d_state * z + d_recurrent @ transposed, (d_state, d_recurrent)

    zeros = jnp.zeros(states.shape[1:], states.dtype)
    _, (d_state, d_recurrent) = jax.lax.scan(step, zeros, (d_states, factors, z), reverse=True)
    units = kernel.shape[0]
    d_projected = jnp.concatenate([d_recurrent[..., : 2 * units], d_state * of_candidate], axis=-1)
    return d_projected, _kernel_gradient(_previous(states), d_recurrent), d_recurrent.sum(axis=(0, 1))


gru.defvjp(_gru_forward, _gru_backward)
