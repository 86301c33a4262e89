"""What every architecture promises, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from contracts.toy import (
    SEGMENTS,
    lively,
    name_of,
    outputs_of,
    program_of,
    toy_frame,
    train,
)
from trintena.training.layers import forward
from trintena.training.weights import draw
from trintena.zoo import ACTIVATIONS, ARCHITECTURES, Architecture, Graph, WindowShape, portable

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""Keras's own: its convolution on NumPy hands a Keras variable to JAX."""

CORNERS = [WindowShape(*corner) for corner in product((2, 512), (1, 5), (1, 168))]
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Compiled once and run once: not worth optimizing."""


def computed(graph: Graph, activation: str, weights: list[np.ndarray], windows: jax.Array) -> jax.Array:
    """What `training.layers` makes of windows (batch, lookback, feature)."""
    output, _ = forward(
        graph,
        activation,
        [jnp.asarray(weight) for weight in weights],
        jnp.swapaxes(windows, 0, 1),
        dropout_rate=jnp.float32(0.5),
        seed=jnp.uint32(0),
        training=jnp.bool_(False),
        sample_weights=jnp.ones(windows.shape[0]),
    )
    return output


@pytest.mark.parametrize("corner", CORNERS, ids=lambda s: f"{s.lookback}x{s.n_features}to{s.horizon}")
def test_it_builds_at_the_corners(row: Architecture, corner: WindowShape) -> None:
    graph = row.graph(corner)
    assert graph.window.shape == (corner.lookback, corner.n_features)
    windows = jax.ShapeDtypeStruct((3, corner.lookback, corner.n_features), jnp.float32)
    output = jax.eval_shape(lambda x: computed(graph, "relu", draw(graph, 0), x), windows)
    assert output.shape == (3, corner.horizon)
    assert row.count_parameters(corner) == portable.build(graph, "relu").count_params()


def assert_keras_agrees(row: Architecture, activation: str) -> None:
    graph = row.graph(WindowShape(lookback=7, n_features=3, horizon=2))
    weights = lively(graph, seed=row.id)
    windows = np.random.default_rng(row.id).normal(size=(4, 7, 3)).astype(np.float32)
    ours = jax.jit(lambda weights, x: computed(graph, activation, weights, x), compiler_options=QUICK)(
        weights, windows
    )
    with np.errstate(all="ignore"):
        theirs = portable.build(graph, activation, dropout_rate=0.5, weights=weights).predict_on_batch(
            windows
        )
    size = np.abs(theirs[np.isfinite(theirs)]).max(initial=1.0)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * size)
    if activation != "exponential":
        assert np.isfinite(theirs).all()
        assert np.abs(theirs).max() > 0.1, "outputs this small would agree whatever the layers do"


def test_keras_computes_the_same(row: Architecture) -> None:
    assert_keras_agrees(row, "relu")


FAMILIES = [
    [row for row in ARCHITECTURES if row.category == key]
    for key in dict.fromkeys(row.category for row in ARCHITECTURES)
]
ROTATED = {
    (family[i % len(family)], activation)
    for family in FAMILIES
    for i, activation in enumerate(ACTIVATIONS)
    if activation != "relu"
}


@pytest.mark.parametrize(
    ("row", "activation"),
    [
        pytest.param(row, activation, marks=[] if (row, activation) in ROTATED else pytest.mark.slow)
        for row in ARCHITECTURES
        for activation in ACTIVATIONS
        if activation != "relu"
    ],
    ids=lambda value: value if isinstance(value, str) else name_of(value),
)
def test_keras_computes_the_same_with_every_activation(row: Architecture, activation: str) -> None:
    assert_keras_agrees(row, activation)


def test_every_trainable_weight_gets_a_gradient(row: Architecture) -> None:
    # The head starts at zero and lets no gradient through in the first step: there are two batches.
    program = program_of(row.id)
    state, _ = train(program, origins=SEGMENTS.train[:16])
    assert state.n_steps == 2
    seen = program.layout.unflatten(np.asarray(state.second_moment)[0], np.asarray(state.moving)[0])
    untouched = [
        weight.name
        for weight, moment in zip(program.layout.weights, seen, strict=True)
        if weight.trainable and not (moment > 0).any()
    ]
    assert untouched == []


def test_it_starts_as_the_last_value_forecast(row: Architecture) -> None:
    program = program_of(row.id)
    state, _ = train(program, n_epochs=0)
    assert not outputs_of(program, state, toy_frame(), SEGMENTS.test).any()


def test_it_learns_a_toy_series(row: Architecture) -> None:
    _, losses = train(program_of(row.id), learning_rates=[0.001], n_epochs=20)
    zero_forecast = np.mean(toy_frame().scaled_targets[np.asarray(SEGMENTS.train)] ** 2)
    assert losses[-1][0] < 0.75 * zero_forecast


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(row: Architecture) -> None:
    program = program_of(row.id)
    first, again, other = (train(program, seeds=[seed], dropout_rates=[0.2])[0] for seed in (1, 1, 2))
    assert np.array_equal(first.trainable, again.trainable)
    assert np.array_equal(first.moving, again.moving)
    assert not np.array_equal(first.trainable, other.trainable)


def test_dropout_changes_what_is_learned(row: Architecture) -> None:
    program = program_of(row.id)
    (dropped, _), (whole, _) = (train(program, dropout_rates=[rate]) for rate in (0.4, 0.0))
    assert not np.array_equal(dropped.trainable, whole.trainable)


@contextmanager
def compilations() -> Iterator[list[str]]:
    """What XLA compiles, or fetches from the cache of compiled programs, meanwhile."""
    seen: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield seen
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def test_a_second_trial_needs_no_second_compilation(row: Architecture) -> None:
    program = program_of(row.id)
    train(program)
    with compilations() as seen:
        train(
            program,
            seeds=[5],
            learning_rates=[0.01],
            dropout_rates=[0.3],
            frame=toy_frame(seed=1, n_rows=400),
            origins=range(7, 250),
        )
    assert seen == []


def test_the_counter_of_compilations_counts() -> None:
    with compilations() as seen:
        jax.jit(lambda x: x * 3.25)(jnp.ones(3))
    assert seen
