"""The type checker that runs while tests run: it holds array annotations, and only those, to be true.

`pyproject.toml` hands it to jaxtyping's pytest plugin, which applies it to every function and dataclass
of the package. Everything but the shapes and kinds of arrays is mypy's business.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_args

from beartype import beartype
from jaxtyping import AbstractArray

F = TypeVar("F", bound=Callable[..., Any])


def check(function: F) -> F:
    """`function`, refusing arrays that do not have the shape and kind of their annotation."""
    arrays = {name: hint for name, hint in function.__annotations__.items() if mentions_array(hint)}
    if not arrays:
        return function
    function.__annotations__ = arrays
    return beartype(function)


def mentions_array(hint: object) -> bool:
    """Whether a jaxtyping array is the hint or part of it."""
    if inspect.isclass(hint) and issubclass(hint, AbstractArray):
        return True
    return any(mentions_array(part) for part in get_args(hint))
