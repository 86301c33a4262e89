"""What people do with Trintena beside training: forecasts, model versions, datasets.

Nothing here loads a numerical framework; networks are computed by the inference process.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trintena.artifacts.files import delete_model_files, export_model_files
from trintena.artifacts.saved_model import SavedModel
from trintena.data import fetch, is_from_file, read_csv, source_of
from trintena.data.history import compare
from trintena.data.sources.csv_file import source_kind
from trintena.errors import DataError, NotFoundError, SourceError, UsageError
from trintena.language import number, phrase

if TYPE_CHECKING:
    from trintena.domain import ModelVersion, PriceSeries
    from trintena.jobs.inference import InferenceProcess
    from trintena.registry import Registry
    from trintena.settings import Settings

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
    n_days = max(int((np.datetime64(datetime.now(UTC).date()) - last).astype(int)), 0)
    age = phrase(
        en=f"The stored prices serve instead; they end on {last}, {number(n_days)} "
        f"{'day' if n_days == 1 else 'days'} ago.",
        pt=f"Os preços guardados servem no lugar; terminam em {last}, há {number(n_days)} "
        f"{'dia' if n_days == 1 else 'dias'}.",
    )
    return Delivery(stored, (" ".join(filter(None, (why, age, ways_out))),), answered=False)


@dataclass(frozen=True)
class Services:
    """The use cases, over the objects that `bootstrap` wires together."""

    settings: Settings
    registry: Registry
    inference: InferenceProcess

    # Prices

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
        self, symbol: str | None = None, csv: Path | None = None, column: str | None = None
    ) -> Delivery:
        """What a training asks for: the series of a symbol, or one read from a file and not yet stored.

        With `csv`, `symbol` says whose rows to take where the file holds several.

        Raises:
            SourceError, DataError: as `newest` and `read_csv`.
            UsageError: a column without a file.
        """
        if csv is not None:
            reading = read_csv(csv, symbol=symbol, column=column)
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

    # Models

    def model(self, symbol: str | None = None, version: int | None = None) -> ModelVersion:
        """The version with that number; else the newest champion, of a symbol or of all.

        Raises:
            NotFoundError: there is none.
        """
        if version is not None:
            found = self.registry.version(version)
            if symbol is not None and found.symbol != symbol:
                raise UsageError(
                    phrase(
                        en=f"Version {version} forecasts {found.symbol}, not {symbol}.",
                        pt=f"A versão {version} prevê {found.symbol}, não {symbol}.",
                    ),
                    field="model",
                    hint=phrase(en="Leave one of the two away.", pt="Deixe um dos dois de fora."),
                )
            return found
        champion = self.registry.newest_champion(symbol)
        if champion is None:
            of = phrase(en=f" of {symbol}", pt=f" de {symbol}") if symbol else ""
            train = f"trintena train --symbol {shlex.quote(symbol or 'sample:nasdaq')}"
            raise NotFoundError(
                phrase(en=f"There is no champion{of} yet.", pt=f"Ainda não há campeão{of}."),
                hint=phrase(en=f"Train one: `{train}`.", pt=f"Treine um: `{train}`."),
            )
        return champion

    def predict(self, symbol: str | None = None, version: int | None = None) -> dict[str, Any]:
        """The next `horizon` steps, from the newest data of the model's own series.

        When the source does not answer, stored data serves, and `warnings` says so with
        `source_unavailable`; `remarks` are sentences on the data, in the reader's language.

        Raises:
            NotFoundError: no such model, or its prices came from a file and are no longer stored.
            ArtifactError: its files are missing, cut short or changed.
            SourceError: the source did not answer, and no data of the series is stored any more.
        """
        model = self.model(symbol, version)
        saved = SavedModel.open(self.settings.models, model)
        delivery = self._newest_of(model)
        answer = saved.next_forecast(delivery.series, self.inference.outputs).to_json(
            model, datetime.now(UTC)
        )
        unavailable = [] if delivery.answered else [SourceError.code]
        return {
            **answer,
            "warnings": [*answer["warnings"], *unavailable],
            "remarks": list(delivery.remarks),
        }

    def _newest_of(self, model: ModelVersion) -> Delivery:
        """The newest prices of a model's own series: of the kind of source that it was trained on.

        Its name may mean another series by now. One that came with a file is never looked up elsewhere,
        and a file that was imported under a symbol is not what its source delivers.
        """
        source = model.parameters.get("source")
        if source is None:
            return self.newest(model.symbol)
        if not is_from_file(source):
            try:
                return self._delivered(model.symbol, kind=source_kind(source))
            except SourceError as error:
                hint = phrase(
                    en="Try again later. A file needs a model of its own: `trintena train --csv FILE`.",
                    pt="Tente de novo mais tarde. Um arquivo precisa de um modelo próprio: "
                    "`trintena train --csv FILE`.",
                )
                raise SourceError(error.message, field=error.field, hint=hint) from error
        key = self.registry.latest_dataset(model.symbol, kind=source_kind(source))
        if key is not None:
            return Delivery(self.registry.load_dataset(key))
        again = f"trintena data import FILE --name {shlex.quote(model.symbol)}"
        raise NotFoundError(
            phrase(
                en=f"The prices of {model.symbol} came from a file and are no longer stored.",
                pt=f"Os preços de {model.symbol} vieram de um arquivo e não estão mais guardados.",
            ),
            hint=phrase(en=f"Import the file again: `{again}`.", pt=f"Importe o arquivo de novo: `{again}`."),
        )

    def export(self, version: int, destination: Path) -> tuple[Path, ...]:
        """Copy a version's three files, found unchanged, to a folder."""
        model = self.registry.version(version)
        return export_model_files(self.settings.models, model.stem, model.checksums, destination)

    def promote(self, version: int) -> ModelVersion:
        """Make a version the champion of its symbol, target and horizon.

        Raises:
            ArtifactError: its files are not whole; the title stays where it is.
        """
        SavedModel.open(self.settings.models, self.registry.version(version))
        return self.registry.promote(version)

    def delete_model(self, version: int) -> ModelVersion:
        """Delete a version, its row first, then its files.

        Raises:
            UsageError: it is the champion.
        """
        model = self.registry.delete_version(version)
        delete_model_files(self.settings.models, model.stem)
        return model
