"""What an architecture is: a row of the catalog, and the graph it makes for a given window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from trintena.zoo.layers import Forecast, Node, Weight, Window

Builder = Callable[[Node], Node]


@dataclass(frozen=True)
class WindowShape:
    """What goes in and what comes out: (batch, lookback, feature) -> (batch, horizon)."""

    lookback: int
    n_features: int
    horizon: int


@dataclass(frozen=True)
class Architecture:
    """One recipe of the catalog.

    `builder` takes the window's node to the node that the head reads; the direct multi-step head is
    the same for all and is added here.
    """

    id: int
    name: str
    builder: Builder
    reference: str

    @property
    def category(self) -> str:
        """The family's own name, which is the name of its file."""
        return self.builder.__module__.rpartition(".")[2]

    def graph(self, shape: WindowShape) -> Graph:
        """The graph of this architecture for windows of `shape`."""
        window = Window(shape.lookback, shape.n_features)()
        return Graph(window, Forecast(shape.horizon)(self.builder(window)))

    def count_parameters(self, shape: WindowShape) -> int:
        """How many numbers its weights hold, those that no gradient trains included, as Keras counts."""
        return sum(weight.size for weight in self.graph(shape).weights)


@dataclass(frozen=True, eq=False)
class Graph:
    """A built architecture: from the node of the window to the node of the forecast."""

    window: Node
    forecast: Node

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node once, each after its inputs: the order in which weights are listed."""
        ordered: dict[Node, None] = {}

        def visit(node: Node) -> None:
            for source in node.inputs:
                if source not in ordered:
                    visit(source)
            ordered.setdefault(node)

        visit(self.forecast)
        return tuple(ordered)

    def weights_of(self, node: Node) -> tuple[Weight, ...]:
        """The weights that one node's layer owns."""
        return node.layer.weights(*(source.shape for source in node.inputs))

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """Every weight, node by node."""
        return tuple(weight for node in self.nodes for weight in self.weights_of(node))
