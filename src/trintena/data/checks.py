"""What every source passes through: columns of numbers become a checked `PriceSeries`, or a refusal.

| found | answer |
|---|---|
| no rows, a date that is missing, a date that occurs twice, an infinity | refused |
| a step of a price, not of another value, by more than a factor of 4, or to zero | refused, unless allowed |
| a row without a close | dropped and counted |
| rows newest first, or in no order | sorted |
| open, high, low or volume missing in more than one row of ten | that column is left out |
| the same, missing in fewer rows | open, high, low become the close of the row; volume becomes 0 |
| a volume that is zero throughout | left out |

Too few rows and prices that are not positive are nobody's fault here: training refuses them, where
it matters, and the `difference` target accepts the latter. What is accepted and still odd, `doubts`
names.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from trintena.data import words
from trintena.data.words import at_lines, counted, day, listed
from trintena.domain import COLUMNS, Measures, PriceSeries
from trintena.errors import DataError
from trintena.language import number, phrase

MAX_SYMBOL_LENGTH = 32
MAX_STEP_FACTOR = 4.0
"""A close that grows or shrinks by more than this in one step is taken for an error."""
MAX_NOT_POSITIVE = 0.01
"""Closes of zero or less, as a share of the rows, up to which a series is judged as one of prices."""
MAX_MISSING_SHARE = 0.1
"""A column other than the close with more gaps than this share of the rows is left out."""

Dates = np.ndarray[Any, np.dtype[np.datetime64]]
Column = Float[np.ndarray, " row"]


@dataclass(frozen=True)
class Note:
    """Something that was done to the rows of a source, or noticed while it was read."""

    code: str
    """For programs: `without_close`, `newest_first`, ..."""
    n: int
    """How many rows it concerns."""
    message: str
    """For people, one sentence."""


def checked_symbol(symbol: str) -> str:
    """Give the symbol back if it can name a series: printable, 1 to 32 characters, not only spaces.

    Raises:
        DataError: it cannot.
    """
    if not symbol.strip() or not symbol.isprintable() or len(symbol) > MAX_SYMBOL_LENGTH:
        raise DataError(
            phrase(
                en=f"The name of a series has 1 to {MAX_SYMBOL_LENGTH} printable characters, not {symbol!r}.",
                pt=f"O nome de uma série tem de 1 a {MAX_SYMBOL_LENGTH} caracteres imprimíveis; "
                f"{symbol!r} não.",
            ),
            field="name",
            hint=phrase(en="Choose another one with --name.", pt="Escolha outro com --name."),
        )
    return symbol


def checked_series(
    symbol: str,
    dates: Dates,
    columns: Mapping[str, Column],
    source: str,
    *,
    allow_jumps: bool = False,
    lines: Sequence[int] | None = None,
    notes: list[Note] | None = None,
    measures: Measures = "price",
    again: str | None = None,
) -> PriceSeries:
    """A series with increasing dates and finite values, made of what a source found.

    Args:
        symbol: the name under which the series is known.
        dates: one for each row, in any order.
        columns: `close`, and any of `open`, `high`, `low`, `volume`; NaN where a value is missing.
        source: where the rows come from, in a word.
        allow_jumps: accept a step of a price by more than a factor of 4.
        lines: the line of the file that each row stood on, for the messages.
        notes: receives one for each thing that was sorted, dropped or filled.
        measures: whether the close is a price.
        again: the command that imports the same rows with options that are added; by default the rows
            were fetched.

    Raises:
        DataError: the rows cannot be used; see the table at the top of this module.
    """
    if unknown := set(columns) - set(COLUMNS):
        raise ValueError(f"a series has the columns {COLUMNS}, not {sorted(unknown)}")
    checked_symbol(symbol)
    notes = [] if notes is None else notes
    names = [name for name in COLUMNS if name in columns]
    dates = np.asarray(dates).astype("datetime64[s]")
    table = np.array([columns[name] for name in names], dtype=np.float64).T
    close = names.index("close")

    if not len(dates):
        raise DataError(
            phrase(en=f"{symbol} has no rows.", pt=f"{symbol} não tem linhas."),
            hint=phrase(
                en="Choose a source or a file that holds some.",
                pt="Escolha uma fonte ou um arquivo que tenha.",
            ),
        )
    where = np.arange(len(dates)) if lines is None else np.asarray(lines)
    _refuse_missing_dates(symbol, dates, lines)
    _refuse_infinities(symbol, dates, table, names, lines)

    missing = np.isnan(table[:, close])
    if missing.any():
        lines_without = None if lines is None else where[missing].tolist()
        notes.append(_without_close(dates[missing], lines_without, measures))
    kept = np.flatnonzero(~missing)
    if not len(kept):
        raise DataError(
            phrase(
                en=f"{symbol} has no row with a {words.close(measures)}.",
                pt=f"{symbol} não tem linha com {words.close(measures)}.",
            ),
            hint=phrase(en="Choose another column with --column.", pt="Escolha outra coluna com --column."),
        )
    kept = kept[_order(dates[kept], notes)]
    dates, table = dates[kept], table[kept]
    kept_lines = None if lines is None else where[kept].tolist()

    _refuse_duplicates(symbol, dates, kept_lines)
    if measures == "price":  # the ratio of two temperatures near zero says nothing
        _judge_jumps(symbol, dates, table[:, close], kept_lines, allow_jumps, notes, again)
    names, table = _without_gaps(names, table, notes, measures)
    return PriceSeries(symbol, dates, tuple(names), np.ascontiguousarray(table), source, measures)


def _line(row: int, lines: Sequence[int] | None) -> str:
    """The line of a row, in parentheses after a blank; nothing where there are no lines."""
    return "" if lines is None else phrase(en=f" (line {lines[row]})", pt=f" (linha {lines[row]})")


def _without_close(dates: Dates, lines: Sequence[int] | None, measures: Measures) -> Note:
    n, close = len(dates), words.close(measures)
    where = f" ({listed(dates, day)})" if lines is None else at_lines(lines)
    return Note(
        "without_close",
        n,
        phrase(
            en=f"Dropped: {counted(n)} without a {close}{where}.",
            pt=f"Descartado: {counted(n)} sem {close}{where}.",
        ),
    )


def _refuse_missing_dates(symbol: str, dates: Dates, lines: Sequence[int] | None) -> None:
    missing = np.flatnonzero(np.isnat(dates))
    if len(missing):
        row = int(missing[0])
        where = _line(row, lines)
        raise DataError(
            phrase(
                en=f"{symbol}: row {row + 1}{where} has no date, so the rows cannot be ordered.",
                pt=f"{symbol}: o registro {row + 1}{where} não tem data, e sem ela não há como ordenar.",
            ),
            hint=phrase(en="Fill in the date or remove the row.", pt="Preencha a data ou remova a linha."),
        )


def _refuse_infinities(
    symbol: str,
    dates: Dates,
    table: Float[np.ndarray, "row column"],
    names: list[str],
    lines: Sequence[int] | None,
) -> None:
    infinite = np.argwhere(np.isinf(table))
    if len(infinite):
        row, column = (int(index) for index in infinite[0])
        where = f"{day(dates[row])}{_line(row, lines)}"
        raise DataError(
            phrase(
                en=f"{symbol}: {names[column]} is infinite on {where}.",
                pt=f"{symbol}: {names[column]} é infinito em {where}.",
            ),
            field=names[column],
            hint=phrase(en="Correct the value or remove the row.", pt="Corrija o valor ou remova a linha."),
        )


def _order(dates: Dates, notes: list[Note]) -> np.ndarray[Any, np.dtype[np.intp]]:
    steps = np.diff(dates.astype(np.int64))
    if len(steps) and (steps < 0).any():
        if (steps <= 0).all():
            code = "newest_first"
            found = phrase(en="newest first", pt="da mais nova para a mais antiga")
        else:
            code, found = "no_order", phrase(en="in no order", pt="fora de ordem")
        message = phrase(
            en=f"The rows stood {found}; they were sorted by date.",
            pt=f"As linhas estavam {found}; foram ordenadas por data.",
        )
        notes.append(Note(code, len(dates), message))
    return np.argsort(dates, kind="stable")


def _refuse_duplicates(symbol: str, dates: Dates, lines: Sequence[int] | None) -> None:
    repeated = np.flatnonzero(dates[1:] == dates[:-1])
    if len(repeated):
        row = int(repeated[0])
        date, more = day(dates[row]), len(repeated) - 1
        en, pt = (
            ("", "")
            if lines is None
            else (f" (lines {lines[row]} and {lines[row + 1]})", f" (linhas {lines[row]} e {lines[row + 1]})")
        )
        en += f", and {number(more)} more dates do" if more else ""
        pt += f", e mais {number(more)} datas também" if more else ""
        raise DataError(
            phrase(
                en=f"{symbol}: each date may occur once, but {date} occurs twice{en}.",
                pt=f"{symbol}: cada data pode aparecer uma vez, mas {date} aparece duas{pt}.",
            ),
            field="date",
            hint=phrase(
                en="Remove the repeated rows; if the file holds several symbols, choose one with --symbol.",
                pt="Remova as linhas repetidas; se o arquivo tem vários símbolos, escolha um com --symbol.",
            ),
        )


def _judge_jumps(
    symbol: str,
    dates: Dates,
    close: Column,
    lines: Sequence[int] | None,
    allow_jumps: bool,
    notes: list[Note],
    again: str | None,
) -> None:
    if (close <= 0).sum() > max(1, MAX_NOT_POSITIVE * len(close)):
        return  # no price, whatever its title: a temperature, a balance
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratios = close[1:] / close[:-1]
        far = np.maximum(ratios, 1 / ratios) > MAX_STEP_FACTOR
    # a price may be negative for a day (crude oil, 2020-04-20), but not zero between two others
    jumps = np.flatnonzero(
        far & (close[1:] >= 0) & (close[:-1] >= 0) & (np.maximum(close[1:], close[:-1]) > 0)
    )
    if not len(jumps):
        return
    before = int(jumps[0])
    after = before + 1
    n = len(jumps)
    if allow_jumps:
        message = phrase(
            en=f"Steps of the close by more than a factor of {MAX_STEP_FACTOR:g} allowed: {number(n)}.",
            pt=f"Saltos do fechamento por um fator maior que {MAX_STEP_FACTOR:g} aceitos: {number(n)}.",
        )
        notes.append(Note("jumps_allowed", n, message))
        return
    low = f"{number(close[before], 'g')}", f"{day(dates[before])}{_line(before, lines)}"
    high = f"{number(close[after], 'g')}", f"{day(dates[after])}{_line(after, lines)}"
    times = number(ratios[before], ".4g")
    more_en = f" There are {number(n - 1)} more such steps." if n > 1 else ""
    more_pt = f" Há mais {number(n - 1)} saltos assim." if n > 1 else ""
    raise DataError(
        phrase(
            en=f"{symbol}: the close goes from {low[0]} on {low[1]} to {high[0]} on {high[1]}, {times} "
            f"times as much; more than {MAX_STEP_FACTOR:g} times up or down in one step looks like "
            f"a split that was not adjusted, or two files joined.{more_en}",
            pt=f"{symbol}: o fechamento vai de {low[0]} em {low[1]} para {high[0]} em {high[1]}, {times} "
            f"vezes o valor; mais de {MAX_STEP_FACTOR:g} vezes para cima ou para baixo de uma linha à outra "
            f"parece um desdobramento sem ajuste, ou dois arquivos emendados.{more_pt}",
        ),
        field="close",
        hint=_to_accept(symbol, again),
    )


def _to_accept(symbol: str, again: str | None) -> str:
    """What to do about a jump: whole commands, for not every command that meets one has the options."""
    if again is None:
        order = f"trintena data fetch {shlex.quote(symbol)} --allow-jumps"
        return phrase(
            en=f"If the step is real, accept it with `{order}`.",
            pt=f"Se o salto for real, aceite-o com `{order}`.",
        )
    return phrase(
        en="Correct or remove the row that is wrong. If the step is real, import the file with "
        f"`{again} --allow-jumps`; if these are no prices, with `{again} --measures value`.",
        pt="Corrija ou remova a linha errada. Se o salto for real, importe o arquivo com "
        f"`{again} --allow-jumps`; se não forem preços, com `{again} --measures value`.",
    )


def _without_gaps(
    names: list[str], table: Float[np.ndarray, "row column"], notes: list[Note], measures: Measures
) -> tuple[list[str], Float[np.ndarray, "row kept"]]:
    """Leave out or fill the columns with missing values; `table` has none in its close."""
    close = table[:, names.index("close")]
    kept: list[int] = []
    for index, name in enumerate(names):
        gaps: Bool[np.ndarray, " row"] = np.isnan(table[:, index])
        n = int(gaps.sum())
        if gaps.mean() > MAX_MISSING_SHARE:
            notes.append(_left_out(name, n, len(table)))
            continue
        if n:
            notes.append(_filled(name, n, measures))
            table[gaps, index] = 0.0 if name == "volume" else close[gaps]
        if name == "volume" and not table[:, index].any():
            message = phrase(
                en="volume left out: it is zero throughout.",
                pt="volume não usado: é zero em todas as linhas.",
            )
            notes.append(Note("volume_zero", len(table), message))
            continue
        kept.append(index)
    return [names[index] for index in kept], table[:, kept]


def _left_out(name: str, n: int, n_rows: int) -> Note:
    message = phrase(
        en=f"{name} left out: missing in {counted(n)} of {number(n_rows)}.",
        pt=f"{name} não usado: falta em {counted(n)} de {number(n_rows)}.",
    )
    return Note("column_left_out", n, message)


def _filled(name: str, n: int, measures: Measures) -> Note:
    close = words.close(measures)
    taken = "0" if name == "volume" else phrase(en=f"the {close} of the row", pt=f"o {close} da linha")
    message = phrase(
        en=f"{name} missing in {counted(n)}: {taken} taken.",
        pt=f"{name} falta em {counted(n)}: vale {taken}.",
    )
    return Note("column_filled", n, message)
