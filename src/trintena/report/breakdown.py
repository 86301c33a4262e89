"""Where the champion's error comes from: step by step of the horizon, and in calm and in wild times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena import metrics
from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import LAST_VALUE, MODEL, MUTED, TEXT, Figure, finite, label, layout, line
from trintena.report.judged import not_judged
from trintena.report.markup import Markup, table
from trintena.report.material import name_of

if TYPE_CHECKING:
    from trintena.report.material import Report

MOST_COLUMNS = 10
"""Steps that a table shows; of longer horizons some that lie evenly apart."""
_SIMPLE = ("last_value", "drift")


def by_step(report: Report) -> Figure | str:
    """The champion's skill at each step, beside drift's and that of the best fitted baseline."""
    steps = _steps(report.winner)
    if len(steps.get("skill") or ()) < 2:
        return phrase(
            en="The forecast has one step: there is nothing to tell apart.",
            pt="A previsão tem um só passo: não há o que separar.",
        )
    n = len(steps["skill"])
    at = list(range(1, n + 1))
    lines = [(name_of((report.winner or {})["model_id"]), steps, MODEL, "solid")]
    for key, colour, dash in (("drift", TEXT, "dot"), (best_fitted(report), MUTED, "dashdot")):
        if key is not None and (row := _baseline(report, key)) is not None:
            lines.append((words.baseline(key, row["name"]), _steps(row), colour, dash))
    better = sum(value is not None and value > 0 for value in steps["skill"])
    hover = "%{fullData.name}<br>%{x}: %{y:+.2%}<extra></extra>"
    return Figure(
        key="by-step",
        finding=phrase(
            en=f"The error was lower than the last value's at {number(better)} of {number(n)} steps.",
            pt=f"O erro foi menor que o do último valor em {number(better)} de {number(n)} passos.",
        ),
        data=[
            *(
                line(at, of["skill"], name, colour, dash=dash, hovertemplate=hover)
                for name, of, colour, dash in lines
            ),
            line(at, [0.0] * n, words.last_value(), LAST_VALUE, dash="dash", hoverinfo="skip"),
        ],
        layout=layout(
            {
                "title": phrase(en="step of the horizon", pt="passo do horizonte"),
                "tickformat": ",d",
                **({"dtick": 1} if n <= MOST_COLUMNS else {}),
            },
            {"title": phrase(en="test skill", pt="ganho no teste"), "tickformat": "+.2~%"},
        ),
        note=phrase(
            en="Skill over the last value at each step alone. Neighbouring steps share most of what they are "
            "judged by: a line above 0 everywhere is one finding, not many. Of the fitted baselines the "
            "best on validation is drawn.",
            pt="Ganho sobre o último valor em cada passo. Passos vizinhos são julgados quase pelos mesmos "
            "dados: uma linha toda acima de 0 é um achado, não muitos. Das referências ajustadas, está a "
            "melhor na validação.",
        ),
        table=_errors_by_step(report, lines),
    )


def board_by_step(report: Report) -> Markup | None:
    """The test skill of everybody at each step; None where there is one step, or none was judged."""
    rows = [
        (f"{row['model_id']} {row['model_name']}", _steps(row).get("skill"), "")
        for row in report.rows
        if row.get("rank") is not None
    ]
    rows += [
        (words.baseline(row["key"], row["name"]), _steps(row).get("skill"), "baseline")
        for row in report.answer.get("baselines") or ()
    ]
    judged = [(name, skill, kind) for name, skill, kind in rows if skill]
    if not judged or (n := len(judged[0][1] or ())) < 2:
        return None
    shown = _shown(n)
    cells = [[name, *(number((skill or ())[i], words.SIGNED) for i in shown)] for name, skill, _ in judged]
    return table(
        phrase(en="Test skill by step of the horizon", pt="Ganho no teste por passo do horizonte"),
        (phrase(en="Model", pt="Modelo"), *(number(i + 1) for i in shown)),
        cells,
        classes=[kind for _, _, kind in judged],
    )


def best_fitted(report: Report) -> str | None:
    """The key of the fitted baseline with the lowest validation RMSE: the test is not asked who is best."""
    found = [
        row
        for row in report.answer.get("baselines") or ()
        if row.get("key") not in _SIMPLE and row.get("validation_rmse") is not None and _steps(row)
    ]
    best = min(found, key=lambda row: row["validation_rmse"], default=None)
    return None if best is None else str(best["key"])


def by_volatility(report: Report) -> Figure | str:
    """The skill over origins in calm, usual and wild times: thirds by the volatility known at the origin."""
    if (test := report.test) is None or test.volatility is None:
        return not_judged()
    names = (
        phrase(en="calm", pt="calma"),
        phrase(en="usual", pt="normal"),
        phrase(en="wild", pt="agitada"),
    )
    thirds = np.array_split(np.argsort(test.volatility, kind="stable"), 3)
    skills, rows = [], []
    percent = test.target == "log_return"
    written = ".2%" if percent else ",.4g"
    for name, third in zip(names, thirds, strict=True):
        actual, forecast = test.actual[third], test.forecast[third]
        with np.errstate(over="ignore"):
            skill = metrics.skill(actual, forecast)
            errors = (metrics.rmse(actual, forecast), metrics.rmse(actual, np.zeros_like(actual)))
        skills.append(skill)
        span = " … ".join(number(float(f(test.volatility[third])), written) for f in (np.min, np.max))
        cells = (number(len(third)), span, *(words.rmse(error) for error in errors))
        rows.append((name.capitalize(), *cells, number(skill, words.SIGNED)))
    told = "; ".join(
        f"{name} {number(skill, words.SIGNED)}" for name, skill in zip(names, skills, strict=True)
    )
    return Figure(
        key="volatility",
        finding=phrase(
            en=f"Skill by how much the series moved before the forecast: {told}.",
            pt=f"Ganho conforme o quanto a série se movia antes da previsão: {told}.",
        ),
        data=[
            {
                "type": "bar",
                "x": [label(name) for name in names],
                "y": finite(skills),
                "text": [number(skill, words.SIGNED) for skill in skills],
                "textposition": "outside",
                "cliponaxis": False,
                "marker": {"color": MODEL},
                "hoverinfo": "skip",
                "name": label(name_of(test.model_id)),
                "width": 0.5,
            }
        ],
        layout=layout(
            {"type": "category"},
            {
                "title": phrase(en="test skill", pt="ganho no teste"),
                "tickformat": "+.2~%",
                "zeroline": True,
                "zerolinecolor": LAST_VALUE,
                "zerolinewidth": 2,
                "range": _room(skills),
            },
            height=320,
        ),
        note=phrase(
            en="The origins in three equal parts by the volatility known at each (EWMA 0.94). The line at 0 "
            "is the last value. A third of the segment says less than the whole: small gaps are luck.",
            pt="As origens em três partes iguais pela volatilidade conhecida em cada uma (EWMA 0,94). A "
            "linha em 0 é o último valor. Um terço do teste diz menos que o todo: pequenos desníveis são "
            "sorte.",
        ),
        table=table(
            phrase(en="By volatility at the origin", pt="Pela volatilidade na origem"),
            (
                phrase(en="Times", pt="Fase"),
                phrase(en="Origins", pt="Origens"),
                phrase(en="Volatility", pt="Volatilidade"),
                phrase(en="Test RMSE", pt="RMSE de teste"),
                words.last_value(),
                phrase(en="Test skill", pt="Ganho no teste"),
            ),
            rows,
        ),
    )


def _room(skills: list[float | None]) -> list[float] | None:
    """A range with room for the numbers at the ends of the bars."""
    known = [value for value in finite(skills) if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    pad = 0.25 * (high - low)
    return [low - pad, high + pad] if pad else None


def _steps(row: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The figures of each step of a row on the test segment; empty where there are none."""
    metrics_of = ((row or {}).get("metrics") or {}).get("test") or {}
    return metrics_of.get("by_step") or {}


