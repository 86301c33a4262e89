"""The thirty architectures: readable builders, and the graphs that they make.

Reading this package loads no numerical framework.
"""

from trintena.zoo.architecture import Architecture, Graph, WindowShape
from trintena.zoo.catalog import ARCHITECTURES, CATEGORIES, architecture, choose
from trintena.zoo.layers import ACTIVATIONS, BOUNDED_ACTIVATIONS

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "BOUNDED_ACTIVATIONS",
    "CATEGORIES",
    "Architecture",
    "Graph",
    "WindowShape",
    "architecture",
    "choose",
]
