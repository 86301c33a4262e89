"""`/api/predict`: what a saved model forecasts next."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from trintena.artifacts.saved_model import notice_of
from trintena.domain import Measures, Target
from trintena.web.api.fields import LARGEST_ID, SymbolText, refusals
from trintena.web.site import TheSite

router = APIRouter(tags=["forecasts"])


class Wanted(BaseModel):
    """Which model is asked; without a word, the newest champion of all."""

    model_config = ConfigDict(extra="forbid")

    symbol: SymbolText | None = Field(default=None, description="Whose newest champion forecasts.")
    version: int | None = Field(
        default=None, strict=True, ge=1, le=LARGEST_ID, description="As `GET /api/models` lists it."
    )


class Step(BaseModel):
    """One forecast."""

    date: str = Field(description="Of the forecast; with its time where the series has one.")
    price: float = Field(description="The forecast, in units of the series, whatever it measures.")
    change: float = Field(description="From the last value, in units of the target.")
    intervals: dict[str, tuple[float, float]] = Field(
        description="By level in percent (80, 90, 95), the values between which it is meant to come, in "
        "units of the series. Empty for a model that was saved without them."
    )


class Prediction(BaseModel):
    """The next steps of a series, from its last row on; forecasts are in its own units."""

    symbol: str
    model_id: int
    model_name: str
    version: int
    origin: str = Field(description="The date of the last row.")
    last_value: float
    forecast: list[Step]
    target: Target
    measures: Measures = Field(description="Whether the series is of prices or of other values.")
    age_days: int = Field(description="Days since the last row.")
    warnings: list[str] = Field(
        description="`old_data`: the last row is over 30 days old. `source_unavailable`: the source of the "
        "prices did not answer, or not well; stored ones serve."
    )
    remarks: list[str] = Field(description="What there is to say about the prices, in sentences.")
    notice: str


EXAMPLE = {
    "symbol": "NVDA",
    "model_id": 11,
    "model_name": "BiLSTM Classic (64/32)",
    "version": 3,
    "origin": "2026-11-23",
    "last_value": 182.95,
    "forecast": [
        {
            "date": "2026-11-24",
            "price": 183.2,
            "change": 0.0014,
            "intervals": {"80": [178.1, 188.45], "90": [176.3, 190.37], "95": [174.2, 192.67]},
        }
    ],
    "target": "log_return",
    "measures": "price",
    "age_days": 1,
    "warnings": [],
    "remarks": [],
    "notice": notice_of("price")[0],
}


@router.post(
    "/api/predict",
    summary="Forecast the next steps",
    responses={
        200: {"content": {"application/json": {"example": EXAMPLE}}},
        **refusals(404, 409, 422, 424),
    },
)
async def predict(
    site: TheSite,
    wanted: Annotated[
        Wanted | None,
        Body(
            openapi_examples={
                "newest": {"summary": "The newest champion of all", "value": {}},
                "symbol": {"summary": "The champion of a symbol", "value": {"symbol": "NVDA"}},
                "version": {"summary": "A version", "value": {"version": 3}},
            }
        ),
    ] = None,
) -> Prediction:
    """What a model forecasts from the newest prices of its own series, as `trintena predict` prints it.

    Where the source of the prices does not answer, stored ones serve, and `warnings` says so.
    """
    wanted = wanted or Wanted()
    async with site.forecast_places:
        told = await run_in_threadpool(site.services.predict, wanted.symbol, wanted.version)
    return Prediction.model_validate(told)
