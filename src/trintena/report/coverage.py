"""How the champion's intervals did on the test segment: what they were to hold, and what they held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import FAINT, LAST_VALUE, MODEL, MUTED, TEXT, Figure, layout, line
from trintena.report.judged import iso_dates
from trintena.report.markup import Markup, element, joined, table

if TYPE_CHECKING:
    from jaxtyping import Bool

    from trintena.report.material import Report, TestForecast

ROLLING = 100
"""Origins over which a share is taken that moves along the segment."""


def no_intervals() -> str:
    """Why there is nothing to say of intervals."""
    return phrase(
        en="There are no intervals: nothing was judged, or by an older version that had none.",
        pt="Não há intervalos: nada foi julgado, ou o foi por uma versão antiga, que não os tinha.",
    )


def coverage_table(report: Report) -> Markup | str:
    """What each band held and how wide it was, beside the plain band and the bands of the last value."""
    model, of_last = (_levels(report, whose) for whose in ("model", "last_value"))
    if not model:
        return no_intervals()
    headings = (
        phrase(en="Band", pt="Banda"),
        phrase(en="Held", pt="Conteve"),
        phrase(en="Plain split", pt="Divisão simples"),
        words.last_value(),
        phrase(en="Mean width", pt="Largura média"),
        phrase(en="of the last value", pt="do último valor"),
        phrase(en="Winkler score", pt="Escore de Winkler"),
        phrase(en="of the last value", pt="do último valor"),
    )
    rows = [
        (
            f"{level}%",
            number(own.get("coverage"), ".1%"),
            number(own.get("split_coverage"), ".1%"),
            number(of_last.get(level, {}).get("coverage"), ".1%"),
            *(
                words.rmse(figures.get(key))
                for key in ("mean_width", "winkler")
                for figures in (own, of_last.get(level, {}))
            ),
        )
        for level, own in model.items()
    ]
    title = phrase(en="Intervals on the test segment", pt="Intervalos no segmento de teste")
    note = phrase(
        en="Held: the share of the test segment inside the band, which follows what comes; plain split: the "
        "band that learns nothing after calibration. The last value has bands, too, made the same way: a "
        "network that knows more has narrower ones, and a lower Winkler score (width, and a fine for every "
        "miss).",
        pt="Conteve: a parte do teste dentro da banda, que acompanha o que vem; divisão simples: a banda que "
        "nada aprende depois da calibração. O último valor também tem bandas, feitas do mesmo modo: uma rede "
        "que sabe mais tem bandas mais estreitas e escore de Winkler menor (largura, e uma multa por erro).",
    )
    return joined((table(title, headings, rows), element("p", note, class_="note")))


def calibration(report: Report) -> Figure | str:
    """Actual against nominal coverage."""
    model, of_last = (_levels(report, whose) for whose in ("model", "last_value"))
    if not model:
        return no_intervals()
    asked = [int(level) / 100 for level in model]
    held = [figures["coverage"] for figures in model.values()]
    apart = max(zip(asked, held, strict=True), key=lambda pair: abs(pair[1] - pair[0]))
    points = (
        (phrase(en="adaptive", pt="adaptativa"), held, MODEL, "circle"),
        (
            phrase(en="plain split", pt="divisão simples"),
            [figures.get("split_coverage") for figures in model.values()],
            MUTED,
            "square-open",
        ),
        (
            words.last_value(),
            [of_last.get(level, {}).get("coverage") for level in model],
            LAST_VALUE,
            "diamond-open",
        ),
    )
    every = [*asked, *(value for _, values, _, _ in points for value in values if value is not None)]
    reach = [min(every) - 0.02, max(every) + 0.02]
    axis = {"tickformat": ".0%", "range": reach}
    return Figure(
        key="calibration",
        finding=phrase(
            en=f"The band furthest from what it promises is that of {number(apart[0], '.0%')}: it held "
            f"{number(apart[1], '.1%')} of the test segment.",
            pt=f"A banda mais longe do que promete é a de {number(apart[0], '.0%')}: conteve "
            f"{number(apart[1], '.1%')} do teste.",
        ),
        data=[
            line(reach, reach, phrase(en="as promised", pt="como prometido"), FAINT, dash="dot"),
            *(
                {
                    **line(asked, values, name, colour, hovertemplate="%{x:.0%} → %{y:.1%}"),
                    "mode": "markers",
                    "marker": {"color": colour, "size": 11, "symbol": symbol, "line": {"width": 2}},
                }
                for name, values, colour, symbol in points
            ),
        ],
        layout=layout(
            {**axis, "title": phrase(en="nominal", pt="nominal"), "tickvals": asked},
            {**axis, "title": phrase(en="held", pt="contido")},
        ),
        note=phrase(
            en="Points on the dotted line hold what they promise; below it the bands were too narrow, above "
            "it too wide.",
            pt="Pontos na linha pontilhada cumprem o que prometem; abaixo dela as bandas foram estreitas "
            "demais, acima dela, largas demais.",
        ),
    )


def coverage_over_time(report: Report) -> Figure | str:
    """The share inside each band over a window that moves along the test segment."""
    if (test := report.test) is None or not test.widths:
        return no_intervals()
    if len(test.last) < 2 * ROLLING:
        return phrase(
            en=f"The test segment is too short for shares over {ROLLING} origins that move along it.",
            pt=f"O teste é curto demais para parcelas móveis sobre {ROLLING} origens.",
        )
    dates = iso_dates(test.dates[ROLLING - 1 :, -1])
    shares = {level: rolling_share(_inside(test, level)) for level in test.widths}
    shown = 90 if 90 in shares else next(iter(shares))
    low, high = (number(float(f(shares[shown])), ".0%") for f in (np.min, np.max))
    colours = dict(zip(shares, (TEXT, MODEL, MUTED), strict=False))
    hover = "%{fullData.name}<br>%{x}: %{y:.1%}<extra></extra>"
    data = []
    for level, share in shares.items():
        name = phrase(en=f"{level}% band", pt=f"banda de {level}%")
        colour = colours.get(level, MUTED)
        data.append(line(dates, share, name, colour, hovertemplate=hover))
        promised = line([dates[0], dates[-1]], [level / 100] * 2, name, colour, dash="dot", hoverinfo="skip")
        data.append({**promised, "showlegend": False, "line": {**promised["line"], "width": 1}})
    return Figure(
        key="coverage",
        finding=phrase(
            en=f"Over any {ROLLING} origins in a row, the {shown}% band held between {low} and {high}.",
            pt=f"Em quaisquer {ROLLING} origens seguidas, a banda de {shown}% conteve entre {low} e {high}.",
        ),
        data=data,
        layout=layout({"type": "date"}, {"tickformat": ".0%", "title": phrase(en="held", pt="contido")}),
        note=phrase(
            en=f"Each point is the share inside over the {ROLLING} origins up to there, all steps together; "
            "dotted: what the band promises. Even perfect bands waver: of 100 independent days a 90% band "
            "holds 84 to 96 as a rule.",
            pt=f"Cada ponto é a parte contida nas {ROLLING} origens até ali, todos os passos juntos; "
            "pontilhado: o que a banda promete. Até bandas perfeitas oscilam: de 100 dias independentes, uma "
            "banda de 90% contém em geral de 84 a 96.",
        ),
    )


def rolling_share(inside: Bool[np.ndarray, "origin horizon"], window: int = ROLLING) -> np.ndarray:
    """The share that is true over each `window` origins in a row, all steps together."""
    each = inside.mean(axis=1)
    shares: np.ndarray = np.lib.stride_tricks.sliding_window_view(each, window).mean(axis=1)
    return shares


def _inside(test: TestForecast, level: int) -> Bool[np.ndarray, "origin horizon"]:
    inside: np.ndarray = np.abs(test.actual - test.forecast) <= test.widths[level]
    return inside


def _levels(report: Report, whose: str) -> Mapping[str, Mapping[str, Any]]:
    intervals = report.answer.get("intervals") or {}
    return (intervals.get(whose) or {}).get("levels") or {}
