"""Prices by the hash of their content: stored once, checked whenever they are loaded."""

from __future__ import annotations

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from trintena.domain import PriceSeries
from trintena.errors import DataError, NotFoundError, UsageError
from trintena.registry.arrays import pack, unpack
from trintena.registry.database import Database
from trintena.registry.records import DatasetRow
from trintena.registry.tables import Dataset, Experiment

LIST_DATASETS = "See `trintena data list`."


class Datasets(Database):
    """The part of the registry that keeps prices."""

    def save_dataset(self, series: PriceSeries) -> str:
        """Store a series under its content hash and give the hash; the same content twice changes nothing.

        Raises:
            DataError: the series has no rows.
        """
        if not len(series):
            raise DataError(f"The series {series.symbol} has no rows, so there is nothing to store.")
        dates = series.dates.astype("datetime64[s]")
        row = Dataset(
            content_hash=series.content_hash,
            symbol=series.symbol,
            columns=list(series.columns),
            n_rows=len(series),
            first_date=dates[0],
            last_date=dates[-1],
            source=series.source,
            payload=pack({"dates": dates.astype("<i8"), "values": series.values.astype("<f8")}),
        )
        try:
            with self._writing() as session:
                if session.get(Dataset, row.content_hash) is None:
                    session.add(row)
        except IntegrityError:
            # Outside SQLite another process may store the same content at the same moment.
            with self._reading() as session:
                if session.get(Dataset, series.content_hash) is None:
                    raise
        return series.content_hash

    def load_dataset(self, key: str) -> PriceSeries:
        """The series under a content hash, or under a beginning of one that fits no other.

        Raises:
            NotFoundError: no dataset has such a hash.
            UsageError: several have.
            DataError: the stored prices are not those that were saved.
        """
        with self._reading() as session:
            row = _find(session, key)
            return _series(row)

    def latest_dataset(self, symbol: str) -> str | None:
        """The hash of the dataset of a symbol that reaches furthest, of several the one stored last."""
        query = (
            select(Dataset.content_hash)
            .where(Dataset.symbol == symbol)
            .order_by(Dataset.last_date.desc(), Dataset.created_at.desc())
            .limit(1)
        )
        with self._reading() as session:
            return session.scalar(query)

    def datasets(self) -> list[DatasetRow]:
        """All datasets, the one stored last first, without their prices."""
        with self._reading() as session:
            rows = session.scalars(select(Dataset).order_by(Dataset.created_at.desc(), Dataset.content_hash))
            return [_row(row) for row in rows]

    def delete_dataset(self, key: str) -> DatasetRow:
        """Remove the dataset under a hash or a beginning of one, and say which it was.

        Raises:
            NotFoundError: no dataset has such a hash.
            UsageError: several have, or an experiment names it.
        """
        with self._writing() as session:
            row = _row(_find(session, key, payload=False))
            users = select(Experiment.id).where(Experiment.dataset_hash == row.content_hash)
            if ids := session.scalars(users.order_by(Experiment.id)).all():
                named = ", ".join(str(i) for i in ids)
                raise UsageError(
                    f"Dataset {row.content_hash[:12]} ({row.symbol}) is used by experiment {named}.",
                    hint="Delete the experiments first: `trintena experiments delete`.",
                )
            session.execute(delete(Dataset).where(Dataset.content_hash == row.content_hash))
            return row


def _find(session: Session, key: str, *, payload: bool = True) -> Dataset:
    """The one dataset whose hash is, or begins with, the key."""
    prefix = key.strip().lower()
    beginnings = select(Dataset.content_hash).where(Dataset.content_hash.startswith(prefix, autoescape=True))
    hashes = session.scalars(beginnings.order_by(Dataset.content_hash)).all() if prefix else []
    if not hashes:
        raise NotFoundError(f"No dataset {key!r}.", hint=LIST_DATASETS)
    if len(hashes) > 1:
        named = ", ".join(h[: len(prefix) + 6] for h in hashes[:5])
        raise UsageError(
            f"{len(hashes)} datasets begin with {key!r}: {named}.", hint="Give more of the hash."
        )
    options = [undefer(Dataset.payload)] if payload else []
    return session.get_one(Dataset, hashes[0], options=options)


def _row(row: Dataset) -> DatasetRow:
    return DatasetRow(
        content_hash=row.content_hash,
        symbol=row.symbol,
        columns=tuple(row.columns),
        n_rows=row.n_rows,
        first_date=row.first_date,
        last_date=row.last_date,
        source=row.source,
        created_at=row.created_at,
    )


def _series(row: Dataset) -> PriceSeries:
    """The stored series, refused unless its hash is still the one it is stored under."""
    damaged = DataError(
        f"The stored prices of dataset {row.content_hash[:12]} ({row.symbol}) are damaged: "
        "they no longer have the hash they were saved under.",
        hint="Delete it and fetch or import it again, or restore the database from a copy.",
    )
    try:
        arrays = unpack(row.payload)
        series = PriceSeries(
            symbol=row.symbol,
            dates=arrays["dates"].astype("datetime64[s]"),
            columns=tuple(row.columns),
            values=np.ascontiguousarray(arrays["values"], dtype=np.float64),
            source=row.source,
        )
    except (ValueError, KeyError) as error:
        raise damaged from error
    if series.content_hash != row.content_hash:
        raise damaged
    return series
