"""A backtest on the page of its model: what its form asks for, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from trintena.errors import NotFoundError, UsageError
from trintena.experiments import overview
from trintena.experiments.backtest import BacktestCase, BacktestRequest
from trintena.jobs.locks import has_workers
from trintena.language import number, phrase
from trintena.report import Report, judgment, reasons
from trintena.report import backtest as told
from trintena.report import words as report_words
from trintena.report.judged import error_saved
from trintena.web.pages.rendering import page
from trintena.web.site import TheSite

if TYPE_CHECKING:
    from trintena.domain import ModelVersion
    from trintena.registry import ExperimentRecord, Registry
    from trintena.web.site import Site

router = APIRouter(include_in_schema=False)

FIELDS = ("start", "end", "refit_every")
_LOOKED_AT = 50
"""Of the newest backtests, among which one of a version is looked for."""


@router.get("/custom-model/backtest")
def backtest_part(
    request: Request, site: TheSite, experiment: Annotated[int, Query(ge=1, le=2**62)]
) -> HTMLResponse:
    """How a backtest stands, or what came of it: a part of its model's page."""
    record = site.registry.experiment(experiment)
    if record.spec.backtest is None:
        raise NotFoundError(
            phrase(en=f"There is no backtest {experiment}.", pt=f"Não há teste retroativo {experiment}.")
        )
    return page(request, site, "backtest_part.html", backtest=shown(site, record))


def address(record: ExperimentRecord) -> str:
    """Where a backtest is shown."""
    assert record.spec.backtest is not None
    return f"/custom-model?version={record.spec.backtest.version}&backtest={record.id}#backtest"


def wanted(form: Mapping[str, str]) -> BacktestRequest:
    """What the form asks for; a field that is empty has no wish.

    Raises:
        UsageError: a number that is none.
    """
    every = form["refit_every"]
    if every and not (every.isascii() and every.isdecimal()):
        raise UsageError(
            phrase(
                en=f"Refit every: enter a whole number of rows, or nothing, not {every!r}.",
                pt=f"Ajustar a cada: digite um número inteiro de linhas, ou nada, e não {every!r}.",
            ),
            field="refit_every",
        )
    return BacktestRequest(form["start"] or None, form["end"] or None, int(every) if every else None)


def form_of(given: Mapping[str, str] | None = None, problem: str = "") -> dict[str, Any]:
    """The form as the template shows it, with what was typed and what is wrong with it."""
    return {**dict.fromkeys(FIELDS, ""), **(given or {}), "problem": problem, "key": token_urlsafe(16)}


def of_model(site: Site, model: ModelVersion, experiment: int | None) -> dict[str, Any] | None:
    """The backtest that is asked for, else the newest of a version; None where there is none."""
    if experiment is not None:
        record = site.registry.experiment(experiment)
        if record.spec.backtest is not None and record.spec.backtest.version == model.version:
            return shown(site, record)
    for record in site.registry.experiments(limit=_LOOKED_AT, backtests=True):
        if record.spec.backtest is not None and record.spec.backtest.version == model.version:
            return shown(site, record)
    return None


def shown(site: Site, record: ExperimentRecord) -> dict[str, Any]:
    """What the template of a backtest needs, whatever state it is in."""
    about = overview.described(site.locks, record)
    state, in_queue = about["state"], about["enqueued"]
    # One that was cut off, but is in the queue, goes on by itself: it is shown as one that runs.
    is_live = state in ("queued", "running") or (state == "interrupted" and in_queue)
    standing = site.registry.standing(record.id)
    view = {
        "id": record.id,
        "state": state,
        "told_state": report_words.state("queued" if is_live and state == "interrupted" else state),
        "is_live": is_live,
        "position": standing.position,
        "progress": standing.progress,
        "cancelling": standing.cancel_requested,
        "has_worker": state == "running" or has_workers(site.locks),
        "message": reasons.told(record.message or ""),
        "said": _said(standing.progress, standing.position),
        "result": None,
    }
    if is_live:
        return view
    _, word = report_words.state(state)
    view["said"] = f"{word.capitalize()}."
    if state == "succeeded" and record.result is not None:
        sentences = told.sentences(record.result)
        view |= {
            "result": _result(site.registry, record, sentences),
            "said": f"{view['said']} {sentences[0]}",
        }
    return view


def report_of(registry: Registry, record: ExperimentRecord) -> Report:
    """A backtest that has ended, as the charts of reports take it."""
    case = BacktestCase.load(registry, record)
    judged = record.state == "succeeded"
    return Report(
        experiment_id=record.id,
        state=record.state,
        spec=record.spec,
        answer=record.result or {},
        n_rows=len(case.series),
        created_at=record.created_at,
        test=case.judged_forecast(registry.trials(record.id)) if judged else None,
    )


def _said(progress: Mapping[str, Any] | None, position: int | None) -> str:
    """What a screen reader is told; it changes every 10 %."""
    if position is not None:
        return phrase(en=f"In the queue, position {position}.", pt=f"Na fila, posição {position}.")
    if progress is None:
        return phrase(en="Starting.", pt="Iniciando.")
    tenth = number(int(progress["share"] * 10) / 10, ".0%")
    return phrase(en=f"Backtest, {tenth} done.", pt=f"Teste retroativo, {tenth} concluído.")


def _result(registry: Registry, record: ExperimentRecord, sentences: list[str]) -> dict[str, Any]:
    answer: dict[str, Any] = record.result or {}
    figure = error_saved(report_of(registry, record))
    baselines = sorted(
        answer["baselines"], key=lambda row: (row["reason"] is not None, row.get("rmse") or 0.0)
    )
    return {
        "sentence": sentences[0],
        "others": sentences[1:],
        "ahead": judgment.is_good_news(answer["verdict"]),
        "columns": [told.column(key, answer["horizon"]) for key in told.COLUMNS],
        "rows": [
            {
                "name": f"{answer['model_id']} {answer['model_name']}",
                "is_baseline": False,
                "reason": None,
                "cells": [told.cell(key, answer["model"][key]) for key in told.COLUMNS],
            },
            *(
                {
                    "name": report_words.baseline(row["key"], row["name"]),
                    "is_baseline": True,
                    "reason": row["reason"],
                    "cells": [told.cell(key, row.get(key)) for key in told.COLUMNS],
                }
                for row in baselines
            ),
        ],
        "legend": told.legend(answer["horizon"]),
        "model_id": answer["model_id"],
        "finding": figure if isinstance(figure, str) else figure.finding,
        "note": "" if isinstance(figure, str) else figure.note,
        "is_drawn": not isinstance(figure, str),
        "strings": {
            "model": phrase(en="model", pt="modelo"),
            "last_value": report_words.last_value(),
            "saved": phrase(en="squared error saved", pt="erro quadrático poupado"),
            "download": phrase(en="Save as an image", pt="Salvar como imagem"),
            "no_data": phrase(
                en="The data of this chart did not come. Load the page again.",
                pt="Os dados deste gráfico não vieram. Recarregue a página.",
            ),
        },
    }
