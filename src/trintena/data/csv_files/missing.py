"""Words that say that a value is missing."""

from __future__ import annotations

NULLS = frozenset(
    {"", "null", "nan", "na", "n/a", "#n/a", "none", "-", "--", "–", "—", "."}  # noqa: RUF001
    | {"n/d", "nd", "n.a.", "n.d.", "#nv", "#n/d", "s/d"}
)
"""In small letters."""
_LONGEST = max(map(len, NULLS))


def is_null(cell: str) -> bool:
    """Whether a cell says that its value is missing."""
    return len(cell) <= _LONGEST and cell.lower() in NULLS