def _baseline(report: Report, key: str) -> Mapping[str, Any] | None:
    rows = report.answer.get("baselines") or ()
    return next((row for row in rows if row.get("key") == key and _steps(row)), None)


def _shown(n: int) -> list[int]:
    """The steps, from 0, that a table has room for, the first and the last among them."""
    return sorted({round(i) for i in np.linspace(0, n - 1, min(n, MOST_COLUMNS)).tolist()})


def _errors_by_step(report: Report, lines: list[tuple[str, Mapping[str, Any], str, str]]) -> Markup:
    named = [(name, of["rmse"]) for name, of, _, _ in lines]
    if (last := _baseline(report, "last_value")) is not None:
        named.append((words.last_value(), _steps(last)["rmse"]))
    held = ((report.answer.get("intervals") or {}).get("model") or {}).get("levels") or {}
    covered = (held.get("90") or {}).get("coverage_by_step")
    headings = [phrase(en="Step", pt="Passo"), *(name for name, _ in named)]
    if covered:
        headings.append(phrase(en="inside the 90% band", pt="dentro da banda de 90%"))
    rows = []
    for i in range(len(named[0][1])):
        cells = [words.rmse(errors[i]) for _, errors in named]
        rows.append([number(i + 1), *cells, *((number(covered[i], ".1%"),) if covered else ())])
    return table(phrase(en="Test RMSE by step", pt="RMSE de teste por passo"), headings, rows)
