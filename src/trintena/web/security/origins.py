"""From which pages we may be asked to do something.

A browser sends the form or the fetch of any page it shows, wherever it leads, and names that page's
origin. Programs such as curl name none; they act for nobody but their user.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from trintena.language import phrase
from trintena.web.errors import refusal
from trintena.web.options import LOOPBACK
from trintena.web.security.hosts import Authority, asked_host

HARMLESS = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing; what they answer is kept from other sites by the browser itself."""


async def check_origin(request: Request) -> Response | None:
    """Answers 403 to whatever another site asks to be done."""
    if request.method in HARMLESS or _is_ours(request):
        return None
    return refusal(
        403,
        "foreign_origin",
        phrase(
            en="Another site's page asked for this; only our own pages may.",
            pt="A página de outro site pediu isto; só as nossas próprias páginas podem.",
        ),
        field="Origin",
        hint=phrase(
            en="Ask from a page of this server, or from a program, which sends no Origin.",
            pt="Peça de uma página deste servidor, ou de um programa, que não envia Origin.",
        ),
    )


def _is_ours(request: Request) -> bool:
    """Whether a request comes from no page, or from one of this very server.

    Browsers hold localhost and 127.0.0.1 for two sites. To us they are one, on the same port.
    """
    is_cross_site = request.headers.get("sec-fetch-site") == "cross-site"
    origins = request.headers.getlist("origin")
    if not origins:
        return not is_cross_site
    scheme, _, rest = origins[0].partition("://")
    origin, host = Authority.read(rest, scheme), asked_host(request)
    if len(origins) > 1 or origin is None or host is None or scheme != request.scope["scheme"]:
        return False
    if origin == host:
        return not is_cross_site
    return origin.port == host.port and origin.host in LOOPBACK and host.host in LOOPBACK
