"""The page: its sections in order, with everything that it needs inside it.

It loads nothing: plotly.js, its own style and script are part of the file, and its content policy lets
a browser fetch nothing else, whatever a symbol or a reason would have it do.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from trintena.language import phrase
from trintena.report import words
from trintena.report.choices import importance, parallel_coordinates
from trintena.report.figure import Figure
from trintena.report.judged import changes, error_saved, price_path
from trintena.report.learning import learning_curves, training_losses
from trintena.report.markup import Markup, details, element, escaped, joined
from trintena.report.material import Report, name_of
from trintena.report.ranking import board
from trintena.report.searching import history_by_time, history_by_trial
from trintena.report.setup import what_was_run
from trintena.report.verdict import champion_card, verdict_banner

_MARK = '<meta name="generator" content="Trintena report">'
_BROAD = ("parallel",)
"""Figures that would be unreadable on a telephone: they scroll sideways instead."""


def render(report: Report) -> str:
    """The report as one HTML page, in the language of this process."""
    drawn: list[Figure] = []
    body = joined((_header(report), element("main", *_sections(report, drawn)), _footer(report)))
    script, plotly = (
        _resource("page.js"),
        (files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8"),
    )
    told = {
        "figures": {figure.key: {"data": figure.data, "layout": figure.layout} for figure in drawn},
        "locale": _locale(),
    }
    return Template(_resource("page.html")).substitute(
        lang=phrase(en="en", pt="pt-BR"),
        title=escaped(_title(report)),
        policy=_policy(plotly, script),
        style=_resource("page.css"),
        body=body,
        # What closes a script, or opens a comment in it, begins with "<".
        figures=json.dumps(told, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        plotly=plotly,
        script=script,
    )


def is_report(path: Path) -> bool:
    """Whether a file is a page that `render` made."""
    with path.open("rb") as stream:
        return _MARK.encode() in stream.read(1_000)


def _resource(name: str) -> str:
    return (files("trintena.report") / name).read_text("utf-8")


def _policy(*scripts: str) -> str:
    """Nothing but these scripts, and nothing from elsewhere.

    The drawing of parallel coordinates makes functions of text, which is what `unsafe-eval` allows.
    """
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _title(report: Report) -> str:
    return phrase(
        en=f"{report.spec.symbol}: experiment {report.experiment_id}",
        pt=f"{report.spec.symbol}: experimento {report.experiment_id}",
    )


def _header(report: Report) -> Markup:
    mark, state = words.state(report.state)
    badges = [element("span", f"{mark} {state}", class_="badge")]
    if report.answer.get("partial") or report.answer.get("status") == "cancelled":
        badges.append(element("span", phrase(en="Partial", pt="Parcial"), class_="badge partial"))
    themes = (
        ("auto", "Auto"),
        ("light", phrase(en="Light", pt="Claro")),
        ("dark", phrase(en="Dark", pt="Escuro")),
    )
    options = [element("option", name, value=value) for value, name in themes]
    theme = element("label", phrase(en="Theme", pt="Tema"), element("select", *options, id="theme"))
    return element("header", element("h1", _title(report)), *badges, theme)


def _footer(report: Report) -> Markup:
    made = f"Trintena {version('trintena')}, Plotly {version('plotly')}"
    return element("footer", element("p", f"{made}. {words.notice(report.spec.measures)}".rstrip()))


def _sections(report: Report, drawn: list[Figure]) -> Sequence[Markup]:
    """The page from top to bottom; figures that are shown are put into `drawn`."""

    def show(figure: Figure | str) -> Markup:
        if isinstance(figure, str):
            return element("p", figure, class_="note")
        drawn.append(figure)
        return _figure(figure)

    def section(title: str, *inside: str) -> Markup:
        return element("section", element("h2", title), *inside, class_="card")

    curves, losses = learning_curves(report), training_losses(report)
    learning = [show(curves)]
    if isinstance(losses, Figure):
        learning.append(details(phrase(en="Training loss", pt="Perda de treino"), show(losses)))
    if isinstance(curves, Figure):
        learning.insert(0, _choice(report))
    by_trial, by_time = history_by_trial(report), history_by_time(report)
    search: list[Markup] = [show(by_trial)]
    if isinstance(by_trial, Figure):
        search = [
            _choice(report),
            element("div", *search, show(by_time), class_="pair"),
            element("h3", phrase(en="What mattered", pt="O que importou")),
            show(importance(report)),
            element("h3", phrase(en="Every trial", pt="Todas as tentativas")),
            show(parallel_coordinates(report)),
        ]
    judged = [show(error_saved(report))]
    if report.test is not None:
        judged += [show(changes(report)), show(price_path(report))]
    return (
        verdict_banner(report),
        champion_card(report),
        section(phrase(en="Board", pt="Quadro"), board(report)),
        section(phrase(en="On the test segment", pt="No segmento de teste"), *judged),
        section(phrase(en="Learning curves", pt="Curvas de aprendizado"), *learning),
        section(phrase(en="Search", pt="Busca"), *search),
        what_was_run(report),
    )


def _figure(figure: Figure) -> Markup:
    place = element(
        "div",
        element("noscript", phrase(en="Figures need JavaScript.", pt="As figuras precisam de JavaScript.")),
        class_="plot broad" if figure.key in _BROAD else "plot",
        data_figure=figure.key,
        role="img",
        aria_label=figure.finding,
    )
    if figure.key in _BROAD:
        place = element("div", place, class_="scroll", role="region", tabindex="0", aria_label=figure.finding)
    parts = [element("figcaption", figure.finding), place]
    if figure.note:
        parts.append(element("p", figure.note, class_="note"))
    if figure.table is not None:
        parts.append(details(phrase(en="Data", pt="Dados"), figure.table))
    return element("figure", *parts)


def _choice(report: Report) -> Markup:
    """Whose line stands out; those of a section follow each other."""
    winner = (report.winner or {}).get("model_id")
    options = [
        element(
            "option", name_of(trial.model_id), value=str(trial.model_id), selected=trial.model_id == winner
        )
        for trial in report.best_trials()
    ]
    title = phrase(en="Architecture that stands out", pt="Arquitetura em destaque")
    return element("label", title, element("select", *options, class_="model"), class_="choice")


def _locale() -> dict[str, Any]:
    """How plotly.js writes numbers and dates."""
    dates = [datetime(2024, month, 1) for month in range(1, 13)]
    months = [words.month(date) for date in dates]
    return {
        "name": phrase(en="trintena-en", pt="trintena-pt"),
        "dictionary": {},
        "format": {
            "months": months,
            "shortMonths": months,
            "decimal": phrase(en=".", pt=","),
            "thousands": phrase(en=",", pt="."),
            "year": "%Y",
            "month": phrase(en="%b %Y", pt="%b de %Y"),
            "dayMonth": phrase(en="%b %-d", pt="%-d de %b"),
            "dayMonthYear": phrase(en="%b %-d, %Y", pt="%-d de %b de %Y"),
            "date": phrase(en="%b %-d, %Y", pt="%-d de %b de %Y"),
        },
    }
