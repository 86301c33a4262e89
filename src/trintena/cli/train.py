"""`trintena train`: from a series to a ranked board and a saved champion."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from trintena.cli.options import (
    AddressOption,
    ExecutorOption,
    MeasuresOption,
    Where,
    WorkersOption,
    measures_of,
)
from trintena.cli.train_options import (
    check_writable,
    refuse_changes,
    refuse_idle_address,
    refuse_searching,
    space_of,
    split_of,
    years_of,
)
from trintena.domain import Search, finite_json
from trintena.errors import one_of

if TYPE_CHECKING:
    from trintena.bootstrap import Application
    from trintena.domain import Features, Mode, Strategy, Target

FAILED, INTERRUPTED = 1, 130


def train(
    context: typer.Context,
    symbol: Annotated[
        str | None,
        typer.Option(
            help="A Yahoo symbol (default: NVDA), sample:nasdaq, sample:sp500, or an imported name; "
            "with --csv, whose rows to take."
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="A CSV file to read instead.")] = None,
    column: Annotated[str | None, typer.Option(help="The column of the CSV file to forecast.")] = None,
    measures: MeasuresOption = None,
    mode: Annotated[
        str,
        typer.Option(help="fast: one epoch each, fixed parameters; optimized: the best setting of each."),
    ] = "fast",
    strategy: Annotated[str, typer.Option(help="Optimized: grid, random or bayesian.")] = "random",
    n_trials: Annotated[
        int | None,
        typer.Option("--trials", help="Optimized: of each architecture; default: 20, every one of a grid."),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Optimized: the time that it may take, as 90s, 10m or 1h30m.")
    ] = None,
    space: Annotated[
        Path | None, typer.Option(help="Optimized: a JSON or TOML file of what to choose from.")
    ] = None,
    learning_rate: Annotated[
        str | None, typer.Option(help="Optimized: values 0.001,0.01 or a range 0.0001..0.01:log.")
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Optimized: values 16,32 or a range 16..128:16.")
    ] = None,
    dropout_rate: Annotated[str | None, typer.Option(help="Optimized: values, or a range 0.1..0.4.")] = None,
    epochs: Annotated[str | None, typer.Option(help="Optimized: values 10,20, or a range 10..50:10.")] = None,
    activation: Annotated[str | None, typer.Option(help="Optimized: names such as relu,tanh.")] = None,
    exploration: Annotated[
        float, typer.Option(help="Optimized, bayesian: the share of proposals drawn at random.")
    ] = 0.3,
    no_pruning: Annotated[
        bool, typer.Option("--no-pruning", help="Optimized: train every trial to its end.")
    ] = False,
    refit_all: Annotated[
        bool, typer.Option("--refit-all", help="Optimized: train the champion on all rows, too, to serve.")
    ] = False,
    models: Annotated[
        str, typer.Option(help="Ids, ranges and categories: 1,11,26 or gru or 16-20 or all.")
    ] = "all",
    lookback: Annotated[int, typer.Option(help="Rows that a forecast reads.")] = 60,
    horizon: Annotated[int, typer.Option(help="Steps ahead.")] = 1,
    target: Annotated[
        str | None,
        typer.Option(help="log_return (default for prices), or difference (default for other values)."),
    ] = None,
    features: Annotated[
        str, typer.Option(help="ohlcv where there are such columns, or close alone.")
    ] = "ohlcv",
    years: Annotated[str, typer.Option(help="Years counted back from the last date, or all.")] = "10",
    start: Annotated[str | None, typer.Option(help="First date, instead of --years.")] = None,
    end: Annotated[str | None, typer.Option(help="Last date.")] = None,
    split: Annotated[
        str | None, typer.Option(help="Train, validation, calibration shares: 0.7,0.12,0.06; or three dates.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 0,
    workers: WorkersOption = None,
    executor: ExecutorOption = None,
    address: AddressOption = None,
    resume_id: Annotated[
        int | None, typer.Option("--resume", metavar="ID", help="Train what is missing of it.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the answer here.")
    ] = None,
) -> None:
    """Train the chosen architectures, rank them beside the last value, save the best.

    \b
    Examples:
    - `trintena train --symbol sample:nasdaq`
    - `trintena train --csv prices.csv --models 1,11,26 --horizon 5`
    - `trintena train --mode optimized --strategy bayesian --models gru`
    - `trintena train --mode optimized --budget 10m`
    - `trintena train --mode optimized --models 6 --learning-rate 0.0001..0.01:log --activation tanh,mish`
    - `trintena train --symbol NVDA --years all --json answer.json`
    - `trintena train --executor ray --address ray://cluster:10001`
    - `trintena train --resume 3`
    """
    where = Where(workers, executor, address)
    if resume_id is not None:
        refuse_changes(context)
        resume(resume_id, json_file, where)
        return
    from trintena.experiments.plan import Request, budget_seconds

    chosen = {
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "dropout_rate": dropout_rate,
        "epochs": epochs,
        "activation": activation,
    }
    search = None
    if one_of("mode", mode, ("fast", "optimized")) == "optimized":
        search = Search(
            strategy=cast("Strategy", strategy),
            n_trials=n_trials,
            space=space_of(space, chosen),
            pruning=not no_pruning,
            exploration=exploration,
            budget_s=budget_seconds(budget),
        )
    else:
        refuse_searching(context)
    request = Request(
        mode=cast("Mode", mode),
        search=search,
        refit_all=refit_all,
        model_ids=models,
        lookback=lookback,
        horizon=horizon,
        target=None
        if target is None
        else cast("Target", one_of("target", target, ("log_return", "difference"))),
        measures=measures_of(measures),
        features=cast("Features", one_of("features", features, ("ohlcv", "close"))),
        years=years_of(years),
        start=start,
        end=end,
        split=split_of(split),
        seed=seed,
    )
    check_writable(json_file)

    def planned(app: Application) -> int:
        from trintena.cli.data_shown import say_about
        from trintena.experiments.plan import plan

        delivery = app.services.series_to_train(symbol, csv, column, request.measures)
        experiment_id = plan(request, delivery.series, app.registry, executor=executor or "local")
        say_about(delivery)
        return experiment_id

    run(planned, json_file, where)


def resume(experiment_id: int, json_file: Path | None, where: Where) -> None:
    """Run what is missing of an experiment, training or backtest, and print its answer."""
    check_writable(json_file)

    def planned(app: Application) -> int:
        return app.registry.experiment(experiment_id).id

    run(planned, json_file, where, resumed=experiment_id)


def run(
    planned: Callable[[Application], int],
    json_file: Path | None,
    where: Where,
    *,
    resumed: int | None = None,
) -> None:
    """Run an experiment as soon as it is planned, show how far it is, then print its answer."""
    from trintena.bootstrap import application
    from trintena.cli.experiments_shown import print_answer, told_of
    from trintena.cli.live import shown_progress
    from trintena.cli.output import people, warn
    from trintena.cli.texts import say
    from trintena.errors import ArtifactError, BusyError, UnavailableError
    from trintena.experiments import tracking
    from trintena.experiments.run import run_experiment
    from trintena.jobs.locks import is_held
    from trintena.settings import Settings

    settings = Settings.from_environment()
    if where.address is not None:
        settings = replace(settings, ray_address=where.address)
    with application(settings) as app:
        executor = where.executor
        if executor is None:
            executor = "local" if resumed is None else app.registry.experiment(resumed).executor
        refuse_idle_address(executor, where.address)
        with app.workplace(workers=where.workers, executor=executor) as place:
            experiment_id = planned(app)
            spec = app.registry.experiment(experiment_id).spec
            if spec.backtest is None and (remedy := tracking.missing(app.settings)):
                warn(remedy)
            told = {"id": experiment_id, "symbol": spec.symbol, "workers": place.workers}
            if spec.backtest is None:
                started = say("started", n=len(spec.model_ids), **told)
            else:
                started = say("backtest_started", version=spec.backtest.version, **told)
            people.print(started, markup=False, soft_wrap=True)
            if spec.search is not None:
                people.print(told_of(spec.search), markup=False, soft_wrap=True)
            command = "train" if spec.backtest is None else "backtest"
            go_on = say("resume", command=command, id=experiment_id)
            try:
                with shown_progress() as observe:
                    answer = run_experiment(place, experiment_id, observe)
            except (ArtifactError, BusyError, UnavailableError) as error:
                if not is_held(app.locks, experiment_id):  # by somebody else, whom the error names
                    error.hint = f"{error.hint}\n{go_on}" if error.hint else go_on
                raise
        print_answer(spec, answer)
        if json_file is not None:
            text = json.dumps(finite_json(answer), indent=2, ensure_ascii=False)
            json_file.write_text(f"{text}\n", "utf-8")
        if remark := tracking.track(app.settings, app.registry, experiment_id):
            if remark.is_warning:
                warn(remark.sentence)
            else:
                people.print(remark.sentence, markup=False, soft_wrap=True)
    if answer["status"] == "cancelled":
        people.print(go_on, markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if answer["status"] == "failed":
        raise typer.Exit(FAILED)
