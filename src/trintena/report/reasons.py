"""Why trials failed, as people read it, and what can be done about it.

A reason is stored as it was said, in English, for it is data. What Trintena says itself is known here and is
told in the reader's language; what comes from elsewhere, such as the text of an exception, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from trintena.data.words import listed
from trintena.language import number, phrase
from trintena.zoo import BOUNDED_ACTIVATIONS

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec

_NOT_FINITE = re.compile(r"diverged: .* not finite")

IN_PORTUGUESE: dict[str, str] = {
    r"diverged: the training loss is not finite in epoch (\d+)": (
        r"divergiu: a perda de treino não é finita na época \1"
    ),
    r"diverged: the forecasts are not finite in epoch (\d+)": (
        r"divergiu: as previsões não são finitas na época \1"
    ),
    r"diverged: the training loss rose (\d+) epochs running, to (\S+)": (
        r"divergiu: a perda de treino subiu \1 épocas seguidas, até \2"
    ),
    r"diverged: its weights are not finite": "divergiu: seus pesos não são finitos",
    r"diverged: the forecasts are not finite": "divergiu: as previsões não são finitas",
    r"the worker process ended by itself \(exit code (\d+)\)(.*)": (
        r"o processo que treinava terminou sozinho (código de saída \1)\2"
    ),
    r"the worker process was killed \(signal (\d+)\), perhaps for lack of memory(.*)": (
        r"o processo que treinava foi morto (sinal \1), talvez por falta de memória\2"
    ),
    r"the worker process was ended by signal (\d+) (\(.*\))(.*)": (
        r"o processo que treinava foi encerrado pelo sinal \1 \2\3"
    ),
}
"""The reasons of `training` and `jobs`, whole, as patterns."""


def told(reason: str) -> str:
    """A stored reason in the reader's language, in one line, without control characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
    return phrase(en=line, pt=_in_portuguese(line))


def ran_away(spec: ExperimentSpec, found: Iterable[str | None]) -> str:
    """That an activation without a bound may be why networks of an experiment diverged; else nothing.

    A state that grows a little with every row of a long window is past all numbers at its end, whatever the
    learning rate is.

    Args:
        spec: of the experiment.
        found: the stored reasons of its failures.
    """
    search = spec.search
    used = (spec.hyperparameters.activation,) if search is None else search.space.activation
    unbounded = [name for name in used if name not in BOUNDED_ACTIVATIONS]
    if not unbounded or not any(_NOT_FINITE.match(reason or "") for reason in found):
        return ""
    names, rows = listed(unbounded), number(spec.lookback)
    return phrase(
        en=f"A recurrence with {names} can run away over a window of {rows} rows.",
        pt=f"Uma recorrência com {names} pode disparar ao longo de uma janela de {rows} linhas.",
    )


def remedy(spec: ExperimentSpec, found: Iterable[str | None]) -> str:
    """The same, with what to do about it on the command line."""
    if not (cause := ran_away(spec, found)):
        return ""
    return phrase(
        en=f"{cause} A bounded activation holds: --mode optimized --activation tanh; so does a shorter "
        "--lookback.",
        pt=f"{cause} Uma ativação limitada aguenta: --mode optimized --activation tanh; um --lookback menor, "
        "também.",
    )


def _in_portuguese(line: str) -> str:
    for pattern, translation in IN_PORTUGUESE.items():
        if (found := re.fullmatch(pattern, line)) is not None:
            return found.expand(translation)
    return line
