from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trintena.training.noise import keep_mask

SHAPE = (60, 32, 50)
N = 60 * 32 * 50


def mask(seed: int, layer: int = 1, rate: float = 0.5, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.asarray(keep_mask(jnp.uint32(seed), layer, shape, jnp.float32(rate)))


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5, 0.8])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_share_that_is_dropped_is_the_rate(rate: float, seed: int) -> None:
    # Five standard deviations of a binomial share.
    assert abs((~mask(seed, rate=rate)).mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / N)


def test_rate_zero_keeps_everything() -> None:
    assert mask(3, rate=0.0).all()


def test_it_is_a_function_of_its_arguments() -> None:
    assert np.array_equal(mask(7), mask(7))


def agreement(left: np.ndarray, right: np.ndarray) -> float:
    """How far two masks at rate one half are from agreeing on one half, in standard deviations."""
    return float(abs((left == right).mean() - 0.5) / (0.5 / np.sqrt(left.size)))


def test_layers_steps_and_seeds_have_masks_of_their_own() -> None:
    # A step adds this constant to the seed, as the program does.
    step = 0x9E3779B1
    masks = [
        mask((seed + n_steps * step) % 2**32, layer)
        for seed in (0, 1, 2, 0x9E3779B9)
        for layer in (1, 2, 3)
        for n_steps in (0, 1, 2)
    ]
    worst = max(agreement(masks[i], masks[j]) for i in range(len(masks)) for j in range(i))
    # 630 pairs: one beyond 4.5 has a chance of 0.4 %.
    assert worst < 4.5


@pytest.mark.parametrize("shift", [1, 2, 50, 1600])
def test_neighbors_are_dropped_independently(shift: int) -> None:
    flat = mask(11).ravel()
    assert agreement(flat[shift:], flat[:-shift]) < 4


def test_every_unit_is_dropped_equally_often() -> None:
    # Over steps and samples, the count of each unit: a chi-square with 50 degrees of freedom.
    dropped = (~mask(5, rate=0.2)).reshape(-1, SHAPE[-1]).sum(axis=0)
    expected, variance = N / 50 * 0.2, N / 50 * 0.2 * 0.8
    statistic = (np.square(dropped - expected) / variance).sum()
    assert 24 < statistic < 87, "outside the 99.8 % range"
