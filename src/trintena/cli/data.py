"""`trintena data`: prices, fetched or imported once and kept under the hash of their content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trintena.cli.options import AsJson, Yes, confirm
from trintena.cli.output import print_json, screen
from trintena.cli.tables import figure, moment, print_fields, print_table
from trintena.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from trintena.domain import PriceSeries
    from trintena.registry import DatasetRow, Registry

app = typer.Typer(no_args_is_help=True, help="Prices: fetch, import, list and show datasets.")

SHORT = 12
"""Letters of a hash that people see; any beginning that fits one dataset alone names it."""
_EDGE = 5
"""First and last rows that `show` prints."""

AllowJumps = Annotated[
    bool, typer.Option("--allow-jumps", help="Accept a step of the close by more than a factor of 4.")
]
Key = Annotated[
    str,
    typer.Argument(
        metavar="HASH_OR_SYMBOL", help="A symbol (its newest dataset) or the beginning of a hash."
    ),
]


@app.command()
def fetch(
    symbol: Annotated[
        str,
        typer.Argument(metavar="SYMBOL", help="A symbol of Yahoo Finance, sample:nasdaq or sample:sp500."),
    ] = "NVDA",
    allow_jumps: AllowJumps = False,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest prices of a symbol from its source, and store them.

    \b
    Examples:
    - `trintena data fetch`
    - `trintena data fetch PETR4.SA`
    - `trintena data fetch sample:nasdaq`
    """
    from trintena.bootstrap import application
    from trintena.data import fetch as fetch_series

    with application() as trintena:
        series = fetch_series(symbol, allow_jumps=allow_jumps)
        trintena.registry.save_dataset(series)
        _tell_stored(series, [], as_json=as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Text in UTF-8 with a header: CSV or TSV.")],
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
        typer.Option(help="The title of the column to forecast; default: the close, or the only one."),
    ] = None,
    allow_jumps: AllowJumps = False,
    as_json: AsJson = False,
) -> None:
    """Read prices from a file, say how it was understood, and store them.

    \b
    Examples:
    - `trintena data import prices.csv`
    - `trintena data import b3.csv --symbol PETR4 --name PETR4.SA`
    - `trintena data import load.csv --column MWh`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        reading = trintena.services.import_csv(
            file, name=name, symbol=symbol, column=column, allow_jumps=allow_jumps
        )
        _tell_stored(reading.series, reading.understood, as_json=as_json)


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
        print_json([_described(row) for row in rows])
        return
    if not rows:
        screen.print("No dataset is stored yet. Fetch one: `trintena data fetch sample:nasdaq`.")
        return
    print_table(
        ("hash", "symbol", "rows", "first", "last", "source", "columns"),
        [
            (
                row.content_hash[:SHORT],
                row.symbol,
                f"{row.n_rows:,}",
                _day(row.first_date),
                _day(row.last_date),
                row.source,
                " ".join(row.columns),
            )
            for row in rows
        ],
        right=("rows",),
        folding=("source", "columns"),
    )


@app.command()
def show(key: Key, as_json: AsJson = False) -> None:
    """Show a dataset: what it holds, its first and last rows, and the course of its close.

    \b
    Examples:
    - `trintena data show sample:nasdaq`
    - `trintena data show 4f1c --json`
    """
    from trintena.bootstrap import application
    from trintena.cli.sparkline import sparkline

    with application() as trintena:
        row = _find(trintena.registry, key)
        series = trintena.registry.load_dataset(row.content_hash)
    first = range(min(_EDGE, len(series)))
    last = range(max(_EDGE, len(series) - _EDGE), len(series))
    if as_json:
        close = {"first": series.close[0], "last": series.close[-1]}
        close |= {"lowest": series.close.min(), "highest": series.close.max()}
        print_json(
            {
                **_described(row),
                "close": close,
                "first_rows": [_values(series, at) for at in first],
                "last_rows": [_values(series, at) for at in last],
            }
        )
        return
    print_fields(
        {
            "hash": row.content_hash,
            "symbol": row.symbol,
            "source": row.source,
            "rows": f"{row.n_rows:,}, from {_day(row.first_date)} to {_day(row.last_date)}",
            "close": f"{figure(series.close.min())} to {figure(series.close.max())}, "
            f"at last {figure(series.close[-1])}",
            "stored": moment(row.created_at),
            "course": sparkline(series.close),
        }
    )
    gap = [("…",) * (1 + len(series.columns))] if last.start > first.stop else []
    cells = [
        [(_day(series.dates[at]), *(figure(x, ",.10g") for x in series.values[at].tolist())) for at in rows]
        for rows in (first, last)
    ]
    screen.print()
    print_table(("date", *series.columns), [*cells[0], *gap, *cells[1]], right=series.columns)


@app.command()
def delete(key: Key, yes: Yes = False) -> None:
    """Delete a dataset that no experiment uses.

    \b
    Examples:
    - `trintena data delete 4f1c`
    - `trintena data delete NVDA --yes`
    """
    from trintena.bootstrap import application

    with application() as trintena:
        row = _find(trintena.registry, key)
        told = f"dataset {row.content_hash[:SHORT]} ({row.symbol}, {row.n_rows:,} rows)"
        confirm(f"Delete {told}?", yes=yes)
        trintena.registry.delete_dataset(row.content_hash)
    screen.print(f"Deleted {told}.")


def _find(registry: Registry, key: str) -> DatasetRow:
    """The newest dataset of a symbol; else the one whose hash begins with the key.

    It is found without loading its prices: also one that is damaged can be deleted.
    """
    content_hash = registry.latest_dataset(key) or registry.latest_dataset(key.upper())
    beginning = content_hash or key.lower()
    found = [row for row in registry.datasets() if row.content_hash.startswith(beginning)]
    if not found or not key:
        raise NotFoundError(
            f"No dataset has the symbol {key!r} or a hash that begins so.", hint="See `trintena data list`."
        )
    if len(found) > 1:
        named = ", ".join(f"{row.content_hash[:SHORT]} ({row.symbol})" for row in found[:5])
        raise UsageError(f"{len(found)} datasets begin with {key!r}: {named}.", hint="Give more of the hash.")
    return found[0]


def _tell_stored(series: PriceSeries, understood: list[str], *, as_json: bool) -> None:
    if as_json:
        stored = {
            "dataset_hash": series.content_hash,
            "symbol": series.symbol,
            "columns": series.columns,
            "n_rows": len(series),
            "first_date": _day(series.dates[0]),
            "last_date": _day(series.dates[-1]),
            "source": series.source,
            "understood": understood,
        }
        print_json(stored)
        return
    for sentence in understood:
        screen.print(sentence, soft_wrap=True)
    print_fields(
        {
            "stored": series.symbol,
            "rows": f"{len(series):,}, from {_day(series.dates[0])} to {_day(series.dates[-1])}",
            "columns": " ".join(series.columns),
            "hash": series.content_hash[:SHORT],
            "source": series.source,
        }
    )


def _described(row: DatasetRow) -> dict[str, Any]:
    return {
        "dataset_hash": row.content_hash,
        "symbol": row.symbol,
        "columns": row.columns,
        "n_rows": row.n_rows,
        "first_date": _day(row.first_date),
        "last_date": _day(row.last_date),
        "source": row.source,
        "created_at": row.created_at.isoformat(),
    }


def _values(series: PriceSeries, at: int) -> dict[str, Any]:
    return {
        "date": _day(series.dates[at]),
        **dict(zip(series.columns, series.values[at].tolist(), strict=True)),
    }


def _day(date: Any) -> str:
    """A date of a series in ISO form, without the time when that is midnight."""
    return str(date).removesuffix("T00:00:00")
