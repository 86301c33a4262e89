"""Where an experiment was asked to run, so that whoever takes it from the queue knows.

Revision 0006. All experiments so far ran on the machine that trained them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("experiments") as table:
        table.add_column(sa.Column("executor", sa.String(16), server_default="local", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("experiments", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("executor")
