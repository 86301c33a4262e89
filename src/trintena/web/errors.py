"""One shape for every refusal: `{"error": {"code", "message", "field", "hint"}}`."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from trintena.errors import (
    ArtifactError,
    BusyError,
    NotFoundError,
    SourceError,
    TrintenaError,
    UsageError,
)
from trintena.language import phrase

logger = logging.getLogger("trintena")

STATUS: tuple[tuple[type[TrintenaError], int], ...] = (
    (SourceError, 502),
    (UsageError, 422),
    (NotFoundError, 404),
    (BusyError, 409),
    (ArtifactError, 409),
)
"""The first row that fits an error tells its status."""


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
    body = {"error": {"code": code, "message": message, "field": field, "hint": hint}}
    return JSONResponse(body, status, headers=headers)


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
        return refusal(status_of(error), error.code, error.message, field=error.field, hint=error.hint)

    @app.exception_handler(RefusedError)
    async def of_the_web(request: Request, error: RefusedError) -> JSONResponse:
        return refusal(
            error.status, error.code, error.message, field=error.field, hint=error.hint, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = dict(error.errors()[0])
        place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
        field = ".".join(place) or None
        return refusal(
            422,
            "bad_request",
            phrase(
                en=f"{field or 'The request'}: {first['msg']}.",
                pt=f"{field or 'O pedido'}: {first['msg']}.",
            ),
            field=field,
            hint=phrase(en="See /docs.", pt="Veja /docs."),
        )

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return refusal(error.status_code, "http_error", str(error.detail), headers=headers)

    @app.exception_handler(Exception)
    async def of_nobody(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return refusal(
            500,
            "internal",
            phrase(
                en="This is a fault of Trintena, not of the request.",
                pt="Esta é uma falha do Trintena, não do pedido.",
            ),
            hint=phrase(
                en="The server's terminal tells more.", pt="O terminal do servidor traz mais detalhes."
            ),
        )
