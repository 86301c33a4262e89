"""Safe by default: who may ask, from where, how much at once, and what every answer carries.

| module | keeps out |
|---|---|
| `hosts` | a foreign name that was made to point to this machine (DNS rebinding) |
| `tokens` | whoever does not know the token, where the server asks for one |
| `origins` | another site's page that has a browser ask for something here |
| `bodies` | bodies larger than anything that makes sense here |
| `headers` | scripts, frames and guesses of content types, in the browser |
"""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from trintena.web.options import WebOptions
from trintena.web.security.bodies import LimitBodies
from trintena.web.security.guard import Check, Guard
from trintena.web.security.headers import SendHeaders
from trintena.web.security.hosts import HostCheck
from trintena.web.security.origins import check_origin
from trintena.web.security.tokens import TokenCheck


def keep_out(app: FastAPI, options: WebOptions) -> None:
    """Have requests checked and their bodies counted before anything else sees them."""
    checks: list[Check] = [HostCheck((options.host, *options.allowed_hosts))]
    if options.token is not None:
        checks.append(TokenCheck(options.token))
    app.add_middleware(Guard, checks=[*checks, check_origin])
    app.add_middleware(LimitBodies, options=options)


def describe_token(options: WebOptions) -> list[Any]:
    """Dependencies that name the token in the API's description, where the server asks for one."""
    if options.token is None:
        return []
    return [Depends(HTTPBearer(auto_error=False, scheme_name="token", description="The server's token."))]


__all__ = ["SendHeaders", "describe_token", "keep_out"]
