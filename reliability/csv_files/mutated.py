"""A file after something was done to it: its bytes, and what the judge has to know of what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reliability.csv_files.bases import Base, Truth

MEANS_THE_SAME, DAMAGED = "means the same", "damaged"


@dataclass(frozen=True)
class Mutated:
    """The bytes of a file, and the file that they were made of."""

    base: Base
    """As it was before the damage; what keeps the meaning has changed it already."""
    content: bytes
    done: tuple[str, ...]
    """Names of what was done, in order."""
    kind: str = MEANS_THE_SAME
    rewritten: Mapping[str, Truth] = field(default_factory=dict)
    """Lines that were written anew in another convention, and what they still say."""

    @property
    def intact(self) -> bool:
        """Whether whoever is told all about the file has to be able to read it."""
        return self.kind == MEANS_THE_SAME
