"""One shape for every refusal: `{"error": {"code", "message", "field", "hint"}}`."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trintena.errors import (
    ArtifactError,
    BusyError,
    NotFoundError,
    SourceError,
    TrintenaError,
    UnavailableError,
    UsageError,
)
from trintena.language import phrase
from trintena.web.validation import field_of, sentence_of

logger = logging.getLogger("trintena")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

STATUS: tuple[tuple[type[TrintenaError], int], ...] = (
    (SourceError, 424),
    (UsageError, 422),
    (NotFoundError, 404),
    (BusyError, 409),
    (UnavailableError, 503),
    (ArtifactError, 409),
)
"""The first row that fits an error tells its status. A source elsewhere that fails is not our fault: 424."""


RETRY_AFTER_S = "5"
"""What a client is told to wait for while the server of the database is away."""


class ErrorDetail(BaseModel):
    """What was refused and what to do."""

    code: str = Field(examples=["bad_request"])
    message: str = Field(examples=["The horizon must be at most 512 rows, not 9999."])
    field: str | None = Field(default=None, examples=["horizon"])
    hint: str | None = Field(default=None, examples=["Choose a smaller one."])


class ErrorAnswer(BaseModel):
    """The body of every refusal."""

    error: ErrorDetail


def status_of(error: TrintenaError) -> int:
    """The HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def refusal(
    status: int,
    code: str,
    message: str,
    *,
    field: str | None = None,
    hint: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An answer in the one shape."""
    body = {"code": code, "message": message, "field": field, "hint": hint}
    return JSONResponse({"error": {key: _writable(text) for key, text in body.items()}}, status, headers)


def _writable(text: str | None) -> str | None:
    """A text in which halves of characters, which JSON can bring and UTF-8 cannot hold, are spelled out."""
    return text and text.encode("utf-8", "backslashreplace").decode()


class RefusedError(Exception):
    """A refusal that belongs to the web alone, such as a full queue."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.field, self.hint, self.headers = field, hint, headers


def answer_errors(app: FastAPI) -> None:
    """Have every error of an application answered in the one shape."""

    @app.exception_handler(TrintenaError)
    async def of_ours(request: Request, error: TrintenaError) -> JSONResponse:
        headers = {"Retry-After": RETRY_AFTER_S} if isinstance(error, UnavailableError) else None
        return refusal(
            status_of(error), error.code, error.message, field=error.field, hint=error.hint, headers=headers
        )

    @app.exception_handler(RefusedError)
    async def of_the_web(request: Request, error: RefusedError) -> JSONResponse:
        return refusal(
            error.status, error.code, error.message, field=error.field, hint=error.hint, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = dict(error.errors()[0])
        return refusal(
            422,
            "bad_request",
            sentence_of(first, request.headers.get("content-type")),
            field=field_of(first),
            hint=phrase(en="The page /docs lists every field.", pt="A página /docs lista todos os campos."),
        )

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else {}
        if error.status_code == 405:
            headers["Allow"] = ", ".join(allowed := allowed_methods(request))
            return refusal(405, "method_not_allowed", _wrong_method(request, allowed), headers=headers)
        code, message, hint = _words(request, error)
        return refusal(error.status_code, code, message, hint=hint, headers=headers)

    app.add_middleware(AnswerFaults)


def allowed_methods(request: Request) -> list[str]:
    """What may be done with the address of a request."""
    found = [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
            if not isinstance(route, Mount)
        )
    ]
    return found or ["GET", "HEAD"]  # the files of a mount


def _wrong_method(request: Request, allowed: list[str]) -> str:
    return phrase(
        en=f"{request.url.path} answers {', '.join(allowed)}, not {request.method}.",
        pt=f"{request.url.path} responde a {', '.join(allowed)}, e não a {request.method}.",
    )


def _words(request: Request, error: HTTPException) -> tuple[str, str, str | None]:
    """Code, message and hint of an error that the framework itself has raised."""
    if error.status_code == 404:
        return (
            "not_found",
            phrase(en=f"There is nothing at {request.url.path}.", pt=f"Não há nada em {request.url.path}."),
            phrase(en="The page /docs lists what there is.", pt="A página /docs lista o que há."),
        )
    if error.status_code == 400:
        return (
            "bad_request",
            phrase(en="The body cannot be read.", pt="Não é possível ler o corpo do pedido."),
            phrase(
                en="Send JSON in UTF-8, not too deep and with numbers that a computer can hold, or a form.",
                pt="Envie JSON em UTF-8, sem aninhamento excessivo e com números que um computador "
                "represente, ou um formulário.",
            ),
        )
    return ("too_large" if error.status_code == 413 else "http_error"), str(error.detail), None


class AnswerFaults:
    """Middleware: answers 500 to a fault of ours and writes it down once.

    The framework's own would answer outside of every other middleware: in no language, without their headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; see the class. An answer that has begun is broken off."""
        has_begun = False

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            if scope["type"] != "http" or has_begun:
                raise
            logger.error("%s %s", scope["method"], scope["path"], exc_info=error)
            await _fault()(scope, receive, send)


def _fault() -> JSONResponse:
    return refusal(
        500,
        "internal",
        phrase(
            en="This is a fault of Trintena, not of the request.",
            pt="Esta é uma falha do Trintena, não do pedido.",
        ),
        hint=phrase(en="The server's terminal tells more.", pt="O terminal do servidor traz mais detalhes."),
    )
