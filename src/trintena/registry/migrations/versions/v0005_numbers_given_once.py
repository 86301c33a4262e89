"""Numbers of experiments that are given once: SQLite had forgotten to count when 0003 made the table anew.

Revision 0005. No column changes. A server counts by itself.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table(
            "experiments", recreate="always", table_kwargs={"sqlite_autoincrement": True}
        ):
            pass  # made anew as it is, but for the word AUTOINCREMENT


def downgrade() -> None:
    pass  # that a number is not given again disturbs no earlier version
