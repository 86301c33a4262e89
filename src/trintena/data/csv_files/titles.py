"""What columns are called: by the sites and programs that write files of prices, in their languages."""

from __future__ import annotations

import re
import unicodedata

TITLES: dict[str, frozenset[str]] = {
    "date": frozenset(
        {"date", "datetime", "date time", "timestamp", "day", "trade date", "trading date", "exchange date"}
        | {"data", "data hora", "dia", "pregao", "data do pregao", "fecha", "datum", "jour"}
    ),
    "time": frozenset({"time", "hora", "hour", "heure", "uhrzeit", "zeit", "czas", "ora"}),
    "open": frozenset(
        {"open", "open price", "opening", "opening price", "abertura", "preco de abertura", "apertura"}
        | {"eroffn", "eroffnung", "ouv", "ouverture", "otwarcie"}
    ),
    "high": frozenset(
        {
            "high",
            "high price",
            "maxima",
            "maximo",
            "preco maximo",
            "massimo",
            "hoch",
            "plus haut",
            "najwyzszy",
        }
    ),
    "low": frozenset(
        {"low", "low price", "minima", "minimo", "preco minimo", "tief", "plus bas", "najnizszy"}
    ),
    "close": frozenset(
        {"close", "close price", "closing price", "close/last", "last", "last price", "price", "value"}
        | {"ultimo", "ult", "fechamento", "preco de fechamento", "preco", "valor", "cierre", "zuletzt"}
        | {"schluss", "schlusskurs", "dernier", "cloture", "chiusura", "zamkniecie"}
    ),
    "adjusted close": frozenset(
        {"adj close", "adjclose", "adjusted close", "close adj", "adj close price", "fechamento ajustado"}
    ),
    "volume": frozenset({"volume", "vol", "volumen", "wolumen"}),
    "symbol": frozenset({"symbol", "ticker", "name", "ativo", "codigo", "papel"}),
}
"""What a column that plays a part is called, as `plain` writes it."""

_NUMBERED = re.compile(r"\.\d+$")


def plain(title: str) -> str:
    """A title in small letters, without accents, dots, underscores, asterisks and angle brackets.

    The number that pandas adds to a title that occurs twice (`Close.1`) is taken off.
    """
    letters = unicodedata.normalize("NFKD", _NUMBERED.sub("", title).casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[._*<>]", " ", bare).split())


def parts_of(title: str) -> list[str]:
    """The parts that a column of this title may play; usually one or none."""
    word = plain(title)
    return [part for part, names in TITLES.items() if word in names]


def is_unnamed(title: str) -> bool:
    """Whether a column has no title, or the one that pandas makes up."""
    return plain(title) in ("", "unnamed") or plain(title).startswith("unnamed:")
