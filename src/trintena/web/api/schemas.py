"""What the routes of trainings and experiments answer, for the API's description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from trintena.domain import Mode, Purpose, Strategy, TrialState
from trintena.web.errors import ErrorAnswer

ExperimentNumber = Annotated[
    int, Path(ge=1, le=2**31 - 1, description="The experiment's number.", examples=[3])
]
State = Literal["queued", "running", "interrupted", "succeeded", "failed", "cancelled"]
"""`interrupted`: it was running, and no process runs it any more."""

_MEANING = {
    404: "There is no such experiment, or dataset.",
    409: "It cannot be done in the state that the experiment is in.",
    422: "The request makes no sense: which field, and why.",
    429: "The queue is full; `Retry-After` says in how many seconds to ask again.",
    502: "The source of prices did not answer, and none of that symbol are stored.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses`: what a route may refuse, in the one shape of errors."""
    return {status: {"model": ErrorAnswer, "description": _MEANING[status]} for status in statuses}


class _More(BaseModel):
    """Has further fields beside those that are described."""

    model_config = ConfigDict(extra="allow")


class Params(BaseModel):
    """The hyper-parameters of one trial."""

    learning_rate: float = Field(examples=[0.001])
    batch_size: int = Field(examples=[64])
    dropout_rate: float = Field(examples=[0.2])
    epochs: int = Field(examples=[30])
    activation: str = Field(examples=["swish"])


class Row(_More):
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


class _Answer(_More):
    """What both modes answer."""

    status: Literal["success", "cancelled", "failed"]
    experiment_id: int
    symbol: str = Field(examples=["NVDA"])
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


class Accepted(BaseModel):
    """An experiment that was handed to the queue."""

    experiment_id: int = Field(examples=[3])
    state: State
    position: int | None = Field(description="Among those that wait, 1 for the next.", examples=[1])
    n_trainings: int | None = Field(description="Null: a budget alone decides.", examples=[30])
    seconds_estimated: float = Field(examples=[38.0])
    remarks: list[str] = Field(description="What there is to say about the prices.")
    location: str = Field(examples=["/api/experiments/3"])


class EstimateAnswer(BaseModel):
    """What a training would cost."""

    n_trainings: int | None = Field(
        description="Trials and refits of all architectures; null: a budget alone decides.", examples=[690]
    )
    seconds: float = Field(description="Of this machine, about.", examples=[883.0])
    position: int | None = Field(
        description="Where it would wait in the queue; null: it would begin at once.", examples=[None]
    )


class RunningTrial(_More):
    """What one process trains now."""

    model_id: int
    model_name: str
    purpose: Purpose
    number: int
    epoch: int
    elapsed_s: float
    curve: list[float | None] = Field(description="Validation RMSE after each epoch so far.")


class ProgressOfRun(_More):
    """How far a running experiment is. Times are seconds."""

    phase: str = Field(description="`training`, then `judging`.", examples=["training"])
    share: float = Field(description="Of its time, the part that has passed.", examples=[0.43])
    seconds_left: float | None = Field(description="Null: too early to say.", examples=[12.0])
    elapsed_s: float
    last_value_rmse: float = Field(description="What is to be beaten, on validation.")
    n_trials: int
    n_ended: int
    running: list[RunningTrial]
    models: list[dict[str, Any]] = Field(description="Every architecture: its state, place, score, counts.")


class Standing(BaseModel):
    """How an experiment stands now."""

    experiment_id: int | None = Field(description="Null: there is no experiment yet.", examples=[3])
    state: State | None
    message: str | None = Field(description="Why it is in this state.")
    cancel_requested: bool
    position: int | None = Field(description="Among those that wait, 1 for the next.")
    progress: ProgressOfRun | None


class Winner(_More):
    """Who leads; the validation RMSE is `rmse` in fast mode, `best_rmse` in optimized mode."""

    model_id: int
    model_name: str


class Experiment(_More):
    """One experiment, without its results."""

    id: int = Field(examples=[3])
    state: State
    message: str | None
    symbol: str = Field(examples=["NVDA"])
    mode: Mode
    n_models: int
    n_finished: int = Field(description="Search trials that ended with a result.")
    n_failed: int
    trial_counts: dict[TrialState, int]
    winner: Winner | None
    dataset_hash: str
    created_at: str = Field(examples=["2026-11-24T09:30:00+00:00"])
    started_at: str | None
    finished_at: str | None
    cancel_requested: bool
    resume: str | None = Field(description="The command that goes on with it.")


class ExperimentList(BaseModel):
    """A page of experiments, the newest first."""

    experiments: list[Experiment]
    next_before: int | None = Field(description="`before` of the next page; null: this is the last.")


class ExperimentDetail(Experiment):
    """One experiment with all that is known of it."""

    spec: dict[str, Any] = Field(description="What it runs.")
    trial_counts_by_model: dict[str, dict[TrialState, int]]
    failures: dict[str, int] = Field(description="How many trials failed for which reason.")
    position: int | None
    progress: ProgressOfRun | None
    result: FastAnswer | OptimizedAnswer | None = Field(description="Null before its first end.")
    results: list[FastRow | OptimizedRow] = Field(description="The board so far.")


class StateAnswer(BaseModel):
    """What became of a request to cancel or resume."""

    experiment_id: int
    state: State
    cancel_requested: bool
    position: int | None


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
