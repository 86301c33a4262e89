"""What an experiment answers that was stopped before its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trintena.experiments import backtest
from trintena.experiments.answer import partial_answer
from trintena.experiments.case import Case

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord, Registry


def stopped_answer(registry: Registry, record: ExperimentRecord) -> dict[str, Any]:
    """The board of what is finished; of a backtest what it was to be."""
    if record.spec.backtest is not None:
        return backtest.stopped_answer(record)
    case = Case.load(registry, record)
    return partial_answer(case, registry.trials(record.id), registry.baselines(record.id))
