"""First weights, drawn with NumPy: no compilation, and the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32

if TYPE_CHECKING:
    from trintena.zoo.architecture import Graph
    from trintena.zoo.layers import Shape, Weight


def draw(graph: Graph, seed: int) -> list[np.ndarray]:
    """First weights in the graph's order, with Keras's default initializers, a function of the seed."""
    generator = np.random.default_rng(seed)
    return [_draw_one(weight, generator).astype(np.float32) for weight in graph.weights]


def _draw_one(weight: Weight, generator: np.random.Generator) -> np.ndarray:
    shape = weight.shape
    match weight.initializer:
        case "glorot_uniform":
            limit = sqrt(6.0 / sum(_fans(shape)))
            return generator.uniform(-limit, limit, shape)
        case "orthogonal":
            return _orthogonal(shape, generator)
        case "forget_bias":
            bias = np.zeros(shape)
            units = shape[0] // 4
            bias[units : 2 * units] = 1.0
            return bias
        case constant:
            return np.full(shape, {"zeros": 0.0, "ones": 1.0, "minus_ones": -1.0}[constant])


def _fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs of a unit, counted as Keras counts them: leading axes are a field of view."""
    field_of_view = prod(shape[:-2])
    return shape[-2] * field_of_view, shape[-1] * field_of_view


def _orthogonal(shape: Shape, generator: np.random.Generator) -> np.ndarray:
    """Orthonormal rows or columns, whichever are fewer. Reference: Saxe et al. 2014, arXiv:1312.6120."""
    rows, columns = shape
    q, r = np.linalg.qr(generator.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return q if rows >= columns else q.T


@dataclass(frozen=True)
class Layout:
    """How a graph's weights lie in two flat vectors: those that gradients train, and moving statistics.

    One vector makes the optimizer one operation whatever the architecture.
    """

    weights: tuple[Weight, ...]

    @property
    def n_trainable(self) -> int:
        """How many numbers gradients train."""
        return sum(weight.size for weight in self.weights if weight.trainable)

    def flatten(
        self, arrays: Sequence[np.ndarray]
    ) -> tuple[Float32[np.ndarray, " n"], Float32[np.ndarray, " m"]]:
        """The trainable vector and the moving vector of weights in the graph's order."""
        pairs = list(zip(self.weights, arrays, strict=True))
        empty = [np.zeros(0, np.float32)]
        trainable = [np.ravel(array) for weight, array in pairs if weight.trainable]
        moving = [np.ravel(array) for weight, array in pairs if not weight.trainable]
        return np.concatenate(trainable or empty), np.concatenate(moving or empty)

    def unflatten(self, trainable: Any, moving: Any) -> list[Any]:
        """The weights in the graph's order, as views of the two vectors (NumPy or traced)."""
        arrays = []
        trained, moved = 0, 0
        for weight in self.weights:
            if weight.trainable:
                arrays.append(trainable[trained : trained + weight.size].reshape(weight.shape))
                trained += weight.size
            else:
                arrays.append(moving[moved : moved + weight.size].reshape(weight.shape))
                moved += weight.size
        return arrays
