"""Trintena: thirty recurrent networks compete to forecast a price series, and are judged honestly.

from trintena import load_champion, train_all_models_fast_mode

answer = train_all_models_fast_mode(symbol="sample:nasdaq")
champion = load_champion("sample:nasdaq")
champion.forecast()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trintena.modes import (
        load_champion,
        train_all_models_fast_mode,
        train_all_models_with_optimization,
    )

__all__ = ["load_champion", "train_all_models_fast_mode", "train_all_models_with_optimization"]


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: worker processes import this package and want none of it.
    if name in __all__:
        return getattr(import_module("trintena.modes"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
