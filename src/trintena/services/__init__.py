"""What people do with Trintena beside training: forecasts, model versions, datasets.

Nothing here loads a numerical framework; networks are computed by the inference process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trintena.services.backtests import Backtests
from trintena.services.memory import Memory
from trintena.services.models import Models
from trintena.services.prices import DEFAULT_SYMBOL, Delivery, Prices

if TYPE_CHECKING:
    from trintena.jobs.inference import InferenceProcess
    from trintena.registry import Registry
    from trintena.settings import Settings

__all__ = ["DEFAULT_SYMBOL", "Delivery", "Memory", "Services"]


@dataclass(frozen=True)
class Services(Backtests, Models, Prices):
    """The use cases, over the objects that `bootstrap` wires together; threads may share one."""

    settings: Settings
    registry: Registry
    inference: InferenceProcess
    memory: Memory = field(default_factory=Memory)
    """What `predict` keeps for the next who asks. Whoever asks once gains and loses nothing by it."""
