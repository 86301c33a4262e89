"""The page: its sections in order, with everything that it needs inside it.

It loads nothing: plotly.js, its own style and script are part of the file, and its content policy lets
a browser fetch nothing else, whatever a symbol or a reason would have it do.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from trintena.language import phrase
from trintena.report import words
from trintena.report.breakdown import board_by_step, by_step, by_volatility
from trintena.report.changes import changes
from trintena.report.choices import importance, parallel_coordinates
from trintena.report.coverage import calibration, coverage_over_time, coverage_table
from trintena.report.figure import Figure
from trintena.report.judged import error_saved, price_path
from trintena.report.learning import learning_curves, training_losses
from trintena.report.markup import Markup, details, element, escaped, joined
from trintena.report.material import Report, name_of
from trintena.report.ranking import board
from trintena.report.residuals import autocorrelation, spread
from trintena.report.searching import history_by_time, history_by_trial
from trintena.report.selecting import ranks
from trintena.report.setup import what_was_run
from trintena.report.verdict import champion_card, verdict_banner, verdict_evidence

_MARK = '<meta name="generator" content="Trintena report">'
Show = Callable[[Figure | str], Markup]
Section = Callable[..., Markup]

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
    return (
        verdict_banner(report),
        champion_card(report),
        section(
            phrase(en="Verdict and its evidence", pt="O veredito e suas evidências"), verdict_evidence(report)
        ),
        section(phrase(en="Board", pt="Quadro"), board(report), *_by_step(report)),
        *_judged(report, show, section),
        section(phrase(en="Learning curves", pt="Curvas de aprendizado"), *learning),
        section(phrase(en="Search", pt="Busca"), *search),
        what_was_run(report),
    )


def _by_step(report: Report) -> list[Markup]:
    """The board again, step by step, on demand."""
    steps = board_by_step(report)
    return [] if steps is None else [details(phrase(en="By step", pt="Por passo"), steps)]


def _judged(report: Report, show: Show, section: Section) -> list[Markup]:
    """What the test segment has to say; where it was not consulted, only that."""
    path = [show(error_saved(report))]
    title = phrase(en="On the test segment", pt="No segmento de teste")
    if report.test is None:
        return [section(title, *path)]
    path += [show(changes(report)), show(price_path(report))]
    where = [show(by_step(report))] if report.spec.horizon > 1 else []
    return [
        section(title, *path),
        section(
            phrase(en="Where the error comes from", pt="De onde vem o erro"),
            *where,
            show(by_volatility(report)),
        ),
        section(phrase(en="Intervals", pt="Intervalos"), *_intervals(report, show)),
        section(
            phrase(en="What the forecast missed", pt="O que a previsão não viu"),
            element("div", show(autocorrelation(report)), show(spread(report)), class_="pair"),
        ),
        section(
            phrase(en="Does the selection say anything?", pt="A seleção diz alguma coisa?"),
            show(ranks(report)),
        ),
    ]


def _intervals(report: Report, show: Show) -> list[Markup]:
    told = coverage_table(report)
    if not isinstance(told, Markup):
        return [element("p", told, class_="note")]
    return [told, element("div", show(calibration(report)), show(coverage_over_time(report)), class_="pair")]


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
