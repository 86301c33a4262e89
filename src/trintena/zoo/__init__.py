"""The thirty architectures: readable builders, and the graphs that they make.

Reading this package loads no numerical framework.
"""

from trintena.zoo.architecture import Architecture, Graph, WindowShape
from trintena.zoo.catalog import ARCHITECTURES, CATEGORIES, architecture, choose
from trintena.zoo.layers import ACTIVATIONS

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "CATEGORIES",
    "Architecture",
    "Graph",
    "WindowShape",
    "architecture",
    "choose",
]
