"""The two recurrences, with gradients written out so that the backward loop does little.

Each takes the input's projection for the whole window at once, time first: only the product with
the recurrent kernel and a few element-wise steps remain inside the loop. What automatic
differentiation would do inside the backward loop, the gradient of the recurrent kernel, is hoisted
out of it into one large product; the gates are kept from the forward loop, not computed again.
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
    value, derivative = jax.jvp(activation, (x,), (jnp.ones_like(x),))
    return value, derivative


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
) -> tuple[jax.Array, tuple[jax.Array, Arrays]]:
    def step(carry: Arrays, projection: jax.Array) -> tuple[Arrays, Arrays]:
        state, memory = carry
        before = projection + state @ kernel
        i, f, candidate, o = jnp.split(before, 4, axis=-1)
        i, f, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jax.nn.sigmoid(o)
        remembered = f * memory + i * activation(candidate)
        new_state = o * activation(remembered)
        return (new_state, remembered), (new_state, state, memory, i, f, candidate, o)

    zeros = jnp.zeros((projected.shape[1], kernel.shape[0]), projected.dtype)
    _, (states, *kept) = jax.lax.scan(step, (zeros, zeros), projected)
    return states, (kernel, tuple(kept))


def _lstm_backward(
    activation: Activation, residuals: tuple[jax.Array, Arrays], d_states: jax.Array
) -> Arrays:
    kernel, kept = residuals
    transposed = kernel.T

    def step(carry: Arrays, row: Arrays) -> tuple[Arrays, jax.Array]:
        d_next, d_memory = carry
        d_output, memory, i, f, candidate, o = row
        d_state = d_next + d_output
        value, slope = _with_derivative(activation, candidate)
        shown, shown_slope = _with_derivative(activation, f * memory + i * value)
        d_memory = d_memory + d_state * o * shown_slope
        d_before = jnp.concatenate(
            [
                d_memory * value * i * (1 - i),
                d_memory * memory * f * (1 - f),
                d_memory * i * slope,
                d_state * shown * o * (1 - o),
            ],
            axis=-1,
        )
        return (d_before @ transposed, d_memory * f), d_before

    previous, *gates = kept
    zeros = jnp.zeros(previous.shape[1:], previous.dtype)
    _, d_projected = jax.lax.scan(step, (zeros, zeros), (d_states, *gates), reverse=True)
    return d_projected, _kernel_gradient(previous, d_projected)


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
) -> tuple[jax.Array, tuple[jax.Array, Arrays]]:
    def step(state: jax.Array, projection: jax.Array) -> tuple[jax.Array, Arrays]:
        xz, xr, xc = jnp.split(projection, 3, axis=-1)
        hz, hr, hc = jnp.split(state @ kernel + bias, 3, axis=-1)
        z, r = jax.nn.sigmoid(xz + hz), jax.nn.sigmoid(xr + hr)
        candidate = xc + r * hc
        new_state = z * state + (1 - z) * activation(candidate)
        return new_state, (new_state, state, z, r, candidate, hc)

    zeros = jnp.zeros((projected.shape[1], kernel.shape[0]), projected.dtype)
    _, (states, *kept) = jax.lax.scan(step, zeros, projected)
    return states, (kernel, tuple(kept))


def _gru_backward(activation: Activation, residuals: tuple[jax.Array, Arrays], d_states: jax.Array) -> Arrays:
    kernel, kept = residuals
    transposed = kernel.T

    def step(d_next: jax.Array, row: Arrays) -> tuple[jax.Array, Arrays]:
        d_output, state, z, r, candidate, hc = row
        d_state = d_next + d_output
        value, slope = _with_derivative(activation, candidate)
        d_z = d_state * (state - value) * z * (1 - z)
        d_candidate = d_state * (1 - z) * slope
        d_r = d_candidate * hc * r * (1 - r)
        d_recurrent = jnp.concatenate([d_z, d_r, d_candidate * r], axis=-1)
        return d_state * z + d_recurrent @ transposed, (d_recurrent, d_candidate)

    zeros = jnp.zeros(kept[0].shape[1:], kept[0].dtype)
    _, (d_recurrent, d_candidate) = jax.lax.scan(step, zeros, (d_states, *kept), reverse=True)
    units = kernel.shape[0]
    d_projected = jnp.concatenate([d_recurrent[..., : 2 * units], d_candidate], axis=-1)
    return d_projected, _kernel_gradient(kept[0], d_recurrent), d_recurrent.sum(axis=(0, 1))


gru.defvjp(_gru_forward, _gru_backward)
