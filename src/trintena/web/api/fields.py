"""What several routes take or answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import Field

from trintena.web.errors import ErrorAnswer

LARGEST_ID = 2**31 - 1
"""What every database can count to."""

VersionInPath = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="As `GET /api/models` lists it.", examples=[1])
]
SymbolText = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
"""The name of a series. No database could look up one with the character NUL."""
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

_WHEN = {
    404: "Nothing is stored under that number or name.",
    409: "It cannot be done as things are: another process is at work on it, it is over, or a file of it is "
    "not the one that was registered.",
    413: "What was sent is too large.",
    422: "The request makes no sense, or the prices cannot be used.",
    424: "The source of the prices did not answer, and none are stored.",
    429: "The queue is full; `Retry-After` says in how many seconds to ask again.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Answers of a route that are no result, for its description."""
    return {status: {"model": ErrorAnswer, "description": _WHEN[status]} for status in statuses}
