"""What the routes of trainings and experiments answer, for the API's description."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from trintena.domain import Mode, Purpose, TrialState
from trintena.web.api.backtest_schemas import BacktestAnswer
from trintena.web.api.fields import LARGEST_ID
from trintena.web.api.result_schemas import FastAnswer, FastRow, OpenModel, OptimizedAnswer, OptimizedRow

ExperimentNumber = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="The experiment's number.", examples=[3])
]
State = Literal["queued", "running", "interrupted", "succeeded", "failed", "cancelled"]
"""`interrupted`: it was running, and no process runs it any more."""


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


class RunningTrial(OpenModel):
    """What one process trains now."""

    model_id: int
    model_name: str
    purpose: Purpose
    number: int
    epoch: int
    elapsed_s: float
    curve: list[float | None] = Field(description="Validation RMSE after each epoch so far.")


class ProgressOfRun(OpenModel):
    """How far a running experiment is. Times are seconds."""

    phase: str = Field(description="`training` or `backtest`, then `judging`.", examples=["training"])
    share: float = Field(description="Of its time, the part that has passed.", examples=[0.43])
    seconds_left: float | None = Field(description="Null: too early to say.", examples=[12.0])
    elapsed_s: float
    last_value_rmse: float | None = Field(
        description="What is to be beaten, on validation; null of a backtest."
    )
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


class Winner(OpenModel):
    """Who leads; the validation RMSE is `rmse` in fast mode, `best_rmse` in optimized mode."""

    model_id: int
    model_name: str


class Experiment(OpenModel):
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
    executor: str = Field(description="Where its trials were asked to run.", examples=["local"])
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
    result: FastAnswer | OptimizedAnswer | BacktestAnswer | None = Field(
        description="Null before its first end."
    )
    results: list[FastRow | OptimizedRow] = Field(description="The board so far.")


class StateAnswer(BaseModel):
    """What became of a request to cancel or resume."""

    experiment_id: int
    state: State
    cancel_requested: bool
    position: int | None
