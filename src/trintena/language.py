"""Which language the reader's texts are in: English or Portuguese.

It is that of `TRINTENA_LANG` (`en` or `pt`), else of the system's locale. A sentence stands where it
is said, in both languages side by side, so that neither is changed without the other:

    raise DataError(phrase(en=f"{file} is empty.", pt=f"{file} está vazio."))
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping


def language(environment: Mapping[str, str] = os.environ) -> str:
    """`pt` or `en`."""
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
