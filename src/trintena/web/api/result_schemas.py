"""What an experiment answers at its end, for the API's description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from trintena.domain import Measures, Strategy, TrialState


class OpenModel(BaseModel):
    """Has further fields beside those that are described."""

    model_config = ConfigDict(extra="allow")


class Params(BaseModel):
    """The hyper-parameters of one trial."""

    learning_rate: float = Field(examples=[0.001])
    batch_size: int = Field(examples=[64])
    dropout_rate: float = Field(examples=[0.2])
    epochs: int = Field(examples=[30])
    activation: str = Field(examples=["swish"])


class Row(OpenModel):
    """One architecture on the board. Figures of the test segment are null where it was not consulted."""

    rank: int | None = Field(description="Null: without a result.", examples=[1])
    model_id: int = Field(examples=[11])
    model_name: str = Field(examples=["BiLSTM Classic (64/32)"])
    category: str = Field(examples=["bidirectional"])
    state: TrialState
    reason: str | None = Field(description="Why it failed.")
    elapsed_time: float | None = Field(description="Seconds.", examples=[1.4])
    test_rmse: float | None
    skill: float | None = Field(
        description="On the test segment: 1 - RMSE / RMSE of the last value.", examples=[0.002]
    )


class FastRow(Row):
    """A row of fast mode."""

    rmse: float | None = Field(description="Validation RMSE of the target.", examples=[0.0234])


class OptimizedRow(Row):
    """A row of optimized mode."""

    best_rmse: float | None = Field(
        description="Validation RMSE of the weights that are saved.", examples=[0.0187]
    )
    best_params: Params | None
    n_trials: int = Field(examples=[20])


class _Answer(OpenModel):
    """What both modes answer."""

    status: Literal["success", "cancelled", "failed"]
    experiment_id: int
    symbol: str = Field(examples=["NVDA"])
    measures: Measures = Field(default="price", description="Whether the series is of prices.")
    partial: bool = Field(description="Whether only what was finished before its end is there.")
    baselines: list[dict[str, Any]] = Field(description="Last value and drift, judged on the same dates.")
    verdict: dict[str, Any] = Field(
        examples=[{"code": "not_distinguishable", "skill": 0.002, "skill_against_drift": 0.001}]
    )
    remarks: list[str] = Field(default=[], description="What there is to say about the prices.")


class FastAnswer(_Answer):
    """The result of fast mode."""

    mode: Literal["fast"]
    winner: FastRow | None
    total_models: int = Field(examples=[30])
    results: list[FastRow]


class OptimizedAnswer(_Answer):
    """The result of optimized mode."""

    mode: Literal["optimized"]
    winner: OptimizedRow | None
    total_models_tested: int = Field(examples=[30])
    total_time: float | None = Field(default=None, description="Seconds.", examples=[1823.4])
    avg_time_per_model: float | None = Field(default=None, examples=[60.8])
    optimization_strategy: Strategy
    all_results: list[OptimizedRow]


class Curve(BaseModel):
    """The best search trial of one architecture, epoch by epoch."""

    model_id: int
    model_name: str
    number: int = Field(description="Of the trial.")
    rmse: float | None
    best_epoch: int | None = Field(description="Counted from 1.")
    validation: list[float | None] = Field(description="Validation RMSE after each epoch.")
    training: list[float | None] = Field(
        description="Mean squared training loss, in units of each window's step size."
    )


class GrowingCurve(BaseModel):
    """A trial that is being trained, epoch by epoch so far."""

    model_id: int
    model_name: str
    purpose: Literal["search", "refit"]
    number: int
    validation: list[float | None] = Field(description="Validation RMSE after each epoch.")


class Curves(BaseModel):
    """Learning curves, the best architecture first."""

    experiment_id: int
    last_value_rmse: float | None
    curves: list[Curve]
    running: list[GrowingCurve]


class Bounds(BaseModel):
    """Between which values each forecast was meant to come, as it was said at its origin."""

    lower: list[list[float | None]]
    upper: list[list[float | None]]


class TestForecasts(BaseModel):
    """The leader's forecasts of the test segment; every list is null where it was not consulted.

    Lists of lists have a row for each origin and in it a value for each step of the horizon.
    """

    __test__ = False

    experiment_id: int
    model_id: int | None
    model_name: str | None
    target: str
    dates: list[list[str]] | None
    actual: list[list[float | None]] | None = Field(description="Prices that came.")
    forecast: list[list[float | None]] | None = Field(description="Prices forecast.")
    last: list[float | None] | None = Field(description="The last known price of each origin.")
    actual_change: list[list[float | None]] | None = Field(
        description="From the origin, in units of the target."
    )
    forecast_change: list[list[float | None]] | None
    error_saved: list[float | None] | None = Field(
        description="Squared error saved over the last value up to each origin, as a share of all of the "
        "last value's; it ends at 1 - (1 - skill)^2. Null also where the series never changed."
    )
    intervals: dict[str, Bounds] | None = Field(
        description="By level in percent (80, 90, 95); empty for an experiment of before there were any."
    )
