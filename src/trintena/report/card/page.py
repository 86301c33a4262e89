"""A model card as one page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trintena.data.words import prices
from trintena.language import phrase, speaking
from trintena.report import judgment, words
from trintena.report.alarm import alarm
from trintena.report.card import facts
from trintena.report.card.figures import better, coverage, judged, legend, not_fitted
from trintena.report.card.loading import loading_code
from trintena.report.evidence import evidence
from trintena.report.markdown import bullets, escaped

if TYPE_CHECKING:
    from trintena.report.card.material import Card


def write_card(card: Card) -> str:
    """The whole card: in English, then in Portuguese; the program, which is the same, only once."""
    about = card.manifest
    parts = [f"# {escaped(about['model_name'])}: {escaped(about['symbol'])}"]
    with speaking("en"):
        parts += [_opening(card), "[Em português](#em-português)", *_sections(card, "##")]
        parts.append(f"```python\n{loading_code(card.stem, card.scaler)}```")
    with speaking("pt"):
        parts += ["## Em português", _opening(card), *_sections(card, "###")]
    return "\n\n".join(parts) + "\n"


def _opening(card: Card) -> str:
    """What a hurried reader must know."""
    metrics, baselines = card.manifest["metrics"], card.answer["baselines"]
    sentences = (
        judgment.sentence(metrics["verdict"]),
        better(metrics["test"], baselines),
        alarm(metrics["verdict"]),
        words.notice(card.spec.measures),
    )
    return f"> {' '.join(filter(None, sentences))}"


def _sections(card: Card, level: str) -> Iterator[str]:
    """The program that the last section is about comes after it."""
    versions = ", ".join(f"{name} {version}" for name, version in card.manifest["versions"].items())
    sections = {
        phrase(en="What it is", pt="O que é"): [bullets(facts.what(card))],
        phrase(en="Data", pt="Dados"): facts.data(card),
        phrase(en="Protocol", pt="Protocolo"): [bullets(facts.protocol(card))],
        phrase(en="Numbers", pt="Números"): _numbers(card),
        phrase(en="What the verdict rests on", pt="Em que se apoia o veredito"): [
            bullets(evidence(card.answer))
        ],
        phrase(en="Intervals", pt="Intervalos"): _intervals(card),
        phrase(en="Limits", pt="Limites"): [bullets(facts.limits(card))],
        phrase(en="Versions", pt="Versões"): [f"{versions}."],
        phrase(en="How to load it", pt="Como carregar"): [_how_to_load(card)],
    }
    for title, paragraphs in sections.items():
        yield f"{level} {title}"
        yield from paragraphs


def _numbers(card: Card) -> list[str]:
    metrics, baselines = card.manifest["metrics"], card.answer["baselines"]
    told = []
    if card.twin is not None:
        told.append(
            phrase(
                en=f"These are the numbers of version {card.twin}, its frozen twin: the same setting, "
                "trained on the training segment alone. Nothing is left to judge this version by, which has "
                "seen every row.",
                pt=f"Estes são os números da versão {card.twin}, sua gêmea congelada: a mesma configuração, "
                "treinada só com o segmento de treino. Não resta nada com que julgar esta versão, que viu "
                "todas as linhas.",
            )
        )
    for segment in ("validation", "test"):
        told += judged(card.manifest["model_name"], metrics[segment], baselines, segment, card.spec.horizon)
    return [*told, *not_fitted(baselines), legend(is_long=card.spec.horizon > 1)]


def _intervals(card: Card) -> list[str]:
    return [
        phrase(
            en="Conformal, adapted from row to row; the width is in units of the target.",
            pt="Conformes, adaptados de linha a linha; a largura está em unidades do alvo.",
        ),
        coverage(card.manifest["metrics"]["intervals"]),
    ]


def _how_to_load(card: Card) -> str:
    named = ""
    if card.spec.measures == "value":
        column = prices(card.spec.measures)
        named = phrase(
            en=f" The column of {column} is called `close` there.",
            pt=f" A coluna de {column} se chama `close` nele.",
        )
    return phrase(
        en="By Keras 3, on any backend, and NumPy; Trintena is not needed. In place of `series.csv`, name a "
        f"file of your own.{named}",
        pt="Com Keras 3, em qualquer backend, e NumPy; não é preciso ter a Trintena. O programa está acima, "
        f"em [How to load it](#how-to-load-it); no lugar de `series.csv`, indique um arquivo seu.{named}",
    )
