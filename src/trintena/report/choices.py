"""What the search chose from: which hyper-parameters mattered, and every trial as one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import FAINT, MODEL, TEXT, Figure, finite, label, layout
from trintena.report.markup import table
from trintena.report.material import complete, name_of, rmse_of
from trintena.report.searching import no_search

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.report.material import Report

MOST_LINES = 2_000
"""Trials that are drawn: the best ones."""
MOST_ROWS = 200
LOGARITHMIC_FROM = 8.0
"""An axis whose highest value is this many times its lowest is logarithmic."""
_MOST_TICKS = 8


def importance(report: Report) -> Figure | str:
    """The share of each hyper-parameter in becoming one of the best trials."""
    if why := no_search(report):
        return why
    shares = sorted(report.importance.items(), key=lambda item: item[1])
    if not shares:
        n = number(sum(trial.state != "FAIL" for trial in report.search_trials))
        return phrase(
            en=f"Too few trials ended ({n}) to say which hyper-parameter matters.",
            pt=f"Poucas tentativas terminaram ({n}) para dizer qual hiperparâmetro importa.",
        )
    first, share = shares[-1]
    if share == 0:
        n = number(sum(trial.state != "FAIL" for trial in report.search_trials))
        return phrase(
            en=f"No hyper-parameter set the best of {n} trials apart by more than chance would.",
            pt=f"Nenhum hiperparâmetro distinguiu as melhores de {n} tentativas mais do que o acaso faria.",
        )
    return Figure(
        key="importance",
        finding=phrase(
            en=f"What set the best trials apart most: {words.parameter(first)} ({number(share, '.0%')}).",
            pt=f"O que mais distinguiu as melhores tentativas: {words.parameter(first)} "
            f"({number(share, '.0%')}).",
        ),
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": finite(value for _, value in shares),
                "y": [label(words.parameter(name)) for name, _ in shares],
                "text": [number(value, ".0%") for _, value in shares],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": MODEL},
                "hoverinfo": "skip",
            }
        ],
        layout=layout(
            {"title": phrase(en="share", pt="parcela"), "tickformat": ".0%", "range": [0, 1.25 * share]},
            {"type": "category"},
            height=80 + 44 * len(shares),
        ),
        note=phrase(
            en="PED-ANOVA over the trials of all architectures, each ranked among those of its own, pruned "
            "ones behind: how unlike the others the best quarter is, beyond what it is when the ranks are "
            "shuffled. 0%: not distinguishable from chance.",
            pt="PED-ANOVA sobre as tentativas de todas as arquiteturas, cada uma na ordem da própria "
            "arquitetura, as podadas por último: quanto o melhor quarto difere das outras, além do que "
            "difere com a ordem embaralhada. 0%: não se distingue do acaso.",
        ),
    )


def parallel_coordinates(report: Report) -> Figure | str:
    """Every finished trial as a line through its hyper-parameters to its validation RMSE."""
    if why := no_search(report):
        return why
    ranked = sorted(complete(report.search_trials), key=rmse_of)
    # Lines are drawn in this order: the best come last, on top.
    drawn = ranked[:MOST_LINES][::-1]
    settings = [asdict(trial.hyperparameters) for trial in drawn]
    values = {name: [setting[name] for setting in settings] for name in settings[0]}
    varied = {name: column for name, column in values.items() if len(set(column)) > 1}
    errors = [rmse_of(trial) for trial in drawn]
    ceiling = float(np.quantile(errors, 0.9))
    dimensions = [_dimension(words.parameter(name), column) for name, column in varied.items()]
    dimensions.append(_dimension(phrase(en="validation RMSE", pt="RMSE de validação"), errors, ticks=False))
    n_other = len(report.search_trials) - len(ranked)
    best = asdict(ranked[0].hyperparameters)
    found = ", ".join(f"{words.parameter(name)} {words.plain(best[name])}" for name in best)
    return Figure(
        key="parallel",
        finding=phrase(
            en=f"The best of {number(len(ranked))} finished trials, of {name_of(ranked[0].model_id)}: "
            f"{found}.",
            pt=f"A melhor de {number(len(ranked))} tentativas concluídas, de {name_of(ranked[0].model_id)}: "
            f"{found}.",
        ),
        data=[
            {
                "type": "parcoords",
                "dimensions": dimensions,
                "line": {
                    "color": finite(errors),
                    "colorscale": [[0, MODEL], [1, FAINT]],
                    "cmin": min(errors),
                    "cmax": ceiling if ceiling > min(errors) else min(errors) * 1.01 + 1e-12,
                },
                "labelfont": {"color": TEXT, "size": 13},
                "tickfont": {"color": TEXT, "size": 12},
                "rangefont": {"color": "rgba(0,0,0,0)", "size": 1},
            }
        ],
        layout={
            **layout({}, {}),
            "height": 420,
            "margin": {"l": 92, "r": 92, "t": 56, "b": 24},
        },
        note=" ".join(filter(None, (_how_to_read(), _left_out(len(ranked), n_other)))),
        table=_table(report, ranked[:MOST_ROWS]),
    )


def _dimension(title: str, values: Sequence[Any], *, ticks: bool = True) -> dict[str, Any]:
    """One axis: words as categories, wide ranges by their logarithm, few values with a tick each."""
    distinct = sorted(set(values))
    if isinstance(distinct[0], str):
        at = {value: float(i) for i, value in enumerate(distinct)}
        names = [label(value) for value in distinct]
        return _axis(title, [at[value] for value in values], list(at.values()), names)
    low, high = float(distinct[0]), float(distinct[-1])
    logarithmic = low > 0 and high / low >= LOGARITHMIC_FROM
    scale = math.log10 if logarithmic else float
    if not ticks or len(distinct) > _MOST_TICKS:
        spread = np.geomspace(low, high, 5) if logarithmic else np.linspace(low, high, 5)
        distinct = spread.tolist()
        names = [number(value, ",.4g" if ticks else "#.5g") for value in distinct]
    else:
        names = [words.plain(value) for value in distinct]
    return _axis(title, [scale(value) for value in values], [scale(value) for value in distinct], names)


def _axis(title: str, values: list[float], at: list[float], names: list[str]) -> dict[str, Any]:
    span = [min(at), max(at)] if max(at) > min(at) else [at[0] - 1.0, at[0] + 1.0]
    # Ticks keep all their digits: a trial lies exactly on the tick of its value.
    return {"label": title, "values": values, "tickvals": at, "ticktext": names, "range": span}


def _how_to_read() -> str:
    return phrase(
        en="The stronger the colour, the lower the error; the best lie on top. Drag along an axis to see "
        "only the trials that pass there; click it to see all again.",
        pt="Quanto mais forte a cor, menor o erro; as melhores ficam por cima. Arraste ao longo de um eixo "
        "para ver só as tentativas que passam ali; clique nele para ver todas de novo.",
    )


def _left_out(n_complete: int, n_other: int) -> str:
    sentences = []
    if n_complete > MOST_LINES:
        sentences.append(
            phrase(
                en=f"Only the best {number(MOST_LINES)} are drawn.",
                pt=f"Só as melhores {number(MOST_LINES)} são desenhadas.",
            )
        )
    if n_other:
        sentences.append(
            phrase(
                en=f"Left out: {number(n_other)} pruned or failed, whose errors are those of fewer epochs.",
                pt=f"Fora do gráfico: {number(n_other)} podadas ou com falha, cujos erros são de menos "
                "épocas.",
            )
        )
    return " ".join(sentences)


def _table(report: Report, trials: Sequence[TrialResult]) -> Any:
    names = list(asdict(trials[0].hyperparameters))
    headings = (
        phrase(en="Architecture", pt="Arquitetura"),
        phrase(en="Trial", pt="Tentativa"),
        phrase(en="Validation RMSE", pt="RMSE de validação"),
        *(words.parameter(name).capitalize() for name in names),
        phrase(en="Ended after", pt="Terminou após"),
    )
    rows = []
    for trial in trials:
        setting = asdict(trial.hyperparameters)
        rows.append(
            (
                name_of(trial.model_id),
                str(trial.number + 1),
                words.rmse(trial.validation_rmse),
                *(words.plain(setting[name]) for name in names),
                words.span(report.ended_s(trial)),
            )
        )
    n = number(len(trials))
    caption = phrase(en=f"The best {n} trials", pt=f"As {n} melhores tentativas")
    return table(caption, headings, rows, text=(0, 3 + names.index("activation")))
