"""The queue: what was handed to a worker and when, how far a running experiment is, and who asked.

Revision 0003. Existing experiments were run by the process that submitted them: none is in the queue.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("experiments") as table:
        table.add_column(sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("submission_key", sa.String(64), nullable=True))
        table.add_column(sa.Column("progress", sa.JSON(), nullable=True))
        table.create_unique_constraint(op.f("uq_experiments_submission_key"), ["submission_key"])


def downgrade() -> None:
    # Who waits in the queue is forgotten: the command line can still run it.
    with op.batch_alter_table("experiments") as table:
        table.drop_constraint(op.f("uq_experiments_submission_key"), type_="unique")
        for column in ("enqueued_at", "submission_key", "progress"):
            table.drop_column(column)
