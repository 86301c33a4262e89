"""`trintena data import`: a file of prices, and how it was understood."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trintena.cli.data_shown import SHORT, print_next, print_rows
from trintena.cli.options import AsJson, MeasuresOption, measures_of
from trintena.cli.output import print_json, screen, warn
from trintena.language import phrase
from trintena.services.datasets_json import understood

if TYPE_CHECKING:
    from trintena.domain import PriceSeries

AllowJumps = Annotated[
    bool, typer.Option("--allow-jumps", help="Accept a step of a price by more than a factor of 4.")
]


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Text with a header: CSV or TSV.")],
    name: Annotated[
        str | None,
        typer.Option(
            help="Under which the series is stored; default: its symbol in the file, or the file's name."
        ),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Whose rows to take, where the file holds several symbols.")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            help="The column to forecast: title or number, from 1; default: the close, or the only one."
        ),
    ] = None,
    decimal: Annotated[
        str | None,
        typer.Option(metavar="SIGN", help="The decimal sign, where the file leaves it open: . or ,"),
    ] = None,
    thousands: Annotated[
        str | None,
        typer.Option(
            metavar="SIGN",
            help="What separates thousands, where the file leaves it open: . or , or ' or ' ' or none",
        ),
    ] = None,
    day_first: Annotated[
        bool | None,
        typer.Option(
            "--dayfirst/--monthfirst",
            help="What 03/04/2020 begins with, where the file leaves it open.",
            show_default=False,
        ),
    ] = None,
    measures: MeasuresOption = None,
    allow_jumps: AllowJumps = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how the file is understood, and store nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read prices from a file, say how it was understood, and store them.

    Formats of Yahoo, Investing.com, Nasdaq, Stooq, Alpha Vantage, Excel and others are recognized. What
    could be read in two ways is asked for: nothing is guessed.

    \b
    Examples:
    - `trintena data import prices.csv --dry-run`
    - `trintena data import prices.csv --name NVDA`
    - `trintena data import b3.csv --symbol PETR4 --name PETR4.SA`
    - `trintena data import ibov.csv --decimal , --dayfirst`
    - `trintena data import load.csv --column MWh`
    - `trintena data import gold.csv --column oz --measures price`
    """
    from trintena.data import doubts_of, read_csv

    reading = read_csv(
        file,
        name=name,
        symbol=symbol,
        column=column,
        decimal=decimal,
        thousands=thousands,
        day_first=day_first,
        allow_jumps=allow_jumps,
        measures=measures_of(measures),
    )
    series, doubts = reading.series, doubts_of(reading.series)
    if as_json:
        remarks = () if dry_run else _store(series)
        print_json({**understood(reading, doubts), "stored": not dry_run, "remarks": list(remarks)})
        return
    for sentence in reading.understood:
        screen.print(sentence, soft_wrap=True)
    screen.print()
    print_rows(series, edge=1)
    screen.print()
    for doubt in doubts:
        warn(doubt.message)
    if dry_run:
        screen.print(
            phrase(
                en=f"Nothing was stored. Without --dry-run it is stored as {series.symbol}.",
                pt=f"Nada foi guardado. Sem --dry-run, fica guardado como {series.symbol}.",
            ),
            soft_wrap=True,
        )
        return
    remarks = _store(series)
    name_and_hash = f"{series.symbol}, hash {series.content_hash[:SHORT]}"
    screen.print(
        phrase(en=f"Stored as {name_and_hash}.", pt=f"Guardado como {name_and_hash}."), soft_wrap=True
    )
    for remark in remarks:
        screen.print(remark, soft_wrap=True)
    print_next(series.symbol)


def _store(series: PriceSeries) -> tuple[str, ...]:
    """Store a series, and give what there is to say if its name meant another source until now."""
    # after the file is understood: one that is refused leaves no trace, not even a database
    from trintena.bootstrap import application

    with application() as trintena:
        return trintena.services.store(series)
