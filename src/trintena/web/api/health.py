"""`/healthz`: whether the server can work, for whoever watches over it."""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from trintena.errors import UnavailableError
from trintena.jobs.locks import has_workers
from trintena.web.site import Site, TheSite

logger = logging.getLogger("trintena")

router = APIRouter(tags=["server"])

_FAILING = {"status": "failing", "version": version("trintena"), "worker": True, "database": "failing"}


class Health(BaseModel):
    """How the server is."""

    status: Literal["ok", "failing"]
    version: str = Field(examples=["0.1.0"])
    worker: bool = Field(
        description="Whether a worker process is there to train what waits; false while a server's database, "
        "which knows, is away."
    )
    database: Literal["ok", "failing"]


@router.get(
    "/healthz",
    responses={
        503: {
            "model": Health,
            "description": "The database does not answer.",
            "content": {"application/json": {"example": _FAILING}},
        }
    },
)
def health(site: TheSite, response: Response) -> Health:
    """How the server is; needs no token, and tells nothing of what was trained."""
    answers = _database_answers(site)
    if not answers:
        response.status_code = 503
    return Health(
        status="ok" if answers else "failing",
        version=version("trintena"),
        worker=_has_workers(site),
        database="ok" if answers else "failing",
    )


def _has_workers(site: Site) -> bool:
    try:
        return has_workers(site.locks)
    except UnavailableError:  # told of as the database
        return False


def _database_answers(site: Site) -> bool:
    try:
        site.registry.n_waiting()
    except Exception as error:  # whatever a driver or a lost file raises: saying so is the purpose here
        logger.error("The database does not answer.", exc_info=error)
        return False
    return True
