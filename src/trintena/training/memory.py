"""Giving memory back, so that a worker of many architectures does not grow with each of them."""

from __future__ import annotations

import ctypes
import gc

import jax


def give_back() -> None:
    """Forget what JAX remembers of traced functions, and return freed pages to the system.

    The pages matter most: compiling takes and frees much in small pieces, which the C library of Linux
    keeps for itself. (`benchmarks/LOG.md` has the figures.)
    """
    jax.clear_caches()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU library has it, others do without
    if trim is not None:
        trim(0)
