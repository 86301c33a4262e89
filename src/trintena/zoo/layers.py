"""The words in which an architecture is written, and the graph that they leave behind.

A builder composes these layers into a graph of `Node`s without computing anything: calling a layer
on a node gives a node. Two interpreters walk that graph and must agree, which the contract tests
hold them to: `training.layers` computes it with JAX, fast; `zoo.portable` turns it into stock Keras
layers, for files that open anywhere.

Shapes leave the batch out: a sequence is (lookback, feature), a vector is (feature,). `activation`
is a choice of the trial: it reaches the recurrent cells (candidate and output; the gates stay
sigmoid) and every `Dense` and `Conv` that is not marked linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

Shape = tuple[int, ...]
Initializer = Literal["glorot_uniform", "orthogonal", "zeros", "ones", "minus_ones", "forget_bias"]

ACTIVATIONS = (
    *("relu", "tanh", "sigmoid", "linear"),
    *("leaky_relu", "elu", "selu"),
    *("exponential", "softplus", "softsign"),
    *("swish", "mish", "gelu"),
    *("hard_sigmoid", "hard_swish"),
)
"""The fifteen names of the specification; each means what `keras.activations` means by it."""
BOUNDED_ACTIVATIONS = frozenset({"tanh", "sigmoid", "softsign", "hard_sigmoid"})
"""Those whose values stay between -1 and 1: a state that is fed back through them cannot run away."""

NORM_EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.99
"""Keras's own defaults, named because two interpreters must agree on them."""


@dataclass(frozen=True)
class Weight:
    """One array that a layer owns, in the order in which Keras keeps it."""

    name: str
    shape: Shape
    initializer: Initializer
    trainable: bool = True

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Node:
    """A value in the graph: the layer that makes it, what it is made from, its shape."""

    layer: Layer
    inputs: tuple[Node, ...]
    shape: Shape


@dataclass(frozen=True)
class Layer:
    """What a layer is; calling it on nodes adds it to their graph."""

    def __call__(self, *inputs: Node) -> Node:
        """The node that this layer makes of `inputs`."""
        return Node(self, inputs, self.output_shape(*(node.shape for node in inputs)))

    def output_shape(self, *shapes: Shape) -> Shape:
        """The shape it makes of inputs of these shapes: by default that of the first."""
        return shapes[0]

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        """The weights it needs for inputs of these shapes: by default none."""
        return ()

    @property
    def label(self) -> str:
        """How diagrams call it."""
        return type(self).__name__


@dataclass(frozen=True)
class Window(Layer):
    """The scaled window itself: where every graph begins."""

    lookback: int
    n_features: int

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.lookback, self.n_features)


@dataclass(frozen=True)
class Recurrent(Layer):
    """What LSTM and GRU share: `units` of state, given at every step or only at the last."""

    units: int
    sequences: bool = False

    def output_shape(self, *shapes: Shape) -> Shape:
        lookback, _ = shapes[0]
        return (lookback, self.units) if self.sequences else (self.units,)

    @property
    def label(self) -> str:
        return f"{type(self).__name__} {self.units}"


class LSTM(Recurrent):
    """Long short-term memory with a forget gate, whose bias starts at one.

    Gates in Keras's order: input, forget, candidate, output.
    Reference: Hochreiter & Schmidhuber 1997; Gers et al. 2000; Jozefowicz et al. 2015 (the bias).
    """

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        n_features = shapes[0][-1]
        return (
            Weight("kernel", (n_features, 4 * self.units), "glorot_uniform"),
            Weight("recurrent_kernel", (self.units, 4 * self.units), "orthogonal"),
            Weight("bias", (4 * self.units,), "forget_bias"),
        )


class GRU(Recurrent):
    """Gated recurrent unit; the reset gate acts after the recurrent product (`reset_after=True`).

    Gates in Keras's order: update, reset, candidate. Two bias rows: input, recurrent.
    Reference: Cho et al. 2014, arXiv:1406.1078, version 1.
    """

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        n_features = shapes[0][-1]
        return (
            Weight("kernel", (n_features, 3 * self.units), "glorot_uniform"),
            Weight("recurrent_kernel", (self.units, 3 * self.units), "orthogonal"),
            Weight("bias", (2, 3 * self.units), "zeros"),
        )


@dataclass(frozen=True)
class Bidirectional(Layer):
    """One recurrent layer forwards and one backwards in time, outputs side by side.

    Without sequences, each direction gives the state after its own last step.
    Reference: Schuster & Paliwal 1997.
    """

    cell: Recurrent

    def output_shape(self, *shapes: Shape) -> Shape:
        *steps, units = self.cell.output_shape(*shapes)
        return (*steps, 2 * units)

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        return tuple(
            Weight(f"{direction}_{weight.name}", weight.shape, weight.initializer)
            for direction in ("forward", "backward")
            for weight in self.cell.weights(*shapes)
        )

    @property
    def label(self) -> str:
        return f"Bi{self.cell.label}"


