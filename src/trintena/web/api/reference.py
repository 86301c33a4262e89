"""`/docs`: the API's reference page, Swagger UI, from files of our own server."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException

from trintena.web.errors import ErrorAnswer
from trintena.web.pages.rendering import page
from trintena.web.site import TheSite

router = APIRouter(include_in_schema=False)

DESCRIPTION = """\
Thirty recurrent networks compete to forecast a price series and are judged honestly.

* `POST /api/train-advanced` trains and answers with the result; with `Prefer: respond-async` it answers at
  once with the `Location` of the experiment.
* Every refusal has one shape, `{"error": {"code", "message", "field", "hint"}}`. The `code` stays as it is;
  message and hint are in the language of `Accept-Language`, English or Portuguese.
* A server that other machines can reach asks for its token: `Authorization: Bearer TOKEN`.
* Forecasts are no investment advice.
"""

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in (
        (400, "The request cannot be read."),
        (401, "The token is missing or wrong, where this server asks for one."),
        (403, "The page of another site asked for it."),
        (405, "Not with this method; `Allow` has those that there are."),
        (413, "What was sent is too large."),
        (421, "The request names another host than this one."),
        (500, "A fault of this server, not of the request."),
        (503, "The server of the database does not answer; `Retry-After` says when to ask again."),
    )
}
"""What every route may answer, whatever it is for."""

ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")


@cache
def asset_folder() -> Path:
    """The folder of Swagger UI's files, inside the package that brings them.

    Raises:
        RuntimeError: the package is not installed.
    """
    found = find_spec("fastapi_offline")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("The package fastapi-offline, which brings Swagger UI, is not installed.")
    return Path(found.submodule_search_locations[0]) / "static"


@cache
def asset_fingerprint() -> str:
    """Twelve letters that change when a file of Swagger UI does."""
    digest = sha256()
    for name in ASSETS:
        digest.update((asset_folder() / name).read_bytes())
    return digest.hexdigest()[:12]


@router.get("/static/{fingerprint}/swagger/{name}")
def asset(fingerprint: str, name: str) -> FileResponse:
    """One of Swagger UI's files, under an address that changes with their content."""
    if fingerprint != asset_fingerprint() or name not in ASSETS:
        raise HTTPException(404)
    return FileResponse(asset_folder() / name)


@router.get("/docs")
def reference(request: Request, site: TheSite) -> HTMLResponse:
    """The page."""
    folder = f"/static/{asset_fingerprint()}/swagger"
    return page(request, site, "docs.html", styles=f"{folder}/{ASSETS[0]}", script=f"{folder}/{ASSETS[1]}")
