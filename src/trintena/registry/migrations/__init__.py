"""Alembic's environment and the history of the schema. Applied by `registry.schema` at start."""
