"""What every executor takes and tells: tasks in, events out.

Each task that is submitted ends in exactly one `Finished` or `Failed`, unless it is cancelled or the
executor is closed before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from types import TracebackType

    from trintena.settings import Settings


@dataclass(frozen=True)
class Task:
    """One call in another process.

    `function` is written `package.module:function`, so that the submitting process need not load it.
    If it has a parameter named `report`, it is given a function that takes a dict and turns it into a
    `Reported`. Arguments and result travel as pickles: classes that both sides can import.
    """

    key: Hashable
    function: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    """What a person calls it."""
    cost: float = 0.0
    """In any unit that all tasks share; the costliest begin first."""
    group: Hashable = None
    """Tasks of a group share what a worker has made ready: it goes on with the group that it is at."""
    shared: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments. Give many tasks the same object: workers elsewhere are sent it once."""


@dataclass(frozen=True)
class Started:
    """A worker began the task; more than once if an earlier worker died of it."""

    key: Hashable
    worker: int
    attempt: int = 1


@dataclass(frozen=True)
class Reported:
    """The task function called its `report`."""

    key: Hashable
    worker: int
    payload: dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """The task function returned."""

    key: Hashable
    worker: int
    result: Any


@dataclass(frozen=True)
class Failed:
    """The task has no result; `str(error)` is the reason to show.

    `error` is a `TrintenaError`, a `TaskFailed` or a `WorkerDied`. `worker` is None where none could
    be started.
    """

    key: Hashable
    worker: int | None
    error: Exception


Event = Started | Reported | Finished | Failed


class Executor(Protocol):
    """Runs tasks somewhere else. Used as a context manager, by one thread."""

    def start(self) -> None:
        """Bring the workers up; returns at once, while they warm up.

        Raises:
            TrintenaError: there is no place to have any.
        """

    def submit(self, task: Task) -> None:
        """Add a task. It begins when `next_event` is called and a worker is free."""

    @property
    def n_workers(self) -> int:
        """Workers that there are to hand tasks to; they may become more or fewer."""

    @property
    def population(self) -> int:
        """Pieces of work that a task had better hold: more than one where a worker computes side by side."""

    @property
    def n_unfinished(self) -> int:
        """Tasks submitted that have neither ended nor been cancelled."""

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """The next thing that happened; None after `timeout_s`, or when no task is left."""

    def events(self) -> Iterator[Event]:
        """Everything that happens until no task is left."""

    def cancel_pending(self) -> tuple[Hashable, ...]:
        """Forget the tasks that no worker has begun, and give their keys."""

    def close(self, grace_s: float = ...) -> None:
        """End every worker, in the middle of a task or not."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ExecutorFactory(Protocol):
    """How a row of the table of executors is called."""

    def __call__(
        self,
        settings: Settings,
        workers: int | None = None,
        *,
        environment: Mapping[str, str],
        warm: str | None = None,
    ) -> Executor:
        """An executor, not started yet, of at most so many workers; None: as many as there is room for."""
