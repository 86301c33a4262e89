"""The test segment: what the champion forecast, beside what came and the last value.

A path of forecast prices lies on the path of prices whatever the forecast is worth, because it starts
from the last price every time. So what is shown first is the error saved over the last value, then the
changes, and the prices last. Of a series that is no price the same is said of its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.data.words import price, prices
from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import GRID, LAST_VALUE, MODEL, MUTED, TEXT, Figure, finite, label, layout, line
from trintena.report.markup import table
from trintena.report.material import name_of

if TYPE_CHECKING:
    from jaxtyping import Float

    from trintena.report.markup import Markup
    from trintena.report.material import Report, TestForecast

FIRST_SHOWN = 60
"""The newest dates, on which the path of prices opens."""
_MOST_MARKS = 3_000
"""Points up to which they are shapes; more are drawn by the graphics card."""
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
    dates = _dates(test.dates[:, 0])
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
                "customdata": _dates(test.dates[:, -1]),
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


def price_path(report: Report) -> Figure | str:
    """Actual price, forecast and last value, at the last step of the horizon."""
    if (test := report.test) is None:
        return not_judged()
    one = price(report.spec.measures)
    dates, steps = _dates(test.dates[:, -1]), test.prices.shape[1]
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
        ],
        layout=layout(
            {"type": "date", **opening},
            {"title": one, "tickformat": ",.6~g"},
        ),
        note=phrase(
            en=f"This picture flatters every forecast: each starts from the {one} before, so that it follows "
            f"the {one} even if it knows nothing. Compare it with the dashed line, not with the {one}. It "
            f"opens on the newest dates; a double click shows all {n}.{ahead}",
            pt=f"Esta figura lisonjeia qualquer previsão: cada uma parte do {one} anterior e assim acompanha "
            f"o {one} mesmo sem saber nada. Compare-a com a linha tracejada, não com o {one}. Ela abre nas "
            f"datas mais novas; um duplo clique mostra todas as {n}.{ahead}",
        ),
        table=_table(test, prices(report.spec.measures).capitalize()),
    )


def _direction(report: Report) -> str:
    row = report.winner or {}
    right, commoner = row.get("test_directional_accuracy"), row.get("test_majority_share")
    if right is None or commoner is None:
        return ""
    got, base = number(right, ".1%"), number(commoner, ".1%")
    return phrase(
        en=f" It had the direction right {got} of the time; always naming the commoner one, {base}.",
        pt=f" Acertou a direção em {got} das vezes; dizer sempre a mais comum acertaria {base}.",
    )


def _mean_error(actual: Float[np.ndarray, " origin"], forecast: Float[np.ndarray, " origin"]) -> str:
    return number(float(np.abs(actual - forecast).mean()), ",.4g")


def _dates(dates: np.ndarray[Any, np.dtype[np.datetime64]]) -> list[str]:
    return [str(date).removesuffix("T00:00:00") for date in dates]


def _table(test: TestForecast, many: str) -> Markup:
    headings = (
        phrase(en="Date", pt="Data"),
        phrase(en="Actual", pt="Real"),
        phrase(en="Forecast", pt="Previsão"),
        words.last_value(),
    )
    newest = range(len(test.last) - 1, max(len(test.last) - 1 - _MOST_ROWS, -1), -1)
    rows = [
        (
            words.day(test.dates[i, -1]),
            *(
                number(float(x), ",.6g")
                for x in (test.actual_prices[i, -1], test.prices[i, -1], test.last[i])
            ),
        )
        for i in newest
    ]
    caption = phrase(en=f"{many}, the newest first", pt=f"{many}, os mais novos primeiro")
    return table(caption, headings, rows)
