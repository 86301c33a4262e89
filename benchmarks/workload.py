"""The north-star workload: ten years of daily prices, five features, lookback 60, one epoch, batch 32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from case import HORIZON, LOOKBACK, SYMBOL, Case
from trintena.data import fetch
from trintena.domain import Hyperparameters
from trintena.metrics import rmse
from trintena.zoo import WindowShape, architecture

if TYPE_CHECKING:
    from trintena.zoo.architecture import Graph
    from trintena.zoo.layers import Node

FAST_MODE = Hyperparameters()
CONTENT_HASH = "1034291a16c51d50b82c3e303e52eb469521f9a1575f423b94ec3863fb350a2d"


class Workload:
    """The series in its segments and windows, exactly as `trintena train` makes them."""

    def __init__(self) -> None:
        if fetch(SYMBOL).content_hash != CONTENT_HASH:
            raise SystemExit(f"{SYMBOL} is no longer the series of earlier results")
        case = Case.of(SYMBOL)
        self.segments, self.frame, self.write_windows = case.segments, case.frame, case.write_windows
        self.shape = WindowShape(LOOKBACK, self.frame.table.shape[1], HORIZON)

    def last_value_test_rmse(self) -> float:
        targets = self.frame.targets[np.asarray(self.segments.test)]
        return rmse(targets, np.zeros_like(targets))

    def flop(self, model_ids: list[int]) -> float:
        """Matrix products of one epoch and its validation: three passes to train, one to validate."""
        passes = 3 * len(self.segments.train) + len(self.segments.validation)
        graphs = (architecture(model_id).graph(self.shape) for model_id in model_ids)
        return passes * sum(_forward_flop(graph) for graph in graphs)


def _forward_flop(graph: Graph) -> float:
    """Floating-point operations of the matrix products of one window's forward pass."""
    return sum(_products(graph, node) for node in graph.nodes if node is not graph.window)


def _products(graph: Graph, node: Node) -> float:
    shape = node.inputs[0].shape
    n_steps = shape[0] if len(shape) == 2 else 1
    kernels = sum(weight.size for weight in graph.weights_of(node) if weight.name.endswith("kernel"))
    products = 2 * n_steps * kernels
    match type(node.layer).__name__:
        case "MultiHeadAttention":
            layer = node.layer
            products += 2 * 2 * n_steps**2 * layer.n_heads * layer.key_width
        case "WeightedSum":
            products += 2 * n_steps * int(np.prod(node.shape))
    return products
