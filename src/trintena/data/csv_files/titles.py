"""What columns are called: by the sites and programs that write files of prices, in their languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

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
        {
            "close",
            "close price",
            "closing price",
            "close/last",
            "last",
            "last price",
            "price",
            "settle",
            "settlement price",
        }
        | {
            "ultimo",
            "ult",
            "fechamento",
            "preco de fechamento",
            "preco",
            "cierre",
            "zuletzt",
            "kurs",
            "cotacao",
        }
        | {"schluss", "schlusskurs", "dernier", "cloture", "cours", "chiusura", "zamkniecie"}
    ),
    "adjusted close": frozenset(
        {"adj close", "adjclose", "adjusted close", "close adj", "adj close price", "adjusted"}
        | {"fechamento ajustado", "cierre ajustado", "cloture ajustee", "bereinigter schlusskurs"}
    ),
    "volume": frozenset({"volume", "vol", "volumen", "wolumen"}),
    "symbol": frozenset({"symbol", "ticker", "name", "stock", "asset", "ativo", "codigo", "papel", "acao"}),
}
"""What a column that plays a part is called, as `plain` writes it."""
WEAK_CLOSE = frozenset({"value", "valor"})
"""Called a close only where no other column could be one: it may be a turnover, or a number of a paper."""
NAMES = {
    "date": ("date", "data"),
    "time": ("time of day", "horário"),
    "open": ("open", "abertura"),
    "high": ("high", "máxima"),
    "low": ("low", "mínima"),
    "close": ("close", "fechamento"),
    "adjusted close": ("adjusted close", "fechamento ajustado"),
    "volume": ("volume", "volume"),
    "symbol": ("symbol", "símbolo"),
}
"""What people call the parts, in English and Portuguese."""

_BLANKS = str.maketrans("._*<>", "     ")
_NUMBERED = re.compile(r"\.\d+$")
_UNIT = re.compile(r"\s*\([^()]*\)$")
_ADJUSTED = re.compile("adj|ajust|bereinig|aggiust")


def plain(title: str) -> str:
    """A title in small letters, without accents, dots, underscores, asterisks and angle brackets."""
    letters = title.casefold()
    if not letters.isascii():  # a damaged line may have a million titles: what need not be done is not
        letters = unicodedata.normalize("NFKD", letters)
        letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(letters.translate(_BLANKS).split())


def without_number(title: str, header: Sequence[str]) -> str:
    """A title without the number that pandas adds to one that occurs twice: `Close.1` beside `Close`."""
    bare = _NUMBERED.sub("", title)
    return bare if bare in header else title


def parts_of(title: str) -> list[str]:
    """The parts that a column of this title may play, a unit in parentheses aside; usually one or none."""
    words = {plain(title)}
    if "(" in title:
        words.add(plain(_UNIT.sub("", title)))
    return [part for part, names in TITLES.items() if not words.isdisjoint(names)]


def may_be_adjusted(title: str) -> bool:
    """Whether a title that is none of ours speaks of an adjustment, or there is none at all."""
    return is_unnamed(title) or (not parts_of(title) and _ADJUSTED.search(plain(title)) is not None)


def is_unnamed(title: str) -> bool:
    """Whether a column has no title, or the one that pandas makes up."""
    return plain(title) in ("", "unnamed") or plain(title).startswith("unnamed:")
