"""`trintena train`: from a series to a ranked board and a saved champion."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from trintena.domain import Split, finite_json
from trintena.errors import UsageError

if TYPE_CHECKING:
    from trintena.bootstrap import Application
    from trintena.domain import Features, Mode, Target

FAILED, INTERRUPTED = 1, 130

_BESIDE_RESUME = frozenset({"resume_id", "json_file", "workers", "executor"})
"""Where to compute and where to answer; every other option decides the numbers, and is decided."""


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
    mode: Annotated[str, typer.Option(help="fast: one epoch each, fixed parameters.")] = "fast",
    models: Annotated[
        str, typer.Option(help="Ids, ranges and categories: 1,11,26 or gru or 16-20 or all.")
    ] = "all",
    lookback: Annotated[int, typer.Option(help="Rows that a forecast reads.")] = 60,
    horizon: Annotated[int, typer.Option(help="Steps ahead.")] = 1,
    target: Annotated[
        str, typer.Option(help="log_return, or difference for series that are not positive.")
    ] = "log_return",
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
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that train; default: one a core.")
    ] = None,
    executor: Annotated[str, typer.Option(help="Where trials run: local.")] = "local",
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
    - `trintena train --symbol NVDA --years all --json answer.json`
    - `trintena train --resume 3`
    """
    if resume_id is not None:
        _refuse_changes(context)
        resume(resume_id, json_file, workers, executor)
        return
    from trintena.experiments.plan import Request

    request = Request(
        mode=cast("Mode", _one_of("mode", mode, ("fast", "optimized"))),
        model_ids=models,
        lookback=lookback,
        horizon=horizon,
        target=cast("Target", _one_of("target", target, ("log_return", "difference"))),
        features=cast("Features", _one_of("features", features, ("ohlcv", "close"))),
        years=_years(years),
        start=start,
        end=end,
        split=_split(split),
        seed=seed,
    )
    _check_writable(json_file)

    def planned(app: Application) -> int:
        from trintena.cli.data_shown import say_about
        from trintena.experiments.plan import plan

        delivery = app.services.series_to_train(symbol, csv, column)
        experiment_id = plan(request, delivery.series, app.registry)
        say_about(delivery)
        return experiment_id

    _run(planned, json_file, workers, executor)


def resume(experiment_id: int, json_file: Path | None, workers: int | None, executor: str = "local") -> None:
    """Train what is missing of an experiment, and print its board."""
    _check_writable(json_file)

    def planned(app: Application) -> int:
        return app.registry.experiment(experiment_id).id

    _run(planned, json_file, workers, executor)


def _run(planned: Any, json_file: Path | None, workers: int | None, executor: str) -> None:
    from trintena.bootstrap import application
    from trintena.cli.board import print_board
    from trintena.cli.live import shown_progress
    from trintena.cli.output import people
    from trintena.cli.texts import say
    from trintena.experiments.run import run_experiment

    with application() as app, app.workplace(workers=workers, executor=executor) as place:
        experiment_id = planned(app)
        spec = app.registry.experiment(experiment_id).spec
        told = {
            "id": experiment_id,
            "n": len(spec.model_ids),
            "symbol": spec.symbol,
            "workers": place.workers,
        }
        people.print(say("started", **told), markup=False, soft_wrap=True)
        with shown_progress() as observe:
            answer = run_experiment(place, experiment_id, observe)
    print_board(answer)
    if json_file is not None:
        json_file.write_text(json.dumps(finite_json(answer), indent=2, ensure_ascii=False) + "\n", "utf-8")
    if answer["status"] == "cancelled":
        people.print(say("resume", id=experiment_id), markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if answer["status"] == "failed":
        raise typer.Exit(FAILED)


def _refuse_changes(context: typer.Context) -> None:
    """Refuse options that a resumed experiment would silently not heed."""
    changed = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name
        and parameter.name not in _BESIDE_RESUME
        and (source := context.get_parameter_source(parameter.name)) is not None
        and source.name == "COMMANDLINE"
    ]
    if changed:
        raise UsageError(
            f"--resume goes on with an experiment as it was planned; it takes no {', '.join(changed)}.",
            field="resume",
            hint="Leave it out, or leave --resume out to train anew.",
        )


def _one_of(field: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UsageError(f"Unknown {field} {value!r}; it is one of {', '.join(known)}.", field=field)
    return value


def _years(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"--years takes a whole number from 1 on, or all, not {text!r}.", field="years")
    return int(text)


def _split(text: str | None) -> Split:
    if text is None:
        return Split()
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3:
        raise UsageError(f"--split takes three fractions or three dates, not {text!r}.", field="split")
    try:
        first, second, third = (float(part) for part in parts)
    except ValueError:
        return Split(dates=(parts[0], parts[1], parts[2]))
    return Split(fractions=(first, second, third))


def _check_writable(json_file: Path | None) -> None:
    """Refuse before training what would fail after it."""
    if json_file is None:
        return
    why = None
    try:
        if not os.path.lexists(json_file):
            json_file.touch()
            json_file.unlink()
        elif json_file.is_dir():
            why = "It is a folder"
        elif not os.access(json_file, os.W_OK):  # opening a pipe would end it for its reader
            why = "It may not be written to"
    except OSError as error:
        why = error.strerror
    if why is not None:
        raise UsageError(f"Cannot write --json {json_file}: {why}.", field="json", hint="Name another file.")
