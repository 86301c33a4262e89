"""What the pages call modes and verdicts, beside the report's words: shorter, for tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trintena.domain import ENDED
from trintena.language import number, phrase
from trintena.search import total_trials

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec, ModelVersion
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


def in_short(told: Mapping[str, Any] | None) -> str:
    """A verdict in two or three words; the whole sentence is `report.words.verdict`."""
    if told and told.get("persistence_clone"):
        return phrase(en="Repeats the last value", pt="Repete o último valor")
    words = {
        "beats_last_value": phrase(en="Beats the last value", pt="Supera o último valor"),
        "ahead_on_test": phrase(en="Ahead on test", pt="À frente no teste"),
        "not_distinguishable": phrase(en="Not distinguishable", pt="Não se distingue"),
    }
    return words.get((told or {}).get("code", ""), phrase(en="Not judged", pt="Sem veredito"))


def is_ahead(told: Mapping[str, Any] | None) -> bool:
    """Whether a verdict is the one good one."""
    return (told or {}).get("code") == "beats_last_value"


def verdict_of(model: ModelVersion) -> dict[str, Any]:
    """What the test segment said of a saved model, as it was registered."""
    told: dict[str, Any] | None = model.metrics.get("verdict")
    if told is not None:
        return told
    # Registered before anything was tested for luck: told as it was told then.
    test = model.metrics.get("test") or {}
    names = ("skill", "skill_against_drift", "persistence_clone")
    figures = {name: test.get(name) for name in names}
    if test.get("rmse") is None:
        return {**figures, "code": "not_judged"}
    ahead = all((figures[name] or 0.0) > 0 for name in names[:2]) and not figures["persistence_clone"]
    return {**figures, "code": "ahead_on_test" if ahead else "not_distinguishable"}
