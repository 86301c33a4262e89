"""Search spaces as people write them: values checked one by one, files, and the command line's notation.

Any of the five fields may be given, as a list or, for numbers, as a range; the others keep the
specification's values:

    {"learning_rate": {"low": 0.0001, "high": 0.01, "log": true},
     "batch_size": {"low": 16, "high": 128, "step": 16},
     "activation": ["relu", "silu"]}
"""

from __future__ import annotations

import json
import reprlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

from trintena.domain import Range, SearchSpace
from trintena.errors import UnknownNameError, UsageError
from trintena.language import number, phrase
from trintena.search.combinations import FIELDS, WHOLE_FIELDS
from trintena.zoo import ACTIVATIONS

SYNONYMS = {"silu": "swish"}
"""Other names of activations, and ours."""


@dataclass(frozen=True)
class _Bounds:
    """Which values of a field make sense, as a rule and in words (English, Portuguese)."""

    hold: Callable[[Any], bool]
    en: str
    pt: str

    def __str__(self) -> str:
        return phrase(en=self.en, pt=self.pt)


_BOUNDS = {
    "learning_rate": _Bounds(
        lambda rate: 0 < rate <= 1,
        "a number above 0 and at most 1",
        "um número maior que 0 e no máximo 1",
    ),
    "batch_size": _Bounds(
        lambda size: 1 <= size <= 4096 and size == int(size),
        "a whole number from 1 to 4096",
        "um número inteiro de 1 a 4096",
    ),
    "dropout_rate": _Bounds(
        lambda rate: 0 <= rate < 1,
        "a number of at least 0 and below 1",
        "um número de no mínimo 0 e menor que 1",
    ),
    "epochs": _Bounds(
        lambda epochs: 1 <= epochs <= 10_000 and epochs == int(epochs),
        "a whole number from 1 to 10000",
        "um número inteiro de 1 a 10000",
    ),
}


def read_space(values: Mapping[str, Any]) -> SearchSpace:
    """The space with the given fields in place of the specification's.

    Raises:
        UsageError: a field or an activation that does not exist, or a choice that makes no sense; the
            message says which and why.
    """
    if not isinstance(values, Mapping):
        raise UsageError(
            phrase(
                en=f"A search space is an object with fields such as learning_rate, not {_shown(values)}.",
                pt=f"Um espaço de busca é um objeto com campos como learning_rate, e não {_shown(values)}.",
            ),
            field="space",
        )
    for name in values:
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise UnknownNameError(
                phrase(en="field of a search space", pt="campo de espaço de busca"),
                str(name),
                FIELDS,
                field=str(name),
                hint=phrase(en=f"The fields are {known}.", pt=f"Os campos são {known}."),
            )
    choices: dict[str, Any] = {name: _choice(name, value) for name, value in values.items()}
    return SearchSpace(**choices)


def read_space_file(path: str | Path) -> SearchSpace:
    """The space that a file holds, in JSON (`.json`) or TOML (`.toml`).

    Raises:
        UsageError: the file is missing or of another kind, its syntax is wrong, or its space makes no
            sense.
    """
    path = Path(path)
    readers: dict[str, Callable[[str], Any]] = {".json": _read_json, ".toml": tomllib.loads}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            phrase(
                en=f"{path} must be a .json or a .toml file.",
                pt=f"{path} deve ser um arquivo .json ou .toml.",
            ),
            field="space",
        )
    try:
        values = reader(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            phrase(
                en=f"The search space {path} cannot be read: {reason}.",
                pt=f"Não é possível ler o espaço de busca {path}: {reason}.",
            ),
            field="space",
        ) from error
    return read_space(values)


def read_choice(text: str) -> Any:
    """What `read_space` takes for one field, from the notation of the command line.

    A list, `0.001,0.01` or `relu,silu`; or a range, `low..high`, with a step, `16..128:16`, or even over
    orders of magnitude, `0.0001..0.01:log`. Nothing is refused here: `read_space` knows the field.
    """
    low, dots, rest = text.partition("..")
    if not dots:
        return [_plain(word) for word in text.split(",")] if text.strip() else []
    high, colon, rule = rest.partition(":")
    choice = {"low": _plain(low), "high": _plain(high)}
    if not colon:
        return choice
    return choice | ({"log": True} if rule.strip() == "log" else {"step": _plain(rule)})


def _choice(name: str, value: Any) -> tuple[Any, ...] | Range:
    if isinstance(value, Range):
        value = asdict(value)
    if isinstance(value, Mapping) and name in _BOUNDS:
        return _range(name, value)
    if isinstance(value, list | tuple):
        return _listed(name, value)
    if name in _BOUNDS:
        form = phrase(
            en='a list of values or a range such as {"low": 1, "high": 2}',
            pt='uma lista de valores ou um intervalo como {"low": 1, "high": 2}',
        )
    else:
        form = phrase(en="a list of names", pt="uma lista de nomes")
    raise _refused(
        name, en=f"expected {form}, not {_shown(value)}", pt=f"esperava-se {form}, e não {_shown(value)}"
    )


