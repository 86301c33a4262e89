"""The test segment, change by change: what the champion forecast against what came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import GRID, LAST_VALUE, MODEL, MUTED, Figure, finite, label, layout, line
from trintena.report.judged import iso_dates, not_judged
from trintena.report.material import name_of

if TYPE_CHECKING:
    from trintena.report.material import Report

_MOST_MARKS = 3_000
"""Points up to which they are shapes; more are drawn by the graphics card."""


def changes(report: Report) -> Figure | str:
    """Forecast against actual change, at the last step of the horizon."""
    if (test := report.test) is None:
        return not_judged()
    actual, forecast = test.actual[:, -1], test.forecast[:, -1]
    logarithmic = test.target == "log_return"
    unit, pattern = (
        (words.target("log_return", report.spec.measures), ".1~%") if logarithmic else ("", ",.4~g")
    )
    written = ".2%" if logarithmic else ".4g"
    moved, came = (number(float(np.abs(x).mean()), written) for x in (forecast, actual))
    reach = float(np.nanmax(np.abs(actual))) * 1.05 or 1.0
    titles = (
        phrase(en="actual change", pt="variação real"),
        phrase(en="forecast change", pt="variação prevista"),
    )
    x, y = (
        {"title": f"{title}, {unit}" if unit else title, "tickformat": pattern, "range": [-reach, reach]}
        for title in titles
    )
    kind = "scatter" if len(actual) <= _MOST_MARKS else "scattergl"
    return Figure(
        key="changes",
        finding=phrase(
            en=f"On average the forecast moved {moved} from the last value, the series {came}.",
            pt=f"Em média, a previsão se afastou {moved} do último valor; a série, {came}.",
        )
        + _direction(report),
        data=[
            line(
                [-reach, reach],
                [-reach, reach],
                phrase(en="a perfect forecast", pt="uma previsão perfeita"),
                MUTED,
                dash="dot",
                hoverinfo="skip",
            ),
            line([-reach, reach], [0.0, 0.0], words.last_value(), LAST_VALUE, dash="dash", hoverinfo="skip"),
            {
                "type": kind,
                "mode": "markers",
                "x": finite(actual),
                "y": finite(forecast),
                "name": label(name_of(test.model_id)),
                "marker": {"color": MODEL, "size": 6, "opacity": 0.55},
                "customdata": iso_dates(test.dates[:, -1]),
                "hovertemplate": "%{customdata}<br>%{x} → %{y}<extra></extra>",
            },
        ],
        layout=layout({**x, "zeroline": True, "zerolinecolor": GRID}, y, height=440),
        note=phrase(
            en="A network that knew what comes would put its points on the dotted line. Both axes have the "
            "same scale; a cloud that lies flat on the dashed line repeats the last value.",
            pt="Uma rede que soubesse o que vem poria seus pontos na linha pontilhada. Os dois eixos têm a "
            "mesma escala; uma nuvem deitada na linha tracejada repete o último valor.",
        ),
    )


def _direction(report: Report) -> str:
    row = report.winner or {}
    right, commoner = row.get("test_directional_accuracy"), row.get("test_majority_share")
    if right is None or commoner is None:
        return ""
    got, base = number(right, ".1%"), number(commoner, ".1%")
    at = words.at_last_step(report.spec.horizon)
    return phrase(
        en=f" It had the direction{at} right {got} of the time; always naming the commoner one, {base}.",
        pt=f" Acertou a direção{at} em {got} das vezes; dizer sempre a mais comum acertaria {base}.",
    )
