"""`trintena data`: prices, fetched or imported once and kept under the hash of their content."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from trintena.cli.data_import import AllowJumps, import_
from trintena.cli.data_shown import (
    print_dataset,
    print_list,
    print_next,
    print_stored,
    say_about,
    told,
    until_stored_again,
)
from trintena.cli.options import AsJson, Yes, confirm
from trintena.cli.output import print_json, screen, warn
from trintena.language import phrase
from trintena.services.datasets_json import as_warnings, described, prices, summary

app = typer.Typer(no_args_is_help=True, help="Prices: fetch, import, list, show and delete datasets.")

Key = Annotated[
    str,
    typer.Argument(
        metavar="HASH_OR_SYMBOL", help="A symbol (what was stored last) or the beginning of a hash."
    ),
]


@app.command()
def fetch(
    symbol: Annotated[
        str,
        typer.Argument(metavar="SYMBOL", help="A symbol of Yahoo Finance, sample:nasdaq or sample:sp500."),
    ] = "NVDA",
    allow_jumps: AllowJumps = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take what the source delivers now, even if worse than is stored."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest prices of a symbol from its source, and store them.

    When the source does not answer, or with worse than is stored, the dataset that is stored already stands
    in, and the exit code is 1.

    \b
    Examples:
    - `trintena data fetch`
    - `trintena data fetch PETR4.SA`
    - `trintena data fetch sample:nasdaq`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        delivery = trintena.services.fetch(symbol, allow_jumps=allow_jumps, replace=replace)
    doubts = say_about(delivery)
    if as_json:
        answer = {"answered": delivery.answered, "remarks": list(delivery.remarks), "understood": []}
        print_json({**summary(delivery.series), **answer, "warnings": as_warnings(doubts)})
    else:
        print_stored(delivery.series)
    if not delivery.answered:
        raise typer.Exit(1)
    if not as_json:
        print_next(delivery.series.symbol)


app.command("import")(import_)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the stored datasets, the one stored last first.

    \b
    Examples:
    - `trintena data list`
    - `trintena data list --json`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        rows = trintena.registry.datasets()
        if as_json:
            print_json([described(row) for row in rows])
        elif rows:
            print_list(trintena.registry, rows)
        else:
            fetch_one = "`trintena data fetch sample:nasdaq`"
            screen.print(
                phrase(
                    en=f"No dataset is stored yet. Fetch one: {fetch_one}.",
                    pt=f"Ainda não há conjuntos de dados guardados. Busque um: {fetch_one}.",
                ),
                soft_wrap=True,
            )


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """Show a dataset: its span, a picture of its close, its first and last rows, what looks odd.

    \b
    Examples:
    - `trintena data show sample:nasdaq`
    - `trintena data show 4f1c --json`
    """
    from trintena.bootstrap import application
    from trintena.data import doubts_of

    with application() as trintena:
        row = trintena.registry.find_dataset(key)
        series = trintena.registry.load_dataset(row.content_hash)
    doubts = doubts_of(series)
    if as_json:
        print_json({**described(row), **prices(series), "warnings": as_warnings(doubts)})
        return
    print_dataset(row, series)
    for doubt in doubts:
        warn(doubt.message)


@app.command()
def delete(
    key: Key,
    force: Annotated[
        bool, typer.Option("--force", help="Delete the experiments on it, too; saved models stay.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete a dataset that no experiment and no saved model needs.

    A saved model needs the dataset that it was trained on until a newer one of its symbol is stored.

    \b
    Examples:
    - `trintena data delete 4f1c`
    - `trintena data delete NVDA --yes`
    - `trintena data delete NVDA --force`
    """
    from trintena.bootstrap import application
    from trintena.experiments.removal import delete_mirror
    from trintena.jobs.locks import ExperimentLock
    from trintena.registry.dependents import in_use

    with application() as trintena, ExitStack() as held:
        row = trintena.registry.find_dataset(key)
        needing = trintena.registry.dependents(row.content_hash)
        if needing and not force:
            raise in_use(row, needing)
        for experiment_id in sorted(needing.experiments):
            # Held to the end: nobody can begin to run what is being deleted.
            held.enter_context(ExperimentLock(trintena.locks, experiment_id))
        doomed = told(row, needing)
        if needing.versions:
            warn(until_stored_again(row, needing))
        confirm(phrase(en=f"Delete {doomed}?", pt=f"Apagar {doomed}?"), yes=yes)
        records = [trintena.registry.experiment(number) for number in needing.experiments]
        delete_mirror(trintena.settings.database_url, records)
        trintena.registry.delete_dataset(row.content_hash, agreed=needing)
    screen.print(phrase(en=f"Deleted {doomed}.", pt=f"Apagado: {doomed}."), soft_wrap=True)
    if needing.experiments:
        screen.print(
            phrase(
                en="Saved models stay: `trintena models list`.",
                pt="Os modelos salvos ficam: `trintena models list`.",
            )
        )
