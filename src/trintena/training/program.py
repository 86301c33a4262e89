"""One compiled program for each architecture: it trains, validates and forecasts.

A call walks a *schedule* of slices of batches. Slices to train on add up to the gradient of their batch,
and its last one takes the optimizer's step; any other is only forecast. Both share the forward half,
so it is compiled once. Windows are gathered inside the program from the table of the series and
never exist all at once.

What differs between trials is an argument, not a constant: learning rate, dropout rate, batch size, seed,
the data, the number of slices. Rows and slices are padded to round capacities, so that tomorrow's
longer series meets the same program in the persistent cache.

Every member of the leading `population` axis is a trial of its own; on a CPU there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from trintena.training.layers import forward
from trintena.training.weights import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trintena.training.schedule import Schedule
    from trintena.windows.frame import Frame
    from trintena.zoo.architecture import Graph

ROW_CAPACITY = 1024
CLIP_NORM = 1.0
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Adam's constants, as in `keras.optimizers.Adam`. Reference: Kingma & Ba 2015, arXiv:1412.6980."""

# What compiles in half the time and runs as fast (`benchmarks/LOG.md`). The vector width is a
# preference that a narrower CPU ignores.
CPU_OPTIONS: dict[str, int | str | bool] = {
    "xla_backend_optimization_level": 1,
    "xla_cpu_prefer_vector_width": 512,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}


class Data(NamedTuple):
    """A frame as the program reads it, padded to a round number of rows.

    Shapes: table (row, feature); factors (row, feature), what a gathered difference is multiplied
    by; anchored (feature,), 1 where the close of the origin is subtracted; targets (row, horizon),
    in units of the window's step size.
    """

    table: Any
    factors: Any
    anchored: Any
    targets: Any


class TrainState(NamedTuple):
    """Everything that a step changes: weights, moving statistics, Adam's two moments, step count."""

    trainable: Any
    moving: Any
    first_moment: Any
    second_moment: Any
    n_steps: Any


class Controls(NamedTuple):
    """What a trial may vary without a new program: scalars, one for each member of the population."""

    learning_rate: Any
    dropout_rate: Any
    seed: Any


@dataclass(frozen=True, eq=False)
class Program:
    """The compiled program of one graph, activation and slice size, for one shape of data."""

    graph: Graph
    activation: str
    layout: Layout
    _compiled: Any

    def __call__(
        self, state: TrainState, data: Data, schedule: Schedule, controls: Controls
    ) -> tuple[TrainState, np.ndarray, np.ndarray]:
        """Walk the schedule.

        Returns the new state, the network's outputs (population, slice, sample, horizon) for every
        slice, and the mean training loss (population,) over the samples of training batches.
        """
        state, outputs, losses = self._compiled(state, data, schedule, controls)
        return state, np.asarray(outputs), np.asarray(losses)


