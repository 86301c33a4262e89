"""The catalog: every architecture, by the specification's ids, in its six categories."""

from __future__ import annotations

from collections.abc import Sequence

from trintena.errors import UnknownNameError, UsageError
from trintena.language import phrase
from trintena.zoo.architecture import Architecture
from trintena.zoo.families import attention, bidirectional, gru, lstm, residual, stacked

CATEGORIES = {
    "lstm": "LSTM Base & Variants",
    "gru": "GRU Base & Variants",
    "bidirectional": "Bidirectional",
    "stacked": "Stacked Deep Networks",
    "residual": "Residual & Skip Connections",
    "attention": "Attention & Hybrid",
}
"""Key (the family's file) and title of each category, in the specification's order."""

ARCHITECTURES: tuple[Architecture, ...] = tuple(
    sorted(
        (
            *lstm.ARCHITECTURES,
            *gru.ARCHITECTURES,
            *bidirectional.ARCHITECTURES,
            *stacked.ARCHITECTURES,
            *residual.ARCHITECTURES,
            *attention.ARCHITECTURES,
        ),
        key=lambda row: row.id,
    )
)
"""Every architecture, in the order of the ids."""


def architecture(model_id: int) -> Architecture:
    """The architecture with that id.

    Raises:
        UnknownNameError: no architecture has it.
    """
    for row in ARCHITECTURES:
        if row.id == model_id:
            return row
    raise _unknown(str(model_id), [str(row.id) for row in ARCHITECTURES])


def choose(selection: str | Sequence[int] | None) -> tuple[Architecture, ...]:
    """The architectures meant by a selection, in the order of their ids, each once.

    `selection` is None or "all" for every one, a sequence of ids, or a text of ids, id ranges and
    category keys: "1,11,26", "gru", "16-20,attention".

    Raises:
        UnknownNameError: an id or key that the catalog does not hold.
        UsageError: the selection is empty.
    """
    if selection is None:
        return ARCHITECTURES
    words = (
        [word.strip() for word in selection.split(",") if word.strip()]
        if isinstance(selection, str)
        else [str(model_id) for model_id in selection]
    )
    if not words:
        raise UsageError(
            phrase(en="Choose at least one architecture.", pt="Escolha pelo menos uma arquitetura."),
            field="model_ids",
            hint=list_hint(),
        )
    chosen: set[int] = set()
    for word in words:
        chosen.update(_ids(word.lower()))
    return tuple(row for row in ARCHITECTURES if row.id in chosen)


def _ids(word: str) -> list[int]:
    if word == "all":
        return [row.id for row in ARCHITECTURES]
    if word in CATEGORIES:
        return [row.id for row in ARCHITECTURES if row.category == word]
    first, dash, last = word.partition("-")
    if dash and first.isdecimal() and last.isdecimal() and int(first) <= int(last):
        architecture(int(last))
        return [architecture(model_id).id for model_id in range(int(first), int(last) + 1)]
    if word.isdecimal():
        return [architecture(int(word)).id]
    raise _unknown(word, ["all", *CATEGORIES])


def _unknown(word: str, known: Sequence[str]) -> UnknownNameError:
    return UnknownNameError(
        phrase(en="architecture", pt="arquitetura"),
        word,
        known,
        field="model_ids",
        hint=list_hint(),
    )


def list_hint() -> str:
    """Where the architectures are listed."""
    listing = "`trintena zoo list`"
    return phrase(en=f"List them with {listing}.", pt=f"Liste-as com {listing}.")
