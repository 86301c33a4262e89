"""Trintena from Python: the functions that the specification names."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trintena.bootstrap import application
from trintena.domain import Features, Measures, ModelVersion, Search, Split, Strategy, Target
from trintena.experiments import Observer, Request, budget_seconds, plan, run_experiment, tracking
from trintena.jobs.executors import ExecutorName
from trintena.search import read_space
from trintena.settings import Settings

logger = logging.getLogger("trintena")


def train_all_models_fast_mode(
    *,
    symbol: str | None = None,
    csv: str | Path | None = None,
    column: str | None = None,
    model_ids: str | Sequence[int] | None = None,
    lookback: int = 60,
    horizon: int = 1,
    target: Target | None = None,
    features: Features = "ohlcv",
    measures: Measures | None = None,
    years: int | None = 10,
    start: str | None = None,
    end: str | None = None,
    split: Split | None = None,
    seed: int = 0,
    workers: int | None = None,
    executor: ExecutorName | None = None,
    address: str | None = None,
    resume: int | None = None,
    observe: Observer = lambda progress: None,
) -> dict[str, Any]:
    """Train every chosen architecture for one epoch with fixed parameters, rank them, save the best.

    Batch 32, learning rate 0.001, dropout 0.2, relu. `symbol` None means NVDA, `model_ids` None all
    thirty. `csv` names a file to read instead, `column` what to forecast in it, `symbol` then whose rows
    to take. `measures` says whether the series is of a `price` or of any other `value` (None: its columns
    say, or its source), `target` what is forecast (None: `log_return` of prices, `difference` of other
    values). `executor` is where trials run: `local`, in `workers` processes of this machine, or `ray`, on the
    cluster at `address` (None: that of `TRINTENA_RAY_ADDRESS`, else `auto`). `resume` is the id of an
    experiment to go on with, and leaves every other argument but these three without effect; `executor` None
    is as before then. Files and database are kept under `TRINTENA_HOME`. `observe` is called with the
    progress, about four times a second. What there is to say about the data goes to the logger `trintena`:
    as a warning that its source does not answer, as information what has changed.

    Returns the answer of the specification: `status`, `mode`, `winner`, `total_models`, `results`;
    beside it `baselines`, `verdict`, `champion`, `forecast` and more. `rmse` is the validation RMSE
    of the target.

    Raises:
        TrintenaError: the request was refused; nothing was trained.
        KeyboardInterrupt: it was interrupted; what was finished is kept for `resume`.
    """
    request = Request(
        model_ids=model_ids,
        lookback=lookback,
        horizon=horizon,
        target=target,
        features=features,
        measures=measures,
        years=years,
        start=start,
        end=end,
        split=split or Split(),
        seed=seed,
    )
    where = _Where(workers, executor, address)
    return _train(request, symbol, csv, column, where, resume, observe)


def train_all_models_with_optimization(
    *,
    optimization_strategy: Strategy = "random",
    n_trials: int | None = None,
    space: Mapping[str, Any] | None = None,
    exploration: float = 0.3,
    pruning: bool = True,
    budget: str | float | None = None,
    refit_all: bool = False,
    symbol: str | None = None,
    csv: str | Path | None = None,
    column: str | None = None,
    model_ids: str | Sequence[int] | None = None,
    lookback: int = 60,
    horizon: int = 1,
    target: Target | None = None,
    features: Features = "ohlcv",
    measures: Measures | None = None,
    years: int | None = 10,
    start: str | None = None,
    end: str | None = None,
    split: Split | None = None,
    seed: int = 0,
    workers: int | None = None,
    executor: ExecutorName | None = None,
    address: str | None = None,
    resume: int | None = None,
    observe: Observer = lambda progress: None,
) -> dict[str, Any]:
    """Search the best hyper-parameters of every chosen architecture, fit them again, save the best model.

    `optimization_strategy` is `grid`, `random` or `bayesian`; `n_trials` the trials of each architecture
    (None: 20, for a grid every combination). `space` names what to choose learning_rate, batch_size,
    dropout_rate, epochs and activation from: lists, or ranges such as `{"low": 1e-4, "high": 1e-2,
    "log": True}`; what it leaves out stays as the specification has it. `exploration` is the share of
    bayesian proposals that are drawn at random. `pruning` ends hopeless trials early. `budget` (seconds, or
    text such as `10m`) is the time that the run may take. `refit_all` trains the chosen setting once more,
    on all rows, to serve. The rest is as in `train_all_models_fast_mode`.

    Returns the answer of the specification: `status`, `mode`, `winner` with `best_rmse` and `best_params`,
    `total_models_tested`, `total_time`, `avg_time_per_model`, `optimization_strategy`, `all_results`; beside
    it `baselines`, `verdict`, `champion`, `forecast` and more. `best_rmse` is the validation RMSE of the
    weights that are saved, `seeds` what other seeds came to.

    Raises:
        TrintenaError: the request was refused; nothing was trained.
        KeyboardInterrupt: it was interrupted; what was finished is kept for `resume`.
    """
    request = Request(
        mode="optimized",
        search=Search(
            strategy=optimization_strategy,
            n_trials=n_trials,
            space=read_space(space or {}),
            pruning=pruning,
            exploration=exploration,
            budget_s=budget_seconds(budget),
        ),
        refit_all=refit_all,
        model_ids=model_ids,
        lookback=lookback,
        horizon=horizon,
        target=target,
        features=features,
        measures=measures,
        years=years,
        start=start,
        end=end,
        split=split or Split(),
        seed=seed,
    )
    where = _Where(workers, executor, address)
    return _train(request, symbol, csv, column, where, resume, observe)


@dataclass(frozen=True)
class _Where:
    """Where it is to run, as the caller said."""

    workers: int | None
    executor: ExecutorName | None
    address: str | None


def _train(
    request: Request,
    symbol: str | None,
    csv: str | Path | None,
    column: str | None,
    where: _Where,
    resume: int | None,
    observe: Observer,
) -> dict[str, Any]:
    settings = Settings.from_environment()
    if where.address is not None:
        settings = replace(settings, ray_address=where.address)
    with application(settings) as app:
        executor: str = where.executor or "local"
        if where.executor is None and resume is not None:
            executor = app.registry.experiment(resume).executor
        with app.workplace(workers=where.workers, executor=executor) as place:
            if remedy := tracking.missing(settings):
                logger.warning("%s", remedy)
            experiment_id = resume
            if experiment_id is None:
                delivery = app.services.series_to_train(
                    symbol, Path(csv) if csv else None, column, request.measures
                )
                _log(delivery.remarks, answered=delivery.answered)
                experiment_id = plan(request, delivery.series, app.registry, executor=executor)
            answer = run_experiment(place, experiment_id, observe)
        if remark := tracking.track(settings, app.registry, experiment_id):
            _log([remark.sentence], answered=not remark.is_warning)
        if answer["status"] == "cancelled" and not app.registry.cancel_requested(experiment_id):
            raise KeyboardInterrupt
        return answer


@dataclass(frozen=True)
class Champion:
    """A saved model that forecasts."""

    version: ModelVersion

    def forecast(self) -> dict[str, Any]:
        """The next `horizon` steps from the newest data: the answer of `trintena predict`.

        Raises:
            ArtifactError: a file of the model is missing, cut short or changed.
        """
        with application() as app:
            answer = app.services.predict(version=self.version.version)
        _log(answer["remarks"], answered="source_unavailable" not in answer["warnings"])
        return answer


def _log(remarks: Iterable[str], *, answered: bool) -> None:
    """What there is to say about the data, to the logger `trintena`: warnings if stored data stands in."""
    for remark in remarks:
        logger.log(logging.INFO if answered else logging.WARNING, "%s", remark)


def load_champion(symbol: str | None = None) -> Champion:
    """The newest champion, of a symbol or of all.

    Raises:
        NotFoundError: there is none yet.
    """
    with application() as app:
        return Champion(app.services.model(symbol))
