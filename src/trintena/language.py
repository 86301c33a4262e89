"""Which language the reader's texts are in: English or Portuguese.

It is that of `TRINTENA_LANG` (`en` or `pt`), else of the system's locale; who answers several readers
says whose turn it is (`speaking`). A sentence stands where it is said, in both languages side by side,
so that neither is changed without the other:

    raise DataError(phrase(en=f"{file} is empty.", pt=f"{file} está vazio."))
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

LANGUAGES = ("en", "pt")

_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Speak a language, `en` or `pt`, for as long as the context lasts: in this thread or task alone."""
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


def language(environment: Mapping[str, str] = os.environ) -> str:
    """`pt` or `en`."""
    if (chosen := _spoken.get()) is not None:
        return chosen
    for variable in ("TRINTENA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(variable):
            return "pt" if value.lower().startswith("pt") else "en"
    return "en"


def phrase(*, en: str, pt: str) -> str:
    """The one of two texts that is in the reader's language."""
    return pt if language() == "pt" else en


def number(value: float | None, pattern: str = ",") -> str:
    """A number as readers of the language write it; a dash for none and for one that is not finite."""
    if value is None or not math.isfinite(value):
        return "—"
    text = format(value, pattern)
    return phrase(en=text, pt=text.translate(str.maketrans(",.", ".,")))


def span(seconds: float) -> str:
    """A span of time in the largest units that say something."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
