"""`/api/models-info`: the architectures, by category."""

from __future__ import annotations

import hashlib
import inspect
from functools import cache

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from trintena.language import language, phrase
from trintena.web.api.catalog_words import IN_PORTUGUESE
from trintena.zoo import ARCHITECTURES, CATEGORIES, Architecture, WindowShape

router = APIRouter(tags=["architectures"])

SHAPE = WindowShape(lookback=60, n_features=5, horizon=1)
"""The window for which parameters are counted, as `trintena zoo list` does."""


class ArchitectureInfo(BaseModel):
    """One architecture."""

    model_id: int = Field(examples=[11])
    model_name: str = Field(examples=["BiLSTM Classic (64/32)"])
    description: str = Field(examples=["Two bidirectional LSTM layers (64, 32 a direction)."])
    reference: str = Field(examples=["Schuster & Paliwal 1997, Bidirectional Recurrent Networks"])
    parameters: int = Field(description="Numbers that its weights hold.", examples=[79425])


class Category(BaseModel):
    """A family of architectures."""

    key: str = Field(description="Chooses the whole family in `model_ids`.", examples=["bidirectional"])
    name: str = Field(examples=["Bidirectional"])
    models: list[ArchitectureInfo]


class Window(BaseModel):
    """The window for which the parameters are counted."""

    lookback: int = Field(examples=[60])
    n_features: int = Field(examples=[5])
    horizon: int = Field(examples=[1])


class Catalog(BaseModel):
    """Every architecture."""

    total_models: int = Field(examples=[30])
    window: Window
    categories: list[Category]


@router.get(
    "/api/models-info",
    summary="The architectures, by category",
    response_model=Catalog,
    responses={304: {"description": "It is the one whose `ETag` was sent in `If-None-Match`."}},
)
def models_info(request: Request) -> Response:
    """The thirty architectures, what each is in a line, where it comes from, and how large it is."""
    body, tag = _written(language())
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def describe(recipe: Architecture) -> str:
    """What an architecture is, in one line of the reader's language."""
    line = (inspect.getdoc(recipe.builder) or "").partition("\n")[0]
    return phrase(en=line, pt=IN_PORTUGUESE.get(line, line))


@cache
def _written(spoken: str) -> tuple[bytes, str]:
    """The answer in a language, the reader's own, and its tag: made once."""
    catalog = Catalog(
        total_models=len(ARCHITECTURES),
        window=Window(lookback=SHAPE.lookback, n_features=SHAPE.n_features, horizon=SHAPE.horizon),
        categories=[
            Category(
                key=key,
                name=name,
                models=[_info(recipe) for recipe in ARCHITECTURES if recipe.category == key],
            )
            for key, name in CATEGORIES.items()
        ],
    )
    body = catalog.model_dump_json().encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def _info(recipe: Architecture) -> ArchitectureInfo:
    return ArchitectureInfo(
        model_id=recipe.id,
        model_name=recipe.name,
        description=describe(recipe),
        reference=recipe.reference,
        parameters=recipe.count_parameters(SHAPE),
    )


def _names(if_none_match: str, tag: str) -> bool:
    """Whether a list of tags, weak ones and `*` among them, names this one (RFC 9110, 13.1.2)."""
    named = [word.strip().removeprefix("W/") for word in if_none_match.split(",")]
    return tag in named or "*" in named
