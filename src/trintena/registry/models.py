"""The model registry: every saved model, and which one is champion."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from trintena.domain import Mode, ModelVersion, Target
from trintena.errors import NotFoundError, UsageError
from trintena.language import phrase
from trintena.registry.database import Database
from trintena.registry.tables import RegisteredModel


class Models(Database):
    """The part of the registry that keeps model versions.

    At most one version of a symbol, target and horizon is champion (`is_winner`): the database
    itself refuses a second.
    """

    def register_version(
        self,
        *,
        symbol: str,
        model_id: int,
        model_name: str,
        mode: Mode,
        target: Target,
        horizon: int,
        experiment_id: int | None,
        dataset_hash: str,
        created_at: datetime,
        stem: str,
        checksums: dict[str, str],
        metrics: dict[str, Any],
        parameters: dict[str, Any],
        versions: dict[str, str],
        is_winner: bool = False,
    ) -> ModelVersion:
        """Give saved files a version number. As a winner, it takes the title in the same transaction.

        Register only what is whole on the disk: the row promises the files.
        """
        with self._writing() as session:
            if is_winner:
                _dethrone(session, symbol, target, horizon)
            row = RegisteredModel(
                symbol=symbol,
                model_id=model_id,
                model_name=model_name,
                mode=mode,
                target=target,
                horizon=horizon,
                experiment_id=experiment_id,
                dataset_hash=dataset_hash,
                created_at=created_at,
                is_winner=is_winner,
                stem=stem,
                checksums=checksums,
                metrics=metrics,
                parameters=parameters,
                versions=versions,
            )
            session.add(row)
            session.flush()
            session.refresh(row)  # times and JSON as every later reader gets them
            return _version(row)

    def version(self, number: int) -> ModelVersion:
        """One model version."""
        with self._reading() as session:
            return _version(_find(session, number))

    def versions(self, symbol: str | None = None) -> list[ModelVersion]:
        """The model versions of a symbol, or all, the newest first."""
        query = select(RegisteredModel).order_by(RegisteredModel.version.desc())
        if symbol is not None:
            query = query.where(RegisteredModel.symbol == symbol)
        with self._reading() as session:
            return [_version(row) for row in session.scalars(query)]

    def champion(self, symbol: str, target: Target, horizon: int) -> ModelVersion | None:
        """The version in service for a symbol, target and horizon."""
        with self._reading() as session:
            row = session.scalar(_group(symbol, target, horizon).where(RegisteredModel.is_winner))
            return None if row is None else _version(row)

    def newest_champion(self, symbol: str | None = None) -> ModelVersion | None:
        """The champion saved last, of one symbol or of all: by its number, for clocks are set back."""
        query = select(RegisteredModel).where(RegisteredModel.is_winner)
        if symbol is not None:
            query = query.where(RegisteredModel.symbol == symbol)
        newest = query.order_by(RegisteredModel.version.desc()).limit(1)
        with self._reading() as session:
            row = session.scalar(newest)
            return None if row is None else _version(row)

    def promote(self, number: int) -> ModelVersion:
        """Make a version the champion of its symbol, target and horizon; nobody ever sees two, or none."""
        with self._writing() as session:
            row = _find(session, number)
            _dethrone(session, row.symbol, row.target, row.horizon)
            row.is_winner = True
            session.flush()
            return _version(row)

    def delete_version(self, number: int) -> ModelVersion:
        """Remove a version and give what it was, so that its files can be deleted after the row.

        Raises:
            UsageError: it is champion while others could be, or the frozen twin of a version that serves.
        """
        with self._writing() as session:
            row = _find(session, number)
            for other in session.scalars(_group(row.symbol, row.target, row.horizon)):
                if other.parameters.get("frozen_twin") == number:
                    raise UsageError(
                        phrase(
                            en=f"Model version {number} is what version {other.version} is judged by: the "
                            "same setting, trained without the newest rows.",
                            pt=f"A versão {number} é pela qual a versão {other.version} é julgada: a mesma "
                            "configuração, treinada sem as linhas mais novas.",
                        ),
                        hint=phrase(
                            en=f"Delete that one first: `trintena models delete {other.version}`.",
                            pt=f"Apague aquela primeiro: `trintena models delete {other.version}`.",
                        ),
                    )
            rivals = _group(row.symbol, row.target, row.horizon).where(RegisteredModel.version != number)
            if row.is_winner and (rival := session.scalar(rivals.limit(1))) is not None:
                raise UsageError(
                    phrase(
                        en=f"Model version {number} is the champion of {row.symbol}.",
                        pt=f"A versão {number} é a campeã de {row.symbol}.",
                    ),
                    hint=phrase(
                        en=f"Promote another first, for example `trintena models promote {rival.version}`.",
                        pt=f"Promova outra antes, por exemplo `trintena models promote {rival.version}`.",
                    ),
                )
            session.execute(delete(RegisteredModel).where(RegisteredModel.version == number))
            return _version(row)


def _find(session: Session, number: int) -> RegisteredModel:
    row = session.get(RegisteredModel, number)
    if row is None:
        raise NotFoundError(
            phrase(en=f"No model version {number}.", pt=f"Não há versão {number} de modelo."),
            hint=phrase(en="See `trintena models list`.", pt="Veja `trintena models list`."),
        )
    return row


def _group(symbol: str, target: Target, horizon: int) -> Select[RegisteredModel]:
    """The versions that compete for one title, the newest first."""
    return (
        select(RegisteredModel)
        .filter_by(symbol=symbol, target=target, horizon=horizon)
        .order_by(RegisteredModel.version.desc())
    )


def _dethrone(session: Session, symbol: str, target: Target, horizon: int) -> None:
    """Take the title from whoever has it, before another row may hold it."""
    for row in session.scalars(_group(symbol, target, horizon)):
        row.is_winner = False
    session.flush()


def _version(row: RegisteredModel) -> ModelVersion:
    return ModelVersion(**{field.name: getattr(row, field.name) for field in fields(ModelVersion)})
