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
from trintena.data import fetch, is_from_file, read_csv
from trintena.data.history import compare
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


def _delivered(symbol: str, stored: PriceSeries | None, *, allow_jumps: bool) -> Delivery:
    """What the source of a symbol answers, judged by what is stored; what is stored if that will not do."""
    try:
        series = fetch(symbol, allow_jumps=allow_jumps)
    except DataError as error:
        if stored is None:
            raise
        return _standing_in(stored, error.message, error.hint)
    if stored is None:
        return Delivery(series)
    if stored.source != series.source:
        remark = phrase(
            en=f"Until now {series.symbol} was {stored.source}; this is {series.source}.",
            pt=f"Até agora {series.symbol} era {stored.source}; agora é {series.source}.",
        )
        return Delivery(series, (remark,))
    comparison = compare(stored, series)
    if comparison.is_short:
        why = phrase(
            en=f"The source of {series.symbol} delivered less than is stored: {comparison.spans}.",
            pt=f"A fonte de {series.symbol} entregou menos do que está guardado: {comparison.spans}.",
        )
        hint = phrase(
            en="Try again later. If the shorter history is right, delete the stored one with "
            f"`trintena data delete {series.symbol}` and fetch again.",
            pt="Tente de novo mais tarde. Se o histórico menor estiver certo, apague o guardado com "
            f"`trintena data delete {series.symbol}` e busque de novo.",
        )
        return _standing_in(stored, why, hint)
    return Delivery(series, comparison.remarks)


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
        against the stored history and replaces it as a whole; nothing is stored here.

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
        return _delivered(symbol, stored, allow_jumps=allow_jumps)

    def fetch(self, symbol: str, *, allow_jumps: bool = False) -> Delivery:
        """The newest series of a symbol from its source, stored; nothing is stored if it did not answer.

        Raises: as `newest`.
        """
        delivery = _delivered(symbol, self._stored(symbol), allow_jumps=allow_jumps)
        if delivery.answered:
            self.registry.save_dataset(delivery.series)
        return delivery

    def _stored(self, symbol: str) -> PriceSeries | None:
        key = self.registry.latest_dataset(symbol) or self.registry.latest_dataset(symbol.upper())
        return None if key is None else self.registry.load_dataset(key)

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
            return Delivery(reading.series, tuple(reading.understood))
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
                    f"Version {version} forecasts {found.symbol}, not {symbol}.",
                    field="model",
                    hint="Leave one of the two away.",
                )
            return found
        champion = self.registry.newest_champion(symbol)
        if champion is None:
            of = f" of {symbol}" if symbol else ""
            train = f"trintena train --symbol {symbol or 'sample:nasdaq'}"
            raise NotFoundError(f"There is no champion{of} yet.", hint=f"Train one: `{train}`.")
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
        """The newest prices of a model's own series.

        A name that came with a file is never looked up elsewhere: a source may know another series by it.
        """
        from_file = is_from_file(model.parameters.get("source", ""))
        again = f"trintena data import FILE --name {shlex.quote(model.symbol)}"
        if from_file and self.registry.latest_dataset(model.symbol) is None:
            raise NotFoundError(
                phrase(
                    en=f"The prices of {model.symbol} came from a file and are no longer stored.",
                    pt=f"Os preços de {model.symbol} vieram de um arquivo e não estão mais guardados.",
                ),
                hint=phrase(
                    en=f"Import the file again: `{again}`.", pt=f"Importe o arquivo de novo: `{again}`."
                ),
            )
        return self.newest(model.symbol)

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
