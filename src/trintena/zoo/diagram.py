"""A plain-text picture of an architecture, for terminals."""

from __future__ import annotations

from trintena.zoo.architecture import Architecture, WindowShape
from trintena.zoo.layers import Shape


def diagram(architecture: Architecture, shape: WindowShape) -> str:
    """One line for each layer: its number, label, output shape and parameters, the total at the end.

    A layer reads the line above unless its own line says from which lines it reads. Shapes leave the
    batch out; parameters are counted as Keras counts them.
    """
    graph = architecture.graph(shape)
    number = {node: i for i, node in enumerate(graph.nodes, start=1)}
    rows = [("", "layer", "output", "parameters", "reads (else the line above)")]
    for node, i in number.items():
        n_parameters = sum(weight.size for weight in graph.weights_of(node))
        sources = [number[source] for source in node.inputs]
        reads = "" if sources in ([], [i - 1]) else ", ".join(map(str, sources))
        rows.append(
            (
                str(i),
                node.layer.label,
                _shape_text(node.shape),
                f"{n_parameters:,}" if n_parameters else "",
                reads,
            )
        )
    rows.append(("", "total", "", f"{architecture.count_parameters(shape):,}", ""))
    numbers, labels, shapes, counts, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    return "\n".join(
        f"{i:>{numbers}}  {label:<{labels}}  {output:<{shapes}}  {count:>{counts}}  {reads}".rstrip()
        for i, label, output, count, reads in rows
    )


def _shape_text(shape: Shape) -> str:
    return " x ".join(map(str, shape))
