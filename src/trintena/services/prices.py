"""Prices: the newest that can be had of a symbol, and what there is to say about them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trintena.data import fetch, is_from_file, read_csv, source_of
from trintena.data.history import compare
from trintena.data.sources.csv_file import source_kind
from trintena.data.words import prices
from trintena.errors import DataError, UsageError
from trintena.language import number, phrase

if TYPE_CHECKING:
    from trintena.domain import Measures, PriceSeries
    from trintena.registry import Registry

DEFAULT_SYMBOL = "NVDA"


@dataclass(frozen=True)
class Delivery:
    """The newest prices that could be had of a symbol, and what there is to say about them."""

    series: PriceSeries
    remarks: tuple[str, ...] = ()
    """Sentences for people, in their language."""
    answered: bool = True
    """False where stored prices stand in for a source that did not answer, or not well."""


def _standing_in(stored: PriceSeries, why: str, ways_out: str | None) -> Delivery:
    """Stored prices in place of an answer, with their age."""
    last = stored.dates[-1].astype("datetime64[D]")
    many = prices(stored.measures)
    n_days = max(int((np.datetime64(datetime.now(UTC).date()) - last).astype(int)), 0)
    age = phrase(
        en=f"The stored {many} serve instead; they end on {last}, {number(n_days)} "
        f"{'day' if n_days == 1 else 'days'} ago.",
        pt=f"Os {many} guardados servem no lugar; terminam em {last}, há {number(n_days)} "
        f"{'dia' if n_days == 1 else 'dias'}.",
    )
    return Delivery(stored, (" ".join(filter(None, (why, age, ways_out))),), answered=False)


class Prices:
    """The part of the use cases that deals with prices."""

    registry: Registry

    def newest(self, symbol: str, *, allow_jumps: bool = False) -> Delivery:
        """The newest series of a symbol, from its source if that answers, else as stored.

        A name under which a file was imported is taken as stored. What a source delivers is checked
        against what it delivered before and replaces it as a whole; nothing is stored here.

        Args:
            symbol: a reference that a source claims, or the name of what is stored.
            allow_jumps: accept a step of the close by more than a factor of 4.

        Raises:
            SourceError: its source did not answer, and nothing is stored under that symbol.
            DataError: what it delivered cannot be used, and nothing is stored; or that is damaged.
            UnknownNameError: no source claims the symbol, and nothing is stored under it.
        """
        stored = self._stored(symbol)
        if stored is not None and is_from_file(stored.source):
            return Delivery(stored)
        return self._delivered(symbol, allow_jumps=allow_jumps)

    def fetch(self, symbol: str, *, allow_jumps: bool = False, replace: bool = False) -> Delivery:
        """The newest series of a symbol from its source, stored; nothing is stored if it did not answer.

        Args:
            symbol: a reference that a source claims, but no path of a file.
            allow_jumps: as `newest`.
            replace: take the answer also where it is worse than what is stored.

        Raises: as `newest`; and
            UsageError: the symbol is the path of a file, which has to be imported.
        """
        if source_of(symbol).name == "csv":
            order = f"trintena data import {shlex.quote(symbol)}"
            raise UsageError(
                phrase(
                    en=f"{symbol!r} names a file; files are imported, not fetched.",
                    pt=f"{symbol!r} indica um arquivo; arquivos são importados, não buscados.",
                ),
                field="symbol",
                hint=phrase(en=f"Import it: `{order}`.", pt=f"Importe-o: `{order}`."),
            )
        delivery = self._delivered(symbol, allow_jumps=allow_jumps, replace=replace)
        if delivery.answered:
            self.registry.save_dataset(delivery.series)
        return delivery

    def store(self, series: PriceSeries) -> tuple[str, ...]:
        """Store a series that was read from a file; gives what `on_new_source` says."""
        remarks = self.on_new_source(series)
        self.registry.save_dataset(series)
        return remarks

    def on_new_source(self, series: PriceSeries) -> tuple[str, ...]:
        """What to say before a series is stored under a name that has meant another source until now."""
        key = self._stored_key(series.symbol)
        before = series.source if key is None else self.registry.find_dataset(key).source
        if before == series.source:
            return ()
        name = series.symbol
        return (
            phrase(
                en=f"Until now {name} was {before}; now it is {series.source}.",
                pt=f"Até agora {name} era {before}; a partir de agora é {series.source}.",
            ),
        )

    def _delivered(
        self, symbol: str, *, allow_jumps: bool = False, replace: bool = False, kind: str | None = None
    ) -> Delivery:
        """What the source of a symbol answers; if that will not do, what is stored, of a kind of source."""
        try:
            series = fetch(symbol, allow_jumps=allow_jumps)
        except DataError as error:
            stored = self._stored(symbol, kind)
            if stored is None:
                raise
            # importing a file, as most hints say, helps whoever is free to take another source
            return _standing_in(stored, error.message, error.hint if kind is None else None)
        remarks = self.on_new_source(series) if kind is None else ()
        # A file is what its owner made of it; a source is measured by what it delivered before.
        own = None if is_from_file(series.source) else self._stored(series.symbol, source_kind(series.source))
        if own is None:
            return Delivery(series, remarks)
        comparison = compare(own, series)
        if comparison.is_worse and not replace:
            faults = comparison.faults
            why = phrase(
                en=f"The source of {series.symbol} delivered worse than is stored: {faults}.",
                pt=f"A fonte de {series.symbol} entregou algo pior do que está guardado: {faults}.",
            )
            order = f"trintena data fetch {shlex.quote(series.symbol)} --replace"
            hint = phrase(
                en=f"Try again later; or, if it is right all the same, take it with `{order}`.",
                pt=f"Tente de novo mais tarde; ou, se mesmo assim estiver certo, aceite com `{order}`.",
            )
            return _standing_in(own, why, hint)
        return Delivery(series, (*remarks, *comparison.remarks))

    def _stored(self, symbol: str, kind: str | None = None) -> PriceSeries | None:
        key = self._stored_key(symbol, kind)
        return None if key is None else self.registry.load_dataset(key)

    def _stored_key(self, symbol: str, kind: str | None = None) -> str | None:
        latest = self.registry.latest_dataset
        return latest(symbol, kind=kind) or latest(symbol.upper(), kind=kind)

    def series_to_train(
        self,
        symbol: str | None = None,
        csv: Path | None = None,
        column: str | None = None,
        measures: Measures | None = None,
    ) -> Delivery:
        """What a training asks for: the series of a symbol, or one read from a file and not yet stored.

        With `csv`, `symbol` says whose rows to take where the file holds several, and `measures` what it
        is read as.

        Raises:
            SourceError, DataError: as `newest` and `read_csv`.
            UsageError: a column without a file.
        """
        if csv is not None:
            reading = read_csv(csv, symbol=symbol, column=column, measures=measures)
            return Delivery(reading.series, (*reading.understood, *self.on_new_source(reading.series)))
        if column is not None:
            raise UsageError(
                phrase(
                    en="--column names a column of a CSV file; name the file, too.",
                    pt="--column indica uma coluna de um arquivo CSV; informe também o arquivo.",
                ),
                field="column",
            )
        return self.newest(symbol or DEFAULT_SYMBOL)
