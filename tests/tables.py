"""What a database knows of its tables."""

from __future__ import annotations

from sqlalchemy import Engine, inspect


def described(engine: Engine, table: str) -> list[str]:
    """All that the database knows of a table, in an order that does not depend on how it was made."""
    found = inspect(engine)
    columns = [{**column, "type": str(column["type"])} for column in found.get_columns(table)]
    indexes = [
        {**index, "dialect_options": {key: str(value) for key, value in index["dialect_options"].items()}}
        for index in found.get_indexes(table)
    ]
    parts = [
        *columns,
        *indexes,
        found.get_pk_constraint(table),
        *found.get_foreign_keys(table),
        *found.get_unique_constraints(table),
        *found.get_check_constraints(table),
    ]
    return sorted(str(sorted(part.items())) for part in parts)
