"""`POST /api/train-advanced`: train and answer with the result, or at once with where it will be."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from trintena.domain import Mode, Search, Strategy, finite_json
from trintena.experiments.estimate import (
    TEN_YEARS,
    Estimate,
    Workload,
    backtest_seconds,
    estimate,
    rows_of,
    workload_of,
)
from trintena.experiments.plan import DEFAULT_YEARS, MAXIMUM_HORIZON, MAXIMUM_LOOKBACK, budget_seconds
from trintena.experiments.stopped import stopped_answer
from trintena.language import phrase
from trintena.services import DEFAULT_SYMBOL
from trintena.web.api.fields import refusals
from trintena.web.api.result_schemas import FastAnswer, OptimizedAnswer
from trintena.web.api.schemas import Accepted, EstimateAnswer
from trintena.web.errors import RefusedError
from trintena.web.live import Hub, TheHub
from trintena.web.site import Site, TheSite
from trintena.web.submission import Submitted, TrainingRequest, submit
from trintena.web.training_request import Name
from trintena.zoo import choose

router = APIRouter(prefix="/api", tags=["trainings"])

RESPOND_ASYNC = "respond-async"

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=64,
        pattern=r"^[!-~]+$",
        description="Two requests with the same key make one experiment; a training and a backtest need two.",
        examples=["8c1f0a52"],
    ),
]
Prefer = Annotated[
    str | None,
    Header(description="`respond-async`: answer at once with 202 and `Location`.", examples=[RESPOND_ASYNC]),
]
_LOCATION = {"description": "Where the experiment is.", "schema": {"type": "string"}}
ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Accepted,
        "description": "Handed to the queue: asked for by `Prefer: respond-async`, or the server ends or "
        "has waited as long as it may. The experiment goes on.",
        "headers": {"Location": _LOCATION},
    }
}


@router.post(
    "/train-advanced",
    summary="Train",
    response_model=FastAnswer | OptimizedAnswer,
    response_description="The result, once the experiment has ended.",
    responses={
        **ACCEPTED,
        **refusals(404, 409, 422, 424, 429),
    },
)
async def train_advanced(
    body: TrainingRequest,
    request: Request,
    site: TheSite,
    hub: TheHub,
    prefer: Prefer = None,
    idempotency_key: Key = None,
) -> Response:
    """Train the chosen architectures, rank them beside the last value, save the best.

    A plain request waits for the result. It may take long; whoever goes away stops nothing, and finds the
    experiment at `/api/experiments`.
    """
    submitted = await run_in_threadpool(submit, site, body, idempotency_key)
    return await answered(request, site, hub, submitted, prefer)


async def answered(
    request: Request, site: Site, hub: Hub, submitted: Submitted, prefer: str | None
) -> Response:
    """The result of an experiment once it has ended, or at once, where preferred, where it will be."""
    wishes = {wish.split(";")[0].strip().lower() for wish in (prefer or "").split(",")}
    if RESPOND_ASYNC in wishes:
        return await run_in_threadpool(_accepted, site, submitted, {"Preference-Applied": RESPOND_ASYNC})
    if await _is_over(request, hub, submitted.experiment_id, site.options.blocking_limit_s):
        return await run_in_threadpool(_result, site, submitted)
    return await run_in_threadpool(_accepted, site, submitted, {})


async def _is_over(request: Request, hub: Hub, experiment_id: int, limit_s: float | None) -> bool:
    """Wait for an experiment's end; False where the client, the server or its patience ended before."""
    end = asyncio.create_task(hub.until_over(experiment_id))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({end, gone}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        return end.done() and end.result()
    finally:
        for task in (end, gone):
            task.cancel()
        await asyncio.gather(end, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    """Wait until the client is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _accepted(site: Site, submitted: Submitted, headers: dict[str, str]) -> Response:
    registry, experiment_id = site.registry, submitted.experiment_id
    spec, standing = registry.experiment(experiment_id).spec, registry.standing(experiment_id)
    dataset, workers = registry.find_dataset(spec.dataset_hash), site.settings.workers
    if spec.backtest is None:
        cost = estimate(workload_of(spec, dataset), registry, workers=workers)
    else:
        cost = Estimate(spec.backtest.n_refits, backtest_seconds(spec, dataset, workers=workers))
    location = f"/api/experiments/{experiment_id}"
    answer = Accepted(
        experiment_id=experiment_id,
        state=standing.state,
        position=standing.position,
        n_trainings=cost.n_trainings,
        seconds_estimated=cost.seconds,
        remarks=list(submitted.remarks),
        location=location,
    )
    return JSONResponse(answer.model_dump(), 202, headers={"Location": location, **headers})


def _result(site: Site, submitted: Submitted) -> Response:
    """The answer of an experiment that has ended; a failure without an answer is refused."""
    record = site.registry.experiment(submitted.experiment_id)
    answer: dict[str, Any] | None = record.result
    if record.state == "cancelled" and answer is None:  # before its first trial had ended
        answer = stopped_answer(site.registry, record)
    if answer is None or (record.state == "failed" and answer["status"] != "failed"):
        raise RefusedError(
            409,
            "experiment_failed",
            phrase(
                en=f"Experiment {record.id} failed: {record.message}",
                pt=f"O experimento {record.id} falhou: {record.message}",
            ),
            hint=phrase(
                en=f"What is finished is kept: see /api/experiments/{record.id}, and resume it.",
                pt=f"O que terminou está salvo: veja /api/experiments/{record.id} e retome-o.",
            ),
        )
    return JSONResponse(finite_json({**answer, "remarks": list(submitted.remarks)}))


@router.get("/estimate", summary="What a training would cost", responses=refusals(422))
def estimated(
    site: TheSite,
    mode: Mode = "fast",
    model_ids: Annotated[list[int] | None, Query(description="None: all thirty.", examples=[[1, 11]])] = None,
    n_trials: Annotated[int | None, Query(ge=1, le=100_800, description="Of each architecture.")] = None,
    optimization_strategy: Strategy = "random",
    lookback: Annotated[int, Query(ge=2, le=MAXIMUM_LOOKBACK)] = 60,
    horizon: Annotated[int, Query(ge=1, le=MAXIMUM_HORIZON)] = 1,
    symbol: Annotated[Name | None, Query(description="A stored series, for its number of rows.")] = None,
    rows: Annotated[int | None, Query(ge=1, le=10_000_000, description="Rows to train on.")] = None,
    budget: Annotated[str | None, Query(max_length=20, description="Seconds, or `10m`.")] = None,
    pruning: bool = True,
) -> EstimateAnswer:
    """How many trainings that is, about how long they take here, and whether they would have to wait.

    The seconds follow what this machine took for experiments of that mode, as soon as there are any.
    """
    search = None
    if mode == "optimized":
        seconds = budget_seconds(budget) if budget else None
        search = Search(optimization_strategy, n_trials, pruning=pruning, budget_s=seconds)
    load = Workload(
        model_ids=tuple(row.id for row in choose(model_ids)),
        lookback=lookback,
        horizon=horizon,
        n_rows=rows or _rows_of(site, symbol or DEFAULT_SYMBOL),
        search=search,
    )
    cost = estimate(load, site.registry, workers=site.settings.workers)
    position = site.registry.n_waiting() + 1 if site.registry.queue() else None
    return EstimateAnswer(n_trainings=cost.n_trainings, seconds=cost.seconds, position=position)


def _rows_of(site: Site, symbol: str) -> int:
    stored = site.registry.latest_dataset(symbol) or site.registry.latest_dataset(symbol.upper())
    if stored is None:
        return TEN_YEARS
    return rows_of(site.registry.find_dataset(stored), DEFAULT_YEARS)
