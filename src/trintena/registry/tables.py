"""The tables, as typed models. The migrations make them; a test holds the two together.

The database is shared with Optuna, which brings `studies`, `trials`, `trial_*`, `version_info` and
`alembic_version`; hence the longer names here. Annotations are read at run time in this module, so
it does without `from __future__ import annotations`.
"""

from datetime import datetime
from typing import Any, get_args

import numpy as np
from sqlalchemy import (
    BigInteger,
    Double,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from trintena.domain import Measures, Mode, Purpose, State, Target, TrialState
from trintena.registry.columns import FiniteJSON, PlainText, SeriesDate, UTCDateTime, utc_now

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names that are the same on every database, so that a later migration can name what it drops."""


def _one_of(literal: Any, name: str) -> Enum:
    """Text, checked by the database to be one of a `Literal`'s words."""
    return Enum(*get_args(literal), name=name, native_enum=False, create_constraint=True, length=16)


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own interface
        datetime: UTCDateTime,
        np.datetime64: SeriesDate,
        dict[str, Any]: FiniteJSON,
        dict[str, str]: FiniteJSON,
        list[str]: FiniteJSON,
        list[Any]: FiniteJSON,
        float: Double,
        bytes: LargeBinary,
    }


class Dataset(Base):
    """A series under the hash of its content; `created_at` and `measures` are those of the last time."""

    __tablename__ = "datasets"

    content_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    symbol: Mapped[str] = mapped_column(String(255), index=True)
    columns: Mapped[list[str]]
    n_rows: Mapped[int]
    first_date: Mapped[np.datetime64]
    last_date: Mapped[np.datetime64]
    source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    measures: Mapped[Measures] = mapped_column(_one_of(Measures, "measures"), server_default="price")
    payload: Mapped[bytes] = mapped_column(deferred=True)


class Experiment(Base):
    """Everything that one submission runs. Numbers are never given twice (`sqlite_autoincrement`)."""

    __tablename__ = "experiments"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    spec: Mapped[dict[str, Any]]
    spec_hash: Mapped[str] = mapped_column(String(64), index=True)
    dataset_hash: Mapped[str] = mapped_column(ForeignKey("datasets.content_hash"), index=True)
    state: Mapped[State] = mapped_column(_one_of(State, "state"), default="queued")
    message: Mapped[str | None] = mapped_column(PlainText)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    enqueued_at: Mapped[datetime | None]
    """When it was handed to the queue; null: the process that submitted it runs it."""
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """What the submitter calls its submission, so that the same one sent twice is one experiment."""
    progress: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """How far its run is, about a second old; null where none goes on."""
    executor: Mapped[str] = mapped_column(String(16), default="local", server_default="local")
    """Where its trials were asked to run."""


class ArchitectureStudy(Base):
    """The trials of one architecture in one experiment."""

    __tablename__ = "architecture_studies"
    __table_args__ = (UniqueConstraint("experiment_id", "model_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id", ondelete="CASCADE"))
    model_id: Mapped[int]
    model_name: Mapped[str | None] = mapped_column(String(255))


class ArchitectureTrial(Base):
    """One training of one architecture, run or yet to run; weights as `registry.weights` tells.

    SQLite steps over all bytes of a row that stand before the column asked for: the large ones go last.
    """

    __tablename__ = "architecture_trials"
    __table_args__ = (UniqueConstraint("study_id", "purpose", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("architecture_studies.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose] = mapped_column(_one_of(Purpose, "purpose"), server_default="search")
    number: Mapped[int]
    state: Mapped[TrialState] = mapped_column(_one_of(TrialState, "state"))
    hyperparameters: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(BigInteger)
    n_parameters: Mapped[int | None]
    fit_seconds: Mapped[float | None]
    elapsed_seconds: Mapped[float | None]
    train_losses: Mapped[list[Any]]
    validation_curve: Mapped[list[Any]] = mapped_column(server_default="[]")
    learning_rates: Mapped[list[Any]] = mapped_column(server_default="[]")
    validation_rmse: Mapped[float | None]
    metrics: Mapped[dict[str, Any]]
    reason: Mapped[str | None] = mapped_column(PlainText)
    finished_at: Mapped[datetime | None]
    forecasts: Mapped[bytes] = mapped_column(deferred=True)
    weights: Mapped[bytes | None] = mapped_column(deferred=True)


class ExperimentBaseline(Base):
    """A fitted baseline of one experiment: its forecasts, or why it has none."""

    __tablename__ = "experiment_baselines"
    __table_args__ = (UniqueConstraint("experiment_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    fit_seconds: Mapped[float]
    reason: Mapped[str | None] = mapped_column(PlainText)
    forecasts: Mapped[bytes] = mapped_column(deferred=True)


class RegisteredModel(Base):
    """One saved model: `ModelVersion` as a row. Version numbers are never given twice."""

    __tablename__ = "model_registry"
    __table_args__ = (
        Index(
            "uq_model_registry_winner",
            "symbol",
            "target",
            "horizon",
            unique=True,
            sqlite_where=text("is_winner"),
            postgresql_where=text("is_winner"),
        ),
        {"sqlite_autoincrement": True},
    )

    version: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(String(255), index=True)
    model_id: Mapped[int]
    model_name: Mapped[str] = mapped_column(String(255))
    mode: Mapped[Mode] = mapped_column(_one_of(Mode, "mode"))
    target: Mapped[Target] = mapped_column(_one_of(Target, "target"))
    horizon: Mapped[int]
    experiment_id: Mapped[int | None] = mapped_column(
        ForeignKey("experiments.id", ondelete="SET NULL"), index=True
    )
    dataset_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    is_winner: Mapped[bool] = mapped_column(default=False, server_default=false())
    stem: Mapped[str] = mapped_column(String(255), unique=True)
    checksums: Mapped[dict[str, str]]
    metrics: Mapped[dict[str, Any]]
    parameters: Mapped[dict[str, Any]]
    versions: Mapped[dict[str, str]]


class TestPass(Base):
    """One look at a test segment; it outlives its experiment, for what was seen stays seen."""

    __tablename__ = "test_passes"
    __test__ = False  # a table, whatever pytest makes of the name

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int | None] = mapped_column(
        ForeignKey("experiments.id", ondelete="SET NULL"), unique=True
    )
    symbol: Mapped[str] = mapped_column(String(255), index=True)
    first_date: Mapped[np.datetime64]
    last_date: Mapped[np.datetime64]
    at: Mapped[datetime] = mapped_column(default=utc_now)


class ExperimentEvent(Base):
    """What happened in an experiment, in order."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "experiment_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
