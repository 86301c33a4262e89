"""The first tables: datasets, experiments and their trials, the model registry, events, test passes.

Revision 0001, the first. Types are spelled out: a migration must not change when the models do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "datasets",
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(255), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("first_date", sa.DateTime(), nullable=False),
        sa.Column("last_date", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name="pk_datasets"),
    )
    op.create_index("ix_datasets_symbol", "datasets", ["symbol"])

    op.create_table(
        "experiments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("spec_hash", sa.String(64), nullable=False),
        sa.Column("dataset_hash", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_experiments"),
        sa.ForeignKeyConstraint(
            ["dataset_hash"], ["datasets.content_hash"], name="fk_experiments_dataset_hash_datasets"
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_experiments_state"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_experiments_dataset_hash", "experiments", ["dataset_hash"])
    op.create_index("ix_experiments_spec_hash", "experiments", ["spec_hash"])

    op.create_table(
        "architecture_studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_architecture_studies"),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="fk_architecture_studies_experiment_id_experiments",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "experiment_id", "model_id", name="uq_architecture_studies_experiment_id_model_id"
        ),
    )
    op.create_table(
        "architecture_trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("hyperparameters", sa.JSON(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("n_parameters", sa.Integer(), nullable=True),
        sa.Column("fit_seconds", sa.Double(), nullable=True),
        sa.Column("elapsed_seconds", sa.Double(), nullable=True),
        sa.Column("train_losses", sa.JSON(), nullable=False),
        sa.Column("validation_rmse", sa.Double(), nullable=True),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("forecasts", sa.LargeBinary(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("finished_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_architecture_trials"),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["architecture_studies.id"],
            name="fk_architecture_trials_study_id_architecture_studies",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("study_id", "number", name="uq_architecture_trials_study_id_number"),
        sa.CheckConstraint(
            "state IN ('WAITING', 'RUNNING', 'COMPLETE', 'PRUNED', 'FAIL')",
            name=op.f("ck_architecture_trials_state"),
        ),
    )

    op.create_table(
        "model_registry",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.String(255), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(255), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=True),
        sa.Column("dataset_hash", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("is_winner", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("stem", sa.String(255), nullable=False),
        sa.Column("checksums", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_model_registry"),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="fk_model_registry_experiment_id_experiments",
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint("stem", name="uq_model_registry_stem"),
        sa.CheckConstraint("mode IN ('fast', 'optimized')", name=op.f("ck_model_registry_mode")),
        sa.CheckConstraint("target IN ('log_return', 'difference')", name=op.f("ck_model_registry_target")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_model_registry_experiment_id", "model_registry", ["experiment_id"])
    op.create_index("ix_model_registry_symbol", "model_registry", ["symbol"])
    op.create_index(
        "uq_model_registry_winner",
        "model_registry",
        ["symbol", "target", "horizon"],
        unique=True,
        sqlite_where=sa.text("is_winner"),
        postgresql_where=sa.text("is_winner"),
    )

    op.create_table(
        "test_passes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=True),
        sa.Column("symbol", sa.String(255), nullable=False),
        sa.Column("first_date", sa.DateTime(), nullable=False),
        sa.Column("last_date", sa.DateTime(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_test_passes"),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="fk_test_passes_experiment_id_experiments",
            ondelete="SET NULL",
        ),
        sa.UniqueConstraint("experiment_id", name="uq_test_passes_experiment_id"),
    )
    op.create_index("ix_test_passes_symbol", "test_passes", ["symbol"])

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name="fk_events_experiment_id_experiments",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_experiment_id_id", "events", ["experiment_id", "id"])


def downgrade() -> None:
    for table in (
        "events",
        "test_passes",
        "model_registry",
        "architecture_trials",
        "architecture_studies",
        "experiments",
        "datasets",
    ):
        op.drop_table(table)