@dataclass(frozen=True)
class Dense(Layer):
    """A dense layer on the last axis; on a sequence, the same weights at every step."""

    units: int
    linear: bool = False
    bias: bool = True

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:-1], self.units)

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        kernel = Weight("kernel", (shapes[0][-1], self.units), "glorot_uniform")
        return (kernel, Weight("bias", (self.units,), "zeros")) if self.bias else (kernel,)

    @property
    def label(self) -> str:
        return f"Dense {self.units}{' linear' if self.linear else ''}"


@dataclass(frozen=True)
class TimeDistributed(Layer):
    """A dense layer applied to every step by itself, said so by name."""

    dense: Dense

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.dense.output_shape(*shapes)

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        return self.dense.weights(*shapes)

    @property
    def label(self) -> str:
        return f"TimeDistributed {self.dense.label}"


@dataclass(frozen=True)
class Gate(Layer):
    """A sigmoid dense layer, biased to start nearly closed (-1).

    Reference: Srivastava et al. 2015, arXiv:1505.00387, section 2.2.
    """

    units: int

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:-1], self.units)

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (
            Weight("kernel", (shapes[0][-1], self.units), "glorot_uniform"),
            Weight("bias", (self.units,), "minus_ones"),
        )

    @property
    def label(self) -> str:
        return f"Gate {self.units}"


@dataclass(frozen=True)
class Forecast(Layer):
    """The direct multi-step head: one linear output for each step of the horizon.

    Its kernel starts at zero, so that every model starts as the last-value forecast.
    """

    horizon: int

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.horizon,)

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (
            Weight("kernel", (shapes[0][-1], self.horizon), "zeros"),
            Weight("bias", (self.horizon,), "zeros"),
        )

    @property
    def label(self) -> str:
        return f"Forecast {self.horizon}"


@dataclass(frozen=True)
class Conv(Layer):
    """A causal convolution over time: step t sees steps t-width+1 … t, zeros before the window."""

    filters: int
    width: int

    def output_shape(self, *shapes: Shape) -> Shape:
        return (shapes[0][0], self.filters)

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (
            Weight("kernel", (self.width, shapes[0][-1], self.filters), "glorot_uniform"),
            Weight("bias", (self.filters,), "zeros"),
        )

    @property
    def label(self) -> str:
        return f"Conv {self.filters}, width {self.width}, causal"


@dataclass(frozen=True)
class Dropout(Layer):
    """Inverted dropout at the trial's rate; nothing outside training."""


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalization over the features. Reference: Ba et al. 2016, arXiv:1607.06450."""

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        width = shapes[0][-1]
        return (Weight("gamma", (width,), "ones"), Weight("beta", (width,), "zeros"))


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalization over batch and time, momentum 0.99.

    Its moving statistics are weights that no gradient trains.
    Reference: Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        width = shapes[0][-1]
        return (
            Weight("gamma", (width,), "ones"),
            Weight("beta", (width,), "zeros"),
            Weight("moving_mean", (width,), "zeros", trainable=False),
            Weight("moving_variance", (width,), "ones", trainable=False),
        )


@dataclass(frozen=True)
class MultiHeadAttention(Layer):
    """Scaled dot-product self-attention in several heads: queries, keys and values without bias.

    Reference: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
    """

    n_heads: int
    key_width: int

    def weights(self, *shapes: Shape) -> tuple[Weight, ...]:
        width = shapes[0][-1]
        into = (width, self.n_heads, self.key_width)
        out = (self.n_heads, self.key_width, width)
        return (
            *(Weight(f"{role}_kernel", into, "glorot_uniform") for role in ("query", "key", "value")),
            Weight("output_kernel", out, "glorot_uniform"),
        )

    @property
    def label(self) -> str:
        return f"MultiHeadAttention {self.n_heads} x {self.key_width}"


@dataclass(frozen=True)
class SoftmaxOverTime(Layer):
    """Turns scores into weights that sum to one over the steps of the window, column by column."""


@dataclass(frozen=True)
class WeightedSum(Layer):
    """Inputs weights (lookback, hop) and states (lookback, feature): one weighted mean of states a hop."""

    def output_shape(self, *shapes: Shape) -> Shape:
        (_, n_hops), (_, n_features) = shapes
        return (n_hops * n_features,)


@dataclass(frozen=True)
class MeanOverTime(Layer):
    """The mean over the steps of the window."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0][1:]


@dataclass(frozen=True)
class LastStep(Layer):
    """The last step of a sequence."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0][1:]


@dataclass(frozen=True)
class Add(Layer):
    """The sum of its inputs."""


@dataclass(frozen=True)
class Multiply(Layer):
    """The product of its inputs, element by element."""


@dataclass(frozen=True)
class Complement(Layer):
    """One minus its input."""


@dataclass(frozen=True)
class Concatenate(Layer):
    """Its inputs side by side on the last axis."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
