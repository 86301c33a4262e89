"""Experiments: listed, shown, cancelled, sent on again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from trintena.domain import finite_json
from trintena.errors import UsageError
from trintena.experiments import overview
from trintena.web.api.fields import LARGEST_ID, refusals
from trintena.web.api.schemas import ExperimentDetail, ExperimentList, ExperimentNumber, Standing, StateAnswer
from trintena.web.errors import RefusedError
from trintena.web.messages import standing_of
from trintena.web.site import Site, TheSite
from trintena.web.submission import refuse_when_full

router = APIRouter(prefix="/api", tags=["experiments"])

NOBODY: dict[str, Any] = {
    "experiment_id": None,
    "state": None,
    "message": None,
    "cancel_requested": False,
    "position": None,
    "progress": None,
}
"""How it stands where there is no experiment."""


@router.get(
    "/experiments",
    summary="List the experiments, the newest first",
    response_model=ExperimentList,
    responses=refusals(422),
)
def experiments(
    site: TheSite,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only those submitted before this one.")
    ] = None,
    backtests: Annotated[bool, Query(description="Backtests instead of trainings.")] = False,
) -> Response:
    """Every training of the database, or every backtest, also those of the command line."""
    records = site.registry.experiments(limit=limit + 1, before=before, backtests=backtests)
    shown = records[:limit]
    answer = {
        "experiments": [overview.described(site.locks, record) for record in shown],
        "next_before": shown[-1].id if len(records) > limit else None,
    }
    return JSONResponse(finite_json(answer))


@router.get(
    "/experiments/{experiment_id}",
    summary="Show an experiment",
    response_model=ExperimentDetail,
    responses=refusals(404, 422),
)
def experiment(experiment_id: ExperimentNumber, site: TheSite) -> Response:
    """What it runs, how far it is, its board so far and, once it has ended, its result."""
    registry = site.registry
    record = registry.experiment(experiment_id)
    standing = standing_of(site, experiment_id)
    counts = registry.trial_counts(experiment_id)
    answer = {
        **overview.described(site.locks, record),
        "spec": record.spec.to_json(),
        "trial_counts_by_model": {str(model_id): own for model_id, own in counts.items()},
        "failures": overview.failures(registry, experiment_id),
        "position": standing["position"],
        "progress": standing["progress"],
        "result": record.result,
        "results": overview.rows_so_far(registry, record),
    }
    return JSONResponse(finite_json(answer))


@router.get(
    "/train-progress",
    summary="How far the training is",
    response_model=Standing,
    responses=refusals(404, 422),
)
def train_progress(
    site: TheSite,
    experiment: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_ID, description="None: the running, the next or the newest one."),
    ] = None,
) -> Response:
    """One poll of what `/api/experiments/{id}/events` streams: its message `state`."""
    chosen = _current(site) if experiment is None else experiment
    return JSONResponse(finite_json(NOBODY if chosen is None else standing_of(site, chosen)))


@router.post(
    "/experiments/{experiment_id}/cancel",
    summary="Cancel an experiment",
    responses=refusals(404, 409, 422),
)
def cancel(experiment_id: ExperimentNumber, site: TheSite) -> StateAnswer:
    """Take it out of the queue, or end it within five seconds; what is finished is kept."""
    try:
        overview.cancel(site.locks, site.registry, experiment_id)
    except UsageError as error:
        raise _impossible(error) from error
    return _state(site, experiment_id)


@router.post(
    "/experiments/{experiment_id}/resume",
    status_code=202,
    summary="Go on with an experiment that stopped",
    responses=refusals(404, 409, 422, 429),
)
def resume(experiment_id: ExperimentNumber, site: TheSite, response: Response) -> StateAnswer:
    """Hand it to the queue again: only what is missing is trained."""
    if site.registry.standing(experiment_id).position is None:
        refuse_when_full(site)
    try:
        overview.send_on(site.locks, site.registry, experiment_id)
    except UsageError as error:
        raise _impossible(error) from error
    response.headers["Location"] = f"/api/experiments/{experiment_id}"
    return _state(site, experiment_id)


def _impossible(error: UsageError) -> RefusedError:
    """Nothing is wrong with the request: the experiment is in another state."""
    return RefusedError(409, "wrong_state", error.message, hint=error.hint)


def _state(site: Site, experiment_id: int) -> StateAnswer:
    return StateAnswer.model_validate(standing_of(site, experiment_id))


def _current(site: Site) -> int | None:
    """The experiment that runs, else the next in the queue, else the newest."""
    registry = site.registry
    for record in registry.experiments(states=("running",), backtests=None):
        if standing_of(site, record.id)["state"] == "running":
            return record.id
    waiting = registry.queue()
    newest = registry.experiments(limit=1)
    return waiting[0] if waiting else newest[0].id if newest else None
