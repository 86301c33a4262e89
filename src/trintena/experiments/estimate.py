"""What an experiment will cost: how many trainings, about how many seconds.

    seconds = START + f · K[mode] / workers · Σ over architectures of cost · epochs

- `cost` of one epoch of an architecture: its weights · (rows · lookback) / (2,517 · 60), plus a constant
  for each of its layers, which is mostly compilation.
- `epochs`: 1 in fast mode. Optimized: (trials · p + 3 refits) · the mean of the space's epochs, where p is
  the share of a trial's work that pruning leaves, 1 without pruning.
- `K`: seconds of one core, measured on all thirty architectures with ten years of daily prices, lookback
  60 and horizon 1 on two cores: 38 s for fast mode with nothing compiled yet; random search of 20 trials
  each: 45 minutes without pruning, 14.5 with it.
- `f`: how much longer this machine really took, the median over the finished experiments of that mode; 1
  before there are any.

An experiment with a budget takes its budget.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trintena.domain import Range
from trintena.experiments.study import N_REFITS
from trintena.search import total_trials
from trintena.zoo import WindowShape, architecture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trintena.domain import ExperimentSpec, Mode, Search
    from trintena.registry import DatasetRow, ExperimentRecord, Registry
    from trintena.zoo import Architecture

_COST_OF_A_LAYER = {"fast": 50_000, "optimized": 5_000}
"""In parameters: what one more layer costs, beside what its weights cost to train for an epoch. It is mostly
compilation, which in a search several trials of several epochs share."""
_START_S = 6.0
"""Processes that start and end, and the judgement."""
_CORE_SECONDS = {"fast": 6.6e-6, "optimized": 2.2e-6}
"""K: for each unit of cost and each epoch."""
_BASELINES_S = 2.0
"""To fit the baselines once, on ten years of daily prices."""
_LEFT_BY_PRUNING = 0.22
_MEASURED_ROWS, _MEASURED_LOOKBACK = 2_517, 60
TEN_YEARS = 2_517
"""Rows of ten years of daily prices: what is taken where no series is at hand."""
_REMEMBERED = 15
"""Finished experiments that tell how fast this machine is."""
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Workload:
    """What decides how long an experiment takes."""

    model_ids: tuple[int, ...]
    lookback: int
    horizon: int
    n_rows: int
    n_features: int = 5
    search: Search | None = None
    """None: fast mode."""

    @property
    def mode(self) -> Mode:
        """Whether it searches."""
        return "fast" if self.search is None else "optimized"

    @property
    def n_trainings(self) -> int | None:
        """Search trials and refits of all architectures; None where time alone is the limit."""
        if self.search is None:
            return len(self.model_ids)
        if self.search.budget_s is not None and self.search.n_trials is None:
            return None
        return len(self.model_ids) * (total_trials(self.search) + N_REFITS)


@dataclass(frozen=True)
class Estimate:
    """What an experiment will cost."""

    n_trainings: int | None
    """None where a budget alone decides."""
    seconds: float


def trial_cost(recipe: Architecture, shape: WindowShape, mode: Mode, *, rows: float = 1.0) -> float:
    """Of one epoch of an architecture, in a unit that is roughly proportional to time.

    `rows` is how many times as much there is to read as in what is compared.
    """
    graph = recipe.graph(shape)
    n_layers = sum(1 for node in graph.nodes if graph.weights_of(node))
    return rows * sum(weight.size for weight in graph.weights) + _COST_OF_A_LAYER[mode] * n_layers


def estimate(load: Workload, registry: Registry, *, workers: int) -> Estimate:
    """Trainings and seconds of an experiment on this machine; see the module.

    Raises:
        UsageError: its search makes no sense.
    """
    n_trainings = load.n_trainings
    if load.search is not None and load.search.budget_s is not None:
        return Estimate(n_trainings, load.search.budget_s)
    return Estimate(n_trainings, slowness(registry, load.mode, workers=workers) * expected(load, workers))


def backtest_seconds(spec: ExperimentSpec, dataset: DatasetRow, *, workers: int) -> float:
    """Seconds of a planned backtest, roughly: each refit with its baselines, or these alone."""
    assert spec.backtest is not None
    load, n_refits = workload_of(spec, dataset), spec.backtest.n_refits
    shape = WindowShape(load.lookback, load.n_features, load.horizon)
    rows = load.n_rows * load.lookback / (_MEASURED_ROWS * _MEASURED_LOOKBACK)
    cost = trial_cost(architecture(spec.model_ids[0]), shape, "optimized", rows=rows)
    refit = _CORE_SECONDS["optimized"] * cost * spec.hyperparameters.epochs
    work = n_refits * refit + max(n_refits, 1) * _BASELINES_S
    return _START_S + work / max(min(workers, 2 * n_refits), 1)


def expected(load: Workload, workers: int) -> float:
    """Seconds on the machine on which the constants were measured."""
    shape = WindowShape(load.lookback, load.n_features, load.horizon)
    rows = load.n_rows * load.lookback / (_MEASURED_ROWS * _MEASURED_LOOKBACK)
    costs = [trial_cost(architecture(each), shape, load.mode, rows=rows) for each in load.model_ids]
    work = _CORE_SECONDS[load.mode] * _epochs(load.search) * sum(costs)
    return _START_S + work / max(min(workers, len(costs) if load.search is None else workers), 1)


def slowness(registry: Registry, mode: Mode, *, workers: int) -> float:
    """How many times as long as expected the newest finished experiments of a mode took here."""
    datasets = {row.content_hash: row for row in registry.datasets()}
    records = registry.experiments(limit=2 * _REMEMBERED, states=("succeeded",))
    ratios = [
        took / expected(workload_of(record.spec, datasets[record.spec.dataset_hash]), workers)
        for record in records
        if record.spec.mode == mode and (took := _seconds(record)) and record.spec.dataset_hash in datasets
    ]
    return statistics.median(ratios[:_REMEMBERED]) if ratios else 1.0


def rows_of(dataset: DatasetRow, years: int | None) -> int:
    """About how many rows the last years of a dataset have; all of them for None."""
    span = (dataset.last_date - dataset.first_date) / np.timedelta64(1, "D")
    if years is None or span <= 0:
        return dataset.n_rows
    return max(round(dataset.n_rows * min(years * _DAYS_A_YEAR / span, 1.0)), 1)


def workload_of(spec: ExperimentSpec, dataset: DatasetRow) -> Workload:
    """That of a planned experiment on its dataset."""
    whole = dataset.last_date - dataset.first_date
    used = np.datetime64(spec.end, "s") - np.datetime64(spec.start, "s")
    share = float(used / whole) if whole > np.timedelta64(0) else 1.0
    return Workload(
        model_ids=spec.model_ids,
        lookback=spec.lookback,
        horizon=spec.horizon,
        n_rows=max(round(dataset.n_rows * share), 1),
        n_features=1 if spec.features == "close" else len(dataset.columns),
        search=spec.search,
    )


def _seconds(record: ExperimentRecord) -> float | None:
    """What a finished experiment took; None where a budget decided it."""
    search = record.spec.search
    if record.started_at is None or record.finished_at is None or (search and search.budget_s is not None):
        return None
    return (record.finished_at - record.started_at).total_seconds()


def _epochs(search: Search | None) -> float:
    """Of one architecture, all its trials and refits together."""
    if search is None:
        return 1.0
    trials = total_trials(search) * (_LEFT_BY_PRUNING if search.pruning else 1.0)
    return (trials + N_REFITS) * _mean(search.space.epochs)


def _mean(choice: Sequence[float] | Range) -> float:
    return (choice.low + choice.high) / 2 if isinstance(choice, Range) else statistics.fmean(choice)
