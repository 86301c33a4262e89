"""What may be asked of a training: every field with its range, as the API's description shows it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from trintena.domain import Features, Measures, Mode, Search, Split, Strategy, Target
from trintena.errors import UsageError
from trintena.experiments.plan import (
    DEFAULT_YEARS,
    MAXIMUM_HORIZON,
    MAXIMUM_LOOKBACK,
    MAXIMUM_SEED,
    MINIMUM_BUDGET_S,
    Request,
    budget_seconds,
)
from trintena.jobs.executors import ExecutorName
from trintena.language import phrase
from trintena.search import read_space

_LONGEST_SPAN = 20
"""Characters of a budget."""
_MOST_TRIALS = 3_360
"""Combinations of the specification's space."""


def _years(value: Any) -> Any:
    return None if value == "all" else value


def _seconds(value: Any) -> Any:
    return budget_seconds(value) if isinstance(value, str) and len(value) <= _LONGEST_SPAN else value


IsoDate = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2018-12-31"])]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Years = Annotated[
    Annotated[int, Field(ge=1, le=1_000)] | None,
    BeforeValidator(_years),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 1_000}, {"const": "all"}, {"type": "null"}]}
    ),
]
Budget = Annotated[
    float | None,
    BeforeValidator(_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": MINIMUM_BUDGET_S},
                {"type": "string", "maxLength": _LONGEST_SPAN, "examples": ["10m", "1h30m"]},
                {"type": "null"},
            ]
        }
    ),
]


class TrainingRequest(BaseModel):
    """What to train. Every field may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"mode": "fast", "lookback": 60, "horizon": 1},
                {
                    "mode": "optimized",
                    "optimization_strategy": "bayesian",
                    "n_trials": 30,
                    "model_ids": [1, 11, 21, 26, 30],
                    "lookback": 60,
                    "horizon": 1,
                },
                {"mode": "optimized", "symbol": "sample:nasdaq", "budget": "10m", "seed": 7},
            ]
        },
    )

    mode: Mode = Field(
        "fast",
        description="`fast`: every architecture for one epoch with fixed parameters. `optimized`: the best "
        "hyper-parameters of each are searched for, and fitted again.",
    )
    model_ids: list[int] | None = Field(
        None,
        max_length=100,
        description="Numbers of architectures, see `/api/models-info`; null: all thirty.",
        examples=[[1, 11, 26], None],
    )
    optimization_strategy: Strategy = Field("random", description="Optimized mode; fast mode ignores it.")
    n_trials: int | None = Field(
        None,
        description="Optimized mode: trials of each architecture; null: 20, for `grid` every combination, "
        "with a budget as many as it allows. Fast mode ignores it.",
        examples=[20],
        json_schema_extra={"minimum": 1, "maximum": _MOST_TRIALS},
    )
    lookback: int = Field(60, ge=2, le=MAXIMUM_LOOKBACK, description="Rows that a forecast reads.")
    horizon: int = Field(1, ge=1, le=MAXIMUM_HORIZON, description="Steps ahead.")
    symbol: Name | None = Field(
        None,
        description="A Yahoo symbol, `sample:nasdaq`, `sample:sp500`, or the name of what was uploaded; "
        "null: NVDA. Where its source does not answer, the newest stored prices serve.",
        examples=["NVDA", "sample:nasdaq"],
    )
    dataset: Name | None = Field(
        None,
        description="Instead of a symbol: stored prices by their hash, a beginning of it, or their name.",
        examples=["3f9a01bc"],
    )
    target: Target | None = Field(
        None, description="What is forecast; null: `log_return` of prices, `difference` of other values."
    )
    measures: Measures | None = Field(
        None, description="Whether the series is of prices or of other values; null: as it is stored."
    )
    features: Features = Field("ohlcv", description="What the networks see, where there are such columns.")
    years: Years = Field(
        DEFAULT_YEARS, description="Counted back from the last date; `all` or null: every row."
    )
    start: IsoDate | None = Field(None, description="First date, instead of `years`.")
    end: IsoDate | None = Field(None, description="Last date.")
    split: Annotated[list[float | IsoDate], Field(min_length=3, max_length=3)] | None = Field(
        None,
        description="Shares of train, validation and calibration, or the dates on which validation, "
        "calibration and test begin; null: the defaults.",
        examples=[[0.7, 0.12, 0.06], ["2022-01-03", "2023-01-02", "2023-07-03"]],
    )
    seed: int = Field(0, ge=0, le=MAXIMUM_SEED, description="Of weights, order and dropout.")
    budget: Budget = Field(
        None,
        description="Optimized mode: the time that all of it may take, in seconds or as `10m`.",
        examples=["10m"],
    )
    space: dict[str, Any] | None = Field(
        None,
        description="Optimized mode: what to choose `learning_rate`, `batch_size`, `dropout_rate`, `epochs` "
        "and `activation` from, as lists or ranges; what is left out stays as it is.",
        examples=[{"learning_rate": {"low": 0.0001, "high": 0.01, "log": True}, "activation": ["tanh"]}],
    )
    exploration: float = Field(
        0.3, ge=0, le=1, description="Bayesian: the share of proposals drawn at random."
    )
    pruning: bool = Field(True, strict=True, description="Optimized mode: whether hopeless trials end early.")
    refit_all: bool = Field(
        False, strict=True, description="Optimized mode: train the champion once more, on all rows, to serve."
    )
    executor: ExecutorName = Field(
        "local",
        description="Where trials run: `local`, on the server; `ray`, on the Ray cluster that the server was "
        "told of.",
    )

    def search(self) -> Search | None:
        """How it searches. Fast mode has none, unless it was told what only a search can heed.

        Raises:
            UsageError: the space makes no sense.
        """
        told = (self.budget, self.space) != (None, None) or not self.pruning or self.exploration != 0.3
        if self.mode == "fast" and not told:
            return None
        return Search(
            strategy=self.optimization_strategy,
            n_trials=self.n_trials,
            space=read_space(self.space or {}),
            pruning=self.pruning,
            exploration=self.exploration,
            budget_s=self.budget,
        )

    def to_plan(self) -> Request:
        """The same for `plan`.

        Raises:
            UsageError: the space or the split makes no sense.
        """
        return Request(
            mode=self.mode,
            search=self.search(),
            refit_all=self.refit_all,
            model_ids=self.model_ids,
            lookback=self.lookback,
            horizon=self.horizon,
            target=self.target,
            features=self.features,
            measures=self.measures,
            years=self.years,
            start=self.start,
            end=self.end,
            split=self._split(),
            seed=self.seed,
        )

    def _split(self) -> Split:
        if self.split is None:
            return Split()
        dates = [part for part in self.split if isinstance(part, str)]
        shares = [part for part in self.split if not isinstance(part, str)]
        if dates and shares:
            raise UsageError(
                phrase(
                    en="A split has three shares or three dates, not some of both.",
                    pt="A divisão tem três parcelas ou três datas, e não um pouco de cada.",
                ),
                field="split",
            )
        if dates:
            return Split(dates=(dates[0], dates[1], dates[2]))
        return Split(fractions=(shares[0], shares[1], shares[2]))
