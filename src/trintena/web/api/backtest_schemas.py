"""What a backtest answers at its end, for the API's description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from trintena.domain import Measures, Target
from trintena.web.api.result_schemas import OpenModel

StepFigure = float | bool | list[float | None] | None
"""Of one step: a number, `persistence_clone`, or the correlations with several shifts."""


class Figures(OpenModel):
    """How one forecast did, over all steps together; `by_step` has a list for each figure."""

    rmse: float | None = Field(default=None, description="In units of the target.")
    mae: float | None = None
    skill: float | None = Field(default=None, description="1 - RMSE / RMSE of the last value.")
    skill_against_drift: float | None = None
    r2: float | None = Field(default=None, description="Out of sample, against the training mean.")
    directional_accuracy: float | None = Field(default=None, description="Null: it never names one.")
    majority_share: float | None = Field(
        default=None, description="What naming the commoner direction scores."
    )
    direction_p: float | None = Field(default=None, description="Of Pesaran and Timmermann.")
    by_step: dict[str, list[StepFigure]] = Field(default={}, description="Each figure, step by step.")


class BaselineFigures(Figures):
    """A baseline, fitted on the same rows as the network; without figures where it could not be."""

    key: str = Field(examples=["auto_arima"])
    name: str = Field(examples=["AutoARIMA"])
    state: Literal["COMPLETE", "FAIL"]
    reason: str | None = Field(description="Why it has no figures.")


class Judged(BaseModel):
    """The forecasts that the figures are of."""

    first: str = Field(description="First date forecast.")
    last: str
    origins: int


class BacktestAnswer(OpenModel):
    """How a saved model did over past dates."""

    status: Literal["success", "cancelled", "failed"]
    experiment_id: int
    version: int
    model_id: int
    model_name: str
    symbol: str
    target: Target
    measures: Measures
    horizon: int
    lookback: int
    refit_every: int | None = Field(description="Rows; null: the weights as they were saved.")
    n_refits: int
    first: str = Field(description="First and last date of the stretch.")
    last: str
    n_origins: int
    n_in_sample: int | None = Field(
        description="Forecasts of rows that the version was trained, selected or calibrated on; the figures "
        "leave them out, unless fewer than 100 others are left: then nothing is judged."
    )
    trained_to: str = Field(description="Last date that the version was trained on.")
    selected_to: str = Field(description="Last date that chose its setting.")
    calibrated_to: str
    partial: bool = Field(description="Whether it was stopped before its end.")
    judged: Judged | None = None
    model: Figures | None = Field(description="Null where it was stopped.")
    baselines: list[BaselineFigures]
    verdict: dict[str, Any] = Field(
        description="`code`: `beats_last_value`, `not_distinguishable`, or `not_judged` with a `reason`: "
        "`in_sample`, or `setting_seen` where rows of the stretch chose the setting. `board_disagrees` is "
        "the reason of a lead on days of a test segment on which the board found none."
    )
    intervals: dict[str, Any] | None = Field(description="Null: the stretch is too short to calibrate any.")
    test_consulted: int | None = Field(description="How often these dates have been looked at.")
    warnings: list[str] = Field(description="`in_sample`, `setting_seen`, `no_intervals`.")
    remarks: list[str] = Field(default=[], description="What there is to say about the prices.")


_FIGURES = {
    "rmse": 0.0122531,
    "mae": 0.0084824,
    "skill": 0.0003,
    "skill_against_drift": 0.0017,
    "r2": 0.004,
    "directional_accuracy": 0.535,
    "majority_share": 0.535,
    "direction_p": None,
    "by_step": {"rmse": [0.0122531], "skill": [0.0003]},
}
EXAMPLE = {
    "status": "success",
    "experiment_id": 7,
    "version": 3,
    "model_id": 11,
    "model_name": "BiLSTM Classic (64/32)",
    "symbol": "NVDA",
    "target": "log_return",
    "measures": "price",
    "horizon": 1,
    "lookback": 60,
    "refit_every": None,
    "n_refits": 0,
    "first": "2017-10-18T00:00:00",
    "last": "2018-12-31T00:00:00",
    "n_origins": 302,
    "n_in_sample": 0,
    "trained_to": "2015-12-31T00:00:00",
    "selected_to": "2017-03-14T00:00:00",
    "calibrated_to": "2017-10-17T00:00:00",
    "partial": False,
    "judged": {"first": "2017-10-18T00:00:00", "last": "2018-12-31T00:00:00", "origins": 302},
    "model": _FIGURES,
    "baselines": [
        {
            "key": "last_value",
            "name": "Last value",
            "state": "COMPLETE",
            "reason": None,
            **_FIGURES,
            "skill": 0.0,
        }
    ],
    "verdict": {"code": "not_distinguishable", "reason": None, "skill": 0.0003, "dm_p": 0.43},
    "intervals": None,
    "test_consulted": 3,
    "warnings": ["no_intervals"],
    "remarks": [],
}
