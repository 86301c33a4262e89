"""Every error that Trintena raises on purpose.

    TrintenaError
    ├── UsageError            the request makes no sense            -> exit code 2
    │   ├── UnknownNameError  a name that no table holds
    │   └── DataError         prices that cannot be used
    │       └── SourceError   a data source that did not answer
    ├── NotFoundError         nothing is stored under that key      -> exit code 2
    ├── BusyError             another process holds it              -> exit code 1
    ├── UnavailableError      the database cannot be used           -> exit code 1
    ├── ClusterError          a Ray cluster that is not there       -> exit code 1
    ├── ArtifactError         a saved file is missing or not whole  -> exit code 1
    └── TrialError            a trial that ended without a model    -> shown on the board

Each class carries a stable `code`. None knows of HTTP or of exit codes: the command line and the
web map them. A message says what was expected, what came, and what to do; `field` names the option
or column at fault where there is one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from trintena.language import phrase


class TrintenaError(Exception):
    """The root of the tree: whatever Trintena refuses, it refuses with one of these."""

    code = "error"

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(TrintenaError):
    """The request makes no sense: a wrong option, a value out of range, too few rows."""

    code = "bad_request"


class UnknownNameError(UsageError):
    """A name that is in none of our tables; suggests the nearest one.

    `kind` says what it should be a name of, in the reader's language.
    """

    code = "unknown_name"

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, field: str | None = None, hint: str | None = None
    ) -> None:
        near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
        suggestion = (
            phrase(en=" Did you mean {!r}?", pt=" Você quis dizer {!r}?").format(near[0]) if near else ""
        )
        unknown = phrase(en=f"Unknown {kind} {name!r}.", pt=f"Não há {kind} {name!r}.")
        super().__init__(f"{unknown}{suggestion}", field=field, hint=hint)


class DataError(UsageError):
    """Prices that cannot be used: what was found, where, and the remedy."""

    code = "bad_data"


class SourceError(DataError):
    """A data source that did not answer, or answered nothing."""

    code = "source_unavailable"


class NotFoundError(TrintenaError):
    """Nothing is stored under the given key."""

    code = "not_found"


class BusyError(TrintenaError):
    """Another process is at work on the same thing."""

    code = "busy"


class UnavailableError(TrintenaError):
    """The database's server does not answer, or its disk takes nothing; either may be over soon."""

    code = "database_unavailable"


class ClusterError(TrintenaError):
    """There is no Ray cluster at that address, it cannot be used from here, or it is gone."""

    code = "cluster_unavailable"


class ArtifactError(TrintenaError):
    """A saved file is missing, cut short or changed since it was registered."""

    code = "bad_artifact"


class TrialError(TrintenaError):
    """A trial that ended without a model; its message is the reason shown on the board."""

    code = "trial_failed"


def one_of(field: str, value: str, known: Iterable[str]) -> str:
    """The word, if it is one of the few that are known.

    Raises:
        UsageError: it is not; the message lists them.
    """
    if value not in (words := tuple(known)):
        listed = ", ".join(words)
        raise UsageError(
            phrase(
                en=f"Unknown {field} {value!r}; it is one of {listed}.",
                pt=f"Valor desconhecido para {field}: {value!r}; use um destes: {listed}.",
            ),
            field=field,
        )
    return value