def device_data(frame: Frame) -> Data:
    """The frame in float32, padded, and where the program will run."""
    n_rows = -(-len(frame.table) // ROW_CAPACITY) * ROW_CAPACITY

    def padded(array: np.ndarray) -> jax.Array:
        rows = np.zeros((n_rows, *array.shape[1:]), np.float32)
        rows[: len(array)] = np.nan_to_num(array, nan=0.0)
        return jax.device_put(rows)

    anchored = jax.device_put(frame.anchored.astype(np.float32))
    return Data(padded(frame.table), padded(frame.factors), anchored, padded(frame.scaled_targets))


def fresh_state(members: Sequence[Sequence[np.ndarray]], layout: Layout) -> TrainState:
    """The state of a population before its first step, from one list of weights a member."""
    flat = [layout.flatten(weights) for weights in members]
    trainable = np.stack([trained for trained, _ in flat])
    moving = np.stack([moved for _, moved in flat])
    zeros = np.zeros_like(trainable)
    return TrainState(trainable, moving, zeros, zeros, np.zeros(len(flat), np.float32))


def compile_program(
    graph: Graph, activation: str, state: TrainState, data: Data, schedule: Schedule, controls: Controls
) -> Program:
    """Compile for arguments of these shapes; the persistent cache makes a second time cheap."""
    layout = Layout(graph.weights)
    lookback = graph.window.shape[0]

    def run(state: TrainState, data: Data, schedule: Schedule, controls: Controls) -> Any:
        def member(state: TrainState, origins: jax.Array, controls: Controls) -> Any:
            return _walk(graph, activation, layout, lookback, state, data, origins, schedule, controls)

        if schedule.origins.shape[0] > 1:
            return jax.vmap(member)(state, schedule.origins, controls)
        # A population of one without the axis: batched products would cost time on a CPU.
        alone = jax.tree.map(lambda x: x[0], (state, schedule.origins, controls))
        return jax.tree.map(lambda x: x[None], member(*alone))

    lowered = jax.jit(run).lower(state, data, schedule, controls)
    options = CPU_OPTIONS if jax.default_backend() == "cpu" else None
    return Program(graph, activation, layout, lowered.compile(compiler_options=options))


def _walk(
    graph: Graph,
    activation: str,
    layout: Layout,
    lookback: int,
    state: TrainState,
    data: Data,
    origins: jax.Array,
    schedule: Schedule,
    controls: Controls,
) -> tuple[TrainState, jax.Array, jax.Array]:
    """One member's way along the schedule."""
    horizon = data.targets.shape[-1]

    def walk(i: jax.Array, carry: tuple[TrainState, jax.Array, jax.Array, jax.Array]) -> Any:
        state, gradient, outputs, loss_sum = carry
        samples = jax.lax.dynamic_index_in_dim(origins, i, keepdims=False)
        share = jax.lax.dynamic_index_in_dim(schedule.shares, i, keepdims=False)
        steps = jax.lax.dynamic_index_in_dim(schedule.steps, i, keepdims=False)
        trains = share > 0
        sample_weights = (samples >= 0).astype(jnp.float32)
        at = jnp.maximum(samples, 0)
        window = _gather(data, at, lookback)

        def output_of(trainable: jax.Array) -> tuple[jax.Array, jax.Array]:
            output, moved = forward(
                graph,
                activation,
                layout.unflatten(trainable, state.moving),
                window,
                dropout_rate=controls.dropout_rate,
                # Every slice that a member trains on has bits of its own, the same wherever it runs.
                seed=controls.seed + _hashed(state.n_steps, 0x9E3779B1) + _hashed(i, 0x85EBCA6B),
                training=trains,
                sample_weights=sample_weights,
            )
            moving = jnp.concatenate([m.ravel() for m in moved]) if moved else state.moving
            return output, moving

        output, pull, moving = jax.vjp(output_of, state.trainable, has_aux=True)
        error = (output - _rows(data.targets, at)) * sample_weights[:, None]

        def trained() -> tuple[TrainState, jax.Array]:
            (added,) = pull(2.0 * error * share / horizon)
            total = gradient + added
            seen = state._replace(moving=moving)
            after: tuple[TrainState, jax.Array] = jax.lax.cond(
                steps,
                lambda: (_adam(seen, total, controls.learning_rate), jnp.zeros_like(total)),
                lambda: (seen, total),
            )
            return after

        state, gradient = jax.lax.cond(trains, trained, lambda: (state, gradient))
        loss_sum = loss_sum + jnp.where(trains, jnp.square(error).sum(), 0.0)
        return state, gradient, jax.lax.dynamic_update_index_in_dim(outputs, output, i, 0), loss_sum

    outputs = jnp.zeros((*origins.shape, horizon), jnp.float32)
    start = (state, jnp.zeros_like(state.trainable), outputs, jnp.float32(0.0))
    state, _, outputs, loss_sum = jax.lax.fori_loop(0, schedule.n_slices, walk, start)
    n_trained = ((origins >= 0) & (schedule.shares > 0)[:, None]).sum() * horizon
    return state, outputs, loss_sum / jnp.maximum(n_trained, 1)


def _hashed(count: jax.Array, constant: int) -> jax.Array:
    """A count spread over the 32-bit words."""
    return count.astype(jnp.uint32) * jnp.uint32(constant)


def _gather(data: Data, origins: jax.Array, lookback: int) -> jax.Array:
    """The scaled windows of a batch, (lookback, batch, feature)."""
    rows = origins[None, :] + jnp.arange(1 - lookback, 1)[:, None]
    anchors = _rows(data.table, origins)[:, :1] * data.anchored
    return (_rows(data.table, rows) - anchors) * _rows(data.factors, origins)


def _rows(table: jax.Array, at: jax.Array) -> jax.Array:
    """Rows by numbers that are known to be in the table, so that no kernel need make sure of it."""
    return table.at[at].get(mode="promise_in_bounds")


def _adam(state: TrainState, gradient: jax.Array, learning_rate: jax.Array) -> TrainState:
    """One step of Adam on the gradient, clipped at global norm 1, as Keras computes it."""
    norm = jnp.sqrt(jnp.square(gradient).sum())
    gradient = gradient * jnp.minimum(1.0, CLIP_NORM / jnp.maximum(norm, 1e-30))
    n_steps = state.n_steps + 1.0
    first = state.first_moment + (gradient - state.first_moment) * (1.0 - BETA_1)
    second = state.second_moment + (jnp.square(gradient) - state.second_moment) * (1.0 - BETA_2)
    rate = learning_rate * jnp.sqrt(1.0 - BETA_2**n_steps) / (1.0 - BETA_1**n_steps)
    trainable = state.trainable - rate * first / (jnp.sqrt(second) + EPSILON)
    return TrainState(trainable, state.moving, first, second, n_steps)
