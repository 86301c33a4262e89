"""`trintena train`: from a series to a ranked board and a saved champion."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from trintena.domain import Search, SearchSpace, Split, finite_json
from trintena.errors import UsageError
from trintena.language import phrase

if TYPE_CHECKING:
    from trintena.bootstrap import Application
    from trintena.domain import Features, Mode, Strategy, Target

FAILED, INTERRUPTED = 1, 130

_SEARCHING = (
    "strategy",
    "n_trials",
    "budget",
    "space",
    "exploration",
    "no_pruning",
    "refit_all",
    *(each.name for each in fields(SearchSpace)),
)
"""Options of optimized mode alone."""
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
    - `trintena train --mode optimized --strategy bayesian --models gru`
    - `trintena train --mode optimized --budget 10m`
    - `trintena train --mode optimized --models 6 --learning-rate 0.0001..0.01:log --activation tanh,mish`
    - `trintena train --symbol NVDA --years all --json answer.json`
    - `trintena train --resume 3`
    """
    if resume_id is not None:
        _refuse_changes(context)
        resume(resume_id, json_file, workers, executor)
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
    if _one_of("mode", mode, ("fast", "optimized")) == "optimized":
        search = Search(
            strategy=cast("Strategy", strategy),
            n_trials=n_trials,
            space=_space(space, chosen),
            pruning=not no_pruning,
            exploration=exploration,
            budget_s=budget_seconds(budget),
        )
    else:
        _refuse_searching(context)
    request = Request(
        mode=cast("Mode", mode),
        search=search,
        refit_all=refit_all,
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
    from trintena.cli.output import people, warn
    from trintena.cli.texts import say
    from trintena.experiments import tracking
    from trintena.experiments.run import run_experiment

    with application() as app:
        with app.workplace(workers=workers, executor=executor) as place:
            if remedy := tracking.missing(app.settings):
                warn(remedy)
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
            text = json.dumps(finite_json(answer), indent=2, ensure_ascii=False)
            json_file.write_text(f"{text}\n", "utf-8")
        if remark := tracking.track(app.settings, app.registry, experiment_id):
            if remark.is_warning:
                warn(remark.sentence)
            else:
                people.print(remark.sentence, markup=False, soft_wrap=True)
    if answer["status"] == "cancelled":
        people.print(say("resume", id=experiment_id), markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if answer["status"] == "failed":
        raise typer.Exit(FAILED)


def _given(context: typer.Context) -> dict[str, str]:
    """The options on the command line, by their parameters."""
    return {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if parameter.name
        and (source := context.get_parameter_source(parameter.name)) is not None
        and source.name == "COMMANDLINE"
    }


def _refuse_searching(context: typer.Context) -> None:
    """Refuse options that fast mode would silently not heed."""
    if searching := [option for name, option in _given(context).items() if name in _SEARCHING]:
        raise UsageError(
            phrase(
                en=f"Fast mode searches for nothing; it takes no {', '.join(searching)}.",
                pt=f"O modo rápido não busca nada; não aceita {', '.join(searching)}.",
            ),
            field="mode",
            hint=phrase(en="Add --mode optimized.", pt="Acrescente --mode optimized."),
        )


def _space(file: Path | None, chosen: dict[str, str | None]) -> SearchSpace:
    """The specification's space, changed by a file, changed by options."""
    from trintena.search import read_choice, read_space, read_space_file

    given = {name: read_choice(text) for name, text in chosen.items() if text is not None}
    base = SearchSpace() if file is None else read_space_file(file)
    changed = read_space(given)
    return replace(base, **{name: getattr(changed, name) for name in given})


def _refuse_changes(context: typer.Context) -> None:
    """Refuse options that a resumed experiment would silently not heed."""
    changed = [option for name, option in _given(context).items() if name not in _BESIDE_RESUME]
    if changed:
        raise UsageError(
            phrase(
                en="--resume goes on with an experiment as it was planned; it takes no "
                f"{', '.join(changed)}.",
                pt=f"--resume continua um experimento como foi planejado; não aceita {', '.join(changed)}.",
            ),
            field="resume",
            hint=phrase(
                en="Leave it out, or leave --resume out to train anew.",
                pt="Retire essa opção, ou retire --resume para treinar de novo.",
            ),
        )


def _one_of(field: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UsageError(
            phrase(
                en=f"Unknown {field} {value!r}; it is one of {', '.join(known)}.",
                pt=f"Valor desconhecido para --{field}: {value!r}; use um destes: {', '.join(known)}.",
            ),
            field=field,
        )
    return value


def _years(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(
            phrase(
                en=f"--years takes a whole number from 1 on, or all, not {text!r}.",
                pt=f"--years recebe um número inteiro a partir de 1, ou all, e não {text!r}.",
            ),
            field="years",
        )
    return int(text)


def _split(text: str | None) -> Split:
    if text is None:
        return Split()
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3:
        raise UsageError(
            phrase(
                en=f"--split takes three fractions or three dates, not {text!r}.",
                pt=f"--split recebe três frações ou três datas, e não {text!r}.",
            ),
            field="split",
        )
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
            why = phrase(en="It is a folder", pt="É uma pasta")
        elif not os.access(json_file, os.W_OK):  # opening a pipe would end it for its reader
            why = phrase(en="It may not be written to", pt="Não pode ser escrito")
    except OSError as error:
        why = error.strerror
    if why is not None:
        raise UsageError(
            phrase(
                en=f"Cannot write --json {json_file}: {why}.",
                pt=f"Não é possível escrever --json {json_file}: {why}.",
            ),
            field="json",
            hint=phrase(en="Name another file.", pt="Indique outro arquivo."),
        )
