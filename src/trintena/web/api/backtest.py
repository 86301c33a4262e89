"""`POST /api/backtest`: roll a saved model over past dates, and answer with how it did."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from trintena.web.api.backtest_schemas import EXAMPLE, BacktestAnswer
from trintena.web.api.fields import refusals
from trintena.web.api.training import ACCEPTED, Key, Prefer, answered
from trintena.web.backtest_request import BacktestWish
from trintena.web.live import TheHub
from trintena.web.site import TheSite
from trintena.web.submission import submit_backtest

router = APIRouter(prefix="/api", tags=["trainings"])

_NO_WISH = BacktestWish()


@router.post(
    "/backtest",
    summary="Backtest a saved model",
    response_model=BacktestAnswer,
    response_description="The result, once the backtest has ended.",
    responses={
        200: {"content": {"application/json": {"example": EXAMPLE}}},
        **ACCEPTED,
        **refusals(404, 409, 422, 424, 429),
    },
)
async def backtest(
    request: Request,
    site: TheSite,
    hub: TheHub,
    body: BacktestWish = _NO_WISH,
    prefer: Prefer = None,
    idempotency_key: Key = None,
) -> Response:
    """Forecast every date of a stretch from the rows before it, beside every baseline.

    With the weights as saved, or with the setting fitted anew every so many rows. Dates that the version was
    trained, selected or calibrated on are counted and left out of the figures. A plain request waits for the
    result; the backtest is an experiment of `/api/experiments?backtests=true`, where it can be cancelled and
    resumed.
    """
    submitted = await run_in_threadpool(
        submit_backtest,
        site,
        body.to_plan(),
        symbol=body.symbol,
        version=body.version,
        key=idempotency_key,
        executor=body.executor,
    )
    return await answered(request, site, hub, submitted, prefer)
