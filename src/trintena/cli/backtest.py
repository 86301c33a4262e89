"""`trintena backtest`: a saved version rolled over a stretch of its series, beside every baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trintena.cli.options import AddressOption, ExecutorOption, OptionalVersion, Where, WorkersOption
from trintena.cli.train_options import check_writable, refuse_changes

if TYPE_CHECKING:
    from trintena.bootstrap import Application


def backtest(
    context: typer.Context,
    model: OptionalVersion = None,
    symbol: Annotated[
        str | None, typer.Option(help="Whose champion is rolled; default: the newest champion of all.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="First date forecast; default: the first after all that the version was made from."
        ),
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last date forecast; default: the newest there is.")] = None,
    refit_every: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Fit its setting anew every N rows, on all rows before; default: weights as saved.",
        ),
    ] = None,
    workers: WorkersOption = None,
    executor: ExecutorOption = None,
    address: AddressOption = None,
    resume_id: Annotated[
        int | None, typer.Option("--resume", metavar="ID", help="Run what is missing of it.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the answer here.")
    ] = None,
) -> None:
    """Roll a saved model over past dates, origin by origin, and measure it against every baseline.

    With its weights as saved, or refitted as it went. Dates that the version was trained, selected or
    calibrated on are counted and left out of the figures. What is finished is kept: an interrupted backtest
    can be resumed. `trintena experiments list --backtests` lists them.

    \b
    Examples:
    - `trintena backtest`
    - `trintena backtest --symbol NVDA --start 2024-01-01`
    - `trintena backtest --model 2 --start 2015-01-01 --end 2018-12-31 --refit-every 60`
    - `trintena backtest --model 2 --json backtest.json`
    - `trintena backtest --resume 7`
    """
    from trintena.cli.train import resume, run

    where = Where(workers, executor, address)
    if resume_id is not None:
        refuse_changes(context)
        resume(resume_id, json_file, where)
        return
    check_writable(json_file)

    def planned(app: Application) -> int:
        from trintena.cli.data_shown import say_about
        from trintena.experiments.backtest import BacktestRequest, plan_backtest

        saved, delivery = app.services.to_backtest(symbol, model)
        request = BacktestRequest(start, end, refit_every)
        experiment_id = plan_backtest(
            request, saved, delivery.series, app.registry, executor=executor or "local"
        )
        say_about(delivery)
        return experiment_id

    run(planned, json_file, where)
