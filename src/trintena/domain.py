"""The nouns that every room shares: a series, what to run, what a trial found, what was saved.

Plain frozen values over NumPy and the standard library. Nothing here touches a file, a database, a
network or a numerical framework.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

PRICE_COLUMNS = ("open", "high", "low", "close")
COLUMNS = (*PRICE_COLUMNS, "volume")
"""The columns a series may have, in the order in which they are kept; `close` is always there."""

Mode = Literal["fast", "optimized"]
Target = Literal["log_return", "difference"]
Measures = Literal["price", "value"]
"""What a series is of: a price, or any other quantity, of which nobody speaks in words of money."""
Features = Literal["ohlcv", "close"]
State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
"""Of an experiment."""
TrialState = Literal["WAITING", "RUNNING", "COMPLETE", "PRUNED", "FAIL"]
"""Optuna's words for the state of a trial."""
FINISHED: tuple[TrialState, ...] = ("COMPLETE", "PRUNED")
"""The states of a trial that ended with a result, which nothing replaces."""
ENDED: tuple[TrialState, ...] = (*FINISHED, "FAIL")
Purpose = Literal["search", "refit"]
"""Why a trial is run: to find a setting (fast mode: to try the fixed one), or to judge the one found."""
Strategy = Literal["grid", "random", "bayesian"]


@dataclass(frozen=True, eq=False)
class PriceSeries:
    """A regular series, oldest row first: checked, immutable, named by the hash of its content.

    `dates` are naive `datetime64[s]`: the exchange's own calendar date at midnight for daily data,
    UTC for anything finer. `values` has one column for each of `columns` and keeps float64. The
    column that is forecast is called `close`, whatever the series measures: `measures` decides how
    people are spoken to and which target is the usual one, but is no part of the content.
    """

    symbol: str
    dates: np.ndarray[Any, np.dtype[np.datetime64]]
    columns: tuple[str, ...]
    values: Float[np.ndarray, "row column"]
    source: str
    measures: Measures = "price"

    def __post_init__(self) -> None:
        self.dates.flags.writeable = False
        self.values.flags.writeable = False

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def close(self) -> Float[np.ndarray, " row"]:
        """The column that is forecast, in its own units."""
        return self.values[:, self.columns.index("close")]

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over symbol, columns, dates and values: equal exactly when all four are."""
        digest = hashlib.sha256()
        digest.update(json.dumps([self.symbol, self.columns]).encode())
        digest.update(np.ascontiguousarray(self.dates.astype("datetime64[s]").astype("<i8")).tobytes())
        digest.update(np.ascontiguousarray(self.values.astype("<f8")).tobytes())
        return digest.hexdigest()

    def rows(self, start: int, stop: int) -> PriceSeries:
        """The rows in [start, stop) as a series of their own."""
        return replace(self, dates=self.dates[start:stop], values=self.values[start:stop])


@dataclass(frozen=True)
class Hyperparameters:
    """What one trial is trained with. The defaults are the fixed parameters of fast mode."""

    learning_rate: float = 0.001
    batch_size: int = 32
    dropout_rate: float = 0.2
    epochs: int = 1
    activation: str = "relu"


@dataclass(frozen=True)
class Range:
    """Every number from `low` to `high`, both inclusive: whole steps apart if there is a `step`.

    `log` spreads them evenly over orders of magnitude; it excludes a step.
    """

    low: float
    high: float
    step: float | None = None
    log: bool = False


@dataclass(frozen=True)
class SearchSpace:
    """What a search may choose each hyper-parameter from; the defaults are the specification's."""

    learning_rate: tuple[float, ...] | Range = (0.0001, 0.0005, 0.001, 0.005, 0.01)
    batch_size: tuple[int, ...] | Range = (16, 32, 64, 128)
    dropout_rate: tuple[float, ...] | Range = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
    epochs: tuple[int, ...] | Range = (10, 20, 30, 50)
    activation: tuple[str, ...] = ("relu", "tanh", "elu", "selu", "swish", "gelu", "leaky_relu")

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SearchSpace:
        """Read what `asdict` and JSON made of a space."""
        choices: dict[str, Any] = {
            name: Range(**choice) if isinstance(choice, dict) else tuple(choice)
            for name, choice in values.items()
        }
        return cls(**choices)


@dataclass(frozen=True)
class Search:
    """How optimized mode looks for a setting of each architecture."""

    strategy: Strategy = "random"
    n_trials: int | None = None
    """For each architecture; None: the strategy's own number, which is every combination for a grid, or, with
    a budget, as many as it allows."""
    space: SearchSpace = SearchSpace()
    pruning: bool = True
    exploration: float = 0.3
    """Bayesian: the share of proposals that are drawn at random."""
    budget_s: float | None = None
    """Seconds that the whole run may take; None: as long as the trials need."""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Search:
        """Read what `asdict` and JSON made of a search."""
        return cls(**{**values, "space": SearchSpace.from_json(values["space"])})


@dataclass(frozen=True)
class Split:
    """Where the segments meet: three fractions of the rows, or three ISO dates; neither: the defaults.

    A date is the first target day of the segment that it opens: validation, calibration, test.
    """

    fractions: tuple[float, float, float] | None = None
    dates: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Backtest:
    """What a backtest rolls over a series: a saved version, where, and how often it is refitted.

    Dates are ISO and inclusive, of rows that are forecast.
    """

    version: int
    first: str
    """Of the stretch."""
    last: str
    n_origins: int
    """Those whose targets all lie in the stretch."""
    trained_to: str
    """The last date that the version was trained on; those of validation and of calibration follow."""
    selected_to: str
    calibrated_to: str
    """All three are the same where it was trained on all rows."""
    refit_every: int | None = None
    """Rows; None: the weights stay as they were saved."""
    tested_to: str | None = None
    """The last date of the test segment on which the version did not beat the last value; None: it did, or
    nobody judged it."""

    @property
    def n_refits(self) -> int:
        """How often the version's setting is fitted anew: before each block of `refit_every` rows."""
        return 0 if self.refit_every is None else math.ceil(self.n_origins / self.refit_every)


