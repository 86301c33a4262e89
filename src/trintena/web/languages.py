"""The reader's language, for each request: a cookie's, else the first of the browser's that we speak."""

from __future__ import annotations

from babel import negotiate_locale
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trintena.language import LANGUAGES, language, speaking

COOKIE = "language"


def asked_for(connection: HTTPConnection) -> str:
    """`en` or `pt`: what a request asks for; where it asks for nothing, the language of this process."""
    if (chosen := connection.cookies.get(COOKIE)) in LANGUAGES:
        return chosen
    header = connection.headers.get("accept-language", "")
    wished = [part.partition(";") for part in header.split(",")]
    by_weight = sorted(wished, key=lambda part: -_weight(part[2]))
    names = [name.strip() for name, _, _ in by_weight if name.strip()]
    found = negotiate_locale(names, LANGUAGES, sep="-")
    return found or language()


def _weight(parameters: str) -> float:
    try:
        return float(parameters.partition("q=")[2] or 1.0)
    except ValueError:
        return 0.0


class SpeakTheLanguage:
    """Middleware: what is said while a request is answered is said in its language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        chosen = asked_for(HTTPConnection(scope))

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Language", {"pt": "pt-BR"}.get(chosen, chosen))
                headers.add_vary_header("Accept-Language, Cookie")
            await send(message)

        with speaking(chosen):
            await self._app(scope, receive, send_named)
