"""What the champion missed: whether its one-step errors hang together, and how they are spread.

Errors of a forecast that took all there was to take hang together no more than chance has it. Their spread
says what an interval made from a normal distribution would have got wrong.
"""

from __future__ import annotations

from math import erf, sqrt
from typing import TYPE_CHECKING

import numpy as np

from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import LAST_VALUE, MODEL, MUTED, Figure, finite, label, layout, line
from trintena.report.judged import not_judged

if TYPE_CHECKING:
    from jaxtyping import Float

    from trintena.report.material import Report, TestForecast

LAGS = 20
"""Lags that are drawn."""
TESTED = 10
"""Lags that Ljung and Box's test takes together."""
_NORMAL_97_5 = 1.959963984540054
_FAR = 3.0
"""Standard deviations from which on an error is called large."""
_FAR_NORMAL = 1.0 - erf(_FAR / sqrt(2.0))
_SURPRISING = 0.05


def autocorrelation(report: Report) -> Figure | str:
    """The autocorrelation of the one-step errors, beside the bounds that chance keeps to."""
    if (test := report.test) is None:
        return not_judged()
    errors = one_step_errors(test)
    if errors is None:
        return _not_drawn()
    values, p = autocorrelations(errors, LAGS), ljung_box(errors, TESTED)
    bound = _NORMAL_97_5 / sqrt(len(errors))
    outside = int(np.count_nonzero(np.abs(values) > bound))
    lags = list(range(1, len(values) + 1))
    edges = [0.5, len(values) + 0.5]
    chance = phrase(en="bounds of chance (95%)", pt="limites do acaso (95%)")
    return Figure(
        key="autocorrelation",
        finding=phrase(
            en=f"Of {number(len(values))} autocorrelations of the one-step errors {number(outside)} lie "
            "outside the bounds of chance; 1 would by luck.",
            pt=f"De {number(len(values))} autocorrelações dos erros de um passo, {number(outside)} estão "
            "fora dos limites do acaso; 1 estaria por sorte.",
        )
        + _meaning(p),
        data=[
            {
                "type": "bar",
                "x": lags,
                "y": finite(values),
                "name": label(phrase(en="autocorrelation", pt="autocorrelação")),
                "marker": {"color": MODEL},
                "width": 0.4,
                "hovertemplate": "%{x}: %{y:+.3f}<extra></extra>",
            },
            line(edges, [bound] * 2, chance, LAST_VALUE, dash="dash", hoverinfo="skip"),
            {
                **line(edges, [-bound] * 2, chance, LAST_VALUE, dash="dash", hoverinfo="skip"),
                "showlegend": False,
            },
        ],
        layout=layout(
            {"title": phrase(en="lag, steps", pt="atraso, passos"), "tickformat": ",d"},
            {"tickformat": "+.2~f", "zeroline": True, "zerolinecolor": MUTED},
            height=320,
        ),
        note=phrase(
            en="Each bar: how much an error says of the one so many steps later. Ljung and Box's test takes "
            f"the first {TESTED} lags together; it takes the size of the errors for steady, and where they "
            "come in calm and wild stretches it finds something a little too often.",
            pt="Cada barra: quanto um erro diz do erro tantos passos depois. O teste de Ljung e Box toma os "
            f"primeiros {TESTED} atrasos juntos; supõe erros de tamanho estável e, onde há fases calmas e "
            "agitadas, encontra algo um pouco vezes demais.",
        ),
    )


