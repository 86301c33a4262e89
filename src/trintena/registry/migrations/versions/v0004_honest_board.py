"""The honest board: what a dataset measures, and what fitted baselines forecast in an experiment.

Revision 0004. All datasets so far were taken for prices; earlier experiments have no fitted baselines.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# SQLite steps over all bytes of a row that stand before the column asked for: the payload goes last.
DATASET_COLUMNS = (
    "content_hash",
    "symbol",
    "columns",
    "n_rows",
    "first_date",
    "last_date",
    "source",
    "created_at",
    "measures",
    "payload",
)


def upgrade() -> None:
    with op.batch_alter_table("datasets", partial_reordering=[DATASET_COLUMNS]) as table:
        table.add_column(sa.Column("measures", sa.String(16), server_default="price", nullable=False))
        table.create_check_constraint(op.f("ck_datasets_measures"), "measures IN ('price', 'value')")
    op.create_table(
        "experiment_baselines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("fit_seconds", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("forecasts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.id"],
            name=op.f("fk_experiment_baselines_experiment_id_experiments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment_baselines")),
        sa.UniqueConstraint("experiment_id", "key", name=op.f("uq_experiment_baselines_experiment_id_key")),
    )


def downgrade() -> None:
    # All is taken for prices again; baselines are fitted anew when an experiment is resumed.
    op.drop_table("experiment_baselines")
    with op.batch_alter_table("datasets") as table:
        table.drop_constraint(op.f("ck_datasets_measures"), type_="check")
        table.drop_column("measures")
