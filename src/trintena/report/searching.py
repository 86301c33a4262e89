"""How the search went: the best so far by trial and by time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from trintena.language import number, phrase
from trintena.report import words
from trintena.report.figure import RMSE_TICKS, TEXT, Figure, layout, line, of_model, reference, view
from trintena.report.markup import table
from trintena.report.material import complete, name_of, rmse_of

if TYPE_CHECKING:
    from trintena.domain import TrialResult
    from trintena.report.markup import Markup
    from trintena.report.material import Report

_FEW = 10
"""Trials up to which each has its tick."""
Point = tuple[float, "TrialResult"]
"""Where on the axis a trial stands, and the trial."""


def no_search(report: Report) -> str | None:
    """Why there is no search to show, if there is none."""
    if report.spec.mode == "fast":
        return phrase(
            en="Fast mode trains every architecture once, with fixed parameters: there was no search.",
            pt="O modo rápido treina cada arquitetura uma vez, com parâmetros fixos: não houve busca.",
        )
    if len(complete(report.search_trials)) < 2:
        return phrase(
            en="Fewer than two trials have ended: there is no search to show yet.",
            pt="Menos de duas tentativas terminaram: ainda não há busca para mostrar.",
        )
    return None


def history_by_trial(report: Report) -> Figure | str:
    """The lowest validation RMSE of the first n trials, for each architecture and over all."""
    if why := no_search(report):
        return why
    points = [(trial.number + 1.0, trial) for trial in complete(report.search_trials)]
    end = max(trial.number + 1 for trial in report.search_trials)
    best = min(complete(report.search_trials), key=rmse_of)
    n = len(report.search_trials)
    figure = _history(report, points, float(end), x=_trial_axis(end))
    return Figure(
        key="by-trial",
        finding=phrase(
            en=f"The lowest validation RMSE of {number(n)} trials is {words.rmse(best.validation_rmse)}, of "
            f"{name_of(best.model_id)}, trial {best.number + 1}; last value "
            f"{words.rmse(report.last_value_rmse)}.",
            pt=f"O menor RMSE de validação de {number(n)} tentativas é {words.rmse(best.validation_rmse)}, "
            f"de {name_of(best.model_id)}, tentativa {best.number + 1}; último valor "
            f"{words.rmse(report.last_value_rmse)}.",
        ),
        data=figure[0],
        layout=figure[1],
        note=phrase(
            en="The best so far can only fall, and falls by luck too: it shows how the search went, not how "
            "well the champion forecasts.",
            pt="O melhor até agora só pode cair, e cai também por sorte: mostra como foi a busca, não quão "
            "bem o campeão prevê.",
        ),
        table=_found(report),
        selectable=True,
    )


def history_by_time(report: Report) -> Figure | str:
    """The lowest validation RMSE so far over the time that was worked, as by trial."""
    if why := no_search(report):
        return why
    trials = complete(report.search_trials)
    ended = [(at, trial) for trial in trials if (at := report.ended_s(trial)) is not None]
    if len(ended) < 2:
        return phrase(
            en="When these trials ended was not recorded.",
            pt="Quando estas tentativas terminaram não foi registrado.",
        )
    end = max(at for at, _ in ended)
    unit, length = next(
        row for row in (("h", 3600.0), ("min", 60.0), ("s", 1.0)) if end >= 1.5 * row[1] or row[1] == 1
    )
    best_at, best = min(ended, key=lambda point: (rmse_of(point[1]), point[0]))
    axis: dict[str, object] = {
        "title": phrase(en=f"time of work, {unit}", pt=f"tempo de trabalho, {unit}"),
        "rangemode": "tozero",
    }
    figure = _history(report, [(at / length, trial) for at, trial in ended], end / length, x=axis)
    return Figure(
        key="by-time",
        finding=phrase(
            en=f"The best trial, of {name_of(best.model_id)}, ended after {words.span(best_at)}; the search "
            f"took {words.span(end)}.",
            pt=f"A melhor tentativa, de {name_of(best.model_id)}, terminou após {words.span(best_at)}; a "
            f"busca levou {words.span(end)}.",
        ),
        data=figure[0],
        layout=figure[1],
        note=phrase(
            en="The time between an interruption and its resumption is left out.",
            pt="O tempo entre uma interrupção e a retomada não conta.",
        ),
        selectable=True,
    )


def best_so_far(points: Iterable[Point]) -> list[Point]:
    """The points at which a trial was better than all before it; of equal places the better one."""
    lowest, better = math.inf, []
    for at, trial in sorted(points, key=lambda point: (point[0], rmse_of(point[1]))):
        if rmse_of(trial) < lowest:
            lowest = rmse_of(trial)
            better.append((at, trial))
    return better


def _history(
    report: Report, points: Sequence[Point], end: float, *, x: dict[str, object]
) -> tuple[list[dict[str, object]], dict[str, object]]:
    winner = (report.winner or {}).get("model_id")
    by_model: dict[int, list[Point]] = {}
    for point in points:
        by_model.setdefault(point[1].model_id, []).append(point)
    if winner not in by_model:
        winner = min(points, key=lambda point: rmse_of(point[1]))[1].model_id
    traces = [
        of_model(_steps(best_so_far(own), end, name_of(model_id)), model_id, leads=model_id == winner)
        for model_id, own in sorted(by_model.items())
    ]
    overall = best_so_far(points)
    name = phrase(en="all architectures", pt="todas as arquiteturas")
    traces.append({**_steps(overall, end, name), "zorder": 1})
    first = min(at for at, _ in points)
    last = report.last_value_rmse
    shown = [rmse_of(trial) for own in by_model.values() for _, trial in best_so_far(own)]
    y = {
        "title": phrase(en="lowest validation RMSE so far", pt="menor RMSE de validação até então"),
        "tickformat": RMSE_TICKS,
        "range": view(shown, whole=[*(rmse_of(trial) for _, trial in overall), last]),
    }
    return [*traces, *reference([first, end], last)], layout(x, y, hovermode="closest")


def _trial_axis(end: int) -> dict[str, object]:
    return {
        **({"dtick": 1} if end <= _FEW else {}),  # there is no trial 3.5
        "title": phrase(en="trial of its architecture", pt="tentativa da arquitetura"),
        "tickformat": ",d",
    }


def _steps(points: Sequence[Point], end: float, name: str) -> dict[str, object]:
    xs = [*(float(f"{at:.6g}") for at, _ in points), end]
    ys = [*(rmse_of(trial) for _, trial in points), rmse_of(points[-1][1])]
    trace = line(
        xs, ys, name, TEXT, hovertemplate="%{fullData.name}<br>%{x:,.4~g}: %{y:,.6~g}<extra></extra>"
    )
    trace["line"]["shape"] = "hv"
    return trace


def _found(report: Report) -> Markup:
    """The best trial of each architecture, and the setting that it found."""
    names = ("learning_rate", "batch_size", "dropout_rate", "epochs", "activation")
    headings = (
        phrase(en="Architecture", pt="Arquitetura"),
        phrase(en="Trial", pt="Tentativa"),
        phrase(en="Validation RMSE", pt="RMSE de validação"),
        *(words.parameter(name).capitalize() for name in names),
    )
    rows = []
    for trial in report.best_trials():
        setting = asdict(trial.hyperparameters)
        cells = (words.plain(setting[name]) for name in names)
        rows.append(
            (name_of(trial.model_id), str(trial.number + 1), words.rmse(trial.validation_rmse), *cells)
        )
    caption = phrase(
        en="What was found for each architecture", pt="O que foi encontrado para cada arquitetura"
    )
    return table(caption, headings, rows, text=(0, 7))
