"""What the pages call modes, beside the report's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trintena.domain import ENDED
from trintena.language import number, phrase
from trintena.search import total_trials

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec
    from trintena.registry import ExperimentRecord


def mode(code: str) -> str:
    """A training mode's name."""
    names = {"fast": phrase(en="Fast", pt="Rápido"), "optimized": phrase(en="Optimized", pt="Otimizado")}
    return names.get(code, code)


def kind(spec: ExperimentSpec) -> str:
    """What an experiment does: a training's mode, or that it is a backtest."""
    return mode(spec.mode) if spec.backtest is None else phrase(en="Backtest", pt="Teste retroativo")


def steps(n: int) -> str:
    """How far a forecast reaches."""
    if n == 1:
        return phrase(en="1 step ahead", pt="1 passo à frente")
    return phrase(en=f"{number(n)} steps ahead", pt=f"{number(n)} passos à frente")


def n_trainings(spec: ExperimentSpec) -> int:
    """How many trainings an experiment's search, or its one round, has at most; a backtest, refits."""
    if spec.backtest is not None:
        return max(spec.backtest.n_refits, 1)
    return len(spec.model_ids) * (1 if spec.search is None else total_trials(spec.search))


def done(record: ExperimentRecord) -> str:
    """How many of its trainings have ended: 30/30."""
    ended = sum(record.trial_counts[state] for state in ENDED)
    search = record.spec.search
    total = n_trainings(record.spec)
    if record.state == "succeeded" and search is not None and search.budget_s is not None:
        return number(ended)  # time was the limit, not a number
    return f"{number(ended)}/{number(total)}"
