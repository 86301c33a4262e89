"""Random bits for dropout, cheap enough to fuse into the multiplication that uses them."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp


def _mixed(x: jax.Array) -> jax.Array:
    """A bijection of 32-bit words in which every input bit moves every output bit.

    Constants: Wellons 2018, "Prospecting for Hash Functions" (lowbias32).
    """
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def keep_mask(seed: jax.Array, layer: int, shape: tuple[int, ...], rate: jax.Array) -> jax.Array:
    """True with probability 1 - rate, element by element, a function of its arguments alone.

    `seed` is a uint32 scalar that differs at every step of every trial; `layer` tells the draws of
    one step apart. A counter hashed under a hashed key compiles in a fraction of the time that
    `jax.random` takes and runs faster (`benchmarks/LOG.md`); dropout asks no more of its bits.
    """
    # The seed is hashed first: seeds that lie a layer's constant apart must not share masks.
    key = _mixed(_mixed(seed) + jnp.uint32(layer * 0x9E3779B9 & 0xFFFFFFFF))
    bits = _mixed(_mixed(jax.lax.iota(jnp.uint32, prod(shape)) ^ key) + key)
    threshold = (rate * 2.0**32).astype(jnp.uint32)
    return (bits >= threshold).reshape(shape)
