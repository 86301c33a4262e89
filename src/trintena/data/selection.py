"""Which rows of a series an experiment uses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from trintena.data.words import day
from trintena.domain import PriceSeries
from trintena.errors import DataError
from trintena.language import phrase


def select_rows(
    series: PriceSeries, years: int | None = None, start: str | None = None, end: str | None = None
) -> PriceSeries:
    """The rows from `start` to `end`, both inclusive, or those of the last `years` years.

    Years are counted back from the last row that `end` leaves: of a series that ends on 2018-12-31,
    the last ten begin with the first row after 2008-12-31. Nothing given: the whole series.

    Args:
        series: the series to choose from.
        years: at least 1; not together with `start`.
        start: ISO date of the first day, YYYY-MM-DD.
        end: ISO date of the last day, with all of its hours.

    Raises:
        DataError: a date does not parse, the request contradicts itself, or no row is left.
    """
    if years is not None and start is not None:
        raise DataError(
            phrase(
                en=f"Say either how many years or where to start, not both ({years} years, from {start}).",
                pt=f"Diga ou quantos anos, ou onde começar, não os dois ({years} anos, desde {start}).",
            ),
            field="years",
            hint=phrase(en="Leave one of --years and --start out.", pt="Deixe --years ou --start de fora."),
        )
    if years is not None and years < 1:
        raise DataError(
            phrase(
                en=f"Expected at least 1 year, got {years}.", pt=f"Esperava-se ao menos 1 ano, não {years}."
            ),
            field="years",
            hint=phrase(en="Or say --years all.", pt="Ou diga --years all (todos)."),
        )

    first = _iso_date(start, "start")
    last = _iso_date(end, "end")
    stop = len(series)
    if last is not None and last < date.max:  # no day comes after that one
        stop = _rows_before(series, last + timedelta(days=1))
    begin = 0
    if first is not None:
        begin = _rows_before(series, first)
    elif years is not None and stop:
        begin = _rows_before(series, _years_before(series.dates[stop - 1], years) + timedelta(days=1))
    if begin >= stop:
        name = series.symbol
        if not len(series):
            raise DataError(phrase(en=f"{name} has no rows.", pt=f"{name} não tem linhas."))
        since = start and phrase(en=f"from {start}", pt=f"desde {start}")
        until = end and phrase(en=f"to {end}", pt=f"até {end}")
        wanted = " ".join(filter(None, (since, until)))
        first_day, last_day = day(series.dates[0]), day(series.dates[-1])
        raise DataError(
            phrase(
                en=f"{name} has no row {wanted}: it goes from {first_day} to {last_day}.",
                pt=f"{name} não tem linhas {wanted}: vai de {first_day} a {last_day}.",
            ),
            field="start" if start is not None else "end",
            hint=phrase(en="Choose dates inside that span.", pt="Escolha datas dentro desse intervalo."),
        )
    return series.rows(begin, stop)


def _iso_date(text: str | None, field: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DataError(
            phrase(
                en=f"Expected a date such as 2018-12-31 for {field}, got {text!r}.",
                pt=f"Esperava-se uma data como 2018-12-31 em {field}, não {text!r}.",
            ),
            field=field,
            hint=phrase(
                en="Write year, month and day, in this order.", pt="Escreva ano, mês e dia, nessa ordem."
            ),
        ) from error


def _rows_before(series: PriceSeries, limit: date) -> int:
    return int(np.searchsorted(series.dates, np.datetime64(limit, "s")))


def _years_before(last: np.datetime64, years: int) -> date:
    final: Any = last.astype("datetime64[D]").item()
    year = max(final.year - years, 1)
    if (final.month, final.day) == (2, 29):
        return date(year, 2, 28)
    return date(year, final.month, final.day)
