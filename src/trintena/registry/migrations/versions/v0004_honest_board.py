"""The honest board: what a dataset measures.

Revision 0004. All datasets so far were taken for prices.
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


def downgrade() -> None:
    raise NotImplementedError("Trintena goes back to an older schema by its copy of the database file.")
