"""How much may be sent at once."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trintena.language import number, phrase
from trintena.web.errors import refusal
from trintena.web.options import WebOptions

UPLOADS = ("/api/datasets", "/advanced-training")
FRAME_BYTES = 16 * 1024
"""What a form adds to the file in it: borders, names, the other fields."""
LAST_WORDS_S = 2.0
"""For how long a client that still sends is listened to after it was refused."""


class BodyTooLargeError(HTTPException):
    """More came than was announced or allowed."""

    def __init__(self, limit: int) -> None:
        allowed = number(limit / 1024, ",.0f")
        super().__init__(
            413,
            phrase(
                en=f"What was sent is larger than the {allowed} KiB that may be.",
                pt=f"O que foi enviado é maior que os {allowed} KiB permitidos.",
            ),
        )


class LimitBodies:
    """Middleware: answers 413 to bodies that are too large, by what they announce or by what came.

    A client that is answered before it has sent everything is told that the connection ends. Ended at
    once, it would see a broken connection in place of the answer: most read only when they have written.
    """

    def __init__(self, app: ASGIApp, options: WebOptions) -> None:
        self._app = app
        self._options = options

    def _limit(self, path: str) -> int:
        if path in UPLOADS:
            return self._options.maximum_upload_bytes + FRAME_BYTES
        return self._options.maximum_json_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see the class."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        length = headers.get("content-length", "")
        announced = int(length) if length.isdecimal() else 0
        if not announced and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send, self._limit(scope["path"]))
        if announced > body.limit:
            error = BodyTooLargeError(body.limit)
            answer = refusal(413, "too_large", error.detail)
            await answer(scope, body.receive, body.send)
        else:
            await self._app(scope, body.receive, body.send)


class _Body:
    """One body on its way, and the answer to it."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self.limit = limit
        self._receive, self._send = receive, send
        self._n_bytes = 0
        self._is_over = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_over = message["type"] != "http.request" or not message.get("more_body", False)
        self._n_bytes += len(message.get("body", b""))
        if self._n_bytes > self.limit:
            raise BodyTooLargeError(self.limit)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._is_over:
            MutableHeaders(scope=message)["Connection"] = "close"
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not is_last or self._is_over:
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._let_it_finish()
        await self._send({"type": "http.response.body"})

    async def _let_it_finish(self) -> None:
        """Throw away what still comes, until it ends or the time is up."""
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                while not self._is_over:
                    message = await self._receive()
                    self._is_over = message["type"] != "http.request" or not message.get("more_body", False)
        except TimeoutError:
            return
