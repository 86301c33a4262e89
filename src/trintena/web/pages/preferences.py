"""Language and theme, as cookies of the reader's choice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from trintena.language import LANGUAGES
from trintena.web.languages import COOKIE
from trintena.web.pages.rendering import THEMES

router = APIRouter(include_in_schema=False)

_YEAR_S = 365 * 24 * 3600


@router.post("/preferences")
def choose(
    came_from: Annotated[str, Form(alias="next")] = "/",
    language: Annotated[str | None, Form()] = None,
    theme: Annotated[str | None, Form()] = None,
) -> RedirectResponse:
    """Remember what was chosen and show the same page again."""
    answer = RedirectResponse(own_path(came_from), 303)
    for name, value, known in ((COOKIE, language, LANGUAGES), ("theme", theme, THEMES)):
        if value in known:
            answer.set_cookie(name, value or "", max_age=_YEAR_S, samesite="lax", httponly=True)
    return answer


def own_path(path: str) -> str:
    """A path of this server, whatever was asked for: never an address elsewhere."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours else "/"
