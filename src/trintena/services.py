"""What people do with Trintena beside training: forecasts, model versions, datasets.

Nothing here loads a numerical framework; networks are computed by the inference process.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trintena.artifacts.files import delete_model_files, export_model_files
from trintena.artifacts.saved_model import SavedModel
from trintena.data import fetch, read_csv
from trintena.errors import NotFoundError, SourceError, UsageError

if TYPE_CHECKING:
    from trintena.data import CsvReading
    from trintena.domain import ModelVersion, PriceSeries
    from trintena.jobs.inference import InferenceProcess
    from trintena.registry import Registry
    from trintena.settings import Settings

DEFAULT_SYMBOL = "NVDA"


@dataclass(frozen=True)
class Services:
    """The use cases, over the objects that `bootstrap` wires together."""

    settings: Settings
    registry: Registry
    inference: InferenceProcess

    # Prices

    def series(self, symbol: str) -> PriceSeries:
        """The newest series of a symbol: fetched if a source of its own delivers it, else as stored.

        A name under which a file was imported is found in the database.

        Raises:
            SourceError: its source did not answer, and nothing is stored under that symbol.
            DataError: what it delivered cannot be used.
        """
        if (stored := self.registry.latest_dataset(symbol)) is not None:
            known = self.registry.load_dataset(stored)
            if known.source.partition(":")[0] == "csv":
                return known
        return fetch(symbol)

    def series_to_train(
        self, symbol: str | None = None, csv: Path | None = None, column: str | None = None
    ) -> PriceSeries:
        """The series that a training asks for: of a symbol, or read from a file and not yet stored.

        With `csv`, `symbol` says whose rows to take where the file holds several.

        Raises:
            SourceError, DataError: as `series` and `read_csv`.
            UsageError: a column without a file.
        """
        if csv is not None:
            return read_csv(csv, symbol=symbol, column=column).series
        if column is not None:
            raise UsageError("--column names a column of a CSV file; name the file, too.", field="column")
        return self.series(symbol or DEFAULT_SYMBOL)

    def import_csv(
        self,
        path: Path,
        *,
        name: str | None = None,
        symbol: str | None = None,
        column: str | None = None,
        allow_jumps: bool = False,
    ) -> CsvReading:
        """Read a CSV file and store it as a dataset.

        Raises:
            DataError: it cannot be read with certainty; nothing is stored.
        """
        reading = read_csv(path, name=name, symbol=symbol, column=column, allow_jumps=allow_jumps)
        self.registry.save_dataset(reading.series)
        return reading

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

        When the source does not answer, the stored data that the model was trained on serves, and
        `warnings` says so with `source_unavailable`.

        Raises:
            NotFoundError: no such model.
            ArtifactError: its files are missing, cut short or changed.
        """
        model = self.model(symbol, version)
        saved = SavedModel.open(self.settings.models, model)
        series, warnings = self._newest(model)
        forecast = saved.next_forecast(series, self.inference.outputs)
        answer = forecast.to_json(model, datetime.now(UTC))
        return {**answer, "warnings": [*answer["warnings"], *warnings]}

    def _newest(self, model: ModelVersion) -> tuple[PriceSeries, list[str]]:
        with suppress(SourceError):
            return self.series(model.symbol), []
        newest = self.registry.latest_dataset(model.symbol) or model.dataset_hash
        return self.registry.load_dataset(newest), ["source_unavailable"]

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
