"""What commands print with: people read standard error and tables, programs read JSON on standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from trintena.domain import finite_json
from trintena.language import phrase

if TYPE_CHECKING:
    from trintena.errors import TrintenaError

people = Console(stderr=True, highlight=False, emoji=False)
"""Progress, warnings, errors: never mixed into what a program reads."""
screen = Console(highlight=False, markup=False, emoji=False)
"""Tables and sentences that are the command's answer."""


def print_json(value: Any) -> None:
    """An answer for programs, on standard output; numbers that are not finite become null."""
    # where letters beyond ASCII cannot be written, they are escaped rather than lost
    escape = not (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(finite_json(value), indent=2, ensure_ascii=escape, allow_nan=False))


def say_error(error: TrintenaError) -> None:
    """An error as one message, with what to do next."""
    people.print(
        Text.assemble((phrase(en="Error:", pt="Erro:"), "bold red"), f" {error.message}"), soft_wrap=True
    )
    if error.hint:
        people.print(error.hint, markup=False, soft_wrap=True)


def warn(sentence: str) -> None:
    """A warning for people, on standard error."""
    label = phrase(en="Warning:", pt="Aviso:")
    people.print(Text.assemble((label, "bold yellow"), f" {sentence}"), soft_wrap=True)
