"""What Alembic runs: our tables only, on the connection and in the transaction that we give it."""

from __future__ import annotations

from alembic import context

from trintena.registry.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite can, as `database` begins transactions itself
)
with context.begin_transaction():
    context.run_migrations()