def spread(report: Report) -> Figure | str:
    """The one-step errors as a histogram, beside the normal distribution of the same mean and deviation."""
    if (test := report.test) is None:
        return not_judged()
    errors = one_step_errors(test)
    if errors is None:
        return _not_drawn()
    mean, deviation = float(errors.mean()), float(errors.std())
    far = float(np.mean(np.abs(errors - mean) > _FAR * deviation))
    counts, edges = np.histogram(errors, bins="fd" if len(errors) < 5_000 else 60)
    width = float(edges[1] - edges[0])
    centres = (edges[:-1] + edges[1:]) / 2
    at = np.linspace(edges[0], edges[-1], 200)
    density = np.exp(-(((at - mean) / deviation) ** 2) / 2) / (deviation * sqrt(2 * np.pi))
    logarithmic = test.target == "log_return"
    unit = words.target(test.target, report.spec.measures)
    return Figure(
        key="spread",
        finding=phrase(
            en=f"{number(far, '.1%')} of the one-step errors are beyond {_FAR:.0f} standard deviations; of "
            f"normal ones {number(_FAR_NORMAL, '.1%')} would be.",
            pt=f"{number(far, '.1%')} dos erros de um passo passam de {_FAR:.0f} desvios-padrão; de erros "
            f"normais, {number(_FAR_NORMAL, '.1%')} passariam.",
        ),
        data=[
            {
                "type": "bar",
                "x": finite(centres),
                "y": counts.tolist(),
                "width": width,
                "name": label(phrase(en="errors", pt="erros")),
                "marker": {"color": MODEL, "opacity": 0.7},
                "hovertemplate": "%{x}: %{y}<extra></extra>",
            },
            line(
                finite(at),
                len(errors) * width * density,
                phrase(en="normal distribution", pt="distribuição normal"),
                LAST_VALUE,
                dash="dash",
                hoverinfo="skip",
            ),
        ],
        layout=layout(
            {
                "title": phrase(en=f"actual less forecast, {unit}", pt=f"real menos previsto, {unit}"),
                "tickformat": ".1~%" if logarithmic else ",.4~g",
            },
            {"title": phrase(en="origins", pt="origens"), "tickformat": ",d"},
            height=320,
            bargap=0,
        ),
        note=phrase(
            en="Where more errors lie far out than under the dashed line, bands made from a normal "
            "distribution would be too narrow on wild days. The bands here are made from the errors "
            "themselves and take no shape for granted.",
            pt="Onde há mais erros distantes do que sob a linha tracejada, bandas feitas de uma distribuição "
            "normal seriam estreitas demais em dias agitados. As bandas daqui são feitas dos próprios erros "
            "e não supõem forma alguma.",
        ),
    )


def one_step_errors(test: TestForecast) -> Float[np.ndarray, " origin"] | None:
    """Actual less forecast change of the first step; None where one is no number, or none varies."""
    errors: np.ndarray = test.actual[:, 0] - test.forecast[:, 0]
    # Those of a network that exploded would leave no digit of the others.
    if not (np.abs(errors) < 1e100).all() or np.ptp(errors) == 0.0:
        return None
    return errors


def autocorrelations(errors: Float[np.ndarray, " origin"], n_lags: int) -> Float[np.ndarray, " lag"]:
    """Of lag 1 to `n_lags`, or to a quarter of the errors where these are few."""
    n_lags = min(n_lags, len(errors) // 4)
    centred = errors - errors.mean()
    total = float(centred @ centred)
    return np.array([centred[lag:] @ centred[:-lag] / total for lag in range(1, n_lags + 1)])


def ljung_box(errors: Float[np.ndarray, " origin"], n_lags: int) -> float:
    """The p-value of autocorrelations as large as these, all lags together, were there none."""
    from statsmodels.stats.diagnostic import acorr_ljungbox

    return float(acorr_ljungbox(errors, lags=[n_lags])["lb_pvalue"].iloc[0])


def _meaning(p: float) -> str:
    name = f"Ljung-Box, {words.p_value(p)}"
    if p < _SURPRISING:
        return phrase(
            en=f" They hang together more than chance has it ({name}): something of what comes might still "
            "be told from the errors before.",
            pt=f" Eles se ligam mais do que o acaso explicaria ({name}): algo do que vem talvez ainda se "
            "pudesse tirar dos erros anteriores.",
        )
    return phrase(
        en=f" Nothing says that they hang together ({name}): nothing in the errors before was found to tell "
        "the next.",
        pt=f" Nada indica que eles se liguem ({name}): nada se achou nos erros anteriores que diga o "
        "próximo.",
    )


def _not_drawn() -> str:
    return phrase(
        en="The one-step errors cannot be drawn: they never vary, or one of them is no number.",
        pt="Os erros de um passo não podem ser desenhados: não variam, ou um deles não é um número.",
    )
