"""Datasets as people see them: tables, a picture, and the next step."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from trintena.cli.output import people, screen, warn
from trintena.cli.plot import plot
from trintena.cli.sparkline import sparkline
from trintena.cli.tables import moment, print_fields, print_table
from trintena.data import Doubt, doubts_of, words
from trintena.data.words import day
from trintena.errors import DataError
from trintena.language import number, phrase
from trintena.services.datasets_json import EDGE, edges

if TYPE_CHECKING:
    from trintena.domain import Measures, PriceSeries
    from trintena.registry import DatasetRow, Registry
    from trintena.registry.dependents import Dependents
    from trintena.services import Delivery

SHORT = 12
"""Letters of a hash that people see; any beginning that fits one dataset alone names it."""
_WIDTH = 80
"""Letters in a line of a picture, where the terminal has room for them."""
_COURSE = 14
"""Letters of the course of a dataset in the list."""
_LIST_WIDTH = 76
"""Letters in a line of the list with all of its columns; on narrower terminals it has fewer."""
_SHORTEST = 8
"""Letters of a hash in the list, where room is short."""


def say_about(delivery: Delivery) -> list[Doubt]:
    """Print, on standard error, what there is to say about prices, and give what looks odd in them."""
    for remark in delivery.remarks:
        if delivery.answered:
            people.print(remark, markup=False, soft_wrap=True)
        else:
            warn(remark)
    doubts = doubts_of(delivery.series)
    for doubt in doubts:
        warn(doubt.message)
    return doubts


def told(row: DatasetRow, needing: Dependents) -> str:
    """A dataset in words, with the experiments on it."""
    rows = number(row.n_rows)
    dataset = phrase(
        en=f"dataset {row.content_hash[:SHORT]} ({row.symbol}, {rows} rows)",
        pt=f"conjunto de dados {row.content_hash[:SHORT]} ({row.symbol}, {rows} linhas)",
    )
    if not needing.experiments:
        return dataset
    experiments = needing.named_experiments
    return phrase(en=f"{dataset} and {experiments}", pt=f"{dataset} e {experiments}")


def until_stored_again(row: DatasetRow, needing: Dependents) -> str:
    """What it means for model versions that their dataset goes."""
    versions = needing.named_versions
    return phrase(
        en=f"Without it, {versions} can only forecast again once {row.symbol} is fetched or imported again.",
        pt=f"Sem ele, só haverá previsão ({versions}) quando {row.symbol} for buscado ou importado de novo.",
    )


def print_stored(series: PriceSeries) -> None:
    """Say under which name and hash a series is stored."""
    columns = _headings(series.measures)
    print_fields(
        {
            phrase(en="stored", pt="guardado"): series.symbol,
            phrase(en="rows", pt="linhas"): _span(len(series), series.dates[0], series.dates[-1]),
            phrase(en="columns", pt="colunas"): " ".join(columns[name] for name in series.columns),
            "hash": series.content_hash[:SHORT],
            phrase(en="source", pt="origem"): series.source,
        }
    )


def print_next(symbol: str) -> None:
    """Say what to do with a dataset that was just stored."""
    command = f"`trintena train --symbol {shlex.quote(symbol)}`"
    screen.print(phrase(en=f"Train on it: {command}", pt=f"Treine com ele: {command}"), soft_wrap=True)


def print_rows(series: PriceSeries, edge: int = EDGE) -> None:
    """Print the first and the last rows of a series."""
    headings = _headings(series.measures)
    first, last = (
        [(_time(series.dates[at]), *map(_value, series.values[at].tolist())) for at in rows]
        for rows in edges(series, edge)
    )
    gap = [("…",) * (1 + len(series.columns))] if len(series) > 2 * edge else []
    columns = [headings[name] for name in series.columns]
    print_table((headings["date"], *columns), [*first, *gap, *last], right=columns, folding=columns)


def print_list(registry: Registry, rows: list[DatasetRow]) -> None:
    """Print a table of the stored datasets, each with the course of its close if there is room."""
    # numbers are never cut for the sake of what is only nice to see
    n_columns = 5 if screen.is_terminal and screen.width < _LIST_WIDTH else 7
    headings = {
        "hash": "hash",
        "symbol": phrase(en="symbol", pt="símbolo"),
        "rows": phrase(en="rows", pt="linhas"),
        "first": phrase(en="first", pt="início"),
        "last": phrase(en="last", pt="fim"),
        "course": phrase(en="course", pt="evolução"),
        "source": phrase(en="source", pt="origem"),
    }
    print_table(
        tuple(headings.values())[:n_columns],
        [
            (
                row.content_hash[:_SHORTEST],
                row.symbol,
                number(row.n_rows),
                str(row.first_date.astype("datetime64[D]")),
                str(row.last_date.astype("datetime64[D]")),
                _course(registry, row),
                row.source.partition(":")[0],
            )[:n_columns]
            for row in rows
        ],
        right=(headings["rows"],),
        folding=(headings["symbol"], headings["source"]),
    )


def print_dataset(row: DatasetRow, series: PriceSeries) -> None:
    """Print what a dataset holds: its name and span, a picture of its close, its first and last rows."""
    close, name = series.close, words.close(series.measures)
    lowest, highest, last = (_value(float(value)) for value in (close.min(), close.max(), close[-1]))
    print_fields(
        {
            "hash": row.content_hash,
            phrase(en="symbol", pt="símbolo"): row.symbol,
            phrase(en="source", pt="origem"): row.source,
            phrase(en="rows", pt="linhas"): _span(row.n_rows, row.first_date, row.last_date),
            phrase(en="measures", pt="mede"): words.prices(series.measures),
            name: phrase(
                en=f"{lowest} to {highest}, at last {last}", pt=f"{lowest} a {highest}, por último {last}"
            ),
            phrase(en="stored", pt="guardado"): moment(row.created_at),
        }
    )
    width = min(_WIDTH, screen.width) if screen.is_terminal else _WIDTH
    picture = plot(series.dates, close, width=width)
    screen.print()
    if picture.is_logarithmic:
        screen.print(phrase(en=f"{name}, logarithmic scale", pt=f"{name}, escala logarítmica"))
    else:
        screen.print(name)
    for line in picture.lines:
        screen.print(line, soft_wrap=True)
    screen.print()
    print_rows(series)


def _time(date: Any) -> str:
    """A date of a series, with the time where there is one, and seconds where they say something."""
    return day(date).removesuffix(":00")


def _value(value: float) -> str:
    """A value of a series in ten letters or so: whole numbers whole, others to six digits or to cents."""
    if value.is_integer() and abs(value) < 1e15:
        return number(value, ",.0f")
    return number(value, ",.2f" if 1e5 <= abs(value) < 1e15 else ",.6g")


def _span(n_rows: int, first: Any, last: Any) -> str:
    return phrase(
        en=f"{number(n_rows)}, from {_time(first)} to {_time(last)}",
        pt=f"{number(n_rows)}, de {_time(first)} a {_time(last)}",
    )


def _course(registry: Registry, row: DatasetRow) -> str:
    try:
        return sparkline(registry.load_dataset(row.content_hash).close, width=_COURSE)
    except DataError:  # said in full by `show`; one damaged dataset must not hide the others
        return phrase(en="damaged", pt="danificado")


def _headings(measures: Measures) -> dict[str, str]:
    """What readers call the date and the columns of a series."""
    return {
        "date": phrase(en="date", pt="data"),
        "open": phrase(en="open", pt="abertura"),
        "high": phrase(en="high", pt="máxima"),
        "low": phrase(en="low", pt="mínima"),
        "close": words.close(measures),
        "volume": "volume",
    }
