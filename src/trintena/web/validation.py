"""What is wrong with a request that does not fit its description: the field, what was expected, what came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from trintena.language import phrase

_LONGEST = 60
"""Of what came, so many characters are repeated."""

_PLACES = ("body", "query", "path", "header", "cookie")

Context = Mapping[str, Any]


def field_of(error: Mapping[str, Any]) -> str | None:
    """The name of the field at fault, such as `model_ids.0`; None where it is the whole body."""
    if error["type"] == "json_invalid":
        return None
    return ".".join(str(part) for part in error["loc"][1:]) or None


def sentence_of(error: Mapping[str, Any], content_type: str | None) -> str:
    """One of pydantic's errors, as a sentence in the reader's language.

    `content_type` is the one of the request: a body that is not said to be JSON is not read as such.
    """
    kind, context, came = error["type"], error.get("ctx", {}), error.get("input")
    field = field_of(error) or phrase(en="The body", pt="O corpo")
    if kind == "missing":
        return phrase(en=f"{field} is missing.", pt=f"{field} está faltando.")
    if kind == "extra_forbidden":
        return phrase(en=f"There is no field {field}.", pt=f"Não há campo {field}.")
    if kind == "json_invalid":
        place = error["loc"][-1]
        return phrase(
            en=f"The body is not JSON: {context['error']} (character {place}).",
            pt=f"O corpo não é JSON: {context['error']} (caractere {place}).",
        )
    if kind in ("value_error", "assertion_error"):
        return f"{field}: {context['error']}".rstrip(".") + "."
    if isinstance(came, bytes) and error["loc"] == ("body",):
        media = content_type or phrase(en="nothing", pt="nada")
        return phrase(
            en=f"The body must be JSON, said by `Content-Type: application/json`, not by {media}.",
            pt=f"O corpo deve ser JSON, indicado por `Content-Type: application/json`, e não por {media}.",
        )
    if (expected := _EXPECTED.get(kind)) is None:
        return f"{field}: {error['msg']}."
    wanted, shown = expected(context), _shown(came)
    return phrase(
        en=f"{field} must be {wanted}, not {shown}.", pt=f"{field} deve ser {wanted}, e não {shown}."
    )


def _shown(came: object) -> str:
    """What came, as JSON; of lists and objects, which may be long and deep, only that they are."""
    if isinstance(came, Mapping):
        return phrase(en="an object", pt="um objeto")
    if isinstance(came, list | tuple):
        return phrase(en=f"a list of {len(came)}", pt=f"uma lista de {len(came)}")
    if came is None or isinstance(came, str | int | float):
        text = json.dumps(came, ensure_ascii=False)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return phrase(en="something else", pt="outra coisa")


def _whole_number(_: Context) -> str:
    return phrase(en="a whole number", pt="um número inteiro")


def _number(_: Context) -> str:
    return phrase(en="a finite number", pt="um número finito")


def _truth(_: Context) -> str:
    return phrase(en="true or false", pt="true ou false")


def _text(_: Context) -> str:
    return phrase(en="a text", pt="um texto")


def _list(_: Context) -> str:
    return phrase(en="a list", pt="uma lista")


def _object(_: Context) -> str:
    return phrase(en="an object", pt="um objeto")


def _date(_: Context) -> str:
    return phrase(en="a date such as 2026-11-24", pt="uma data como 2026-11-24")


def _file(_: Context) -> str:
    return phrase(en="a file", pt="um arquivo")


def _one_of(context: Context) -> str:
    allowed = str(context["expected"])
    return phrase(en=f"one of {allowed}", pt=f"um destes: {allowed.replace(' or ', ' ou ')}")


_IN_PORTUGUESE = {"at least": "no mínimo", "at most": "no máximo"}


def _items(least: str, word: str) -> Callable[[Context], str]:
    """`least` is the context's key for the bound; `word` is `at least` or `at most`."""
    return lambda context: phrase(
        en=f"a list of {word} {context[least]}", pt=f"uma lista de {_IN_PORTUGUESE[word]} {context[least]}"
    )


def _characters(bound: str, word: str) -> Callable[[Context], str]:
    return lambda context: phrase(
        en=f"a text of {word} {context[bound]} characters",
        pt=f"um texto de {_IN_PORTUGUESE[word]} {context[bound]} caracteres",
    )


_EXPECTED: Mapping[str, Callable[[Context], str]] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _whole_number),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _number),
    **dict.fromkeys(("bool_type", "bool_parsing"), _truth),
    **dict.fromkeys(("string_type", "string_unicode"), _text),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), _list),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type", "dataclass_type"), _object),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _date),
    **dict.fromkeys(("literal_error", "enum"), _one_of),
    "greater_than": lambda it: phrase(en=f"greater than {it['gt']}", pt=f"maior que {it['gt']}"),
    "greater_than_equal": lambda it: phrase(en=f"at least {it['ge']}", pt=f"no mínimo {it['ge']}"),
    "less_than": lambda it: phrase(en=f"less than {it['lt']}", pt=f"menor que {it['lt']}"),
    "less_than_equal": lambda it: phrase(en=f"at most {it['le']}", pt=f"no máximo {it['le']}"),
    "too_short": _items("min_length", "at least"),
    "too_long": _items("max_length", "at most"),
    "string_too_short": _characters("min_length", "at least"),
    "string_too_long": _characters("max_length", "at most"),
    "string_pattern_mismatch": lambda it: phrase(
        en=f"of the form {it['pattern']}", pt=f"da forma {it['pattern']}"
    ),
}
"""What each kind of pydantic's errors expected; those that are missing are said in pydantic's words."""
