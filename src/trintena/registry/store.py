"""`Registry`: the topics of the database behind one door."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from trintena.registry.baselines import Baselines
from trintena.registry.counts import Counts
from trintena.registry.database import make_engine
from trintena.registry.datasets import Datasets
from trintena.registry.events import Events
from trintena.registry.experiments import Experiments
from trintena.registry.models import Models
from trintena.registry.schema import bring_up_to_date
from trintena.registry.session_locks import SessionLocks
from trintena.registry.trials import Trials

Result = TypeVar("Result")


class Registry(Datasets, Experiments, Trials, Baselines, Models, Events, Counts, SessionLocks):
    """Everything that is remembered between runs. Each method is one transaction.

    Made by `Registry.open`; may be shared by the threads of one process, not across a fork.
    A key that is not known raises NotFoundError, whose message names the command that lists them.
    """

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database at an SQLAlchemy address, creating or migrating it first.

        Raises:
            UsageError: it cannot be opened, belongs to something else, or a newer Trintena wrote it.
            BusyError: another process has been migrating it for too long.
        """
        engine = make_engine(url)
        try:
            bring_up_to_date(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def insist(self, action: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do something else with the database, as patiently as this registry works; here: once."""
        return action(*args, **kwargs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
