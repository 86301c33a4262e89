"""Logging in with the server's token, where it has one."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from trintena.web.pages.preferences import own_path
from trintena.web.pages.rendering import page
from trintena.web.security.tokens import COOKIE, PENALTY_S, VALID_S, is_token, pass_for
from trintena.web.site import Site, TheSite

router = APIRouter(include_in_schema=False)


@router.get("/login")
def ask(request: Request, site: TheSite, came_for: Annotated[str, Query(alias="next")] = "/") -> Response:
    """The form; where the server has no token there is nothing to log in to."""
    if site.options.token is None:
        return RedirectResponse("/", 303)
    return _form(request, site, came_for)


@router.post("/login")
async def enter(
    request: Request,
    site: TheSite,
    token: Annotated[str, Form()] = "",
    came_for: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Let in who knows the token, with a cookie that scripts cannot read and other sites do not send."""
    if site.options.token is None:
        return RedirectResponse("/", 303)
    if not is_token(token.strip(), site.options.token):
        await asyncio.sleep(PENALTY_S)
        return await run_in_threadpool(_form, request, site, came_for, is_wrong=True)
    answer = RedirectResponse(_destination(came_for), 303)
    answer.set_cookie(
        COOKIE,
        pass_for(site.options.token),
        max_age=VALID_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/logout")
def leave() -> RedirectResponse:
    """Forget the cookie."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _form(request: Request, site: Site, came_for: str, *, is_wrong: bool = False) -> HTMLResponse:
    # Nobody is known yet: the page must not tell what is being trained.
    return page(
        request,
        site,
        "login.html",
        status=401 if is_wrong else 200,
        chip=None,
        has_token=False,
        came_for=_destination(came_for),
        is_wrong=is_wrong,
    )


def _destination(path: str) -> str:
    """Where to go once inside: what was asked for, if it is a page of ours, and not back to the form."""
    ours = own_path(path)
    return "/" if ours.startswith(("/login", "/logout")) else ours
