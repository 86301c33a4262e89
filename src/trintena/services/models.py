"""Model versions: which one is meant, its files, its title."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trintena.artifacts.files import delete_model_files, export_model_files, read_model_file
from trintena.artifacts.saved_model import SavedModel
from trintena.errors import NotFoundError, UsageError
from trintena.language import phrase

if TYPE_CHECKING:
    from trintena.domain import ModelVersion
    from trintena.registry import Registry
    from trintena.settings import Settings


class Models:
    """The part of the use cases that deals with saved models."""

    settings: Settings
    registry: Registry

    def model(self, symbol: str | None = None, version: int | None = None) -> ModelVersion:
        """The version with that number; else the newest champion, of a symbol or of all.

        Raises:
            NotFoundError: there is none.
            UsageError: the version forecasts another symbol.
        """
        if version is not None:
            found = self.registry.version(version)
            if symbol is not None and found.symbol != symbol:
                raise UsageError(
                    phrase(
                        en=f"Version {version} forecasts {found.symbol}, not {symbol}.",
                        pt=f"A versão {version} prevê {found.symbol}, não {symbol}.",
                    ),
                    field="version",
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

    def answer_behind(self, model: ModelVersion) -> dict[str, Any]:
        """The answer of the experiment that made a model, baselines and all; empty where that is gone."""
        if model.experiment_id is None:
            return {}
        return self.registry.experiment(model.experiment_id).result or {}

    def model_file(self, version: int, kind: str) -> tuple[str, bytes]:
        """The name and the content of one of a version's files: `keras`, `scaler`, `md` or `json`.

        Raises:
            NotFoundError: no such version, or one that was saved before models had a card.
            ArtifactError: the file is missing, or not the one that was registered.
        """
        model = self.registry.version(version)
        if kind == "md" and kind not in model.checksums:
            raise NotFoundError(
                phrase(
                    en=f"Version {version} was saved before models had a card.",
                    pt=f"A versão {version} foi salva antes de os modelos terem uma ficha.",
                ),
                hint=phrase(
                    en=f"See `trintena models show {version}`.", pt=f"Veja `trintena models show {version}`."
                ),
            )
        content = read_model_file(self.settings.models, model.stem, kind, model.checksums)
        return f"{model.stem}.{kind}", content

    def export(self, version: int, destination: Path) -> tuple[Path, ...]:
        """Copy a version's files, found unchanged, to a folder."""
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
