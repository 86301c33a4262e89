"""Prices by the hash of their content: stored once, checked whenever they are loaded."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session, undefer

from trintena.data.sources.csv_file import source_kind
from trintena.data.words import prices
from trintena.domain import PriceSeries
from trintena.errors import DataError, NotFoundError, UsageError
from trintena.language import phrase
from trintena.registry.arrays import pack, unpack
from trintena.registry.columns import utc_now
from trintena.registry.database import Database
from trintena.registry.dependents import NOBODY, Dependents, dependents_of, in_use
from trintena.registry.records import DatasetRow
from trintena.registry.tables import Dataset, Experiment, RegisteredModel


class Datasets(Database):
    """The part of the registry that keeps prices."""

    def save_dataset(self, series: PriceSeries) -> str:
        """Store a series under its content hash and give the hash.

        Of content that is stored already only the time changes, for it is the one stored last, and what
        it measures, for that was said last.

        Raises:
            DataError: the series has no rows.
        """
        if not len(series):
            raise DataError(
                phrase(
                    en=f"The series {series.symbol} has no rows, so there is nothing to store.",
                    pt=f"A série {series.symbol} não tem linhas: não há o que guardar.",
                )
            )
        dates = series.dates.astype("datetime64[s]")
        row = Dataset(
            content_hash=series.content_hash,
            symbol=series.symbol,
            columns=list(series.columns),
            n_rows=len(series),
            first_date=dates[0],
            last_date=dates[-1],
            source=series.source,
            measures=series.measures,
            payload=pack({"dates": dates.astype("<i8"), "values": series.values.astype("<f8")}),
        )
        with self._writing() as session:
            if (known := session.get(Dataset, row.content_hash)) is None:
                session.add(row)
            else:
                known.created_at, known.measures = utc_now(), series.measures
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

    def latest_dataset(self, symbol: str, *, kind: str | None = None) -> str | None:
        """The hash of the dataset of a symbol that was stored last, newly or once more.

        With `kind`, of those from that kind of source: `yahoo`, or `csv` for any file.
        """
        with self._reading() as session:
            return session.scalar(_newest_first(symbol, kind).limit(1))

    def find_dataset(self, key: str) -> DatasetRow:
        """The newest dataset of a symbol, in capital letters if need be; else that of a hash, as above.

        It is found without loading its prices: also one that is damaged can be named.

        Raises:
            NotFoundError: no dataset has such a symbol or hash.
            UsageError: several have such a hash.
        """
        with self._reading() as session:
            for symbol in (key, key.upper()):
                if (newest := session.scalar(_newest_first(symbol).limit(1))) is not None:
                    return _row(_find(session, newest, payload=False))
            return _row(_find(session, key, payload=False))

    def datasets(self) -> list[DatasetRow]:
        """All datasets, the one stored last first, without their prices."""
        with self._reading() as session:
            rows = session.scalars(select(Dataset).order_by(Dataset.created_at.desc(), Dataset.content_hash))
            return [_row(row) for row in rows]

    def dependents(self, key: str) -> Dependents:
        """What needs the dataset under a hash or a beginning of one.

        Raises:
            NotFoundError: no dataset has such a hash.
            UsageError: several have.
        """
        with self._reading() as session:
            return _dependents(session, _find(session, key, payload=False))

    def delete_dataset(self, key: str, *, agreed: Dependents = NOBODY) -> DatasetRow:
        """Remove the dataset under a hash or a beginning of one, and say which it was.

        Experiments that name it go with it, in the same transaction, if they are `agreed`: their
        model versions stay, as in `delete_experiment`. Whether one of them is being run right now is
        for the caller to find out first. Who came to need it since the caller asked is not agreed.

        Raises:
            NotFoundError: no dataset has such a hash.
            UsageError: several have, or an experiment or a model version needs it that is not agreed.
        """
        with self._writing() as session:
            dataset = _find(session, key, payload=False)
            row = _row(dataset)
            needing = _dependents(session, dataset)
            if unforeseen := needing - agreed:
                raise in_use(row, unforeseen)
            session.execute(delete(Experiment).where(Experiment.id.in_(needing.experiments)))
            session.execute(delete(Dataset).where(Dataset.content_hash == row.content_hash))
            return row


def _dependents(session: Session, dataset: Dataset) -> Dependents:
    # A model forecasts from its own kind of source alone: what another kind stored does not stand in.
    kind = source_kind(dataset.source)
    found = dependents_of(session, dataset, session.scalars(_newest_first(dataset.symbol, kind)).all())
    versions = select(RegisteredModel).where(RegisteredModel.version.in_(found.versions))
    others = {
        model.version
        for model in session.scalars(versions)
        if source_kind(model.parameters.get("source", kind)) != kind
    }
    return found - Dependents(versions=frozenset(others))


def _newest_first(symbol: str, kind: str | None = None) -> Select[str]:
    """Hashes of a symbol's datasets, the one stored last first: a corrected file may end earlier."""
    found = select(Dataset.content_hash).where(Dataset.symbol == symbol)
    if kind is not None:
        named = Dataset.source.startswith(f"{kind}:", autoescape=True)
        found = found.where((Dataset.source == kind) | named)
    return found.order_by(Dataset.created_at.desc(), Dataset.last_date.desc())


