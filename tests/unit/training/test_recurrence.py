"""The gradients that are written out equal those of a plain loop that JAX differentiates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trintena.training import recurrence
from trintena.training.activations import ACTIVATIONS, Activation

Arrays = tuple[jax.Array, ...]

TIME, BATCH, UNITS = 6, 3, 4
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Compiled once and run once: not worth optimizing."""


def plain_lstm(activation: Activation, projected: jax.Array, kernel: jax.Array) -> jax.Array:
    def step(carry: Arrays, projection: jax.Array) -> tuple[Arrays, jax.Array]:
        state, memory = carry
        i, f, candidate, o = jnp.split(projection + state @ kernel, 4, axis=-1)
        memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * activation(candidate)
        state = jax.nn.sigmoid(o) * activation(memory)
        return (state, memory), state

    zeros = jnp.zeros((projected.shape[1], kernel.shape[0]))
    return jax.lax.scan(step, (zeros, zeros), projected)[1]


def plain_gru(activation: Activation, projected: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    def step(state: jax.Array, projection: jax.Array) -> tuple[jax.Array, jax.Array]:
        xz, xr, xc = jnp.split(projection, 3, axis=-1)
        hz, hr, hc = jnp.split(state @ kernel + bias, 3, axis=-1)
        z = jax.nn.sigmoid(xz + hz)
        state = z * state + (1 - z) * activation(xc + jax.nn.sigmoid(xr + hr) * hc)
        return state, state

    zeros = jnp.zeros((projected.shape[1], kernel.shape[0]))
    return jax.lax.scan(step, zeros, projected)[1]


def arrays(*shapes: tuple[int, ...]) -> list[jax.Array]:
    generator = np.random.default_rng(2)
    return [jnp.asarray(generator.normal(size=shape), jnp.float32) for shape in shapes]


CELLS: dict[str, tuple[Callable[..., jax.Array], Callable[..., jax.Array], list[jax.Array]]] = {
    "lstm": (recurrence.lstm, plain_lstm, arrays((TIME, BATCH, 4 * UNITS), (UNITS, 4 * UNITS))),
    "gru": (
        recurrence.gru,
        plain_gru,
        arrays((TIME, BATCH, 3 * UNITS), (UNITS, 3 * UNITS), (3 * UNITS,)),
    ),
}


@pytest.mark.parametrize("name", ["tanh", "relu", "linear", "gelu", "mish", "hard_sigmoid", "softsign"])
@pytest.mark.parametrize("cell", CELLS)
def test_states_and_gradients_equal_those_of_a_plain_loop(cell: str, name: str) -> None:
    ours, plain, inputs = CELLS[cell]
    activation = ACTIVATIONS[name]
    (towards,) = arrays((TIME, BATCH, UNITS))

    def judged(function: Callable[..., jax.Array]) -> Any:
        """The gradients, every element of every step's state counting differently; and the states."""

        def loss(*arguments: jax.Array) -> tuple[jax.Array, jax.Array]:
            states = function(activation, *arguments)
            return (states * towards).sum(), states

        slopes = jax.grad(loss, argnums=tuple(range(len(inputs))), has_aux=True)
        return jax.jit(slopes, compiler_options=QUICK)(*inputs)

    gradients, states = judged(ours)
    their_gradients, their_states = judged(plain)
    for found, expected in zip((states, *gradients), (their_states, *their_gradients), strict=True):
        size = float(np.abs(expected).max())
        assert size > 0.01
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1.0, size))


@pytest.mark.parametrize("cell", CELLS)
def test_the_last_state_alone_has_the_same_gradient(cell: str) -> None:
    ours, plain, inputs = CELLS[cell]
    argnums = tuple(range(len(inputs)))
    found, expected = (
        jax.grad(lambda *x: jnp.square(function(jnp.tanh, *x)[-1]).sum(), argnums=argnums)(*inputs)  # noqa: B023
        for function in (ours, plain)
    )
    for gradient, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(gradient, theirs, rtol=0, atol=1e-5)
