from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trintena import _lazy
from trintena.training.activations import ACTIVATIONS
from trintena.zoo import ACTIVATIONS as NAMES
from trintena.zoo import BOUNDED_ACTIVATIONS

GRID = np.concatenate(
    [np.linspace(-6, 6, 241), [-1e4, -200, -89, -50, -20, -1e-7, -0.0, 0.0, 1e-7, 20, 50, 89, 200, 1e4]]
).astype(np.float32)


def test_there_are_the_fifteen_of_the_specification() -> None:
    assert tuple(ACTIVATIONS) == NAMES
    assert len(NAMES) == 15


@pytest.mark.parametrize("name", NAMES)
def test_it_means_what_keras_means_by_its_name(name: str) -> None:
    with np.errstate(all="ignore"):
        theirs = np.asarray(getattr(_lazy.keras().activations, name)(GRID))
    np.testing.assert_allclose(ACTIVATIONS[name](jnp.asarray(GRID)), theirs, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_bounded_if_it_is_said_to_be(name: str) -> None:
    assert (np.abs(np.asarray(ACTIVATIONS[name](jnp.asarray(GRID)))).max() <= 1.0) == (
        name in BOUNDED_ACTIVATIONS
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exponential"])
def test_its_slope_is_finite_everywhere(name: str) -> None:
    slopes = jax.vmap(jax.grad(ACTIVATIONS[name]))(jnp.asarray(GRID))
    assert np.isfinite(slopes).all()
