"""What this page calls states, categories and strategies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from trintena.jobs.executors import EXECUTORS, is_usable
from trintena.language import phrase
from trintena.report import reasons, words
from trintena.zoo.catalog import CATEGORIES

if TYPE_CHECKING:
    from trintena.domain import ExperimentSpec

MEDALS = {1: "🥇", 2: "🥈", 3: "🥉"}


def state(code: str) -> tuple[str, str]:
    """A mark and a word for the state of an experiment; one that runs is said to train."""
    if code == "running":
        return "●", phrase(en="training", pt="treinando")
    return words.state(code)


def category(key: str) -> str:
    """A category's title."""
    in_portuguese = {
        "lstm": "LSTM: base e variantes",
        "gru": "GRU: base e variantes",
        "bidirectional": "Bidirecionais",
        "stacked": "Redes profundas empilhadas",
        "residual": "Residuais, com conexões de atalho",
        "attention": "Atenção e híbridas",
    }
    return phrase(en=CATEGORIES[key], pt=in_portuguese[key])


def executor(name: str) -> str:
    """Where an experiment trains."""
    return {
        "local": phrase(en="on this server", pt="neste servidor"),
        "ray": phrase(en="on the Ray cluster", pt="no cluster Ray"),
    }[name]


def executors() -> list[tuple[str, str]]:
    """Code and name of each place to train that can be used here."""
    return [(name, executor(name)) for name in EXECUTORS if is_usable(name)]


def strategies() -> list[tuple[str, str, str]]:
    """Code, name and meaning of each search strategy, the recommended one first."""
    return [
        (
            "random",
            phrase(en="Random Search (recommended)", pt="Random Search (recomendado)"),
            phrase(
                en="Settings at random: quick, and hard to beat with few trials.",
                pt="Configurações ao acaso: rápido e difícil de superar com poucas tentativas.",
            ),
        ),
        (
            "bayesian",
            "Bayesian",
            phrase(
                en="Learns from earlier trials where good settings lie; takes about a fifth longer.",
                pt="Aprende com as tentativas anteriores onde estão as boas configurações; "
                "demora cerca de um quinto a mais.",
            ),
        ),
        (
            "grid",
            "Grid Search",
            phrase(
                en="Every combination of the search space: complete, and by far the slowest.",
                pt="Todas as combinações do espaço de busca: completo e, de longe, o mais lento.",
            ),
        ),
    ]


def trial_state(code: str) -> str:
    """What an architecture is at, for the live ranking."""
    names = {
        "running": phrase(en="training", pt="treinando"),
        "waiting": phrase(en="waiting", pt="à espera"),
        "done": phrase(en="done", pt="pronta"),
        "failed": phrase(en="failed", pt="falhou"),
    }
    return names.get(code, code)


def listed(texts: Iterable[str]) -> str:
    """Texts one after the other, those that are empty left out."""
    return " · ".join(text for text in texts if text)


def architectures(n: int) -> str:
    """How many architectures."""
    if n == 1:
        return phrase(en="1 architecture", pt="1 arquitetura")
    return phrase(en=f"{n} architectures", pt=f"{n} arquiteturas")


def remedy(spec: ExperimentSpec, found: Iterable[str | None]) -> str:
    """What to do, in this page's form, about networks that may have diverged for want of a bound."""
    if not (cause := reasons.ran_away(spec, found)):
        return ""
    return phrase(
        en=f"{cause} A bounded activation holds: choose the mode Optimized and, under Advanced options, tanh "
        "as the activation; so does a shorter lookback.",
        pt=f"{cause} Uma ativação limitada aguenta: escolha o modo Otimizado e, em Opções avançadas, tanh "
        "como ativação; um lookback menor também.",
    )


def of_charts() -> dict[str, str]:
    """The words in the charts."""
    return {
        "model": phrase(en="model", pt="modelo"),
        "last_value": words.last_value(),
        "actual": phrase(en="actual", pt="real"),
        "epoch": phrase(en="epoch", pt="época"),
        "validation_rmse": phrase(en="validation RMSE", pt="RMSE de validação"),
        "saved": phrase(en="squared error saved", pt="erro quadrático poupado"),
        "highlight": phrase(en="Highlighted architecture", pt="Arquitetura em destaque"),
        "download": phrase(en="Save as an image", pt="Salvar como imagem"),
        "no_data": phrase(
            en="The data of this chart did not come. Load the page again.",
            pt="Os dados deste gráfico não vieram. Recarregue a página.",
        ),
    }
