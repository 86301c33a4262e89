"""The one place where objects are wired together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from trintena.artifacts.files import sweep
from trintena.experiments import Workplace
from trintena.jobs.holders import Locks
from trintena.jobs.inference import InferenceProcess
from trintena.jobs.locks import locks_of
from trintena.registry import Registry
from trintena.services import Services
from trintena.settings import Settings


@dataclass(frozen=True)
class Application:
    """A running Trintena: settings, database, use cases."""

    settings: Settings
    registry: Registry
    services: Services

    @property
    def locks(self) -> Locks:
        """Who runs what."""
        return locks_of(self.settings, self.registry)

    @contextmanager
    def workplace(self, *, workers: int | None = None, executor: str = "local") -> Iterator[Workplace]:
        """Where an experiment runs; its processes start at once and end with the context."""
        with Workplace.open(self.settings, self.registry, workers=workers, executor=executor) as place:
            yield place


@contextmanager
def application(settings: Settings | None = None) -> Iterator[Application]:
    """Open the database, bringing it up to date, and close everything afterwards.

    Raises:
        UsageError: the settings make no sense.
    """
    settings = settings or Settings.from_environment()
    with Registry.open(settings.database_url) as registry, InferenceProcess() as inference:
        if settings.models.is_dir():
            sweep(settings.models, {version.stem for version in registry.versions()})
        yield Application(settings, registry, Services(settings, registry, inference))