def _find(session: Session, key: str, *, payload: bool = True) -> Dataset:
    """The one dataset whose hash is, or begins with, the key."""
    prefix = key.strip().lower()
    beginnings = select(Dataset.content_hash).where(Dataset.content_hash.startswith(prefix, autoescape=True))
    hashes = session.scalars(beginnings.order_by(Dataset.content_hash)).all() if prefix else []
    if not hashes:
        raise no_dataset(key)
    if len(hashes) > 1:
        named = ", ".join(h[: len(prefix) + 6] for h in hashes[:5])
        raise UsageError(
            phrase(
                en=f"{len(hashes)} datasets begin with {key!r}: {named}.",
                pt=f"{len(hashes)} conjuntos de dados começam com {key!r}: {named}.",
            ),
            hint=phrase(en="Give more of the hash.", pt="Informe mais letras do hash."),
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
        measures=row.measures,
    )


def _series(row: Dataset) -> PriceSeries:
    """The stored series, refused unless its hash is still the one it is stored under."""
    dataset, many = f"{row.content_hash[:12]} ({row.symbol})", prices(row.measures)
    damaged = DataError(
        phrase(
            en=f"The stored {many} of dataset {dataset} are damaged: "
            "they no longer have the hash they were saved under.",
            pt=f"Os {many} guardados do conjunto de dados {dataset} estão danificados: "
            "já não têm o hash com que foram guardados.",
        ),
        hint=phrase(
            en="Delete it and fetch or import it again, or restore the database from a copy.",
            pt="Apague-o e busque ou importe de novo, ou restaure o banco de dados a partir de uma cópia.",
        ),
    )
    try:
        arrays = unpack(row.payload)
        series = PriceSeries(
            symbol=row.symbol,
            dates=arrays["dates"].astype("datetime64[s]"),
            columns=tuple(row.columns),
            values=np.ascontiguousarray(arrays["values"], dtype=np.float64),
            source=row.source,
            measures=row.measures,
        )
    except (ValueError, KeyError) as error:
        raise damaged from error
    if series.content_hash != row.content_hash:
        raise damaged
    return series


def no_dataset(key: str) -> NotFoundError:
    """Nothing is stored under the key."""
    return NotFoundError(
        phrase(
            en=f"No dataset {key!r}: it is neither a symbol nor the beginning of a hash.",
            pt=f"Nenhum conjunto de dados {key!r}: não é um símbolo, nem o começo de um hash.",
        ),
        hint=phrase(en="See `trintena data list`.", pt="Veja `trintena data list`."),
    )
