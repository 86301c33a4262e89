"""Searches: what a trial is for, its curves, and trials that are stored before they have run.

Revision 0002. Existing trials are all of purpose `search`; the curves that nobody kept are empty.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite steps over all bytes of a row that stand before the column asked for: the large ones go last.
COLUMNS = (
    "id",
    "study_id",
    "purpose",
    "number",
    "state",
    "hyperparameters",
    "seed",
    "n_parameters",
    "fit_seconds",
    "elapsed_seconds",
    "train_losses",
    "validation_curve",
    "learning_rates",
    "validation_rmse",
    "metrics",
    "reason",
    "finished_at",
    "forecasts",
    "weights",
)

COLUMNS_BEFORE = (
    "id",
    "study_id",
    "number",
    "state",
    "hyperparameters",
    "seed",
    "n_parameters",
    "fit_seconds",
    "elapsed_seconds",
    "train_losses",
    "validation_rmse",
    "metrics",
    "forecasts",
    "weights",
    "reason",
    "finished_at",
)


def upgrade() -> None:
    # SQLite makes the table anew, in this order, with the checks and references that it reads back.
    with op.batch_alter_table("architecture_trials", partial_reordering=[COLUMNS]) as table:
        table.add_column(sa.Column("purpose", sa.String(16), server_default="search", nullable=False))
        table.add_column(sa.Column("validation_curve", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("learning_rates", sa.JSON(), server_default="[]", nullable=False))
        table.alter_column("finished_at", existing_type=sa.DateTime(timezone=True), nullable=True)
        table.drop_constraint("uq_architecture_trials_study_id_number", type_="unique")
        table.create_unique_constraint(
            "uq_architecture_trials_study_id_purpose_number", ["study_id", "purpose", "number"]
        )
        table.create_check_constraint(
            op.f("ck_architecture_trials_purpose"), "purpose IN ('search', 'refit')"
        )


def downgrade() -> None:
    # What the earlier version has no place for: refits, and trials that have not ended.
    op.execute("DELETE FROM architecture_trials WHERE purpose <> 'search' OR finished_at IS NULL")
    with op.batch_alter_table("architecture_trials", partial_reordering=[COLUMNS_BEFORE]) as table:
        table.drop_constraint(op.f("ck_architecture_trials_purpose"), type_="check")
        table.drop_constraint("uq_architecture_trials_study_id_purpose_number", type_="unique")
        table.create_unique_constraint("uq_architecture_trials_study_id_number", ["study_id", "number"])
        table.alter_column("finished_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for column in ("purpose", "validation_curve", "learning_rates"):
            table.drop_column(column)
