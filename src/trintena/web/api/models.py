"""`/api/models`: the saved models, how each was judged, its files, and which one is champion."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from trintena.domain import Measures, Target
from trintena.services.models_json import described, in_full, states_of_files
from trintena.web.api.fields import Moment, SymbolText, VersionInPath, refusals
from trintena.web.site import TheSite

router = APIRouter(tags=["models"])

Kind = Literal["keras", "scaler", "md", "json"]

MEDIA_TYPES: dict[Kind, str] = {
    "keras": "application/octet-stream",
    "scaler": "application/json",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}


class Model(BaseModel):
    """A saved model in short; its figures have the names that the board gives them."""

    version: int = Field(examples=[3])
    symbol: str = Field(examples=["NVDA"])
    model_id: int = Field(examples=[11])
    model_name: str = Field(examples=["BiLSTM Classic (64/32)"])
    is_winner: bool = Field(description="Whether it is the champion of its symbol, target and horizon.")
    mode: Literal["fast", "optimized"]
    target: Target
    measures: Measures = Field(description="Whether the series is of prices or of other values.")
    horizon: int = Field(examples=[1])
    frozen_twin: int | None = Field(
        description="The version whose figures it has, where it was trained on all rows to serve."
    )
    rmse: float | None = Field(
        description="On the validation segment, in units of the target.", examples=[0.0187]
    )
    test_rmse: float | None = Field(examples=[0.0191])
    skill: float | None = Field(
        description="On the test segment: 1 - RMSE / RMSE of the last value.", examples=[0.004]
    )
    experiment_id: int | None
    dataset_hash: str
    created_at: Moment = Field(examples=["2026-11-24T09:30:12.123456+00:00"])


class ModelFile(BaseModel):
    """One of a model's files."""

    kind: Kind
    path: str = Field(examples=["models/NVDA_11_20261124T093012123456Z.keras"])
    sha256: str = Field(description="That of the file that was registered.")
    condition: Literal["whole", "missing", "changed", "unreadable"]


class ModelInFull(Model):
    """A saved model: all its figures, what it was trained with, and the state of its files."""

    metrics: dict[str, Any]
    parameters: dict[str, Any]
    versions: dict[str, str] = Field(description="Of Trintena and of the libraries that made the numbers.")
    stem: str = Field(examples=["NVDA_11_20261124T093012123456Z"])
    files: list[ModelFile]


@router.get("/api/models", summary="The saved models, the newest first", responses=refusals(422))
def models(
    site: TheSite, symbol: Annotated[SymbolText | None, Query(description="Only those of a symbol.")] = None
) -> list[Model]:
    """Every saved model, or those of a symbol."""
    return [Model.model_validate(described(model)) for model in site.registry.versions(symbol)]


@router.get("/api/models/{version}", summary="A saved model", responses=refusals(404, 422))
def model(site: TheSite, version: VersionInPath) -> ModelInFull:
    """How a model was judged, what it was made with, and whether its files are those that were saved."""
    found = site.registry.version(version)
    files = states_of_files(site.settings.models, found)
    return ModelInFull.model_validate({**in_full(found), "files": files})


@router.post(
    "/api/models/{version}/promote", summary="Make a model the champion", responses=refusals(404, 409, 422)
)
def promote(site: TheSite, version: VersionInPath) -> Model:
    """Make a version the champion of its symbol, target and horizon, in place of the one that is.

    Refused with 409 where one of its files is missing or changed; the title stays where it is.
    """
    return Model.model_validate(described(site.services.promote(version)))


@router.get(
    "/api/models/{version}/files/{kind}",
    summary="A file of a model",
    response_class=Response,
    responses={
        200: {
            "description": "The file, as it was registered.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "application/json": {"schema": {"type": "object"}},
                "text/markdown": {"schema": {"type": "string"}},
            },
        },
        **refusals(404, 409, 422),
    },
)
def model_file(site: TheSite, version: VersionInPath, kind: Kind) -> Response:
    """The network (`keras`), the transformation of the prices (`scaler`), the card (`md`) or the manifest
    (`json`).

    Its checksum is compared with the registry's before a byte is sent; 409 where they differ. A model
    saved before there were cards has none: 404.
    """
    name, content = site.services.model_file(version, kind)
    return Response(
        content,
        media_type=MEDIA_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
