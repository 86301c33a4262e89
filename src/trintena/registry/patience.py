"""A registry that waits while its database cannot be used: for who runs an experiment, not who answers."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import Engine

from trintena.errors import UnavailableError
from trintena.language import phrase, span
from trintena.registry.store import Registry

logger = logging.getLogger("trintena")

LIMIT_S = 600.0
"""A run that was without its database for so long ends; what is finished is kept."""
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0

Result = TypeVar("Result")


class PatientRegistry(Registry):
    """A registry each of whose methods is done again, whole, until the database's server answers.

    Each is one transaction, which took effect or did not (`Database._writing` finds out), so that nothing is
    written twice. That it waits, and that it has waited, goes to the logger `trintena` as a warning.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        limit_s: float = LIMIT_S,
        on_return: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """On that engine.

        Args:
            engine: of the database.
            limit_s: how long it may be away before UnavailableError is raised; infinite for ever.
            on_return: called with the seconds that it was away, once it answers again.
        """
        super().__init__(engine)
        self._limit_s, self._on_return = limit_s, on_return
        self._since: float | None = None
        self._pause_s = 0.0

    @classmethod
    def of(cls, registry: Registry, **how: Any) -> Self:
        """A patient one beside an impatient one, on its connections; `how` as above."""
        return cls(registry._given, **how)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name in ("insist", "close") or not callable(found):
            return found
        return partial(self.insist, found)

    def insist(self, action: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do something again until the database answers; it must be such that it may be done again.

        Raises:
            UnavailableError: the limit has passed, or somebody interrupted the wait.
        """
        while True:
            try:
                result = action(*args, **kwargs)
            except UnavailableError as error:
                self._wait(error)
            else:
                self._go_on()
                return result

    def _was_committed(self, transaction: str) -> bool:
        return self.insist(super()._was_committed, transaction)

    def _wait(self, error: UnavailableError) -> None:
        now = time.monotonic()
        if self._since is None:
            self._since, self._pause_s = now, 0.0  # once at once: perhaps only the connection broke
            return
        if now - self._since >= self._limit_s:
            raise error
        if self._pause_s == 0.0:
            self._tell_that_it_waits(error)
        self._pause_s = min(max(2 * self._pause_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
        try:
            time.sleep(self._pause_s)
        except BaseException:  # who interrupts will not wait for the rest of it either
            self._limit_s = 0.0
            raise

    def _go_on(self) -> None:
        if self._since is None:
            return
        seconds, has_told = time.monotonic() - self._since, self._pause_s > 0.0
        self._since = None
        if has_told:
            logger.warning(
                phrase(
                    en=f"The database can be used again, after {span(seconds)}; the work goes on.",
                    pt=f"O banco de dados voltou a funcionar após {span(seconds)}; o trabalho continua.",
                )
            )
            self._on_return(seconds)

    def _tell_that_it_waits(self, error: UnavailableError) -> None:
        if math.isinf(self._limit_s):
            waits = phrase(en="Waiting for it.", pt="Esperando por ele.")
        else:
            waits = phrase(
                en=f"Waiting for it, for up to {span(self._limit_s)}.",
                pt=f"Esperando por ele, por até {span(self._limit_s)}.",
            )
        logger.warning("%s %s", error.message, waits)
