"""The fifteen activations in JAX, each with the meaning that `keras.activations` gives its name."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

Activation = Callable[[jax.Array], jax.Array]


def _leaky_relu(x: jax.Array) -> jax.Array:
    return jax.nn.leaky_relu(x, negative_slope=0.2)


# JAX's own gelu, softplus and mish are exact further out in their tails than float32 shows beside other
# numbers, and make a step of an LSTM two to four times as slow (`benchmarks/LOG.md`).


def _gelu(x: jax.Array) -> jax.Array:
    return 0.5 * x * (1.0 + jax.lax.erf(x * math.sqrt(0.5)))


def _softplus(x: jax.Array) -> jax.Array:
    return jnp.maximum(x, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


def _mish(x: jax.Array) -> jax.Array:
    # x tanh(log(1 + e^x)), with the hyperbolic tangent of a logarithm written out; from 20 on it is x.
    power = jnp.exp(jnp.minimum(x, 20.0))
    rising = power * (power + 2.0)
    return x * rising / (rising + 2.0)


def _linear(x: jax.Array) -> jax.Array:
    return x


ACTIVATIONS: dict[str, Activation] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "linear": _linear,
    "leaky_relu": _leaky_relu,
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "exponential": jnp.exp,
    "softplus": _softplus,
    "softsign": jax.nn.soft_sign,
    "swish": jax.nn.silu,
    "mish": _mish,
    "gelu": _gelu,
    "hard_sigmoid": jax.nn.hard_sigmoid,
    "hard_swish": jax.nn.hard_swish,
}
