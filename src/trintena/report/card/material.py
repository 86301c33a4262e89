"""What a model card is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec


@dataclass(frozen=True, eq=False)
class Card:
    """A saved model, as its files and the experiment that made it know it."""

    stem: str
    """The name of the model's files without the ending."""
    spec: ExperimentSpec
    manifest: Mapping[str, Any]
    """What the `.json` file holds."""
    scaler: Mapping[str, Any]
    """What the `.scaler` file holds."""
    answer: Mapping[str, Any]
    """Of the experiment: the board, the verdict, how often the test was consulted."""

    @property
    def twin(self) -> int | None:
        """The version whose figures it has, where it was trained on all rows to serve."""
        twin: int | None = self.manifest["parameters"].get("frozen_twin")
        return twin
