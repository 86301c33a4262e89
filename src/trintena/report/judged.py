"""The test segment as a path: what the champion forecast, beside what came and the last value.

A path of forecast prices lies on the path of prices whatever the forecast is worth, because it starts
from the last price every time. So what is shown first is the error saved over the last value, then the
changes (`changes`), and the prices last. Of a series that is no price the same is said of its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.data.words import price, prices
from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import BAND, LAST_VALUE, MODEL, TEXT, Figure, layout, line, view
from trintena.report.markup import table
from trintena.report.material import name_of

if TYPE_CHECKING:
    from jaxtyping import Float

    from trintena.report.markup import Markup
    from trintena.report.material import Report, TestForecast

LEVEL = 90
"""The band that is drawn."""
FIRST_SHOWN = 60
"""The newest dates, on which the path of prices opens."""
_MOST_ROWS = 600


def not_judged() -> str:
    """Why there is nothing of the test segment to show."""
    return phrase(
        en="The test segment was not consulted: there is no forecast to judge.",
        pt="O teste não foi consultado: não há previsão para julgar.",
    )


def saved_share(test: TestForecast) -> Float[np.ndarray, " origin"] | None:
    """The squared error saved over the last value up to each origin, as a share of all of the last value's.

    It ends at 1 - (1 - skill)². None where the series never changed.
    """
    of_last = np.square(test.actual).sum(axis=1)
    of_model = np.square(test.actual - test.forecast).sum(axis=1)
    total = of_last.sum()
    return np.cumsum(of_last - of_model) / total if total > 0 else None


def error_saved(report: Report) -> Figure | str:
    """The cumulated gain in squared error over the last value."""
    if (test := report.test) is None:
        return not_judged()
    share = saved_share(test)
    if share is None:
        return phrase(
            en="The series never changed on the test segment: repeating the last value made no error.",
            pt="A série não mudou no teste: repetir o último valor não errou.",
        )
    end, name = float(share[-1]), name_of(test.model_id)
    size = number(abs(end), ".2%")
    dates = iso_dates(test.dates[:, 0])
    y = {"title": phrase(en="squared error saved", pt="erro quadrático poupado"), "tickformat": "+.1~%"}
    return Figure(
        key="saved",
        finding=phrase(
            en=f"Over the whole segment the squared error of {name} added up to {size} "
            f"{'less' if end > 0 else 'more'} than the last value's.",
            pt=f"No segmento todo, o erro quadrático de {name} somou {size} a "
            f"{'menos' if end > 0 else 'mais'} que o do último valor.",
        ),
        data=[
            line(dates, share, name, MODEL, hovertemplate="%{x}: %{y:+.2%}<extra></extra>"),
            line(
                [dates[0], dates[-1]],
                [0.0, 0.0],
                words.last_value(),
                LAST_VALUE,
                dash="dash",
                hoverinfo="skip",
            ),
        ],
        layout=layout({"type": "date"}, y),
        note=phrase(
            en="Where the line rises, the network erred less than the last value; where it falls, more. A "
            "gain made on a few days is likelier luck than one that grows steadily.",
            pt="Onde a linha sobe, a rede errou menos que o último valor; onde desce, mais. Um ganho feito "
            "em poucos dias é mais provável sorte do que um que cresce sempre.",
        ),
    )


def price_path(report: Report) -> Figure | str:
    """Actual price, forecast and last value, at the last step of the horizon."""
    if (test := report.test) is None:
        return not_judged()
    one = price(report.spec.measures)
    dates, steps = iso_dates(test.dates[:, -1]), test.prices.shape[1]
    error = _mean_error(test.actual_prices[:, -1], test.prices[:, -1])
    of_last = _mean_error(test.actual_prices[:, -1], test.last)
    n = number(len(dates))
    opening = {"range": [dates[-min(FIRST_SHOWN, len(dates))], dates[-1]]} if len(dates) > 1 else {}
    hover = "%{fullData.name}<br>%{x}: %{y:,.6~g}<extra></extra>"
    ahead = (
        phrase(
            en=f" Each forecast was made {steps} steps ahead.",
            pt=f" Cada previsão foi feita {steps} passos antes.",
        )
        if steps > 1
        else ""
    )
    return Figure(
        key="prices",
        finding=phrase(
            en=f"On average the forecast missed the {one} by {error}, the last value by {of_last}.",
            pt=f"Em média, a previsão errou o {one} por {error}; o último valor, por {of_last}.",
        ),
        data=[
            line(dates, test.actual_prices[:, -1], phrase(en="actual", pt="real"), TEXT, hovertemplate=hover),
            line(dates, test.prices[:, -1], name_of(test.model_id), MODEL, hovertemplate=hover),
            line(dates, test.last, words.last_value(), LAST_VALUE, dash="dash", hovertemplate=hover),
            *_band(test, dates),
        ],
        layout=layout(
            {"type": "date", **opening},
            {"title": one, "tickformat": ",.6~g", "range": _heights(test)},
        ),
        note=phrase(
            en=f"This picture flatters every forecast: each starts from the {one} before, so that it follows "
            f"the {one} even if it knows nothing. Compare it with the dashed line, not with the {one}. It "
            f"opens on the newest dates; a double click shows all {n}.{ahead}{_held(test)}",
            pt=f"Esta figura lisonjeia qualquer previsão: cada uma parte do {one} anterior e assim acompanha "
            f"o {one} mesmo sem saber nada. Compare-a com a linha tracejada, não com o {one}. Ela abre nas "
            f"datas mais novas; um duplo clique mostra todas as {n}.{ahead}{_held(test)}",
        ),
        table=_table(test, prices(report.spec.measures).capitalize()),
    )


def _band(test: TestForecast, dates: list[str]) -> list[dict[str, Any]]:
    """The band at the last step, under everything else; nothing of answers from before there were bands."""
    if LEVEL not in test.bounds:
        return []
    low, high = (bound[:, -1] for bound in test.bounds[LEVEL])
    name = _band_name()
    edge = {"line": {"width": 0}, "hoverinfo": "skip", "zorder": -1}
    return [
        {**line(dates, low, name, BAND), **edge, "showlegend": False},
        {**line(dates, high, name, BAND), **edge, "fill": "tonexty", "fillcolor": BAND},
    ]


def _band_name() -> str:
    return phrase(en=f"{LEVEL}% band", pt=f"Banda de {LEVEL}%")


def _held(test: TestForecast) -> str:
    """How much of the segment the band that is drawn held."""
    if LEVEL not in test.widths:
        return ""
    missed = np.abs(test.actual - test.forecast)[:, -1] > test.widths[LEVEL][:, -1]
    share = number(1.0 - float(missed.mean()), ".1%")
    return phrase(
        en=f" The shaded band is the {LEVEL}% band as it stood at each origin; it held {share} of the "
        "segment.",
        pt=f" A faixa sombreada é a banda de {LEVEL}% como estava em cada origem; conteve {share} do "
        "segmento.",
    )


def _heights(test: TestForecast) -> list[float] | None:
    """The range of the dates on which the path opens; one that exploded does not press the others flat."""
    shown = slice(-FIRST_SHOWN, None)
    paths = [test.actual_prices[shown, -1], test.last[shown]]
    paths += [bound[shown, -1] for bound in test.bounds.get(LEVEL, ())]
    return view(test.prices[shown, -1], whole=np.concatenate(paths).tolist())


def _mean_error(actual: Float[np.ndarray, " origin"], forecast: Float[np.ndarray, " origin"]) -> str:
    return number(float(np.abs(actual - forecast).mean()), ",.4g")


def iso_dates(dates: np.ndarray[Any, np.dtype[np.datetime64]]) -> list[str]:
    """As the axis of a figure reads them."""
    return [str(date).removesuffix("T00:00:00") for date in dates]


def _table(test: TestForecast, many: str) -> Markup:
    headings = (
        phrase(en="Date", pt="Data"),
        phrase(en="Actual", pt="Real"),
        phrase(en="Forecast", pt="Previsão"),
        words.last_value(),
        *((_band_name(),) if LEVEL in test.bounds else ()),
    )
    newest = range(len(test.last) - 1, max(len(test.last) - 1 - _MOST_ROWS, -1), -1)
    rows = [
        (
            words.day(test.dates[i, -1]),
            *(
                number(float(x), ",.6g")
                for x in (test.actual_prices[i, -1], test.prices[i, -1], test.last[i])
            ),
            *(
                (" … ".join(number(float(x[i, -1]), ",.6g") for x in test.bounds[LEVEL]),)
                if LEVEL in test.bounds
                else ()
            ),
        )
        for i in newest
    ]
    caption = phrase(en=f"{many}, the newest first", pt=f"{many}, os mais novos primeiro")
    return table(caption, headings, rows)
