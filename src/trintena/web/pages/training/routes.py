"""The page `/advanced-training` and its forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.datastructures import FormData

from trintena.errors import TrintenaError
from trintena.experiments import overview
from trintena.jobs.locks import has_workers, is_held
from trintena.report import words as report_words
from trintena.report.figure import Figure
from trintena.web.errors import RefusedError, status_of
from trintena.web.pages import backtest, words
from trintena.web.pages.rendering import page
from trintena.web.pages.training import telling
from trintena.web.pages.training.choices import offered
from trintena.web.pages.training.cost import cost_of
from trintena.web.pages.training.ended import KINDS, ended, figure, report_of
from trintena.web.pages.training.form import Filled, Problem, read
from trintena.web.pages.training.ranking import ranking
from trintena.web.pages.training.running import ended_announcement, running
from trintena.web.pages.training.sending import of_ambiguity, problem_of, send, with_stored_file
from trintena.web.site import TheSite

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord
    from trintena.web.site import Site

router = APIRouter(include_in_schema=False)

PATH = "/advanced-training"
Number = Annotated[int, Query(ge=1, le=2**62)]


async def _sent(request: Request) -> AsyncIterator[FormData]:
    """The form of a request, read before its handler is called in a thread; its files are gone afterwards."""
    async with request.form() as form:
        yield form


@router.get(PATH)
def show(request: Request, site: TheSite, experiment: Number | None = None, new: bool = False) -> Response:
    """An experiment, or what trains at the moment, or the form; a backtest is shown with its model."""
    if experiment is None and not new:
        experiment = _current(site)
    if experiment is None:
        return _form(request, site, Filled(key=str(uuid4())))
    record = site.registry.experiment(experiment)
    if record.spec.backtest is not None:
        return RedirectResponse(backtest.address(record), 303)
    return _experiment(request, site, record)


@router.post(PATH)
def submit(request: Request, site: TheSite, sent: Annotated[FormData, Depends(_sent)]) -> Any:
    """Queue what the form asks for and go to its page; or show the form again, with what is wrong."""
    form = Filled.sent(sent.multi_items())
    asked, problems = read(form)
    try:
        form = with_stored_file(site, form, sent)
        experiment_id = send(site, form, asked, problems)
    except (TrintenaError, RefusedError) as error:
        problems = [problem_of(error, form), *problems]
        return _form(request, site, form, problems, status=_status(error))
    if experiment_id is None:
        return _form(request, site, form, problems, status=422)
    return RedirectResponse(f"{PATH}?experiment={experiment_id}", 303)


@router.get(f"{PATH}/cost")
def cost(request: Request, site: TheSite) -> HTMLResponse:
    """What the fields of the form, sent as a query, would cost: the words above the button."""
    form = Filled.sent(request.query_params.multi_items())
    asked, problems = read(form)
    told = None if problems else cost_of(site, form, asked)
    return page(request, site, "training/cost.html", cost=told)


@router.get(f"{PATH}/table")
def table(request: Request, site: TheSite, experiment: Number, chart: str) -> HTMLResponse:
    """The data behind a chart, as a page of its own from which a script takes the table."""
    record = site.registry.experiment(experiment)
    if chart not in KINDS:
        chart = KINDS[0]
    report = report_of(site.registry, record, curves=chart == KINDS[2])
    drawn = figure(report, chart)
    if isinstance(drawn, Figure) and drawn.table is None:  # the gain is made of what the price path shows
        drawn = figure(report, KINDS[1])
    return page(
        request,
        site,
        "training/table.html",
        figure=drawn,
        table=_markup(drawn),
        rows=[] if isinstance(drawn, Figure) else ranking(report)["rows"],
        id=experiment,
    )


@router.get(f"{PATH}/cancel")
def ask_cancel(request: Request, site: TheSite, experiment: Number) -> HTMLResponse:
    """Whether it is really to be cancelled; browsers with scripts ask in a dialog instead."""
    record = site.registry.experiment(experiment)
    return page(
        request,
        site,
        "training/cancel.html",
        id=record.id,
        symbol=record.spec.symbol,
        n_ended=_n_ended(record),
    )


@router.post(f"{PATH}/cancel")
def cancel(site: TheSite, experiment: Annotated[int, Form()]) -> RedirectResponse:
    """Ask an experiment to end; one that has ended meanwhile is shown as it is."""
    if site.registry.experiment(experiment).finished_at is None:
        overview.cancel(site.locks, site.registry, experiment)
    return RedirectResponse(f"{PATH}?experiment={experiment}", 303)


@router.post(f"{PATH}/resume")
def resume(site: TheSite, experiment: Annotated[int, Form()]) -> RedirectResponse:
    """Hand an experiment that stopped before its end to the queue again."""
    overview.send_on(site.locks, site.registry, experiment)
    return RedirectResponse(f"{PATH}?experiment={experiment}", 303)


def _current(site: Site) -> int | None:
    """What trains, else what waits first; also what the command line runs."""
    alive = (r.id for r in site.registry.experiments(states=("running",)) if is_held(site.locks, r.id))
    waiting = (id_ for id_ in site.registry.queue() if site.registry.experiment(id_).spec.backtest is None)
    return next(waiting, None) or next(alive, None)


def _form(
    request: Request, site: Site, form: Filled, problems: list[Problem] | None = None, *, status: int = 200
) -> HTMLResponse:
    asked, wrong = read(form)
    return page(
        request,
        site,
        "training/form.html",
        status=status,
        form=form,
        problems=problems or [],
        wrong={problem.field: problem.sentence for problem in reversed(problems or [])},
        cost=None if wrong else cost_of(site, form, asked),
        remedies=of_ambiguity(),
        **offered(site.registry),
    )


def _status(error: TrintenaError | RefusedError) -> int:
    """Of the form that is shown again; a series that was not found makes no page that is not there."""
    status = error.status if isinstance(error, RefusedError) else status_of(error)
    return 422 if status == 404 else status


def _experiment(request: Request, site: Site, record: ExperimentRecord) -> HTMLResponse:
    about = overview.described(site.locks, record)
    standing = site.registry.standing(record.id)
    state = about["state"]
    in_queue = about["enqueued"]
    # One that was cut off, but is in the queue, goes on by itself: it is shown as one that runs.
    is_live = state in ("queued", "running") or (state == "interrupted" and in_queue)
    spec = record.spec
    shared = {
        "id": record.id,
        "symbol": spec.symbol,
        "mode": words.mode(spec.mode),
        "state": state,
        "told_state": telling.state("queued" if is_live and state == "interrupted" else state),
        "message": record.message,
        "spec": spec,
        "measured": (spec.measures,),
        "searches": spec.search is not None,
        "settings": _settings(record),
        "created_at": record.created_at,
        "n_trainings": words.n_trainings(spec),
        "in_queue": in_queue,
        "strings": telling.of_charts(),
    }
    if is_live:
        view = running(record, standing)
        has_worker = has_workers(site.locks) or state == "running"
        return page(request, site, "training/running.html", view=view, has_worker=has_worker, **shared)
    outcome = ended(site.registry, record, state)
    told = outcome["verdict"] or outcome["sentence"]
    announcement = ended_announcement(state, told)
    return page(request, site, "training/ended.html", view=outcome, announcement=announcement, **shared)


def _settings(record: ExperimentRecord) -> str:
    """What tells this experiment from others, in one line."""
    spec = record.spec
    strategy = "" if spec.search is None else report_words.strategy(spec.search.strategy)
    return telling.listed(
        (
            strategy,
            telling.architectures(len(spec.model_ids)),
            f"lookback {spec.lookback}",
            words.steps(spec.horizon),
            report_words.target(spec.target, spec.measures),
            "" if record.executor == "local" else telling.executor(record.executor),
        )
    )


def _markup(drawn: Figure | str) -> Markup:
    """The table of a report, which is escaped already."""
    return Markup((drawn.table if isinstance(drawn, Figure) else None) or "")


def _n_ended(record: ExperimentRecord) -> int:
    return record.n_finished + record.n_failed
