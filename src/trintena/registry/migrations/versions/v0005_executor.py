"""Where an experiment was asked to run, so that whoever takes it from the queue knows.

Revision 0005. All experiments so far ran on the machine that trained them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("experiments") as table:
        table.add_column(sa.Column("executor", sa.String(16), server_default="local", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("Trintena goes back to an older schema by its copy of the database file.")
