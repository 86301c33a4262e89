"""Column types that keep what Python means: times with a zone, calendar dates, strict JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from trintena.domain import finite_json


def utc_now() -> datetime:
    """This moment, aware of its zone."""
    return datetime.now(UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware on both sides; SQLite alone would drop the zone.

    Raises (when bound):
        ValueError: the datetime is naive, so that nobody knows which moment is meant.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time must know its zone, {value!r} does not")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SeriesDate(TypeDecorator[np.datetime64]):
    """A date of a series as `datetime64[s]`: naive on purpose, the exchange's own calendar."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: np.datetime64 | None, dialect: Dialect) -> datetime | None:
        """To a naive datetime."""
        return None if value is None else value.astype("datetime64[s]").item()

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> np.datetime64 | None:
        """To `datetime64[s]`."""
        return None if value is None else np.datetime64(value, "s")


class PlainText(TypeDecorator[str]):
    """Text without the character NUL, which PostgreSQL does not keep: a reason may quote what died."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Show where it was."""
        return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


class FiniteJSON(TypeDecorator[Any]):
    """JSON without NaN and Infinity, which no standard reader accepts: they are stored as null."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Replace what is not finite."""
        return finite_json(value)
