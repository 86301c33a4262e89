"""The first page: what runs, what waits, the champion, all experiments; for a newcomer, what to do."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from trintena.experiments import overview
from trintena.jobs.locks import has_workers
from trintena.report import judgment
from trintena.report import words as report_words
from trintena.report.alarm import alarm_in_short
from trintena.web.pages import words
from trintena.web.pages.rendering import page
from trintena.web.site import TheSite
from trintena.web.submission import TrainingRequest, submit

if TYPE_CHECKING:
    from trintena.registry import ExperimentRecord
    from trintena.web.site import Site

router = APIRouter(include_in_schema=False)

SAMPLE = "sample:nasdaq"
ROWS = 25
"""Experiments on one page of the table."""


@router.get("/")
def home(
    request: Request, site: TheSite, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> HTMLResponse:
    """What there is, the newest first; `before` the experiment of a number, what came earlier."""
    records = site.registry.experiments(limit=ROWS + 1, before=before)
    current = _current(site)
    rows, champion = [_row(site, record) for record in records[:ROWS]], _champion(site)
    measured = {each["measures"] for each in (*rows, *current)}
    to_run = [each for each in current if each["state"] != "running"]
    return page(
        request,
        site,
        "home.html",
        rows=rows,
        older=records[ROWS - 1].id if len(records) > ROWS else None,
        is_first=before is None,
        running=[each for each in current if each["state"] != "queued"],
        waiting=[each for each in current if each["state"] == "queued"],
        stands_still=bool(to_run) and not has_workers(site.locks),
        champion=champion,
        measured=measured if champion is None else {*measured, champion["model"].measures},
        key=token_urlsafe(16),
    )


@router.post("/try-sample")
def try_sample(site: TheSite, key: Annotated[str | None, Form(max_length=64)] = None) -> RedirectResponse:
    """Train all architectures on the sample, fast; pressing twice makes one experiment."""
    submitted = submit(site, TrainingRequest.model_validate({"symbol": SAMPLE, "mode": "fast"}), key)
    return RedirectResponse(f"/advanced-training?experiment={submitted.experiment_id}", 303)


@router.post("/experiments/{experiment_id}/cancel")
def cancel(site: TheSite, experiment_id: int) -> RedirectResponse:
    """Take an experiment out of the queue, or have it stop; the first page tells what came of it."""
    overview.cancel(site.locks, site.registry, experiment_id)
    return RedirectResponse("/", 303)


def _row(site: Site, record: ExperimentRecord) -> dict[str, Any]:
    """An experiment as the table shows it."""
    about = overview.described(site.locks, record)
    answer = (record.result or {}) if record.spec.backtest is None else {}
    told = answer.get("verdict")
    return {
        **about,
        "measures": record.spec.measures,
        "told_state": report_words.state(about["state"]),
        "mode": words.kind(record.spec),
        "done": words.done(record),
        "skill": (told or {}).get("skill"),
        "ahead": judgment.is_good_news(told, judgment.winner_of(answer).get("model_id")),
        "verdict": judgment.in_short(told) if about["state"] == "succeeded" else None,
        "sentence": judgment.of_answer(answer) if about["state"] == "succeeded" else record.message,
    }


def _current(site: Site) -> list[dict[str, Any]]:
    """What runs and what waits, in the order of the queue, with how far each is."""
    registry = site.registry
    alive = [record.id for record in registry.experiments(states=("running",), backtests=None)]
    return [_standing(site, id_) for id_ in dict.fromkeys([*registry.queue(), *alive])]


def _standing(site: Site, experiment_id: int) -> dict[str, Any]:
    record = site.registry.experiment(experiment_id)
    return {
        **_row(site, record),
        "n_trainings": words.n_trainings(record.spec),
        "progress": site.registry.standing(experiment_id).progress,
    }


def _champion(site: Site) -> dict[str, Any] | None:
    """The newest champion, its verdict, and the forecast that was made when it was trained.

    The page asks no source for newer prices: `/custom-model` does that.
    """
    model = site.registry.newest_champion()
    if model is None:
        return None
    told, answer = judgment.verdict_of(model), site.services.answer_behind(model)
    forecast = answer.get("forecast")
    if forecast and forecast["version"] != model.version:
        forecast = None
    decimals = None  # of the last value and the first step, which stand beside each other
    if forecast:
        decimals = report_words.decimals_of(forecast["last_value"], forecast["forecast"][:1], ("80",))
    return {
        "model": model,
        "sentence": judgment.sentence(told, judgment.better_baselines(answer)),
        "alarm": alarm_in_short(told),
        "ahead": judgment.is_good_news(told, model.model_id),
        "steps": words.steps(model.horizon),
        "forecast": forecast,
        "decimals": decimals,
    }
