"""Who may ask, where the server has a token.

A program shows the token itself, as `Authorization: Bearer`. A browser shows a cookie that the login form
has set: when it ends, and a signature of that moment made with the token. The cookie does not tell the
token, every web process can check it, and it is worth nothing once the token is another.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trintena.language import phrase
from trintena.web.errors import refusal

COOKIE = "trintena"
VALID_S = 7 * 24 * 3600
PENALTY_S = 0.5
"""What a wrong token costs who tries it; other requests do not wait."""

OPEN = ("/healthz", "/login", "/preferences")
"""What nobody has to be known for: these, and `/static/`."""


def is_token(given: str, token: str) -> bool:
    """Whether two tokens are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def pass_for(token: str, now: float | None = None) -> str:
    """The value of the cookie of somebody who has shown the token."""
    until = int(time.time() if now is None else now) + VALID_S
    return f"{until}.{_signature(token, str(until))}"


def is_pass(value: str, token: str, now: float | None = None) -> bool:
    """Whether a cookie's value was made with the token and has not ended."""
    until, _, signature = value.partition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(token, until).encode()):
        return False
    return int(until) > (time.time() if now is None else now)


def _signature(token: str, until: str) -> str:
    message = f"trintena pass until {until}".encode("utf-8", "replace")
    return hmac.new(token.encode(), message, hashlib.sha256).hexdigest()


class TokenCheck:
    """Refuses requests that show neither the token nor a cookie made with it."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def __call__(self, request: Request) -> Response | None:
        """Answers 401 to programs; leads browsers to the login page."""
        path = request.scope["path"]
        if path in OPEN or path.startswith("/static/"):
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if is_token(given.strip(), self._token):
                return None
            await asyncio.sleep(PENALTY_S)
        elif is_pass(request.cookies.get(COOKIE, ""), self._token):
            return None
        elif request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
            query = request.scope["query_string"].decode("latin-1")
            here = f"{path}?{query}" if query else path
            return RedirectResponse(f"/login?next={quote(here, safe='/')}", 303)
        return refusal(
            401,
            "token_needed",
            phrase(
                en="This server asks for its token.",
                pt="Este servidor pede o seu token.",
            ),
            field="Authorization",
            hint=phrase(
                en="Send it as `Authorization: Bearer TOKEN`, or log in at /login. It was shown when the "
                "server started, or it is that of TRINTENA_TOKEN.",
                pt="Envie-o como `Authorization: Bearer TOKEN`, ou entre em /login. Ele apareceu quando o "
                "servidor iniciou, ou é o de TRINTENA_TOKEN.",
            ),
            headers={"WWW-Authenticate": 'Bearer realm="Trintena"'},
        )
