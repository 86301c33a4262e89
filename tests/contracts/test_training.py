"""A trial is trained as Keras would train it, and as it would be trained alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from contracts.toy import (
    LEARNING_RATE,
    ONE_OF_EACH_FAMILY,
    SEGMENTS,
    controls,
    lively,
    name_of,
    order_of,
    program_of,
    schedule,
    toy_frame,
    train,
)
from trintena.training.program import device_data, fresh_state
from trintena.zoo import ACTIVATIONS, ARCHITECTURES, CATEGORIES, Architecture

TESTS = Path(__file__).parents[1]


def keras_fit(chosen: Sequence[tuple[Architecture, str]], results: Path) -> dict[str, np.ndarray]:
    """What Keras makes of the same batches in the same order, in a process of its own."""
    command = [sys.executable, str(TESTS / "contracts" / "keras_fit.py"), str(results)]
    # Keras's programs run for seven batches: optimizing them would take the most time by far.
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "PYTHONPATH": str(TESTS),
    }
    ran = subprocess.run(
        [*command, *(f"{row.id}:{activation}" for row, activation in chosen)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    with np.load(results) as found:
        return dict(found)


def assert_keras_fits_the_same(chosen: Sequence[tuple[Architecture, str]], results: Path) -> None:
    theirs = keras_fit(chosen, results)
    frame = toy_frame()
    for row, activation in chosen:
        program = program_of(row.id, activation)
        first = lively(program.graph, seed=row.id)
        state, _, loss = program(
            fresh_state([first], program.layout),
            device_data(frame),
            schedule([order_of(row.id)], program.graph),
            controls([LEARNING_RATE], [0.0], [0]),
        )
        ours = program.layout.unflatten(np.asarray(state.trainable)[0], np.asarray(state.moving)[0])
        what = name_of(row)
        for i, weight in enumerate(program.layout.weights):
            fitted = theirs[f"{row.id} weight {i}"]
            moved = np.abs(fitted - first[i]).max()
            assert moved > 1e-4, f"{what}: {weight.name} was not trained"
            np.testing.assert_allclose(
                ours[i], fitted, rtol=0, atol=2e-5, err_msg=f"{what}: {weight.name}, array {i}"
            )
        np.testing.assert_allclose(loss, theirs[f"{row.id} loss"], rtol=1e-4, err_msg=what)


def test_training_equals_keras_fit(tmp_path: Path) -> None:
    chosen = list(zip(ONE_OF_EACH_FAMILY[::2], ("tanh", "gelu", "swish"), strict=True))
    assert_keras_fits_the_same(chosen, tmp_path / "fits.npz")


@pytest.mark.slow
@pytest.mark.parametrize("category", CATEGORIES)
def test_training_equals_keras_fit_for_all(category: str, tmp_path: Path) -> None:
    steady = [activation for activation in ACTIVATIONS if activation != "exponential"]
    family = [(row, steady[row.id % len(steady)]) for row in ARCHITECTURES if row.category == category]
    assert_keras_fits_the_same(family, tmp_path / "fits.npz")


@pytest.mark.parametrize("recipe", ONE_OF_EACH_FAMILY, ids=name_of)
def test_three_trials_trained_together_equal_the_three_trained_alone(recipe: Architecture) -> None:
    settings = [(1, 0.001, 0.0), (2, 0.003, 0.2), (3, 0.0005, 0.4)]
    seeds, learning_rates, dropout_rates = zip(*settings, strict=True)
    together, (losses,) = train(
        program_of(recipe.id, population=3),
        seeds=seeds,
        learning_rates=learning_rates,
        dropout_rates=dropout_rates,
        origins=SEGMENTS.train[:54],
    )
    for i, (seed, learning_rate, dropout_rate) in enumerate(settings):
        alone, (loss,) = train(
            program_of(recipe.id),
            seeds=[seed],
            learning_rates=[learning_rate],
            dropout_rates=[dropout_rate],
            origins=SEGMENTS.train[:54],
        )
        np.testing.assert_allclose(together.trainable[i], alone.trainable[0], rtol=0, atol=2e-5)
        np.testing.assert_allclose(together.moving[i], alone.moving[0], rtol=0, atol=2e-5)
        np.testing.assert_allclose(losses[i], loss[0], rtol=1e-4)
