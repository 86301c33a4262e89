"""Phrases of the page that are said in more than one place, and how dates and figures are written."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np

from trintena.domain import Measures, Target
from trintena.language import number, phrase

NOTHING = "—"
SIGNED = "+z.2%"
"""A share with its sign, and zero without a minus."""

_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_PT = ("jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez.")


def notice(measures: Measures) -> str:
    """What stands beside every forecast of a price; nothing beside others, which nobody invests by."""
    if measures == "value":
        return ""
    return phrase(en="Not investment advice.", pt="Não é recomendação de investimento.")


def target(code: Target, measures: Measures) -> str:
    """What a network forecasts: of a price its log return, of a temperature its change."""
    names = {
        ("log_return", "price"): phrase(en="log return", pt="retorno logarítmico"),
        ("log_return", "value"): phrase(en="log change", pt="variação logarítmica"),
        ("difference", "price"): phrase(en="difference", pt="diferença"),
        ("difference", "value"): phrase(en="change", pt="variação"),
    }
    return names[code, measures]


def day(at: str | np.datetime64 | date) -> str:
    """A date with its month spelled: 3/9 is two days, depending on who reads; with its time if it has one."""
    at = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    name = month(at)
    text = phrase(en=f"{name} {at.day}, {at.year}", pt=f"{at.day} de {name} de {at.year}")
    return text if (at.hour, at.minute) == (0, 0) else f"{text}, {at:%H:%M}"


def month(date: datetime) -> str:
    """The short name of a date's month."""
    return phrase(en=_MONTHS_EN[date.month - 1], pt=_MONTHS_PT[date.month - 1])


def decimals(values: Iterable[float]) -> int:
    """With how many decimals all these prices are written: two, or more where even the largest is small."""
    largest = max(abs(value) for value in values)
    return 2 if largest >= 1 or not largest else 3 - math.floor(math.log10(largest))


def decimals_of(
    last_value: float, steps: Iterable[Mapping[str, Any]], levels: Collection[str] | None = None
) -> int:
    """The same of a forecast: its last value, its steps, and their intervals of some levels or of all."""
    values = [last_value]
    for step in steps:
        intervals = step.get("intervals", {})
        shown = intervals if levels is None else [level for level in levels if level in intervals]
        values += [step["price"], *(bound for level in shown for bound in intervals[level])]
    return decimals(values)


def rmse(value: float | None) -> str:
    """An error of the target to six significant digits."""
    return NOTHING if value is None else number(value, "#.6g").rstrip(".,")


def plain(value: float | str) -> str:
    """A hyper-parameter as people write it."""
    return value if isinstance(value, str) else number(value, ",.6g")


def span(seconds: float | None) -> str:
    """A span of time in the largest units that say something."""
    if seconds is None:
        return NOTHING
    if seconds < 90:
        return f"{number(seconds, '.0f' if seconds >= 10 else '.1f')} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def parameter(name: str) -> str:
    """A hyper-parameter's name for readers."""
    names = {
        "learning_rate": phrase(en="learning rate", pt="taxa de aprendizado"),
        "batch_size": phrase(en="batch size", pt="tamanho do lote"),
        "dropout_rate": phrase(en="dropout", pt="dropout"),
        "epochs": phrase(en="epochs", pt="épocas"),
        "activation": phrase(en="activation", pt="ativação"),
    }
    return names.get(name, name)


def settings(settings: Mapping[str, Any]) -> str:
    """Hyper-parameters with their values, in one line."""
    return "; ".join(f"{parameter(name)} {plain(value)}" for name, value in settings.items())


def state(code: str) -> tuple[str, str]:
    """A mark and a word for the state of an experiment."""
    words = {
        "queued": ("○", phrase(en="queued", pt="na fila")),
        "running": ("●", phrase(en="running", pt="em execução")),
        "interrupted": ("⊘", phrase(en="interrupted", pt="interrompido")),
        "succeeded": ("✓", phrase(en="succeeded", pt="concluído")),
        "failed": ("✕", phrase(en="failed", pt="falhou")),
        "cancelled": ("⊘", phrase(en="cancelled", pt="cancelado")),
    }
    return words.get(code, ("·", code))


def strategy(code: str) -> str:
    """A search strategy's name for readers."""
    names = {
        "grid": phrase(en="grid search", pt="busca em grade"),
        "random": phrase(en="random search", pt="busca aleatória"),
        "bayesian": phrase(en="Bayesian search", pt="busca bayesiana"),
    }
    return names.get(code, code)


def baseline(key: str, name: str) -> str:
    """A baseline's name for readers."""
    names = {
        "last_value": phrase(en="Last value", pt="Último valor"),
        "drift": phrase(en="Drift", pt="Tendência média"),
        "ridge": phrase(en="Ridge on the window", pt="Ridge sobre a janela"),
    }
    return names.get(key, name)


def segment(name: str) -> str:
    """A segment's name for readers."""
    names = {
        "train": phrase(en="training", pt="treino"),
        "validation": phrase(en="validation", pt="validação"),
        "calibration": phrase(en="calibration", pt="calibração"),
        "test": phrase(en="test", pt="teste"),
    }
    return names.get(name, name)


def last_value() -> str:
    """The baseline that stands beside every number."""
    return baseline("last_value", "")


def direction(horizon: int) -> str:
    """The heading of how often a direction was right; of several steps, only the last one's is told."""
    if horizon == 1:
        return phrase(en="Direction", pt="Direção")
    return phrase(en="Direction, last step", pt="Direção, último passo")


def at_last_step(horizon: int) -> str:
    """What follows a figure of the direction in a sentence; nothing where there is but one step."""
    return phrase(en=" at the last step", pt=" no último passo") if horizon > 1 else ""


def consulted(n: int) -> str:
    """How often the test segment was looked at."""
    if n == 1:
        return phrase(en="Test consulted once.", pt="Teste consultado 1 vez.")
    return phrase(
        en=f"Test consulted {n} times for these dates: the more often, the likelier luck.",
        pt=f"Teste consultado {n} vezes nestas datas: quanto mais vezes, mais provável a sorte.",
    )


def title_kept(champion: Mapping[str, Any]) -> str:
    """Who is champion still, where a new model is not; nothing where it is, or nobody was before."""
    title = champion.get("title") or {}
    if champion["is_winner"] or title.get("incumbent") is None:
        return ""
    name, version = title.get("incumbent_model_name"), title["incumbent"]
    told = phrase(
        en=f"The champion stays {name} (version {version}); this model is registered beside it.",
        pt=f"O campeão continua sendo {name} (versão {version}); este modelo foi registrado ao lado.",
    )
    if title.get("incumbent_saw_validation"):
        told += phrase(
            en=" It was trained on days of this validation segment, which favours it: compare the two, and "
            "promote the new model if you trust it more.",
            pt=" Ele foi treinado com dias deste segmento de validação, o que o favorece: compare os dois e "
            "promova o modelo novo se confiar mais nele.",
        )
    return told


def p_value(p: float) -> str:
    """A p-value; what is below a thousandth is only said to be so, for the tests resolve no more."""
    if p < 0.001:
        return f"p < {number(0.001, '.3f')}"
    if p > 0.99:
        return f"p > {number(0.99, '.2f')}"
    return f"p = {number(p, '.3f' if p < 0.1 else '.2f')}"


def p_in_a_cell(p: float | None) -> str:
    """The same under a heading that says p already."""
    return NOTHING if p is None else p_value(p).removeprefix("p ").removeprefix("= ")
