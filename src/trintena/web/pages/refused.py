"""Refusals for people: what the API answers as JSON, browsers that asked for a page get as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trintena.web.pages.rendering import page

_NOT_PAGES = ("/api/", "/metrics", "/healthz", "/openapi.json", "/static/")
_OF_BODY = ("content-length", "content-type")


def wants_page(scope: Scope) -> bool:
    """Whether a request comes from somebody who looks at pages."""
    if scope["type"] != "http" or scope["path"].startswith(_NOT_PAGES):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class ShowRefusals:
    """Middleware: shows every refusal of the routes and middlewares inside, in the frame of the pages.

    There is one shape of refusals, and this is its only other form: whoever raises one need not know of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see the class."""
        if not wants_page(scope):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def hold_refusals(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_refusal(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")

        await self._app(scope, receive, hold_refusals)
        if start is not None:
            request = Request(scope, receive)
            answer = await run_in_threadpool(_shown, request, start["status"], json.loads(body)["error"])
            headers = MutableHeaders(raw=list(start["headers"]))
            for name in _OF_BODY:
                del headers[name]
                headers[name] = answer.headers[name]
            await send({**start, "headers": headers.raw})
            await send({"type": "http.response.body", "body": answer.body})


def _is_refusal(start: Message) -> bool:
    return start["status"] >= 400 and Headers(raw=start["headers"]).get("content-type") == "application/json"


def _shown(request: Request, status: int, error: Mapping[str, Any]) -> Any:
    # Whoever is refused may be anybody, and the database may be what failed: nothing is told of what trains.
    site = request.app.state.site
    return page(request, site, "refused.html", status=status, code=status, error=error, chip=None)
