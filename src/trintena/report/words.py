"""Phrases of the page that are said in more than one place, and how dates and figures are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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


def day(date: str | np.datetime64 | datetime) -> str:
    """A date with its month spelled: 3/9 is two days, depending on who reads; with its time if it has one."""
    at = date if isinstance(date, datetime) else datetime.fromisoformat(str(date))
    name = month(at)
    text = phrase(en=f"{name} {at.day}, {at.year}", pt=f"{at.day} de {name} de {at.year}")
    return text if (at.hour, at.minute) == (0, 0) else f"{text}, {at:%H:%M}"


def month(date: datetime) -> str:
    """The short name of a date's month."""
    return phrase(en=_MONTHS_EN[date.month - 1], pt=_MONTHS_PT[date.month - 1])


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


def consulted(n: int) -> str:
    """How often the test segment was looked at."""
    if n == 1:
        return phrase(en="Test consulted once.", pt="Teste consultado 1 vez.")
    return phrase(
        en=f"Test consulted {n} times for these dates: the more often, the likelier luck.",
        pt=f"Teste consultado {n} vezes nestas datas: quanto mais vezes, mais provável a sorte.",
    )


def p_value(p: float) -> str:
    """A p-value; what is below a thousandth is only said to be so, for the tests resolve no more."""
    if p < 0.001:
        return f"p < {number(0.001, '.3f')}"
    if p > 0.99:
        return f"p > {number(0.99, '.2f')}"
    return f"p = {number(p, '.3f' if p < 0.1 else '.2f')}"


def verdict(told: Mapping[str, Any] | None) -> str:
    """What the test segment says of the winner, and nothing beyond it."""
    told = told or {}
    sentences = {
        "beats_last_value": _beats_last_value,
        "not_distinguishable": _not_distinguishable,
        "ahead_on_test": _ahead_on_test,
    }
    if told.get("code") not in sentences:
        return phrase(
            en="No verdict: the test was not consulted.", pt="Sem veredito: o teste não foi consultado."
        )
    sentence = sentences[told["code"]](told)
    if has_too_few_origins(told):
        sentence += phrase(
            en=" So long a horizon cannot be judged on so few origins.",
            pt=" Um horizonte tão longo não pode ser julgado com tão poucas origens.",
        )
    if told.get("persistence_clone"):
        sentence += phrase(
            en=" In practice it repeats the last value.", pt=" Na prática, repete o último valor."
        )
    return sentence


def has_too_few_origins(told: Mapping[str, Any]) -> bool:
    """Whether the test segment is too short, beside the horizon, for a test over all architectures.

    That test needs ten horizons of origins; the one of the winner alone, which there is then, needs one.
    """
    return told.get("dm_p") is not None and told.get("spa_p") is None


def _beats_last_value(told: Mapping[str, Any]) -> str:
    skill, drift = (_lower(told[key]) for key in ("skill", "skill_against_drift"))
    proof = _p_values(told)
    return phrase(
        en=f"Beats repeating the last value on the test segment: its error is {skill} lower, and {drift} "
        f"lower than drift's. Luck alone would rarely get that far ({proof}).",
        pt=f"Supera repetir o último valor no teste: seu erro é {skill} menor, e {drift} menor que o da "
        f"tendência média. Só a sorte raramente chegaria tão longe ({proof}).",
    )


def _not_distinguishable(told: Mapping[str, Any]) -> str:
    skill, drift = (number(told.get(key), SIGNED) for key in ("skill", "skill_against_drift"))
    proof = f"; {p}" if (p := _p_values(told)) else ""
    return phrase(
        en=f"Not distinguishable from repeating the last value (test skill {skill}, against drift "
        f"{drift}{proof}).",
        pt=f"Não se distingue de repetir o último valor (ganho no teste {skill}, contra a tendência "
        f"{drift}{proof}).",
    )


def _ahead_on_test(told: Mapping[str, Any]) -> str:
    """Of answers from before there was a test of it."""
    skill, drift = (_lower(told[key]) for key in ("skill", "skill_against_drift"))
    return phrase(
        en=f"On the test segment its error is {skill} lower than the last value's and {drift} lower "
        "than drift's; whether that is more than luck has not been tested.",
        pt=f"No teste, seu erro é {skill} menor que o do último valor e {drift} menor que o da "
        "tendência média; se isso é mais que sorte, ainda não foi testado.",
    )


def _lower(share: float) -> str:
    """By how much an error is lower; a hair is not 0."""
    if share < 0.0001:
        return phrase(en="less than 0.01%", pt="menos de 0,01%")
    return number(share, ".2%")


def _p_values(told: Mapping[str, Any]) -> str:
    """Of the winner alone, and of all architectures taken together; those that there are."""
    own, all_of_them = told.get("dm_p"), told.get("spa_p")
    found = [] if own is None else [p_value(own)]
    if all_of_them is not None:
        together = p_value(all_of_them)
        found.append(
            phrase(
                en=f"over all architectures together {together}",
                pt=f"no conjunto de todas as arquiteturas, {together}",
            )
        )
    return "; ".join(found)
