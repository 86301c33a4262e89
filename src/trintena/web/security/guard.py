"""The middleware that asks every check before a request goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Check: TypeAlias = Callable[[Request], Awaitable[Response | None]]
"""What is answered instead of what was asked for; None where nothing speaks against it."""


class Guard:
    """The first check that objects answers the request; its body is not read before all have agreed."""

    def __init__(self, app: ASGIApp, checks: Sequence[Check]) -> None:
        self._app = app
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see the class."""
        if scope["type"] == "http":
            request = Request(scope)
            for check in self._checks:
                if (objection := await check(request)) is not None:
                    await objection(scope, receive, send)
                    return
        await self._app(scope, receive, send)
