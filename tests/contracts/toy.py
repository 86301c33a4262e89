"""A small world for the contract: a series with a plain pattern, and trials on it at program level."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from trintena.domain import PriceSeries
from trintena.training.program import (
    Controls,
    Program,
    TrainState,
    compile_program,
    device_data,
    fresh_state,
)
from trintena.training.schedule import Schedule, forecasting, padded, slice_size, training
from trintena.training.weights import Layout, draw
from trintena.windows import Frame, Segments, Transformation
from trintena.zoo import ARCHITECTURES, Architecture, Graph, WindowShape

SHAPE = WindowShape(lookback=8, n_features=2, horizon=2)
BATCH_SIZE = 8
SEGMENTS = Segments(range(7, 149), range(150, 169), range(170, 189), range(190, 209), borders=(151, 171, 191))
"""142 origins to train on: seventeen batches of eight and one of six."""
LEARNING_RATE = 0.001
ONE_OF_EACH_FAMILY = tuple(row for row in ARCHITECTURES if row.id in {3, 9, 12, 19, 24, 27})


def name_of(row: Architecture) -> str:
    """How test ids call an architecture."""
    return f"{row.id:02}-{row.builder.__name__}"


def toy_series(seed: int = 0, n_rows: int = 211) -> PriceSeries:
    """Prices whose log returns follow a sine of period six, a fifth of it noise, and some volume."""
    generator = np.random.default_rng(seed)
    days = np.arange(n_rows)
    returns = 0.01 * np.sin(2 * np.pi * days / 6) + 0.002 * generator.normal(size=n_rows)
    values = np.stack([100 * np.exp(np.cumsum(returns)), generator.lognormal(12, 0.3, n_rows)], axis=1)
    dates = np.datetime64("2020-01-01", "s") + days * np.timedelta64(1, "D")
    return PriceSeries("TOY", dates, ("close", "volume"), values, "test")


def toy_frame(seed: int = 0, n_rows: int = 211) -> Frame:
    """The toy series, transformed for windows of `SHAPE`."""
    series = toy_series(seed, n_rows)
    fitted = Transformation.fit(
        series,
        SEGMENTS,
        target="log_return",
        features="ohlcv",
        lookback=SHAPE.lookback,
        horizon=SHAPE.horizon,
    )
    return fitted.frame(series)


def order_of(seed: int) -> np.ndarray:
    """Fifty-four origins in an order of their own: six batches of eight and one of six."""
    return np.random.default_rng(seed).permutation(np.asarray(SEGMENTS.train))[:54]


def schedule(orders: Sequence[np.ndarray], graph: Graph) -> Schedule:
    """One order of origins for each member of the population, in batches of eight to train on."""
    return padded(training(np.stack(orders), BATCH_SIZE, _size(graph)))


def _size(graph: Graph) -> int:
    """Half a batch, where the network allows it: every test then adds gradients up."""
    return BATCH_SIZE if slice_size(graph, BATCH_SIZE) == BATCH_SIZE else BATCH_SIZE // 2


def controls(
    learning_rates: Sequence[float], dropout_rates: Sequence[float], seeds: Sequence[int]
) -> Controls:
    """What each member of the population varies."""
    return Controls(
        np.array(learning_rates, np.float32), np.array(dropout_rates, np.float32), np.array(seeds, np.uint32)
    )


def lively(graph: Graph, seed: int) -> list[np.ndarray]:
    """Drawn weights, but with random ones where the draw gives constants.

    So the outputs are of order one, every array matters and no two are alike. Moving variances stay
    positive.
    """
    generator = np.random.default_rng(seed + 1000)
    weights = draw(graph, seed)
    for i, weight in enumerate(graph.weights):
        if weight.name == "moving_variance":
            weights[i] = generator.uniform(0.5, 1.5, weight.shape).astype(np.float32)
        elif (weight.name, weight.initializer) == ("kernel", "zeros"):  # the head's
            weights[i] = generator.normal(size=weight.shape).astype(np.float32)
        elif weight.initializer not in {"orthogonal", "glorot_uniform"}:
            weights[i] = (weights[i] + 0.3 * generator.normal(size=weight.shape)).astype(np.float32)
    return weights


@lru_cache(maxsize=2)
def program_of(model_id: int, activation: str = "relu", population: int = 1) -> Program:
    """The compiled program; tests come sorted by architecture, so that each is compiled once."""
    (row,) = (row for row in ARCHITECTURES if row.id == model_id)
    graph = row.graph(SHAPE)
    state = fresh_state([draw(graph, 0)] * population, Layout(graph.weights))
    order = np.asarray(SEGMENTS.train)
    return compile_program(
        graph,
        activation,
        state,
        device_data(toy_frame()),
        schedule([order] * population, graph),
        controls([0.0] * population, [0.0] * population, [0] * population),
    )


def train(
    program: Program,
    *,
    seeds: Sequence[int] = (0,),
    learning_rates: Sequence[float] = (0.003,),
    dropout_rates: Sequence[float] = (0.0,),
    frame: Frame | None = None,
    origins: range = SEGMENTS.train,
    n_epochs: int = 1,
) -> tuple[TrainState, list[np.ndarray]]:
    """Train a population from fresh weights: its last state, and the mean loss of every epoch."""
    data = device_data(frame or toy_frame())
    state = fresh_state([draw(program.graph, seed) for seed in seeds], program.layout)
    varied = controls(learning_rates, dropout_rates, seeds)
    generators = [np.random.default_rng(seed) for seed in seeds]
    losses = []
    for _ in range(n_epochs):
        orders = [generator.permutation(np.asarray(origins)) for generator in generators]
        state, _, loss = program(state, data, schedule(orders, program.graph), varied)
        losses.append(loss)
    return state, losses


def outputs_of(program: Program, state: TrainState, frame: Frame, origins: range) -> np.ndarray:
    """What the networks of a population say of some origins: (population, origin, horizon)."""
    population = len(state.n_steps)
    walked = forecasting(origins, population, _size(program.graph))
    idle = controls([0.0] * population, [0.5] * population, [0] * population)
    _, outputs, _ = program(state, device_data(frame), padded(walked), idle)
    flat = outputs[:, : walked.n_slices].reshape(population, -1, outputs.shape[-1])
    return flat[:, : len(origins)]
