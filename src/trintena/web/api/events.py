"""`GET /api/experiments/{id}/events`: what happens in an experiment, while it happens.

`fastapi.sse` is not used: it puts every message into words once for each stream, with two tasks and two
queues each; here all streams of an experiment share the bytes (`trintena.web.live`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from trintena.web.api.fields import refusals
from trintena.web.api.schemas import ExperimentNumber
from trintena.web.live import Hub, TheHub
from trintena.web.messages import standing_of
from trintena.web.site import TheSite

router = APIRouter(prefix="/api", tags=["experiments"])

_PING = b": ping\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Neither kept nor gathered up by a proxy."""
_EXAMPLE = """\
event: state
data: {"experiment_id":3,"state":"running","message":null,"cancel_requested":false,"position":null,\
"progress":{"share":0.43,"seconds_left":12.0}}

event: trial
id: 57
data: {"model_id":11,"purpose":"search","number":0,"state":"COMPLETE","reason":null,"rmse":0.0234,\
"at":"2026-11-24T09:30:00+00:00"}

"""

_EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["state", "progress", "trial", "best"]},
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
"""One event of the stream, as OpenAPI describes streams since its version 3.2."""


class EventStream(StreamingResponse):
    """A stream whose generator is closed with it, whatever ended it."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncGenerator[bytes]) -> None:
        super().__init__(content, headers=_HEADERS)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; see the class."""
        async with aclosing(self._content):
            await super().__call__(scope, receive, send)


@router.get(
    "/experiments/{experiment_id}/events",
    summary="Watch an experiment",
    status_code=200,
    response_class=Response,  # not the stream: refusals are no streams
    responses={
        200: {
            "description": "Server-sent events: `state` first and whenever it changes, `progress` about once "
            "a second, `trial` when one has ended, `best` when another architecture leads. The stream ends "
            "after the last `state`; until then it says `: ping` at least every 15 seconds.",
            "content": {"text/event-stream": {"itemSchema": _EVENT, "example": _EXAMPLE}},
        },
        **refusals(404, 422),
    },
)
async def events(
    experiment_id: ExperimentNumber,
    site: TheSite,
    hub: TheHub,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="Go on after the event of this number.")] = 0,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**63 - 1, description="The same, as browsers send it; it wins.")
    ] = None,
) -> Response:
    """What happened after an event, then what happens, until the experiment has ended."""
    await run_in_threadpool(
        standing_of, site, experiment_id
    )  # one that there is not is refused, not streamed
    return EventStream(_lines(hub, experiment_id, after if last_event_id is None else last_event_id))


async def _lines(hub: Hub, experiment_id: int, after: int) -> AsyncGenerator[bytes]:
    async with aclosing(hub.listen(experiment_id, after)) as messages:
        async for news in messages:
            yield b"".join(message.wire for message in news) or _PING
