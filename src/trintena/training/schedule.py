"""What a call of a program walks: slices of batches, some to train on, some only to forecast.

A batch is walked in slices of at most `SLICE` samples whose gradients add up to the batch's own, so that
one program serves every batch size. A network that normalizes over the batch would see the slice in
its place; for it, a slice is a whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trintena.zoo.layers import BatchNorm

if TYPE_CHECKING:
    from trintena.zoo.architecture import Graph

SLICE = 16
SLICE_CAPACITY = 64
"""Schedules are padded to a multiple of it: a longer series meets the same program."""


class Schedule(NamedTuple):
    """Slices in the order in which a call walks them.

    Shapes: origins (population, slice, sample), -1 where there is no sample; shares (slice,), of one
    sample in the mean over its batch, 0 where a slice is only forecast; steps (slice,), true where
    a batch ends and the optimizer takes its step; n_slices (), the rest is padding.
    """

    origins: Any
    shares: Any
    steps: Any
    n_slices: Any


def slice_size(graph: Graph, batch_size: int) -> int:
    """How many samples of a batch the network sees at once."""
    over_batch = any(isinstance(node.layer, BatchNorm) for node in graph.nodes)
    return batch_size if over_batch else SLICE


def training(orders: np.ndarray, batch_size: int, size: int) -> Schedule:
    """Batches to train on, from orders (population, origin): the last may be smaller, none is dropped."""
    parts = []
    for start in range(0, orders.shape[1], batch_size):
        batch = orders[:, start : start + batch_size]
        n_samples = batch.shape[1]
        slices = _cut(batch, size)
        n_slices = slices.shape[1]
        shares = np.full(n_slices, 1.0 / n_samples, np.float32)
        parts.append(Schedule(slices, shares, np.arange(n_slices) == n_slices - 1, n_slices))
    return join(parts)


def forecasting(origins: range, population: int, size: int) -> Schedule:
    """Origins to forecast, in order, the same for every member of the population."""
    slices = _cut(np.tile(np.asarray(origins), (population, 1)), size)
    n_slices = slices.shape[1]
    return Schedule(slices, np.zeros(n_slices, np.float32), np.zeros(n_slices, bool), n_slices)


def join(parts: Sequence[Schedule]) -> Schedule:
    """One schedule after the other."""
    return Schedule(
        np.concatenate([part.origins for part in parts], axis=1),
        np.concatenate([part.shares for part in parts]),
        np.concatenate([part.steps for part in parts]),
        sum(part.n_slices for part in parts),
    )


def padded(schedule: Schedule, room_for: int = 0) -> Schedule:
    """The schedule as a program takes it: with a capacity for at least `room_for` slices.

    A program takes schedules of one capacity only.
    """
    n_slices = schedule.n_slices
    capacity = -(-max(n_slices, room_for) // SLICE_CAPACITY) * SLICE_CAPACITY
    missing = capacity - n_slices
    return Schedule(
        np.pad(schedule.origins, ((0, 0), (0, missing), (0, 0)), constant_values=-1).astype(np.int32),
        np.pad(schedule.shares, (0, missing)),
        np.pad(schedule.steps, (0, missing)),
        np.int32(n_slices),
    )


def _cut(orders: np.ndarray, size: int) -> np.ndarray:
    """Orders (population, origin) in slices (population, slice, sample), the last filled with -1."""
    population, n_origins = orders.shape
    n_slices = -(-n_origins // size)
    filled = np.full((population, n_slices * size), -1)
    filled[:, :n_origins] = orders
    return filled.reshape(population, n_slices, size)
