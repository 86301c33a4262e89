"""The north-star workload: ten years of daily prices, five features, lookback 60, one epoch, batch 32."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trintena.data import fetch, select_rows
from trintena.domain import Hyperparameters, Split
from trintena.metrics import rmse
from trintena.windows import Transformation, segments_of
from trintena.zoo import WindowShape, architecture

if TYPE_CHECKING:
    from trintena.zoo.architecture import Graph
    from trintena.zoo.layers import Node

SYMBOL, YEARS, LOOKBACK, HORIZON, FEATURES = "sample:nasdaq", 10, 60, 1, "ohlcv"
FAST_MODE = Hyperparameters()
CONTENT_HASH = "1034291a16c51d50b82c3e303e52eb469521f9a1575f423b94ec3863fb350a2d"


class Workload:
    """The series in its segments and windows, exactly as `trintena train` makes them."""

    def __init__(self) -> None:
        series = fetch(SYMBOL)
        if series.content_hash != CONTENT_HASH:
            raise SystemExit(f"{SYMBOL} is no longer the series of earlier results: {series.content_hash}")
        used = select_rows(series, YEARS, None, None)
        self.segments = segments_of(used, Split(), LOOKBACK, HORIZON)
        transformation = Transformation.fit(
            used, self.segments, target="log_return", features=FEATURES, lookback=LOOKBACK, horizon=HORIZON
        )
        self.frame = transformation.frame(used)
        self.shape = WindowShape(LOOKBACK, self.frame.table.shape[1], HORIZON)

    def write_windows(self, path: Path) -> None:
        """What the peer fits: every window and target, in float32."""
        arrays = {}
        for segment in ("train", "validation", "test"):
            origins = np.asarray(self.segments[segment])
            arrays[f"{segment}_windows"] = self.frame.windows(origins).astype(np.float32)
            arrays[f"{segment}_targets"] = self.frame.scaled_targets[origins].astype(np.float32)
            arrays[f"{segment}_scale"] = self.frame.scale[origins]
        np.savez(path, **arrays)

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
