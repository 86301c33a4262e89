"""What may be asked of a backtest: every field with its range, as the API's description shows it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trintena.experiments.backtest import BacktestRequest
from trintena.jobs.executors import ExecutorName
from trintena.web.training_request import IsoDate, Name

_LARGEST_VERSION = 2**31 - 1
"""What every database can count to."""


class BacktestWish(BaseModel):
    """Which version is rolled over which dates. Every field may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {},
                {"symbol": "NVDA", "start": "2024-01-02"},
                {"version": 3, "start": "2015-01-02", "end": "2018-12-31", "refit_every": 60},
            ]
        },
    )

    version: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        le=_LARGEST_VERSION,
        description="As `GET /api/models` lists it; null: the champion.",
        examples=[3],
    )
    symbol: Name | None = Field(
        default=None, description="Whose champion; null: the newest champion of all.", examples=["NVDA"]
    )
    start: IsoDate | None = Field(
        default=None,
        description="First date that is forecast; null: the first after all that the version was made from.",
    )
    end: IsoDate | None = Field(default=None, description="Last date that is forecast; null: the newest.")
    refit_every: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Rows after which the version's setting is fitted anew, on all rows before; null: the "
        "weights stay as they were saved.",
        examples=[60],
    )
    executor: ExecutorName = Field(
        default="local",
        description="Where refits run: `local`, on the server; `ray`, on the Ray cluster that the server was "
        "told of.",
    )

    def to_plan(self) -> BacktestRequest:
        """The same for `plan_backtest`."""
        return BacktestRequest(self.start, self.end, self.refit_every)