def _listed(name: str, values: list[Any] | tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise _refused(name, en="the list is empty", pt="a lista está vazia")
    read = tuple(_activation(v) if name == "activation" else _number(name, v) for v in values)
    for index, value in enumerate(read):
        if value in read[:index]:
            shown = _shown(value)
            raise _refused(
                name, en=f"{shown} is in the list twice", pt=f"{shown} aparece duas vezes na lista"
            )
    return read


def _range(name: str, given: Mapping[str, Any]) -> Range:
    keys = [f.name for f in fields(Range)]
    if strange := [key for key in given if key not in keys]:
        raise UnknownNameError(
            phrase(en=f"key of a range ({name})", pt=f"chave de intervalo ({name})"),
            str(strange[0]),
            keys,
            field=name,
            hint=phrase(
                en="A range has low, high and step or log.", pt="Um intervalo tem low, high e step ou log."
            ),
        )
    if missing := [key for key in ("low", "high") if key not in given]:
        raise _refused(name, en=f"the range has no {missing[0]}", pt=f"falta {missing[0]} no intervalo")
    low, high = _number(name, given["low"], "low"), _number(name, given["high"], "high")
    if low >= high:
        raise _refused(
            name,
            en=f"low ({_shown(low)}) must be below high ({_shown(high)})",
            pt=f"low ({_shown(low)}) deve ser menor que high ({_shown(high)})",
        )
    log = given.get("log", False)
    if not isinstance(log, bool):
        raise _refused(
            name,
            en=f"log must be true or false, not {_shown(log)}",
            pt=f"log deve ser true ou false, e não {_shown(log)}",
        )
    step = given.get("step")
    if log and step is not None:
        raise _refused(
            name, en="a range has a step or log, not both", pt="um intervalo tem step ou log, e não ambos"
        )
    if log and low <= 0:
        raise _refused(name, en="with log, low must be above 0", pt="com log, low deve ser maior que 0")
    return Range(low, high, None if step is None else _step(name, step, low, high), log)


def _step(name: str, step: Any, low: float, high: float) -> float:
    whole = name in WHOLE_FIELDS
    if not _is_number(step) or not 0 < step <= high - low or (whole and step != int(step)):
        kind = (
            phrase(en="a whole number", pt="um número inteiro")
            if whole
            else phrase(en="a number", pt="um número")
        )
        raise _refused(
            name,
            en=f"step must be {kind} above 0 and at most high - low, not {_shown(step)}",
            pt=f"step deve ser {kind} maior que 0 e no máximo high - low, e não {_shown(step)}",
        )
    read = int(step) if whole else float(step)
    # In decimals, as a person checks it: 0.1 to 0.4 is three steps of 0.1.
    if (Decimal(repr(high)) - Decimal(repr(low))) % Decimal(repr(read)):
        raise _refused(
            name,
            en=f"steps of {_shown(read)} do not lead from {_shown(low)} to {_shown(high)}",
            pt=f"passos de {_shown(read)} não levam de {_shown(low)} a {_shown(high)}",
        )
    return read


def _number(name: str, value: Any, key: str | None = None) -> float:
    """A number of the field; `key` is low or high for the end of a range. NaN holds to no bounds."""
    bounds = _BOUNDS[name]
    if not _is_number(value) or not bounds.hold(value):
        what_en, what_pt = (key, key) if key else ("each value", "cada valor")
        raise _refused(
            name,
            en=f"{what_en} must be {bounds}, not {_shown(value)}",
            pt=f"{what_pt} deve ser {bounds}, e não {_shown(value)}",
        )
    return int(value) if name in WHOLE_FIELDS else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _activation(name: Any) -> str:
    name = SYNONYMS.get(name, name) if isinstance(name, str) else _shown(name)
    if name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise UnknownNameError(
            phrase(en="activation", pt="ativação"),
            name,
            [*ACTIVATIONS, *SYNONYMS],
            field="activation",
            hint=phrase(en=f"They are {known}.", pt=f"Elas são {known}."),
        )
    return str(name)


def _read_json(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object of these pairs; the format would let the last of two equal keys win in silence."""
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(phrase(en=f"{twice[0]!r} is given twice", pt=f"{twice[0]!r} aparece duas vezes"))
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


def _plain(word: str) -> int | float | str:
    """The number that a word is, or the word."""
    word = word.strip()
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _shown(value: Any) -> str:
    """What came, cut to a readable length; a number as its readers write it."""
    ordinary = _is_number(value) and abs(value) < 1e15  # neither NaN nor a number of a thousand digits
    return number(value, ".12g") if ordinary else reprlib.repr(value)


def _refused(name: str, *, en: str, pt: str) -> UsageError:
    return UsageError(f"{name}: {phrase(en=en, pt=pt)}.", field=name)