@dataclass(frozen=True)
class ExperimentSpec:
    """What to run: everything that decides the numbers and their words, not where they are computed."""

    symbol: str
    dataset_hash: str
    model_ids: tuple[int, ...]
    start: str
    """First and last date used, ISO, both inclusive."""
    end: str
    mode: Mode = "fast"
    lookback: int = 60
    horizon: int = 1
    target: Target = "log_return"
    features: Features = "ohlcv"
    split: Split = Split()
    seed: int = 0
    hyperparameters: Hyperparameters = Hyperparameters()
    """Fast mode's; optimized mode finds its own."""
    search: Search | None = None
    """Optimized mode's."""
    refit_all: bool = False
    """Whether the champion's setting is trained once more, on all rows, to serve."""
    measures: Measures = "price"
    """Of the series: how people are told of the experiment. It decides no number."""
    backtest: Backtest | None = None
    """Of an experiment that trains nobody new: what it rolls over the series instead."""

    def to_json(self) -> dict[str, Any]:
        """The specification as JSON values; `from_json` gives it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ExperimentSpec:
        """Read what `to_json` wrote; fields of a later version are refused by name."""
        known = {f.name for f in fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(f"unknown fields of an experiment: {sorted(unknown)}")
        split = {k: tuple(v) if v is not None else None for k, v in values["split"].items()}
        search, backtest = values.get("search"), values.get("backtest")
        return cls(
            **{
                **values,
                "model_ids": tuple(values["model_ids"]),
                "split": Split(**split),
                "hyperparameters": Hyperparameters(**values["hyperparameters"]),
                "search": None if search is None else Search.from_json(search),
                "backtest": None if backtest is None else Backtest(**backtest),
            }
        )

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON form, without what decides no number.

        A training is hashed as it was before there were backtests.
        """
        left_out = {"measures"} if self.backtest is not None else {"measures", "backtest"}
        values = {name: value for name, value in self.to_json().items() if name not in left_out}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class TrialResult:
    """One trial: what it is run with and, once it ended, what it left behind.

    `forecasts` holds, for each segment forecast so far, an array (origin, horizon) in the units of
    the target (log return, or difference). `weights` are in the order of the architecture's own
    list. Both are those of the epoch with the lowest validation RMSE. A failed trial has a `reason` and
    neither forecasts nor weights; a pruned one is left with the curves that it had got to.
    """

    model_id: int
    state: TrialState
    hyperparameters: Hyperparameters
    seed: int
    number: int = 0
    """Among the trials of its architecture and purpose, from 0."""
    purpose: Purpose = "search"
    n_parameters: int | None = None
    fit_seconds: float | None = None
    """Training and validation, compilation left out."""
    elapsed_seconds: float | None = None
    """From the start of the trial to its end, compilation included."""
    train_losses: tuple[float, ...] = ()
    """One mean training loss for each epoch, in squared units of the window's step size."""
    validation_curve: tuple[float, ...] = ()
    """The validation RMSE after each epoch, in units of the target."""
    learning_rates: tuple[float, ...] = ()
    """The rate that each epoch was trained with: halved where the validation RMSE stood still."""
    validation_rmse: float | None = None
    """The lowest of the curve."""
    forecasts: dict[str, Float[np.ndarray, "origin horizon"]] = field(default_factory=dict)
    weights: tuple[np.ndarray, ...] | None = None
    reason: str | None = None

    @property
    def best_epoch(self) -> int | None:
        """The epoch, counted from 1, whose weights were kept; None where there is none."""
        finite = [rmse for rmse in self.validation_curve if math.isfinite(rmse)]
        return self.validation_curve.index(min(finite)) + 1 if finite else None


@dataclass(frozen=True, eq=False)
class FittedBaseline:
    """A baseline that is fitted, on the training part: what it forecast, or why it could not.

    `forecasts` as those of a trial; `reason` is None exactly where there are some.
    """

    key: str
    fit_seconds: float
    forecasts: dict[str, Float[np.ndarray, "origin horizon"]] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True)
class ModelVersion:
    """A row of the model registry: one saved model, how it was made and how it was judged."""

    version: int
    symbol: str
    model_id: int
    model_name: str
    mode: Mode
    target: Target
    horizon: int
    experiment_id: int | None
    dataset_hash: str
    created_at: datetime
    is_winner: bool
    stem: str
    """The files are `models/{stem}.keras`, `.scaler`, `.md` and `.json`."""
    checksums: dict[str, str]
    """SHA-256 of each file, keyed by its kind: `keras`, `scaler`, `md` (not of older ones), `json`."""
    metrics: dict[str, Any]
    parameters: dict[str, Any]
    """The hyper-parameters, lookback, features, seed and series that it was trained with."""
    versions: dict[str, str]
    """Of Trintena and of the libraries that made the numbers."""

    @property
    def measures(self) -> Measures:
        """What its series measures; all series once were taken for prices."""
        measures: Measures = self.parameters.get("measures", "price")
        return measures


def finite_json(value: Any) -> Any:
    """The same values as strict JSON: NumPy becomes plain, and a number that is not finite is None.

    Raises:
        TypeError: something inside has no form in JSON, such as a date or an object of ours.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        if strange := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"keys of a JSON object must be text, not {strange[0]!r}")
        return {key: finite_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r}")
